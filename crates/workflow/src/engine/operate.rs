//! What somebody may do with a run from outside.

use super::{Engine, EngineError, Opening, locked};
use crate::{
    Answer, Author, Commit, CommitId, Event, Interrupt, InterruptId, Known, Loaded, Opens, OwnerId, Revision,
    RunId, Sealed, Status, What,
    run::Rest,
    seal,
    thread::{Body, Thread, Wait},
};
use serde_json::Value;
use std::sync::{Arc, atomic::Ordering};

/// What a person says of an effect that nobody knows about.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It did not take place: call it again, with the same key.
    Retry,
    /// It took place, with this result.
    MarkDone(Value),
    /// It is not to be called again. Its node hears that it failed, with this sentence.
    GiveUp(String),
}

impl<W: Send + Sync + 'static> Engine<W> {
    /// Answers a question, once. The run goes on.
    ///
    /// # Errors
    /// `Answered` for everybody but the first, `Altered` where something else was asked, `NotFound`.
    pub async fn answer(&self, answer: Answer<W>) -> Result<(), EngineError> {
        let run = answer.run;
        self.store.answer(Arc::new(answer)).await?;
        self.look(run).await
    }

    /// Ends a run: at once what waits, and what is under way as soon as its effect hands over what it has.
    ///
    /// # Errors
    /// `NotFound`, or the store cannot be reached; where this process drives the run, it is told all the same.
    pub async fn cancel(&self, run: RunId) -> Result<(), EngineError> {
        if let Some(drive) = locked(&self.live).get(&run).cloned() {
            drive.cancel();
            locked(&self.turns).hurry(|ticket| ticket.drive.run == run);
            self.waiting.notify_one();
        }
        self.store.request_cancel(run, self.host.now()).await?;
        self.look(run).await
    }

    /// Looks at a run that something was written for in a transaction of the product's: an answer, a commit of an operator.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn look(&self, run: RunId) -> Result<(), EngineError> {
        self.tell(run).await?;
        self.is_asked.store(true, Ordering::Relaxed);
        self.due.notify_one();
        Ok(())
    }

    /// Commits what one of the functions below has drawn up.
    ///
    /// # Errors
    /// `Held` while the run is being worked on, `Conflict` when it has gone on.
    pub async fn apply(&self, commit: Commit<W>) -> Result<(), EngineError> {
        let run = commit.run;
        self.store.commit(Arc::new(commit)).await?;
        self.look(run).await
    }

    /// Says what became of an effect of a run that needs attention.
    ///
    /// # Errors
    /// `Refused` when nobody asks about it.
    pub async fn decide(&self, run: RunId, key: &str, verdict: Verdict) -> Result<Commit<W>, EngineError> {
        let (loaded, mut body) = self.restored(run).await?;
        let entry = body.threads.values_mut().flat_map(|thread| &mut thread.journal);
        let mut entry = entry.filter(|entry| entry.key == key && entry.known == Known::Unknown);
        let entry = entry.next().ok_or(EngineError::Refused("nobody asks what became of this"))?;
        let word = match verdict {
            Verdict::Retry => {
                (entry.known, entry.tries) = (Known::Due, 0);
                "due"
            }
            Verdict::MarkDone(result) => {
                entry.known = Known::Finished(result);
                "finished"
            }
            Verdict::GiveUp(why) => {
                entry.known = Known::Failed(why);
                "failed"
            }
        };
        let what = entry.word(word);
        for thread in body.threads.values_mut().filter(|thread| thread.wait == Wait::Verdict) {
            if thread.journal.iter().all(|entry| entry.known != Known::Unknown) {
                thread.wait = Wait::Nothing;
            }
        }
        self.operator_commit(&loaded, &body, what)
    }

    /// Goes on with a run that failed, at the node that failed: effects that finished are not called again. Or with one whose
    /// checkpoint could not be read, when it can be by now.
    ///
    /// # Errors
    /// `Refused` when it is neither.
    pub async fn retry(&self, run: RunId) -> Result<Commit<W>, EngineError> {
        let (loaded, mut body) = self.restored(run).await?;
        if !matches!(loaded.head.status, Status::Failed | Status::Unreadable) {
            return Err(EngineError::Refused("only a run that failed can be tried again"));
        }
        for path in body.failed() {
            body.revive(&path);
        }
        let what = What::Stands { status: Status::Running, reason: None };
        self.operator_commit(&loaded, &body, what)
    }

    /// A new run that goes on from a checkpoint of another. Effects that had a result then are carried over and not called
    /// again. All others are the new run's own: called under its own keys when it comes to them, whatever became of them
    /// in the old run. Questions are asked anew.
    ///
    /// # Errors
    /// `NotFound`; `Refused` when the checkpoint is the end.
    pub async fn fork(
        &self,
        run: RunId,
        revision: Revision,
        owner: OwnerId,
    ) -> Result<Opening<W>, EngineError> {
        let missing = crate::StoreError::NotFound;
        let loaded = self.store.load(run).await?.ok_or(missing.clone())?;
        let sealed = self.store.checkpoint(run, revision).await?.ok_or(missing)?;
        let kind = self.kind(&loaded.head.kind)?;
        let mut body = kind.restore(&sealed)?;
        if body.threads.get("").is_some_and(|root| root.wait == Wait::Ended) {
            return Err(EngineError::Refused("this checkpoint is the end: nothing goes on from it"));
        }
        body.cancelling = false;
        body.visits = 0;
        for path in body.failed() {
            body.revive(&path);
        }
        let opens = Opens { kind: loaded.head.kind, owner, forked_from: Some((run, revision)) };
        let drive = self.opening_drive(kind.schema(), opens, body)?;
        let now = self.host.now();
        let (commit, change) = {
            let mut book = drive.book();
            let mut asked = Vec::new();
            for (path, thread) in &mut book.body.threads {
                let prefix = format!("{}/{path}{}", drive.run, thread.step);
                asked.extend(renewed(thread, &prefix, || InterruptId(self.host.id())));
            }
            for interrupt in asked {
                let what = What::Asked { interrupt: interrupt.id, node: interrupt.node.clone() };
                book.opened.push(interrupt);
                book.tell(now, what);
            }
            drop(book);
            drive.draw_up(Rest::working())?
        };
        let mut book = drive.book();
        book.revision = book.revision.next();
        book.kept = change;
        drop(book);
        Ok(Opening { run: drive.run, commit, ticket: Some(self.ticket(drive)?) })
    }

    async fn restored(&self, run: RunId) -> Result<(Loaded, Body), EngineError> {
        let loaded = self.store.load(run).await?.ok_or(crate::StoreError::NotFound)?;
        let body =
            self.kind(&loaded.head.kind)?.restore(loaded.checkpoint.as_ref().map_err(Clone::clone)?)?;
        Ok((loaded, body))
    }

    fn operator_commit(&self, loaded: &Loaded, body: &Body, what: What) -> Result<Commit<W>, EngineError> {
        let (now, head) = (self.host.now(), &loaded.head);
        let json =
            serde_json::to_string(body).map_err(|error| crate::StateError::Shape(error.to_string()))?;
        let schema = self.kind(&head.kind)?.schema();
        Ok(Commit {
            id: CommitId(self.host.id()),
            run: head.run,
            opens: None,
            expected: head.revision,
            by: Author::Operator,
            at: now,
            checkpoint: Some(Sealed::new(head.run, head.revision.next(), schema, json)?),
            opened: Vec::new(),
            closed: Vec::new(),
            events: vec![Event { seq: head.last_seq + 1, at: now, what }],
            status: Status::Running,
            reason: None,
            wake_at: Some(now),
            held: false,
            cancel_heard: head.cancel_heard,
            writes: Vec::new(),
        })
    }
}

/// Makes a thread of another run this run's own. The question it asks anew.
fn renewed(thread: &mut Thread, prefix: &str, id: impl FnOnce() -> InterruptId) -> Option<Interrupt> {
    for (place, entry) in thread.journal.iter_mut().enumerate() {
        if !matches!(entry.known, Known::Finished(_)) {
            (entry.known, entry.tries) = (Known::Due, 0);
            entry.key = format!("{prefix}/{place}");
        }
    }
    match &mut thread.wait {
        Wait::Verdict => thread.wait = Wait::Nothing,
        Wait::Answer { interrupt, asked, until } => {
            *interrupt = id();
            return Some(Interrupt {
                id: *interrupt,
                node: thread.node.clone(),
                asked: asked.clone(),
                digest: seal::digest(&asked.to_string()),
                until: *until,
            });
        }
        Wait::Nothing | Wait::Until(_) | Wait::Branches | Wait::Join | Wait::Failed(_) | Wait::Ended => {}
    }
    None
}
