//! What the gate refused: it is recorded, and explained to who was refused and to their administrators.
//!
//! # Design
//! A refusal changes nothing, so its record is a unit of work of its own, with its row of the audit log. Whoever tries again and
//! again within a minute writes one record, which counts: neither table can be filled by asking. A record that cannot be written
//! lets nobody through.

use crate::{
    REFUSAL_KEPT, REFUSALS_SHOWN, SignedIn, Studio, TRACE, owned,
    ports::{
        Timestamp,
        store::{AuditTarget, RefusalRow, StoreError},
    },
};
use api_types::{AuditAction, Check, ModelRef, Problem, RefusalId};

/// A no of the gate.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// Which check says it.
    pub(crate) check: Check,
    /// By which rule.
    pub(crate) rule: &'static str,
    /// What the person is told.
    pub(crate) problem: Problem,
    /// The same, without a word of theirs.
    pub(crate) sentence: String,
    /// When there is room again.
    pub(crate) resets_at: Option<Timestamp>,
    /// From which character to which of their text, where it is about a passage.
    pub(crate) passage: Option<(u32, u32)>,
}

impl Refusal {
    /// One whose sentence has no word of the person's.
    pub(crate) fn new(check: Check, rule: &'static str, problem: Problem) -> Self {
        let sentence = problem.to_string();
        Self { check, rule, problem, sentence, resets_at: None, passage: None }
    }

    /// There is room again then.
    pub(crate) fn until(self, resets_at: Timestamp) -> Self {
        Self { resets_at: Some(resets_at), ..self }
    }
}

/// A refusal, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalView {
    /// As it was kept.
    pub row: RefusalRow,
    /// Whether it is of who looks.
    pub is_own: bool,
    /// Whose it is.
    pub owner_name: String,
}

impl Studio {
    /// Records a no, and says where it is explained.
    pub(crate) async fn refuse(
        &self,
        by: &SignedIn,
        (operation, model): (&str, Option<&ModelRef>),
        no: Refusal,
    ) -> Problem {
        let now = self.now();
        let row = RefusalRow {
            id: RefusalId(self.ids.next()),
            owned: owned(by),
            check: no.check,
            rule: no.rule.to_owned(),
            operation: operation.to_owned(),
            model: model.cloned(),
            sentence: no.sentence,
            resets_at: no.resets_at,
            passage: no.passage,
            at: now,
            last_at: now,
            times: 1,
            trace: TRACE.try_with(Clone::clone).ok(),
        };
        let audit = self.audit_by(by, AuditAction::Refused, AuditTarget::of("refusal", &row.id));
        let audit = audit.because(no.rule);
        let recorded = self.store.write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let id = tx.insert_refusal(&row).await?;
                if id == row.id {
                    tx.insert_audit(&audit).await?;
                }
                Ok(id)
            })
        });
        match recorded.await {
            Ok(id) => no.problem.explained(id),
            Err(error) => {
                tracing::warn!(%error, rule = no.rule, "a refusal could not be recorded");
                no.problem
            }
        }
    }

    /// Why something was refused: to who was refused, and to administrators of their organization.
    ///
    /// # Errors
    /// `NotFound`, also where it is of somebody else.
    pub async fn refusal(&self, by: &SignedIn, id: RefusalId) -> Result<RefusalView, Problem> {
        let organization = owned(by).organization;
        let row = self.store.refusal(organization, id).await?.ok_or(Problem::NotFound)?;
        let is_own = row.owned == owned(by);
        if !is_own && by.admin().is_err() {
            return Err(Problem::NotFound);
        }
        let owner = self.store.person(organization, row.owned.owner).await?.ok_or(Problem::NotFound)?;
        Ok(RefusalView { row, is_own, owner_name: owner.person.name })
    }

    /// What was refused to this person lately, the newest first.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn refusals(&self, by: &SignedIn) -> Result<Vec<RefusalRow>, Problem> {
        Ok(self.store.refusals(owned(by), REFUSALS_SHOWN).await?)
    }

    /// Removes what is older than [`REFUSAL_KEPT`], and addresses that owe nothing. For the worker.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn purge_refusals(&self) -> Result<u64, Problem> {
        let now = self.now();
        let purged = self.store.write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let addresses = tx.purge_addresses(now).await?;
                Ok(addresses + tx.purge_refusals(now - REFUSAL_KEPT).await?)
            })
        });
        Ok(purged.await?)
    }
}
