//! Opening a run: its first commit is drawn up, and the product keeps it.

use super::{Engine, EngineError, kind::Kind};
use crate::{
    Commit, Graph, Opens, OwnerId, RunId, State, What,
    run::{self, Book, Drive, Rest},
    state,
    thread::Body,
};
use std::sync::Arc;
use tokio::time::Instant;

/// A run that is ready to be opened.
///
/// # Design
/// Nothing is written yet: the product adds its own writes and hands the commit to its store, beside other rows if it likes.
/// When that is done, `ticket` goes to [`Engine::start`], and the run goes on without being claimed first. A ticket that is dropped
/// although its commit was kept leaves a run that the process finds after [`STRAY_AFTER`]; where the outcome of the commit is
/// not known, start it cancelled: what is not there cannot be ended, and what is there is.
pub struct Opening<W> {
    /// The new run.
    pub run: RunId,
    /// Its first commit.
    pub commit: Commit<W>,
    /// For [`Engine::start`], unless the run rests already.
    pub ticket: Option<Ticket<W>>,
}

/// A run that this process holds and may drive.
pub struct Ticket<W> {
    pub(super) kind: Arc<dyn Kind<W>>,
    pub(super) drive: Arc<Drive<W>>,
    pub(super) made: Instant,
}

impl<W> Ticket<W> {
    pub(super) fn new(kind: Arc<dyn Kind<W>>, drive: Arc<Drive<W>>) -> Self {
        Self { kind, drive, made: Instant::now() }
    }

    /// Ends the run instead of going on with it: nothing of it is called.
    pub fn cancel(&self) {
        self.drive.cancel();
    }
}

impl<W: Send + Sync + 'static> Engine<W> {
    /// A new run at the first node of its graph. Nothing is executed.
    ///
    /// # Errors
    /// `NotAtWork`, or the state cannot be written.
    pub fn open<S: State>(
        &self,
        graph: &Arc<Graph<S, W>>,
        owner: OwnerId,
        state: &S,
    ) -> Result<Opening<W>, EngineError> {
        let drive = self.new_run(graph, owner, state)?;
        let (commit, change) = drive.draw_up(Rest::working())?;
        {
            let mut book = drive.book();
            book.revision = book.revision.next();
            book.kept = change;
        }
        Ok(Opening { run: drive.run, commit, ticket: Some(self.ticket(drive)?) })
    }

    /// A new run that has gone on already to where its first commit is due: over the pure nodes at its beginning, up to the
    /// intent of its first effect. One commit less.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub async fn open_eagerly<S: State>(
        &self,
        graph: &Arc<Graph<S, W>>,
        owner: OwnerId,
        state: &S,
    ) -> Result<Opening<W>, EngineError> {
        let drive = self.new_run(graph, owner, state)?;
        let (commit, goes_on) = run::prepare(graph, &drive).await?;
        let ticket = if goes_on { Some(self.ticket(Arc::clone(&drive))?) } else { None };
        Ok(Opening { run: drive.run, commit, ticket })
    }

    /// Before the first node of its graph.
    fn new_run<S: State>(
        &self,
        graph: &Graph<S, W>,
        owner: OwnerId,
        state: &S,
    ) -> Result<Arc<Drive<W>>, EngineError> {
        let body = Body::opening(&graph.entry, state::write(state)?);
        let opens = Opens { kind: graph.name().to_owned(), owner, forked_from: None };
        self.opening_drive(graph.schema(), opens, body)
    }

    pub(super) fn opening_drive(
        &self,
        schema: (&'static str, u32),
        opens: Opens,
        body: Body,
    ) -> Result<Arc<Drive<W>>, EngineError> {
        let mut book = Book::opening(body);
        let what = match opens.forked_from {
            Some((from, revision)) => What::Forked { from, revision },
            None => What::Opened,
        };
        book.tell(self.host.now(), what);
        let epoch = self.at_work()?;
        if self.closing.is_cancelled() {
            return Err(EngineError::NotAtWork);
        }
        let run = RunId(self.host.id());
        Ok(Arc::new(self.drive(run, opens, schema, epoch, book)))
    }
}
