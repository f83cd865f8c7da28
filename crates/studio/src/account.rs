//! One's own account: its name, and its end.

use crate::{
    InSession, SignedIn, Studio, Touched, owned, person,
    ports::store::{AuditTarget, Belongings},
    screening::note_marked,
    text,
};
use api_types::{AuditAction, Problem};

impl Studio {
    /// Gives oneself another name.
    ///
    /// # Errors
    /// `Invalid` naming `name`.
    pub async fn rename_account(&self, by: &InSession<'_>, name: &str) -> Result<(), Problem> {
        let (owned, name) = (owned(by.signed_in()), text::name(name)?);
        let marked = self.screen_name(by.signed_in(), "name", &name).await?;
        let target = AuditTarget::person(owned.owner);
        let renamed = self.audit_by(by.signed_in(), AuditAction::PersonRenamed, target);
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    tx.rename_person(owned, &name).await?;
                    note_marked(tx, marked).await?;
                    Ok(tx.insert_audit(&renamed).await?)
                })
            })
            .await
    }

    /// What goes when one deletes oneself.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn belongings(&self, by: &SignedIn) -> Result<Belongings, Problem> {
        Ok(self.store.belongings(owned(by)).await?)
    }

    /// Deletes oneself and all that is one's own, for good. `typed` has to be one's name.
    ///
    /// # Errors
    /// `Changed` for the last owner, `Invalid` naming `name`.
    pub async fn delete_account(&self, by: &Touched<'_>, typed: &str) -> Result<(), Problem> {
        let who = by.signed_in().owned();
        let (typed, now) = (typed.to_owned(), self.now());
        let deleted =
            self.audit_by(by.signed_in(), AuditAction::PersonDeleted, AuditTarget::person(who.owner));
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    tx.hold_organization(who.organization).await?;
                    let oneself =
                        tx.person(who.organization, who.owner).await?.ok_or(Problem::SignIn)?.person;
                    person::erase(tx, &oneself, &typed, now, deleted).await
                })
            })
            .await?;
        tracing::info!(person = %who.owner, "somebody deleted their account");
        self.let_go(who.owner).await;
        Ok(())
    }
}
