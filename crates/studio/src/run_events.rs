//! What happened in runs, as it is stored: for pages and programs that follow them.

use crate::{
    Admin, RUN_COMMITS_AT_ONCE, SignedIn, Studio,
    ports::{
        Timestamp,
        store::{CommitQuery, RunCommit, RunNews},
    },
    run_veil::veil_event,
};
use api_types::{PersonId, Problem, RunId};

/// Whose runs somebody follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// One's own.
    Own,
    /// Those of everybody in the organization; for administrators, asked for anew with each look.
    Everyone,
}

/// Whose rows may be read, proven.
#[derive(Debug, Clone, Copy)]
enum Proof<'a> {
    Own(&'a SignedIn),
    Everyone(Admin<'a>),
}

impl Proof<'_> {
    fn query(&self) -> CommitQuery {
        let (by, owner): (&SignedIn, Option<PersonId>) = match self {
            Self::Own(by) => (by, Some(by.person())),
            Self::Everyone(admin) => (admin.signed_in(), None),
        };
        CommitQuery { organization: by.owned().organization, owner, limit: RUN_COMMITS_AT_ONCE }
    }
}

impl Followed {
    fn proof(self, by: &SignedIn) -> Result<Proof<'_>, Problem> {
        Ok(match self {
            Self::Own => Proof::Own(by),
            Self::Everyone => Proof::Everyone(by.admin()?),
        })
    }

    /// Of everybody's runs without what only their persons see.
    fn veiled(self, mut commits: Vec<RunCommit>) -> Vec<RunCommit> {
        if self == Self::Everyone {
            commits.iter_mut().flat_map(|commit| &mut commit.events).for_each(veil_event);
        }
        commits
    }

    /// Whether such news are for this person. What is in the rows is asked for with the proof, whatever this says.
    pub fn concerns(self, by: &SignedIn, news: &RunNews) -> bool {
        let owned = by.owned();
        match self {
            Self::Own => news.owned == owned,
            Self::Everyone => news.owned.organization == owned.organization,
        }
    }
}

impl Studio {
    /// The commits of a run that brought events behind `after`, at most [`RUN_COMMITS_AT_ONCE`], the oldest first. Of a run that is
    /// none of those followed there are none.
    ///
    /// # Errors
    /// `NotPermitted`, `TryLater` or `Broken`.
    pub async fn run_commits_after(
        &self,
        by: &SignedIn,
        followed: Followed,
        run: RunId,
        after: u64,
    ) -> Result<Vec<RunCommit>, Problem> {
        let commits = self.store.commits_of(followed.proof(by)?.query(), run, after).await?;
        Ok(followed.veiled(commits))
    }

    /// What was committed in the runs that are followed, behind this place: at most [`RUN_COMMITS_AT_ONCE`], the oldest first.
    ///
    /// # Errors
    /// `NotPermitted`, `TryLater` or `Broken`.
    pub async fn run_commits_since(
        &self,
        by: &SignedIn,
        followed: Followed,
        since: (Timestamp, RunId, u64),
    ) -> Result<Vec<RunCommit>, Problem> {
        let commits = self.store.commits_since(followed.proof(by)?.query(), since).await?;
        Ok(followed.veiled(commits))
    }

    /// Whether there is such a run among those that are followed.
    ///
    /// # Errors
    /// `NotFound`, `NotPermitted`.
    pub async fn follows_run(&self, by: &SignedIn, followed: Followed, run: RunId) -> Result<(), Problem> {
        let found = match followed.proof(by)? {
            Proof::Own(by) => self.store.run(by.owned(), run).await?,
            Proof::Everyone(admin) => self.store.run_of(admin.signed_in().owned().organization, run).await?,
        };
        found.map(drop).ok_or(Problem::NotFound)
    }
}
