//! The first owner: a one-time code, a name, a passkey.

use crate::{
    CEREMONY_LIFE, DEAD_AFTER, NewSession, SETUP_CODE_LIFE, Studio, code,
    passkey::already_there,
    ports::{
        CeremonyState,
        store::{AuditValue, CeremonyRow, Owned, PersonRow},
    },
    session::ceremony_expired,
    text,
};
use api_types::{
    AccountEventKind, CeremonyId, CeremonyPurpose, CeremonyStart, OrganizationId, PersonId, Problem, Role,
    SetupCodeId,
};
use serde::{Deserialize, Serialize};

/// Fact: never written, and held by who makes an owner code or the first owner, so that there is one of them.
const FIRST_OWNER: &str = "first_owner";

/// What the ceremony remembers between its two requests.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memo {
    person: PersonId,
    name: String,
    code_digest: String,
}

fn wrong_code() -> Problem {
    tracing::info!("a wrong owner code was sent");
    Problem::field(
        "code",
        "That owner code is not valid. Copy it from the studio's start-up output, or make a new one with: vobio setup-code",
    )
}

impl Studio {
    /// Whether somebody owns this studio already.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn has_owner(&self) -> Result<bool, Problem> {
        Ok(self.store.has_owner().await?)
    }

    /// Whether another process of this studio is at work, which has told an owner code of its own.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn has_company(&self) -> Result<bool, Problem> {
        let own = self.engine.epoch().map_or(0, |epoch| epoch.0);
        Ok(self.store.has_other_process(own, self.now() - DEAD_AFTER).await?)
    }

    /// A new one-time owner code; all earlier unused ones are void. `None` when the studio has an owner.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn new_setup_code(&self) -> Result<Option<String>, Problem> {
        if self.store.has_owner().await? {
            return Ok(None);
        }
        let code = code::new_code()?;
        let digest = code::digest(&code);
        let (id, now) = (SetupCodeId(self.ids.next()), self.now());
        let is_made = self
            .store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    tx.hold_fact(FIRST_OWNER).await?;
                    if tx.has_owner().await? {
                        return Ok(false);
                    }
                    tx.replace_setup_code(id, &digest, None, now, now + SETUP_CODE_LIFE).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(is_made.then_some(code))
    }

    /// Begins the first owner's registration. `browser` is the digest of the browser's binding cookie.
    ///
    /// # Errors
    /// `Changed` when there is an owner, `Invalid` naming `code` or `name`.
    pub async fn start_setup(
        &self,
        typed_code: &str,
        name: &str,
        browser: String,
    ) -> Result<CeremonyStart, Problem> {
        if self.store.has_owner().await? {
            return Err(taken());
        }
        let name = text::name(name)?;
        self.screen_first_name(&name).await?;
        let person = PersonId(self.ids.next());
        let memo = Memo { person, name: name.clone(), code_digest: code::digest_of_typed(typed_code) };
        let (options, state) = self
            .passkeys
            .start_registration(person, &name, &[])
            .map_err(|refused| crate::broken("a registration could not begin", &refused))?;
        let now = self.now();
        let id = CeremonyId(self.ids.next());
        let memo_json =
            serde_json::to_string(&memo).map_err(|e| crate::broken("a memo could not be written", &e))?;
        let ceremony = CeremonyRow {
            id,
            purpose: CeremonyPurpose::SetUp,
            state: state.0,
            memo: memo_json,
            browser,
            created_at: now,
            expires_at: now + CEREMONY_LIFE,
        };
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if !tx.setup_code_is_open(&memo.code_digest, now).await? {
                        return Err(wrong_code());
                    }
                    Ok(tx.insert_ceremony(&ceremony).await?)
                })
            })
            .await?;
        Ok(CeremonyStart { ceremony: id, options })
    }

    /// Ends it: organization, owner, passkey and session are there together, or none of them.
    ///
    /// # Errors
    /// `WrongKey` with the reason, `Expired`, `Changed` when somebody else was first.
    pub async fn finish_setup(
        &self,
        ceremony: CeremonyId,
        credential: &str,
        browser: &str,
        user_agent: &str,
    ) -> Result<NewSession, Problem> {
        let row = self.take_ceremony(ceremony, CeremonyPurpose::SetUp, browser, credential).await?;
        let memo: Memo = serde_json::from_str(&row.memo)
            .map_err(|e| crate::broken("a ceremony's memo cannot be read", &e))?;
        let registered = self
            .passkeys
            .finish_registration(&CeremonyState(row.state), credential)
            .map_err(|refused| crate::ceremony::to_entitled(&refused, "a registration"))?;
        let now = self.now();
        let organization = OrganizationId(self.ids.next());
        let owned = Owned { organization, owner: memo.person };
        let passkey = self.first_passkey(owned, registered, user_agent);
        let session = self.session_row(owned, &passkey.credential_id, user_agent, browser);
        let event = self
            .account_event(owned, AccountEventKind::Joined, passkey.name.clone())
            .done_in(session.id)
            .audited(|row| {
                row.because("owner_code").changing("role", AuditValue::Absent, Role::Owner).changing(
                    "reviewer",
                    AuditValue::Absent,
                    true,
                )
            });
        let opened = NewSession::from(&session);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.hold_fact(FIRST_OWNER).await?;
                    if tx.has_owner().await? {
                        return Err(taken());
                    }
                    if !tx.use_setup_code(&memo.code_digest, now).await? {
                        return Err(ceremony_expired());
                    }
                    tx.insert_organization(organization, "My studio", now).await?;
                    tx.insert_person(&PersonRow {
                        id: memo.person,
                        organization,
                        name: memo.name,
                        role: Role::Owner,
                        reviewer: true,
                        created_at: now,
                        disabled_at: None,
                        deleted_at: None,
                    })
                    .await?;
                    tx.insert_passkey(&passkey).await.map_err(already_there)?;
                    tx.insert_account_event(&event).await?;
                    Ok::<_, Problem>(tx.insert_session(&session).await?)
                })
            })
            .await?;
        tracing::info!(person = %owned.owner, "the studio has its owner");
        Ok(opened)
    }
}

fn taken() -> Problem {
    Problem::Changed { detail: "This studio has an owner already. Sign in instead.".to_owned() }
}
