//! The runs that a stream follows: where it stands in each, and which of them it has to look at.
//!
//! # Design
//! Rows are the truth. News (`studio::News`) say which run to look at; a look reads its commits behind the last event told, so
//! within a run there is no gap and nothing twice, whichever process wrote it. Where something may have been missed (the
//! stream begins or comes back, it fell behind, other processes are not heard) commits are looked for by their time. A commit
//! can be there some time after its own, so such a look begins [`RUN_COMMIT_SETTLES`] early, and what was told since then is kept
//! in mind: here, and in the ids of events (`cursor.rs`).

use super::cursor::{self, Cursor};
use api_types::{Problem, RunEvent, RunId};
use app::components::run::sentence;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use studio::{
    Followed, RUN_COMMIT_SETTLES, RUN_COMMITS_AT_ONCE, RUNS_FOLLOWED_MAX, SignedIn, Studio,
    ports::{
        Timestamp,
        store::{RunCommit, RunNews},
    },
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, sleep_until},
};

/// Rows are looked at this often while other processes are not heard …
const LOOK_WHILE_DEAF: Duration = Duration::from_secs(2);
/// … and this often all the same: between here and the database may be something that passes nothing on.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// After a look that failed.
const AGAIN: Duration = Duration::from_secs(1);

/// Where a stream stands in a run.
struct Stand {
    /// The last event that was told, or passed over as known.
    seq: u64,
    at: Timestamp,
    is_over: bool,
    /// Whether something of it was told: from then on everything is.
    is_told: bool,
}

/// The runs that a stream follows.
pub(super) struct Runs {
    studio: Arc<Studio>,
    followed: Followed,
    /// Where it is one run.
    only: Option<RunId>,
    news: broadcast::Receiver<Option<RunNews>>,
    /// What was committed before this was told, or known before.
    since: Timestamp,
    stands: HashMap<RunId, Stand>,
    /// Runs to look at, with a commit that is news whatever its time.
    due: BTreeMap<RunId, u64>,
    /// From where on commits are to be looked for; not now when there is none.
    looking: Option<(Timestamp, RunId, u64)>,
    look_at: Instant,
    /// Nothing is looked at before.
    not_before: Instant,
}

impl Runs {
    /// Those of everybody who is followed, from this place on.
    pub(super) fn all(studio: Arc<Studio>, followed: Followed, from: Cursor) -> Self {
        let mut this = Self::new(studio, followed, None, from.since);
        for (run, seq) in from.told {
            this.stands.insert(run, Stand { seq, at: from.since, is_over: false, is_told: true });
            // It may have gone on at a time that is long over: its commits waited for the database.
            this.due.insert(run, 0);
        }
        this.look();
        this
    }

    /// One run, behind this event of it.
    pub(super) fn one(studio: Arc<Studio>, followed: Followed, run: RunId, after: u64) -> Self {
        let mut this = Self::new(studio, followed, Some(run), Timestamp(0));
        this.stands.insert(run, Stand { seq: after, at: Timestamp(0), is_over: false, is_told: true });
        this.look();
        this
    }

    fn new(studio: Arc<Studio>, followed: Followed, only: Option<RunId>, since: Timestamp) -> Self {
        // Before the first look at rows: what is kept in between is heard.
        let (news, now) = (studio.news.subscribe(), Instant::now());
        Self {
            studio,
            followed,
            only,
            news,
            since,
            stands: HashMap::new(),
            due: BTreeMap::new(),
            looking: None,
            look_at: now,
            not_before: now,
        }
    }

    /// Completes when there is something to look at. What was heard is kept when it is dropped.
    pub(super) async fn heard(&mut self, by: &SignedIn) {
        loop {
            if !self.due.is_empty() || self.looking.is_some() {
                return sleep_until(self.not_before).await;
            }
            let every = if self.studio.news.is_deaf() { LOOK_WHILE_DEAF } else { LOOK_EVERY };
            tokio::select! {
                news = self.news.recv() => self.note(by, news),
                () = sleep_until(self.look_at + every) => self.look(),
            }
        }
    }

    fn note(&mut self, by: &SignedIn, news: Result<Option<RunNews>, RecvError>) {
        let Ok(Some(news)) = news else { return self.look() };
        let is_told = |stand: &Stand| stand.is_told && stand.seq >= news.last_seq;
        if self.only.is_some_and(|only| only != news.run)
            || !self.followed.concerns(by, &news)
            || self.stands.get(&news.run).is_some_and(is_told)
        {
            return;
        }
        self.mark(news.run, news.revision);
    }

    fn mark(&mut self, run: RunId, revision: u64) {
        if self.due.len() >= RUNS_FOLLOWED_MAX && !self.due.contains_key(&run) {
            return self.look();
        }
        let first = self.due.entry(run).or_insert(revision);
        *first = revision.min(*first);
    }

    /// Something may have been missed.
    fn look(&mut self) {
        self.look_at = Instant::now();
        match self.only {
            Some(run) => self.mark(run, 0),
            None => self.looking = Some((self.since, RunId(uuid::Uuid::nil()), 0)),
        }
    }

    /// What is new, of one look, each with the id of its event; it may be nothing.
    ///
    /// # Errors
    /// `NotPermitted` where this person may not follow them any more. What cannot be read now is read later.
    pub(super) async fn next(&mut self, by: &SignedIn) -> Result<Vec<(String, RunEvent)>, Problem> {
        if Instant::now() < self.not_before {
            return Ok(Vec::new());
        }
        let looked = match self.due.pop_first() {
            Some((run, first)) => match self.look_into(by, run, first).await {
                Err(problem) => {
                    self.mark(run, first);
                    Err(problem)
                }
                looked => looked,
            },
            None => self.look_around(by).await,
        };
        match looked {
            Ok(events) => {
                let named = self.named(events);
                self.settle();
                Ok(named)
            }
            Err(problem @ (Problem::NotPermitted | Problem::OutOfScope { .. })) => Err(problem),
            Err(_) => {
                self.not_before = Instant::now() + AGAIN;
                Ok(Vec::new())
            }
        }
    }

    /// What one run has brought since it was last looked at; more of it is due where that is much.
    async fn look_into(&mut self, by: &SignedIn, run: RunId, first: u64) -> Result<Vec<RunEvent>, Problem> {
        let stand = self.stands.get(&run);
        let (mut seq, mut is_told) = stand.map_or((0, false), |stand| (stand.seq, stand.is_told));
        let commits = self.studio.run_commits_after(by, self.followed, run, seq).await?;
        let mut events = Vec::new();
        for commit in &commits {
            is_told |= commit.at >= self.since || (first > 0 && commit.revision >= first);
            let new = commit.events.iter().filter(|event| event.seq > seq);
            if is_told {
                events.extend(new.map(|event| RunEvent {
                    run,
                    seq: event.seq,
                    revision: commit.revision,
                    status: commit.status,
                    at: event.at.0,
                    what: sentence(event),
                }));
            }
            seq = commit.events.last().map_or(seq, |last| last.seq.max(seq));
        }
        let is_full = commits.len() >= RUN_COMMITS_AT_ONCE as usize;
        // Where not one of them brought an event that can be read, the next look would find the same.
        let goes_on = seq > stand.map_or(0, |stand| stand.seq);
        if is_full && goes_on {
            self.mark(run, first);
        }
        if let Some(last) = commits.last().filter(|_| is_told || is_full) {
            let stand = Stand { seq, at: last.at, is_over: last.status.is_over(), is_told };
            self.stands.insert(run, stand);
        }
        Ok(events)
    }

    /// Looks for runs in which something was committed.
    async fn look_around(&mut self, by: &SignedIn) -> Result<Vec<RunEvent>, Problem> {
        let Some(place) = self.looking else { return Ok(Vec::new()) };
        let commits = self.studio.run_commits_since(by, self.followed, place).await?;
        for RunCommit { run, revision, events, .. } in &commits {
            let Some(last) = events.last() else { continue };
            if self.stands.get(run).is_none_or(|stand| !stand.is_told || stand.seq < last.seq) {
                self.mark(*run, *revision);
            }
        }
        let is_full = commits.len() >= RUN_COMMITS_AT_ONCE as usize;
        self.looking = commits.last().filter(|_| is_full).map(|last| (last.at, last.run, last.revision));
        Ok(Vec::new())
    }

    /// Forgets what cannot come again.
    fn settle(&mut self) {
        if self.only.is_some() || !self.due.is_empty() {
            return;
        }
        let seen = self.looking.map_or_else(|| self.studio.now(), |(at, ..)| at);
        self.since = self.since.max(seen - RUN_COMMIT_SETTLES);
        let since = self.since;
        self.stands.retain(|_, stand| !stand.is_over || stand.at >= since);
        while self.stands.len() > RUNS_FOLLOWED_MAX {
            let oldest = self.stands.iter().min_by_key(|(_, stand)| stand.at).map(|(run, _)| *run);
            let Some(run) = oldest else { break };
            self.stands.remove(&run);
        }
    }

    /// The id of an event that is told now: where somebody goes on who comes back with it.
    pub(super) fn id(&self) -> String {
        match self.only.and_then(|run| self.stands.get(&run)) {
            Some(stand) => stand.seq.to_string(),
            None => cursor::id(self.studio.now(), Some(&self.cursor())),
        }
    }

    fn cursor(&self) -> Cursor {
        let mut told: Vec<(&RunId, &Stand)> = self.stands.iter().filter(|(_, stand)| stand.is_told).collect();
        told.sort_unstable_by_key(|(_, stand)| Reverse(stand.at));
        Cursor { since: self.since, told: told.into_iter().map(|(run, stand)| (*run, stand.seq)).collect() }
    }

    /// A stream can end after each of them: an id says no more than what was told until then.
    fn named(&self, events: Vec<RunEvent>) -> Vec<(String, RunEvent)> {
        if self.only.is_some() {
            return events.into_iter().map(|event| (event.seq.to_string(), event)).collect();
        }
        let (now, mut cursor) = (self.studio.now(), self.cursor());
        let mut named = Vec::with_capacity(events.len());
        for event in events {
            for (run, seq) in &mut cursor.told {
                if *run == event.run {
                    *seq = event.seq;
                }
            }
            named.push((cursor::id(now, Some(&cursor)), event));
        }
        named
    }
}
