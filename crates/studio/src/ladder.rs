//! Who may do what to whom, asked in the unit of work that does it.
//!
//! # Design
//! A proof ([`Admin`](crate::Admin)) is as old as the request it was made for, and a request can take its time. Whoever
//! changes others is therefore read once more, with the organization held: between that look and the commit nobody's role,
//! access or end changes, in any process.

use crate::{
    Admin, SignedIn,
    ports::store::{Owned, PersonRow, Tx},
};
use api_types::{PersonId, Problem, Role};

/// Whether somebody of this role may change somebody of that one: an owner everybody, others those below them.
pub(crate) fn outranks(by: Role, of: Role) -> bool {
    by == Role::Owner || by > of
}

/// Whether somebody may make others what is said here: nobody more than they are. Reviewers are made by owners, and by
/// administrators who are reviewers.
///
/// # Errors
/// `NotPermitted` for the role, `ReviewerNeeded` for the flag.
pub(crate) fn may_give(by: &PersonRow, role: Role, reviewer: bool) -> Result<(), Problem> {
    if by.is_shut_out() || by.role < Role::Admin || role > by.role {
        return Err(Problem::NotPermitted);
    }
    if reviewer && !makes_reviewers(by) {
        return Err(Problem::ReviewerNeeded);
    }
    Ok(())
}

fn makes_reviewers(by: &PersonRow) -> bool {
    by.role == Role::Owner || by.reviewer
}

impl Admin<'_> {
    /// Whether they may make others reviewers.
    pub fn makes_reviewers(&self) -> bool {
        makes_reviewers(self.signed_in().row())
    }
}

/// The administrator who acts, as they are now. Holds their organization; comes first in a unit of work.
///
/// # Errors
/// `SignIn` where they were shut out since their proof was made, `NotPermitted` where they are no administrator any more.
pub(crate) async fn acting(tx: &mut dyn Tx, by: &SignedIn) -> Result<PersonRow, Problem> {
    let Owned { organization, owner } = by.owned();
    tx.hold_organization(organization).await?;
    let listed = tx.person(organization, owner).await?.ok_or(Problem::SignIn)?;
    match listed.person {
        person if person.is_shut_out() => Err(Problem::SignIn),
        person if person.role < Role::Admin => Err(Problem::NotPermitted),
        person => Ok(person),
    }
}

/// Somebody of the same organization whom they may change.
pub(crate) async fn subject(tx: &mut dyn Tx, by: &PersonRow, id: PersonId) -> Result<PersonRow, Problem> {
    let there = tx.person(by.organization, id).await?.ok_or(Problem::NotFound)?.person;
    if id != by.id && !outranks(by.role, there.role) {
        return Err(Problem::NotPermitted);
    }
    Ok(there)
}

/// An owner may go where another one stays. Their organization is held, and they were read since.
pub(crate) async fn spare(tx: &mut dyn Tx, person: &PersonRow) -> Result<(), Problem> {
    if person.role == Role::Owner && !tx.has_other_owner(person.owned()).await? {
        return Err(Problem::Changed {
            detail: "This is the only owner who can sign in. Make somebody else an owner first.".to_owned(),
        });
    }
    Ok(())
}
