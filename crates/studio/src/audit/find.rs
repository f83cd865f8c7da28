//! What administrators read: rows by action, person, run and day, and how the chain stands.

use crate::{
    AUDIT_ROWS_PER_PAGE, AUDIT_SEALED_WITHIN, Admin, Studio,
    ports::{
        Timestamp,
        store::{AuditQuery, ListedAudit},
    },
    text,
};
use api_types::{AuditAction, AuditId, Problem};

/// Which rows are looked for; what is empty asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Words of the action, in any order.
    pub words: String,
    /// A person's id, or words of their name: who did it, or to whom it was done.
    pub person: String,
    /// The id of a run.
    pub run: String,
    /// Not earlier.
    pub from: Option<Timestamp>,
    /// Earlier.
    pub until: Option<Timestamp>,
}

impl AuditFilter {
    /// Whether it asks for anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The actions that have all the words, in what people or programs call them; empty where no word was said, `None` where no
    /// action has them.
    fn actions(&self) -> Option<Vec<AuditAction>> {
        let words: Vec<String> = self.words.split_whitespace().map(str::to_lowercase).collect();
        if words.is_empty() {
            return Some(Vec::new());
        }
        let has = |action: &AuditAction| {
            let named = format!("{} {}", action.title().to_lowercase(), action.as_str());
            words.iter().all(|word| named.contains(word))
        };
        let found: Vec<_> = AuditAction::ALL.iter().copied().filter(has).collect();
        (!found.is_empty()).then_some(found)
    }
}

/// How the chain stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditState {
    /// Rows that are sealed, of all organizations.
    pub sealed: u64,
    /// When the last of them was.
    pub sealed_at: Option<Timestamp>,
    /// Since when the oldest that is not sealed has waited.
    pub waiting_since: Option<Timestamp>,
}

impl AuditState {
    /// Whether something waits longer than it should.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.waiting_since.is_some_and(|since| now.since(since) > AUDIT_SEALED_WITHIN)
    }
}

/// One part of the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditPage {
    /// Newest first.
    pub rows: Vec<ListedAudit>,
    /// The last of this part, where there is another.
    pub next: Option<AuditId>,
    /// How the chain stands.
    pub state: AuditState,
}

impl Studio {
    /// One part of the organization's log.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn audit_log(
        &self,
        by: &Admin<'_>,
        filter: &AuditFilter,
        before: Option<AuditId>,
    ) -> Result<AuditPage, Problem> {
        let state = self.audit_state().await?;
        let Some(actions) = filter.actions() else { return Ok(AuditPage { state, ..AuditPage::default() }) };
        let said = |words: &str| Some(text::searched(words)).filter(|words| !words.is_empty());
        let query = AuditQuery {
            organization: by.signed_in().owned().organization,
            before,
            from: filter.from,
            until: filter.until,
            actions,
            person: said(&filter.person),
            run: said(&filter.run),
            limit: AUDIT_ROWS_PER_PAGE + 1,
        };
        let mut rows = self.store.audit(&query).await?;
        let more = rows.len() > AUDIT_ROWS_PER_PAGE as usize;
        rows.truncate(AUDIT_ROWS_PER_PAGE as usize);
        let next = rows.last().filter(|_| more).and_then(|last| last.line.id.parse().ok());
        Ok(AuditPage { rows, next, state })
    }

    async fn audit_state(&self) -> Result<AuditState, Problem> {
        let head = self.store.audit_head().await?;
        let waiting = self.store.unsealed_audit(1).await?.pop();
        Ok(AuditState {
            sealed: head.as_ref().map_or(0, |head| head.position),
            sealed_at: head.and_then(|head| head.sealed_at),
            waiting_since: waiting.map(|line| Timestamp(line.at)),
        })
    }
}
