//! Invitations: made and revoked by administrators, seen by all of them.

use crate::{
    Admin, INVITE_DAYS_MAX, INVITE_NOTE_CHARS_MAX, INVITES_PER_PAGE, Studio, TouchedAdmin, code,
    ladder::{acting, may_give},
    ports::{
        Timestamp,
        store::{AuditTarget, AuditValue, InviteRow, ListedInvite},
    },
    screening::note_marked,
    text,
};
use api_types::{AuditAction, InviteId, Problem, Role};
use std::time::Duration;

/// What somebody is invited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvite {
    /// What they will be.
    pub role: Role,
    /// Whether they may decide approvals.
    pub reviewer: bool,
    /// Whom it is for, in the administrator's words; may be empty.
    pub note: String,
    /// How long it can be used.
    pub days: u32,
}

/// One part of the list of invitations.
#[derive(Debug, Clone, Default)]
pub struct InvitePage {
    /// Newest first.
    pub invites: Vec<ListedInvite>,
    /// Where the next part begins, when there is one.
    pub next: Option<InviteId>,
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InviteState {
    /// It can be used.
    Open,
    /// Somebody joined with it.
    Used,
    /// Nobody used it in time.
    Expired,
    /// An administrator made it void.
    Revoked,
}

impl InviteRow {
    /// What became of it.
    pub fn state(&self, now: Timestamp) -> InviteState {
        match (self.used_at, self.revoked_at) {
            (Some(_), _) => InviteState::Used,
            (None, Some(_)) => InviteState::Revoked,
            (None, None) if now > self.expires_at => InviteState::Expired,
            (None, None) => InviteState::Open,
        }
    }
}

impl Studio {
    /// Makes an invitation; its code, which nobody can be shown again.
    ///
    /// # Errors
    /// `NotPermitted` above one's own role, `ReviewerNeeded`; `Invalid` naming `note` or `days`.
    pub async fn make_invite(&self, by: &TouchedAdmin<'_>, new: NewInvite) -> Result<String, Problem> {
        let by = by.signed_in().clone();
        let note = text::note("note", &new.note, INVITE_NOTE_CHARS_MAX)?;
        if !(1..=INVITE_DAYS_MAX).contains(&new.days) {
            return Err(Problem::field("days", format!("An invitation lasts 1 to {INVITE_DAYS_MAX} days.")));
        }
        let marked = self.screen_name(&by, "note", &note).await?;
        let code = code::new_code()?;
        let now = self.now();
        let invite = InviteRow {
            id: InviteId(self.ids.next()),
            owned: by.owned(),
            digest: code::digest(&code),
            note,
            role: new.role,
            reviewer: new.reviewer,
            created_at: now,
            expires_at: now + Duration::from_secs(u64::from(new.days) * 24 * 3_600),
            used_at: None,
            used_by: None,
            revoked_at: None,
        };
        let (id, role, who) = (invite.id, invite.role, by.person());
        let made = self
            .audit_by(&by, AuditAction::InviteMade, AuditTarget::invite(id))
            .changing("role", AuditValue::Absent, role)
            .changing("reviewer", AuditValue::Absent, invite.reviewer)
            .changing("days", AuditValue::Absent, i64::from(new.days));
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    may_give(&acting(tx, &by).await?, invite.role, invite.reviewer)?;
                    tx.insert_invite(&invite).await?;
                    note_marked(tx, marked).await?;
                    Ok(tx.insert_audit(&made).await?)
                })
            })
            .await?;
        tracing::info!(invite = %id, role = role.as_str(), by = %who, "an invitation was made");
        Ok(code)
    }

    /// One part of the organization's invitations, whoever made them.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn invites(&self, by: &Admin<'_>, before: Option<InviteId>) -> Result<InvitePage, Problem> {
        let organization = by.signed_in().owned().organization;
        let mut invites = self.store.invites(organization, before, INVITES_PER_PAGE + 1).await?;
        let more = invites.len() > INVITES_PER_PAGE as usize;
        invites.truncate(INVITES_PER_PAGE as usize);
        let next = if more { invites.last().map(|last| last.invite.id) } else { None };
        Ok(InvitePage { invites, next })
    }

    /// Makes an invitation void.
    ///
    /// # Errors
    /// `NotFound` when it is not there, was used or is void already.
    pub async fn revoke_invite(&self, by: &Admin<'_>, id: InviteId) -> Result<(), Problem> {
        let (by, now) = (by.signed_in().clone(), self.now());
        let who = by.person();
        let revoked = self.audit_by(&by, AuditAction::InviteRevoked, AuditTarget::invite(id));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let by = acting(tx, &by).await?;
                    if !tx.revoke_invite(by.organization, id, now).await? {
                        return Err(Problem::NotFound);
                    }
                    Ok(tx.insert_audit(&revoked).await?)
                })
            })
            .await?;
        tracing::info!(invite = %id, by = %who, "an invitation was revoked");
        Ok(())
    }
}
