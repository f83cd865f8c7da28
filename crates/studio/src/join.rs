//! Joining: with an invitation, or with none where the operator opened the studio.

use crate::{
    CEREMONY_LIFE, NewSession, Studio,
    ceremony::{memo, to_entitled, to_strangers},
    code,
    ladder::may_give,
    passkey::already_there,
    ports::{
        CeremonyState, Timestamp,
        store::{AuditRow, AuditTarget, AuditValue, AuditWho, CeremonyRow, InviteRow, Owned, PersonRow, Tx},
    },
    session::ceremony_expired,
    text,
};
use api_types::{
    AccountEventKind, AuditAction, CeremonyId, CeremonyPurpose, CeremonyStart, InviteId, Invited,
    OrganizationId, PersonId, Problem, Role,
};
use serde::{Deserialize, Serialize};

/// What the ceremony remembers between its two requests.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memo {
    person: PersonId,
    organization: OrganizationId,
    name: String,
    /// Of the invitation's code; none where the studio is open.
    invite_digest: Option<String>,
}

fn wrong_code() -> Problem {
    tracing::info!("a code was sent that is no open invitation's");
    Problem::field(
        "code",
        "That invitation is not valid: it was used, revoked, or is too old. Ask whoever sent it for a new one.",
    )
}

fn no_owner() -> Problem {
    Problem::Changed {
        detail: "This studio has no owner yet. Its owner code is entered on the sign-in page.".to_owned(),
    }
}

impl Studio {
    /// Whether anybody may make an account here, invited or not.
    pub fn has_open_registration(&self) -> bool {
        self.settings.open_registration
    }

    /// What an invitation's code is worth now, for who holds it.
    ///
    /// # Errors
    /// `Invalid` naming `code`.
    pub async fn look_at_invite(&self, typed_code: &str) -> Result<Invited, Problem> {
        let (invite, by) = self.invite_of(typed_code).await?;
        Ok(Invited { by: by.name, role: invite.role.titled(invite.reviewer) })
    }

    /// The invitation of a code, and who gives it, while they may.
    async fn invite_of(&self, typed_code: &str) -> Result<(InviteRow, PersonRow), Problem> {
        let digest = code::digest_of_typed(typed_code);
        let (invite, by) = self.store.open_invite(&digest, self.now()).await?.ok_or_else(wrong_code)?;
        may_give(&by, invite.role, invite.reviewer).map_err(|_| wrong_code())?;
        Ok((invite, by))
    }

    /// Begins the registration of somebody new. `browser` is the digest of the browser's binding cookie.
    ///
    /// # Errors
    /// `Invalid` naming `code` or `name`; `Changed` while the studio has no owner.
    pub async fn start_join(
        &self,
        typed_code: &str,
        name: &str,
        browser: String,
    ) -> Result<CeremonyStart, Problem> {
        let name = text::name(name)?;
        self.screen_first_name(&name).await?;
        let now = self.now();
        let (invite_digest, organization) = if typed_code.trim().is_empty() && self.has_open_registration() {
            let home = self.store.first_organization().await?;
            (None, home.ok_or_else(no_owner)?)
        } else {
            let (invite, _) = self.invite_of(typed_code).await?;
            (Some(invite.digest), invite.owned.organization)
        };
        let person = PersonId(self.ids.next());
        let (options, state) = self
            .passkeys
            .start_registration(person, &name, &[])
            .map_err(|refused| crate::broken("a registration could not begin", &refused))?;
        let memo = Memo { person, organization, name, invite_digest };
        let memo =
            serde_json::to_string(&memo).map_err(|e| crate::broken("a memo could not be written", &e))?;
        let id = CeremonyId(self.ids.next());
        let ceremony = CeremonyRow {
            id,
            purpose: CeremonyPurpose::Join,
            state: state.0,
            memo,
            browser,
            created_at: now,
            expires_at: now + CEREMONY_LIFE,
        };
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move { Ok(tx.insert_ceremony(&ceremony).await?) })
            })
            .await?;
        Ok(CeremonyStart { ceremony: id, options })
    }

    /// Ends it: the invitation is used, and person, passkey, session and event are there together, or none of them.
    ///
    /// # Errors
    /// `WrongKey` with the reason for who has an invitation, `KeyRefused` for who has none; `Expired`, also when somebody else
    /// used the invitation first.
    pub async fn finish_join(
        &self,
        ceremony: CeremonyId,
        credential: &str,
        browser: &str,
        user_agent: &str,
    ) -> Result<NewSession, Problem> {
        let row = self.take_ceremony(ceremony, CeremonyPurpose::Join, browser, credential).await?;
        let memo: Memo = memo(&row)?;
        // Who has a valid code is entitled to the reason; of an open studio anybody asks.
        let says_why = memo.invite_digest.is_some();
        let registered =
            self.passkeys.finish_registration(&CeremonyState(row.state), credential).map_err(|refused| {
                const WHAT: &str = "a registration";
                if says_why { to_entitled(&refused, WHAT) } else { to_strangers(&refused, WHAT) }
            })?;
        let (is_open, now) = (self.has_open_registration(), self.now());
        let owned = Owned { organization: memo.organization, owner: memo.person };
        let passkey = self.first_passkey(owned, registered, user_agent);
        let session = self.session_row(owned, &passkey.credential_id, user_agent, browser);
        let event = self
            .account_event(owned, AccountEventKind::Joined, passkey.name.clone())
            .done_in(session.id)
            .audited(|row| row.because(if says_why { "invitation" } else { "open_registration" }));
        let used = self.audit(
            owned.organization,
            AuditWho::Person(owned.owner),
            AuditAction::InviteUsed,
            AuditTarget::person(owned.owner),
        );
        let opened = NewSession::from(&session);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let (new, invite) =
                        admitted(tx, memo, is_open, now).await?.ok_or_else(ceremony_expired)?;
                    tx.insert_person(&new).await?;
                    tx.insert_passkey(&passkey).await.map_err(|error| match already_there(error) {
                        Problem::WrongKey { .. } if !says_why => Problem::KeyRefused,
                        problem => problem,
                    })?;
                    let event = event.audited(|row| {
                        row.changing("role", AuditValue::Absent, new.role).changing(
                            "reviewer",
                            AuditValue::Absent,
                            new.reviewer,
                        )
                    });
                    if let Some(invite) = invite {
                        tx.insert_audit(&AuditRow { target: AuditTarget::invite(invite), ..used }).await?;
                    }
                    tx.insert_account_event(&event).await?;
                    Ok::<_, Problem>(tx.insert_session(&session).await?)
                })
            })
            .await?;
        tracing::info!(person = %owned.owner, by_invitation = says_why, "somebody joined");
        Ok(opened)
    }
}

/// The new person, with what their invitation makes of them, and which it was; `None` when it cannot be used any more, or whoever made it
/// could not make it now.
async fn admitted(
    tx: &mut dyn Tx,
    memo: Memo,
    is_open: bool,
    now: Timestamp,
) -> Result<Option<(PersonRow, Option<InviteId>)>, Problem> {
    let place = match &memo.invite_digest {
        Some(digest) => {
            tx.hold_organization(memo.organization).await?;
            let Some(invite) = tx.use_invite(digest, memo.person, now).await? else { return Ok(None) };
            let by = tx.person(memo.organization, invite.owned.owner).await?;
            let is_given = by.is_some_and(|by| may_give(&by.person, invite.role, invite.reviewer).is_ok());
            is_given.then_some((invite.role, invite.reviewer, Some(invite.id)))
        }
        None => is_open.then_some((Role::Member, false, None)),
    };
    Ok(place.map(|(role, reviewer, invite)| {
        let new = PersonRow {
            id: memo.person,
            organization: memo.organization,
            name: memo.name,
            role,
            reviewer,
            created_at: now,
            disabled_at: None,
            deleted_at: None,
        };
        (new, invite)
    }))
}
