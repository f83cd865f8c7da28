//! People, for those who look after them: role, access, deletion.

use crate::{
    Admin, PEOPLE_PER_PAGE, SpendingUsage, Studio, TouchedAdmin,
    ladder::{acting, may_give, outranks, spare, subject},
    ports::{
        FlagDecision, Timestamp,
        store::{
            AccountEventRow, AuditRow, AuditTarget, AuditValue, Belongings, Happened, ListedPerson, Owned,
            PersonRow, Tx,
        },
    },
};
use api_types::{AccountEventId, AccountEventKind, AuditAction, Flag, PersonId, Problem, Role};

/// What somebody is called who is no more: the row stays for those who refer to it.
pub const DELETED_NAME: &str = "Deleted person";

/// One part of the list of people.
#[derive(Debug, Clone, Default)]
pub struct PeoplePage {
    /// In the order they came.
    pub people: Vec<ListedPerson>,
    /// Where the next part begins, when there is one.
    pub next: Option<(Timestamp, PersonId)>,
}

/// A person as those who look after people see them.
#[derive(Debug, Clone)]
pub struct PersonView {
    /// The person, and when they were last here.
    pub listed: ListedPerson,
    /// What goes when they are deleted.
    pub belongings: Belongings,
    /// Whether whoever looks may change anything about them.
    pub can_change: bool,
    /// What they spent, and may spend.
    pub usage: SpendingUsage,
    /// What is switched on for them.
    pub flags: Vec<(Flag, FlagDecision)>,
}

fn not_oneself() -> Problem {
    Problem::Changed {
        detail: "This is yourself. Another administrator can do this; your own account can be deleted in Settings."
            .to_owned(),
    }
}

impl Studio {
    /// One part of the organization's people.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn people(
        &self,
        by: &Admin<'_>,
        after: Option<(Timestamp, PersonId)>,
    ) -> Result<PeoplePage, Problem> {
        let organization = by.signed_in().owned().organization;
        let mut people = self.store.people(organization, after, PEOPLE_PER_PAGE + 1).await?;
        let more = people.len() > PEOPLE_PER_PAGE as usize;
        people.truncate(PEOPLE_PER_PAGE as usize);
        let next = people.last().filter(|_| more).map(|last| (last.person.created_at, last.person.id));
        Ok(PeoplePage { people, next })
    }

    /// One of them.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn person(&self, by: &Admin<'_>, id: PersonId) -> Result<PersonView, Problem> {
        let by = by.signed_in();
        let listed = self.store.person(by.owned().organization, id).await?.ok_or(Problem::NotFound)?;
        let belongings = self.store.belongings(listed.person.owned()).await?;
        let usage = self.usage_of(listed.person.owned()).await?;
        let flags = self.features_for(listed.person.owned().into()).await;
        let can_change = outranks(by.role(), listed.person.role);
        Ok(PersonView { listed, belongings, can_change, usage, flags })
    }

    /// Gives somebody another role. An owner everybody, an administrator those below; nobody more than they are. An owner
    /// may step down where another one stays. What they invited to is revoked where they may give less now.
    ///
    /// # Errors
    /// `NotFound`, `NotPermitted`, `ReviewerNeeded`, `Changed` for the last owner.
    pub async fn set_role(
        &self,
        by: &TouchedAdmin<'_>,
        id: PersonId,
        role: Role,
        reviewer: bool,
    ) -> Result<(), Problem> {
        let by = by.signed_in().clone();
        let (event, now, admin) = (AccountEventId(self.ids.next()), self.now(), by.person());
        let audit = self.audit_by(&by, AuditAction::RoleChanged, AuditTarget::person(id));
        let is_changed = self
            .store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    let by = acting(tx, &by).await?;
                    if id == by.id && by.role != Role::Owner {
                        return Err(Problem::NotPermitted);
                    }
                    let person = subject(tx, &by, id).await?;
                    // Who is a reviewer already is given nothing by staying one.
                    may_give(&by, role, reviewer && !person.reviewer)?;
                    if (person.role, person.reviewer) == (role, reviewer) {
                        return Ok(false);
                    }
                    if role < Role::Owner {
                        spare(tx, &person).await?;
                    }
                    let owned = person.owned();
                    let loses_reviewers = person.reviewer && !reviewer && role < Role::Owner;
                    if role < person.role || loses_reviewers {
                        // Nobody comes in on the word of somebody who may not give it any more.
                        tx.revoke_invites_of(owned, now).await?;
                    }
                    tx.set_role(owned, role, reviewer).await?;
                    let detail = by_whom(&role.titled(reviewer), &by);
                    let audit = audit.changing("role", person.role, role).changing(
                        "reviewer",
                        person.reviewer,
                        reviewer,
                    );
                    let event = told(event, owned, AccountEventKind::RoleChanged, &detail, audit);
                    tx.insert_account_event(&event).await?;
                    Ok(true)
                })
            })
            .await?;
        if is_changed {
            let role = role.titled(reviewer);
            tracing::info!(person = %id, by = %admin, role, "somebody has another role");
        }
        Ok(())
    }

    /// Shuts somebody out: their next request is a stranger's, their answers stop.
    ///
    /// # Errors
    /// `NotFound`, `NotPermitted`, `Changed` for the last owner and for oneself.
    pub async fn disable_person(&self, by: &TouchedAdmin<'_>, id: PersonId) -> Result<(), Problem> {
        self.set_access(by, id, false).await?;
        self.stop_person(id).await;
        Ok(())
    }

    /// Lets somebody in again; they sign in anew.
    ///
    /// # Errors
    /// `NotFound`, `NotPermitted`, `Changed` for oneself.
    pub async fn enable_person(&self, by: &TouchedAdmin<'_>, id: PersonId) -> Result<(), Problem> {
        self.set_access(by, id, true).await
    }

    async fn set_access(&self, by: &TouchedAdmin<'_>, id: PersonId, let_in: bool) -> Result<(), Problem> {
        let by = by.signed_in().clone();
        if id == by.person() {
            return Err(not_oneself());
        }
        let (event, now, admin) = (AccountEventId(self.ids.next()), self.now(), by.person());
        let action = if let_in { AuditAction::PersonEnabled } else { AuditAction::PersonDisabled };
        let audit = self.audit_by(&by, action, AuditTarget::person(id));
        let (disabled_at, detail) = if let_in { (None, "let in again") } else { (Some(now), "disabled") };
        let is_changed = self
            .store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    let by = acting(tx, &by).await?;
                    let person = subject(tx, &by, id).await?;
                    let owned = person.owned();
                    if !let_in {
                        spare(tx, &person).await?;
                        tx.revoke_invites_of(owned, now).await?;
                    }
                    let is_changed = tx.set_disabled(owned, disabled_at).await?;
                    if is_changed {
                        let detail = by_whom(detail, &by);
                        let event = told(event, owned, AccountEventKind::AccessChanged, &detail, audit);
                        tx.insert_account_event(&event).await?;
                    }
                    Ok(is_changed)
                })
            })
            .await?;
        if is_changed {
            tracing::info!(person = %id, by = %admin, "somebody was {detail}");
        }
        Ok(())
    }

    /// Deletes somebody and all that is theirs, for good. `typed` has to be their name.
    ///
    /// # Errors
    /// `NotFound`, `NotPermitted`, `Changed` for the last owner and for oneself, `Invalid` naming `name`.
    pub async fn delete_person(
        &self,
        by: &TouchedAdmin<'_>,
        id: PersonId,
        typed: &str,
    ) -> Result<(), Problem> {
        let by = by.signed_in().clone();
        if id == by.person() {
            return Err(not_oneself());
        }
        let (typed, now, admin) = (typed.to_owned(), self.now(), by.person());
        let deleted = self.audit_by(&by, AuditAction::PersonDeleted, AuditTarget::person(id));
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    let by = acting(tx, &by).await?;
                    let person = subject(tx, &by, id).await?;
                    erase(tx, &person, &typed, now, deleted).await
                })
            })
            .await?;
        tracing::info!(person = %id, by = %admin, "somebody was deleted");
        self.let_go(id).await;
        Ok(())
    }

    /// After somebody was deleted: their answers stop, and the bin with their conversations is emptied soon.
    pub(crate) async fn let_go(&self, id: PersonId) {
        self.stop_person(id).await;
        self.live.bin_due.notify_one();
    }
}

/// Deletes somebody in this unit of work, when the name that was typed is theirs and an owner is left. Their organization is
/// held, and they were read since.
pub(crate) async fn erase(
    tx: &mut dyn Tx,
    person: &PersonRow,
    typed: &str,
    now: Timestamp,
    deleted: AuditRow,
) -> Result<(), Problem> {
    if typed.split_whitespace().collect::<Vec<_>>().join(" ") != person.name {
        return Err(Problem::field("name", format!("Type the name as it stands here: {}", person.name)));
    }
    spare(tx, person).await?;
    if !tx.erase_person(person.owned(), DELETED_NAME, now).await? {
        return Err(Problem::NotFound);
    }
    let deleted = deleted.changing("role", person.role, AuditValue::Absent);
    Ok(tx.insert_audit(&deleted).await?)
}

/// What was done and who did it, for the one it was done to.
fn by_whom(what: &str, by: &PersonRow) -> String {
    format!("{what} (by {})", by.name)
}

fn told(id: AccountEventId, owned: Owned, kind: AccountEventKind, detail: &str, audit: AuditRow) -> Happened {
    let detail = detail.to_owned();
    let event = AccountEventRow { id, owned, kind, detail, session: None, at: audit.at, seen_at: None };
    Happened { event, audit }
}
