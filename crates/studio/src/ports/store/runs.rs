//! Runs of the engine, of every kind, as people look at them; and what the engine writes.

use super::{Owned, StoreError};
use crate::ports::Timestamp;
use api_types::{ConversationId, ModelRef, OrganizationId, PersonId, RunId, RunStatus, Usage};
use async_trait::async_trait;
use workflow::{Answer, Commit, Event, OwnerId};

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Which.
    pub id: RunId,
    /// Whose.
    pub owned: Owned,
    /// The name of its graph.
    pub kind: String,
    /// Where it stands.
    pub status: RunStatus,
    /// Why, as a sentence.
    pub reason: Option<String>,
    /// Commits so far; 0 where its steps were not kept.
    pub revision: u64,
    /// Events so far.
    pub last_seq: u64,
    /// Whether a process drives it.
    pub is_held: bool,
    /// When it goes on, where it waits for a moment.
    pub wake_at: Option<Timestamp>,
    /// Somebody asked it to end.
    pub cancel_requested: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was committed last.
    pub changed_at: Timestamp,
    /// The checkpoint it was forked from.
    pub forked_from: Option<(RunId, u64)>,
}

/// A run in a list, with what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRun {
    /// The run.
    pub run: RunRow,
    /// Whose it is.
    pub owner_name: String,
    /// What it wrote, where it is of a chat.
    pub answer: Option<ListedAnswer>,
}

/// What a run of a chat wrote, in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAnswer {
    /// Where.
    pub conversation: ConversationId,
    /// What the conversation is called. A person's own words: for nobody else.
    pub title: String,
    /// Whether the conversation is in the bin.
    pub is_binned: bool,
    /// The model that was asked.
    pub model: ModelRef,
    /// Tokens.
    pub usage: Usage,
    /// Cost in micro-dollars.
    pub cost_micros: Option<i64>,
}

/// Which runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunQuery {
    /// Of which organization.
    pub organization: OrganizationId,
    /// Of whom; `None`: of everybody in it.
    pub owner: Option<PersonId>,
    /// Those that stand so; empty: all.
    pub statuses: Vec<RunStatus>,
    /// Those opened before this one.
    pub before: Option<(Timestamp, RunId)>,
    /// At most so many.
    pub limit: u32,
}

/// Whose commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitQuery {
    /// Of which organization.
    pub organization: OrganizationId,
    /// Of whom; `None`: of everybody in it.
    pub owner: Option<PersonId>,
    /// At most so many.
    pub limit: u32,
}

/// That a commit of a run was kept, by whichever process: enough to know whether and where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunNews {
    /// Whose.
    pub owned: Owned,
    /// Which run.
    pub run: RunId,
    /// The commit.
    pub revision: u64,
    /// The last event that it kept.
    pub last_seq: u64,
}

/// What a process hears of commits elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// One was kept.
    News(RunNews),
    /// From here on nothing is heard: why.
    Lost(String),
    /// It hears again. What was kept in between has to be looked for.
    Again,
}

/// The ear of a process: what is kept by all processes on its database, as it is kept.
#[async_trait]
pub trait RunListener: Send {
    /// The next; waits as long as it takes.
    async fn hear(&mut self) -> Heard;
}

/// What one commit brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunCommit {
    /// Of which run.
    pub run: RunId,
    /// Its number.
    pub revision: u64,
    /// When.
    pub at: Timestamp,
    /// Where the run stood then.
    pub status: RunStatus,
    /// What had happened.
    pub events: Vec<Event>,
    /// Whether the state was kept with it.
    pub has_state: bool,
    /// What of it cannot be read: then it has no events here.
    pub unread: Option<String>,
}

/// Reads of runs.
#[async_trait]
pub trait RunReads: Send + Sync {
    /// One run of a person.
    async fn run(&self, owned: Owned, id: RunId) -> Result<Option<ListedRun>, StoreError>;

    /// One run of somebody in the organization: for its administrators.
    async fn run_of(&self, organization: OrganizationId, id: RunId) -> Result<Option<ListedRun>, StoreError>;

    /// Runs, the newest first. One statement.
    async fn runs(&self, query: &RunQuery) -> Result<Vec<ListedRun>, StoreError>;

    /// How many of a person's runs need attention; counted up to `limit`.
    async fn count_needing_attention(&self, owned: Owned, limit: u32) -> Result<u32, StoreError>;

    /// The commits of a run, oldest first.
    async fn run_commits(&self, owned: Owned, run: RunId) -> Result<Vec<RunCommit>, StoreError>;

    /// The commits of a run that brought events behind `after`, oldest first; of one person, or of somebody in the organization.
    async fn commits_of(
        &self,
        asked: CommitQuery,
        run: RunId,
        after: u64,
    ) -> Result<Vec<RunCommit>, StoreError>;

    /// What was committed behind this place, oldest first; of one person, or of everybody in the organization.
    async fn commits_since(
        &self,
        asked: CommitQuery,
        since: (Timestamp, RunId, u64),
    ) -> Result<Vec<RunCommit>, StoreError>;

    /// Runs that this life of the process drives for who was shut out. Of all people: for the process itself.
    async fn shut_out_runs(&self, epoch: u64) -> Result<Vec<RunId>, StoreError>;

    /// Whether another process than this one was seen since then.
    async fn has_other_process(&self, than: u64, since: Timestamp) -> Result<bool, StoreError>;
}

/// What the engine writes in a transaction of the studio's.
#[async_trait]
pub trait RunWrites: Send {
    /// Applies a commit; false when it was applied before. Two statements where no question is opened or closed.
    ///
    /// # Errors
    /// As [`workflow::Checkpointer::commit`].
    async fn commit_run(&mut self, commit: &Commit<()>) -> Result<bool, workflow::StoreError>;

    /// Records an answer to a question, once.
    ///
    /// # Errors
    /// As [`workflow::Checkpointer::answer`].
    async fn answer_run(&mut self, answer: &Answer<()>) -> Result<(), workflow::StoreError>;

    /// Asks a run to end. As [`workflow::Checkpointer::request_cancel`].
    ///
    /// # Errors
    /// `NotFound`.
    async fn cancel_run(&mut self, run: RunId) -> Result<(), workflow::StoreError>;
}

/// What the engine calls an owner.
pub fn owner_of(owned: Owned) -> OwnerId {
    OwnerId::new(format!("{}/{}", owned.organization, owned.owner))
}

/// Reads [`owner_of`] back.
pub fn owned_of(owner: &OwnerId) -> Option<Owned> {
    let (organization, owner) = owner.as_str().split_once('/')?;
    Some(Owned { organization: organization.parse().ok()?, owner: owner.parse().ok()? })
}

impl From<StoreError> for workflow::StoreError {
    /// A rule of the schema that refuses what is written refuses it for ever.
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Conflict(rule) => Self::Refused(rule),
            StoreError::Full => Self::Unavailable("the disk is full".to_owned()),
            StoreError::Unavailable(why) => Self::Unavailable(why),
            other => Self::Fault(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_owner_reads_back_and_nothing_else_is_one() {
        let owned =
            Owned { organization: OrganizationId(Uuid::from_u128(7)), owner: PersonId(Uuid::from_u128(9)) };
        assert_eq!(owned_of(&owner_of(owned)), Some(owned));
        for wrong in ["", "a/b", "00000000-0000-0000-0000-000000000007"] {
            assert_eq!(owned_of(&OwnerId::new(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn the_engine_and_the_wire_have_the_same_words_for_where_a_run_stands() {
        for status in RunStatus::ALL {
            let engines = workflow::Status::parse(status.as_str()).unwrap();
            assert_eq!((engines.as_str(), engines.is_over()), (status.as_str(), status.is_over()));
        }
    }
}
