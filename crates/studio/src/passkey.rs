//! One's own passkeys: more of them, their names, and fewer.

use crate::{
    InSession, PASSKEYS_MAX, SignedIn, Studio, Touched,
    account_event::note,
    authenticator::guess_name,
    broken,
    ceremony::{memo, to_entitled, wrong_key},
    owned,
    ports::{
        CeremonyState, RegisteredPasskey,
        store::{AccountEventRow, AuditTarget, Happened, Owned, PasskeyRow, StoreError},
    },
    screening::note_marked,
    session::ceremony_elsewhere,
    text,
};
use api_types::{AccountEventKind, CeremonyId, CeremonyPurpose, CeremonyStart, Problem, SessionId};
use serde::{Deserialize, Serialize};

/// What the ceremony remembers: the session that began it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memo {
    session: SessionId,
}

/// What a browser's keepers of passkeys are told about the studio's side of them (the Signal API of WebAuthn).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPasskeys {
    /// The name that passkeys are bound to.
    pub rp_id: String,
    /// The person, as passkeys name them.
    pub user_handle: String,
    /// Every credential id (base64url) that is taken.
    pub credential_ids: Vec<String>,
}

impl PasskeyRow {
    /// Whether it signs in at this host: what was made for another one is kept for the day the studio moves back.
    pub fn works_at(&self, host: &str) -> bool {
        self.rp_id.as_deref().is_none_or(|made_for| made_for == host)
    }
}

impl Studio {
    /// One's own passkeys, the oldest first.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn passkeys(&self, by: &SignedIn) -> Result<Vec<PasskeyRow>, Problem> {
        Ok(self.store.passkeys(owned(by)).await?)
    }

    /// What keepers of passkeys are told: which of them are taken here.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn known_passkeys(&self, by: &SignedIn) -> Result<KnownPasskeys, Problem> {
        let credential_ids =
            self.passkeys(by).await?.into_iter().map(|passkey| passkey.credential_id).collect();
        let (rp_id, user_handle) = (self.passkeys.rp_id().to_owned(), self.passkeys.user_handle(by.person()));
        Ok(KnownPasskeys { rp_id, user_handle, credential_ids })
    }

    /// Begins the registration of another passkey.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn start_add(&self, by: &Touched<'_>, browser: String) -> Result<CeremonyStart, Problem> {
        let by = by.signed_in();
        let existing: Vec<String> =
            self.passkeys(by).await?.into_iter().map(|passkey| passkey.credential_id).collect();
        let (options, state) = self
            .passkeys
            .start_registration(by.person(), by.name(), &existing)
            .map_err(|refused| broken("a registration could not begin", &refused))?;
        let ceremony =
            self.ceremony(CeremonyPurpose::Add, state, &Memo { session: by.session() }, browser)?;
        self.begin(ceremony, options).await
    }

    /// Ends it; the passkey as it is called. Only the session that began it may.
    ///
    /// # Errors
    /// `WrongKey` with the reason, `Expired` for the ceremony, `SignIn` for who was shut out meanwhile.
    pub async fn finish_add(
        &self,
        by: &InSession<'_>,
        ceremony: CeremonyId,
        credential: &str,
        browser: &str,
        user_agent: &str,
    ) -> Result<String, Problem> {
        let by = by.signed_in();
        let row = self.take_ceremony(ceremony, CeremonyPurpose::Add, browser, credential).await?;
        if memo::<Memo>(&row)?.session != by.session() {
            return Err(ceremony_elsewhere());
        }
        let registered = self
            .passkeys
            .finish_registration(&CeremonyState(row.state), credential)
            .map_err(|refused| to_entitled(&refused, "a registration"))?;
        let passkey = self.new_passkey(owned(by), registered, user_agent).await?;
        let event = self
            .account_event(passkey.owned, AccountEventKind::PasskeyAdded, passkey.name.clone())
            .with(&passkey)
            .done_in(by.session())
            .on(AuditTarget::passkey(&passkey.credential_id));
        let name = passkey.name.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if tx.hold_person(passkey.owned).await?.is_none_or(|person| person.is_shut_out()) {
                        return Err(Problem::SignIn);
                    }
                    if tx.passkeys(passkey.owned).await?.len() >= PASSKEYS_MAX {
                        return Err(Problem::Changed {
                            detail: format!("You have {PASSKEYS_MAX} passkeys. Remove one that is not needed any more, then add this."),
                        });
                    }
                    tx.insert_passkey(&passkey).await.map_err(already_there)?;
                    Ok::<_, Problem>(tx.insert_account_event(&event).await?)
                })
            })
            .await?;
        note(AccountEventKind::PasskeyAdded, by.person());
        Ok(name)
    }

    /// Gives a passkey another name.
    ///
    /// # Errors
    /// `Invalid` naming `name`, `NotFound` where it is none of one's own.
    pub async fn rename_passkey(
        &self,
        by: &InSession<'_>,
        credential_id: &str,
        name: &str,
    ) -> Result<(), Problem> {
        let (owned, id, name) = (owned(by.signed_in()), credential_id.to_owned(), text::name_of_key(name)?);
        let marked = self.screen_name(by.signed_in(), "name", &name).await?;
        let is_renamed = self
            .store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    note_marked(tx, marked).await?;
                    Ok(tx.rename_passkey(owned, &id, &name).await?)
                })
            })
            .await?;
        if is_renamed { Ok(()) } else { Err(Problem::NotFound) }
    }

    /// Removes a passkey, never the last that works at the studio's host, and ends the other sessions that were opened with it; how many there were.
    ///
    /// # Errors
    /// `NotFound` where it is none of one's own, `Changed` for the last.
    pub async fn remove_passkey(&self, by: &Touched<'_>, credential_id: &str) -> Result<u64, Problem> {
        let by = by.signed_in();
        let (owned, session, now) = (owned(by), by.session(), self.now());
        let event = self
            .account_event(owned, AccountEventKind::PasskeyRemoved, "")
            .done_in(session)
            .on(AuditTarget::passkey(credential_id));
        let id = credential_id.to_owned();
        let host = self.passkeys.rp_id().to_owned();
        let ended = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.hold_person(owned).await?.ok_or(Problem::SignIn)?;
                    let own = tx.passkeys(owned).await?;
                    let passkey = own.iter().find(|key| key.credential_id == id).ok_or(Problem::NotFound)?;
                    let mut others = own.iter().filter(|key| key.credential_id != id);
                    if passkey.works_at(&host) && !others.any(|key| key.works_at(&host)) {
                        return Err(last_one());
                    }
                    tx.remove_passkey(owned, &id).await?;
                    let named = AccountEventRow { detail: passkey.name.clone(), ..event.event };
                    tx.insert_account_event(&Happened { event: named, ..event }).await?;
                    Ok(tx.end_sessions_of_passkey(owned, &id, session, now).await?)
                })
            })
            .await?;
        note(AccountEventKind::PasskeyRemoved, owned.owner);
        Ok(ended)
    }

    /// The row of a passkey that somebody just registered, with a name that none of theirs has.
    pub(crate) async fn new_passkey(
        &self,
        owned: Owned,
        registered: RegisteredPasskey,
        user_agent: &str,
    ) -> Result<PasskeyRow, Problem> {
        let taken: Vec<String> =
            self.store.passkeys(owned).await?.into_iter().map(|passkey| passkey.name).collect();
        Ok(self.passkey_row(owned, registered, user_agent, &taken))
    }

    /// The same for somebody whose first it is.
    pub(crate) fn first_passkey(
        &self,
        owned: Owned,
        registered: RegisteredPasskey,
        user_agent: &str,
    ) -> PasskeyRow {
        self.passkey_row(owned, registered, user_agent, &[])
    }

    fn passkey_row(
        &self,
        owned: Owned,
        registered: RegisteredPasskey,
        user_agent: &str,
        taken: &[String],
    ) -> PasskeyRow {
        let name = guess_name(&registered, user_agent, taken);
        PasskeyRow {
            credential_id: registered.credential_id,
            owned,
            name,
            passkey: registered.passkey,
            created_at: self.now(),
            last_used_at: None,
            aaguid: registered.aaguid,
            synced: registered.synced,
            cloned_at: None,
            rp_id: Some(self.passkeys.rp_id().to_owned()),
        }
    }
}

fn last_one() -> Problem {
    Problem::Changed {
        detail: "This is your last passkey: without it you could not sign in. Add another one first, then remove this one."
            .to_owned(),
    }
}

/// A credential id that is known already: another authenticator cannot have made it.
pub(crate) fn already_there(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict(_) => {
            wrong_key("That passkey is known here already. Use another device or key.")
        }
        other => other.into(),
    }
}
