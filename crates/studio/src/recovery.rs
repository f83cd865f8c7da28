//! The way back in for who lost every key: recovery codes of one's own, and codes made on the server.
//!
//! # Design
//! A code opens nothing by itself: it begins the registration of a new passkey. Passkey, session and the use of the code are
//! one unit of work, so a browser that fails to make the key uses nothing up.

use crate::{
    NewSession, RECOVERY_CODES, SETUP_CODE_LIFE, SignedIn, Studio, Touched,
    account_event::note,
    broken,
    ceremony::{memo, to_entitled},
    code, owned,
    passkey::already_there,
    ports::{
        CeremonyState, Timestamp,
        store::{AuditTarget, AuditWho, Owned, PersonRow},
    },
    session::ceremony_expired,
};
use api_types::{
    AccountEventKind, AuditAction, CeremonyId, CeremonyPurpose, CeremonyStart, OrganizationId, PersonId,
    Problem, SetupCodeId,
};
use serde::{Deserialize, Serialize};

/// What the ceremony remembers: whom the code lets in, and the code.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memo {
    organization: OrganizationId,
    person: PersonId,
    code_digest: String,
}

/// A code for somebody who lost everything, made by whoever runs the studio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalCode {
    /// To be typed at `/recover`.
    pub code: String,
    /// Whom it lets in.
    pub name: String,
}

/// The recovery codes a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryCodes {
    /// Not used yet.
    pub left: u32,
    /// Made.
    pub made_at: Timestamp,
}

fn wrong_code() -> Problem {
    tracing::info!("a wrong recovery code was sent");
    Problem::field(
        "code",
        "That code is not valid, or it was used already. Take another one of your list; or ask whoever runs the studio for a new one.",
    )
}

/// Of nobody or several it is not clear whom a code is for.
fn say_who(called: Option<&str>, found: &[PersonRow]) -> Problem {
    let ids = || found.iter().map(|person| person.id.to_string()).collect::<Vec<_>>().join(", ");
    let names = || found.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ");
    Problem::field(
        "name",
        match called {
            None => format!(
                "Say whom the code is for, by --name and the whole name. The owners are: {}.",
                names()
            ),
            Some(called) if found.is_empty() => format!(
                "Nobody who may sign in is called \"{called}\". Give the whole name as it stands under People, or the id in the \
                 address of their page there."
            ),
            Some(called) => {
                format!("Several people are called \"{called}\". Give one of their ids instead: {}.", ids())
            }
        },
    )
}

impl Studio {
    /// One's own recovery codes; `None` where none were made.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn recovery_codes(&self, by: &SignedIn) -> Result<Option<RecoveryCodes>, Problem> {
        let found = self.store.recovery_codes(owned(by)).await?;
        Ok(found.map(|(left, made_at)| RecoveryCodes { left, made_at }))
    }

    /// Makes new recovery codes; all earlier ones are void. They are told this once.
    ///
    /// # Errors
    /// `SignIn` for who was shut out meanwhile.
    pub async fn make_codes(&self, by: &Touched<'_>) -> Result<Vec<String>, Problem> {
        let by = by.signed_in();
        let owned = owned(by);
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| code::new_code()).collect::<Result<_, _>>()?;
        let digests: Vec<String> = codes.iter().map(|code| code::digest(code)).collect();
        let event =
            self.account_event(owned, AccountEventKind::CodesMade, String::new()).done_in(by.session());
        let now = self.now();
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    if tx.hold_person(owned).await?.is_none_or(|person| person.is_shut_out()) {
                        return Err(Problem::SignIn);
                    }
                    tx.replace_recovery_codes(owned, &digests, now).await?;
                    Ok(tx.insert_account_event(&event).await?)
                })
            })
            .await?;
        note(AccountEventKind::CodesMade, owned.owner);
        Ok(codes)
    }

    /// A new code for somebody who lost every key; their earlier unused ones are void. `called` is the whole name of whoever
    /// it is for, or their id; without it the code is for the only owner there is.
    ///
    /// # Errors
    /// `Invalid` naming `name`, with what to say instead.
    pub async fn new_personal_code(&self, called: Option<&str>) -> Result<PersonalCode, Problem> {
        let found = match called {
            Some(called) => self.store.people_called(called).await?,
            None => self.store.owners().await?,
        };
        let [person] = found.as_slice() else { return Err(say_who(called, &found)) };
        let of = person.owned();
        let code = PersonalCode { code: code::new_code()?, name: person.name.clone() };
        let (digest, id, now) = (code::digest(&code.code), SetupCodeId(self.ids.next()), self.now());
        let gone = say_who(Some(&person.name), &[]);
        let made = self.audit(
            of.organization,
            AuditWho::Operator,
            AuditAction::CodeMade,
            AuditTarget::person(of.owner),
        );
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    if tx.hold_person(of).await?.is_none_or(|person| person.is_shut_out()) {
                        return Err(gone);
                    }
                    let expires = now + SETUP_CODE_LIFE;
                    tx.replace_setup_code(id, &digest, Some(of), now, expires).await?;
                    Ok(tx.insert_audit(&made).await?)
                })
            })
            .await?;
        tracing::info!(person = %of.owner, "a code that brings somebody back in was made on the server");
        Ok(code)
    }

    /// Begins the registration of a new passkey for whoever has the code.
    ///
    /// # Errors
    /// `Invalid` naming `code`.
    pub async fn start_recovery(&self, typed: &str, browser: String) -> Result<CeremonyStart, Problem> {
        let code_digest = code::digest_of_typed(typed);
        let person = self.person_of_code(&code_digest).await?.ok_or_else(wrong_code)?;
        let of = Owned { organization: person.organization, owner: person.id };
        let existing: Vec<String> =
            self.store.passkeys(of).await?.into_iter().map(|passkey| passkey.credential_id).collect();
        let (options, state) = self
            .passkeys
            .start_registration(person.id, &person.name, &existing)
            .map_err(|refused| broken("a registration could not begin", &refused))?;
        let memo = Memo { organization: person.organization, person: person.id, code_digest };
        let ceremony = self.ceremony(CeremonyPurpose::Recover, state, &memo, browser)?;
        self.begin(ceremony, options).await
    }

    /// Ends it: the code is used, the passkey is there and its person signed in, all together or none of it.
    ///
    /// # Errors
    /// `WrongKey` with the reason, `Expired` for the ceremony or where the code was used meanwhile.
    pub async fn finish_recovery(
        &self,
        ceremony: CeremonyId,
        credential: &str,
        browser: &str,
        user_agent: &str,
    ) -> Result<NewSession, Problem> {
        let row = self.take_ceremony(ceremony, CeremonyPurpose::Recover, browser, credential).await?;
        let Memo { organization, person, code_digest } = memo(&row)?;
        if self.person_of_code(&code_digest).await?.is_none_or(|found| found.id != person) {
            return Err(ceremony_expired());
        }
        let registered = self
            .passkeys
            .finish_registration(&CeremonyState(row.state), credential)
            .map_err(|refused| to_entitled(&refused, "a registration"))?;
        let of = Owned { organization, owner: person };
        let passkey = self.new_passkey(of, registered, user_agent).await?;
        let session = self.session_row(of, &passkey.credential_id, user_agent, browser);
        let event = self
            .account_event(of, AccountEventKind::CodeUsed, passkey.name.clone())
            .with(&passkey)
            .done_in(session.id);
        let (opened, now) = (NewSession::from(&session), self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    // Who was shut out meanwhile stays out.
                    if tx.hold_person(of).await?.is_none_or(|person| person.is_shut_out()) {
                        return Err(ceremony_expired());
                    }
                    let is_own = tx.use_recovery_code(of, &code_digest, now).await?;
                    if !is_own && !tx.use_setup_code_of(of, &code_digest, now).await? {
                        return Err(ceremony_expired());
                    }
                    let event = event.audited(|row| {
                        row.because(if is_own { "recovery_code" } else { "code_of_the_server" })
                    });
                    tx.insert_passkey(&passkey).await.map_err(already_there)?;
                    tx.insert_account_event(&event).await?;
                    Ok::<_, Problem>(tx.insert_session(&session).await?)
                })
            })
            .await?;
        tracing::info!(person = %person, "somebody came back with a code");
        Ok(opened)
    }

    /// Whom a code lets in.
    async fn person_of_code(&self, digest: &str) -> Result<Option<PersonRow>, Problem> {
        let found = match self.store.person_of_recovery_code(digest).await? {
            Some(person) => Some(person),
            None => self.store.person_of_setup_code(digest, self.now()).await?,
        };
        Ok(found.filter(|person| !person.is_shut_out()))
    }
}
