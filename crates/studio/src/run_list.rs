//! Runs in a list: one's own, or everybody's for administrators.

use crate::{
    Admin, RUNS_PER_PAGE, SignedIn, Studio,
    ports::{
        Timestamp,
        store::{ListedRun, RunQuery},
    },
    run_veil::veil,
};
use api_types::{PersonId, Problem, RunId, RunStatus};

/// Which runs are looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunFilter {
    /// All of them.
    #[default]
    All,
    /// Those that go on by themselves, or when somebody answers.
    Active,
    /// Those that wait for a person's word, or cannot be read.
    Attention,
    /// Those in which something failed.
    Failed,
    /// Those that came to their end or were stopped.
    Ended,
}

impl RunFilter {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::All, Self::Active, Self::Attention, Self::Failed, Self::Ended];

    /// Its word in an address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Active => "active",
            Self::Attention => "attention",
            Self::Failed => "failed",
            Self::Ended => "ended",
        }
    }

    /// Reads [`RunFilter::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.as_str() == text)
    }

    fn statuses(self) -> Vec<RunStatus> {
        use RunStatus::{Cancelled, Done, Failed, NeedsAttention, Running, Sleeping, Unreadable, Waiting};
        match self {
            Self::All => Vec::new(),
            Self::Active => vec![Running, Waiting, Sleeping],
            Self::Attention => vec![NeedsAttention, Unreadable],
            Self::Failed => vec![Failed],
            Self::Ended => vec![Done, Cancelled],
        }
    }
}

/// A part of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPage {
    /// The newest first. What a conversation is called is empty where it is not one's own.
    pub runs: Vec<ListedRun>,
    /// Where the next part begins.
    pub next: Option<(Timestamp, RunId)>,
}

impl Studio {
    /// The person's own runs.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn runs(
        &self,
        by: &SignedIn,
        filter: RunFilter,
        before: Option<(Timestamp, RunId)>,
    ) -> Result<RunPage, Problem> {
        self.run_page(by, Some(by.person()), filter, before).await
    }

    /// The runs of everybody in the organization.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn organization_runs(
        &self,
        by: &Admin<'_>,
        filter: RunFilter,
        before: Option<(Timestamp, RunId)>,
    ) -> Result<RunPage, Problem> {
        self.run_page(by.signed_in(), None, filter, before).await
    }

    async fn run_page(
        &self,
        by: &SignedIn,
        owner: Option<PersonId>,
        filter: RunFilter,
        before: Option<(Timestamp, RunId)>,
    ) -> Result<RunPage, Problem> {
        let organization = by.owned().organization;
        let (statuses, limit) = (filter.statuses(), RUNS_PER_PAGE + 1);
        let mut runs = self.store.runs(&RunQuery { organization, owner, statuses, before, limit }).await?;
        let has_more = runs.len() > RUNS_PER_PAGE as usize;
        runs.truncate(RUNS_PER_PAGE as usize);
        let next = runs.last().filter(|_| has_more).map(|last| (last.run.opened_at, last.run.id));
        runs.iter_mut().for_each(|listed| veil(listed, by.person()));
        Ok(RunPage { runs, next })
    }
}
