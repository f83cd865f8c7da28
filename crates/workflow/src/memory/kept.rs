//! What the store in memory keeps, and who may change it.

use crate::{
    Author, Commit, CommitId, Epoch, Event, Head, Interrupt, InterruptId, Loaded, Revision, RunId, Sealed,
    StateError, Status, StoreError, Timestamp,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct Kept<W> {
    pub(super) runs: BTreeMap<RunId, Run>,
    pub(super) alive: BTreeMap<Epoch, Timestamp>,
    pub(super) last_epoch: u64,
    pub(super) applied: BTreeSet<CommitId>,
    pub(super) writes: Vec<W>,
}

pub(super) struct Run {
    pub(super) head: Head,
    pub(super) checkpoints: Vec<(Sealed, Timestamp, Status)>,
    pub(super) events: Vec<Event>,
    pub(super) questions: Vec<Question>,
}

pub(super) struct Question {
    pub(super) asked: Interrupt,
    pub(super) answer: Option<Value>,
    pub(super) is_closed: bool,
}

impl<W> Kept<W> {
    pub(super) fn run(&mut self, run: RunId) -> Result<&mut Run, StoreError> {
        self.runs.get_mut(&run).ok_or(StoreError::NotFound)
    }

    /// The life that holds a run, where it is alive.
    pub(super) fn holder(&self, head: &Head) -> Option<Epoch> {
        head.holder.filter(|epoch| self.alive.contains_key(epoch))
    }

    /// Whether somebody may commit this now.
    pub(super) fn check(&self, commit: &Commit<W>) -> Result<(), StoreError> {
        let found = self.runs.get(&commit.run);
        match commit.by {
            Author::Worker(epoch) if !self.alive.contains_key(&epoch) => return Err(StoreError::Superseded),
            Author::Worker(epoch) if found.is_some_and(|run| run.head.holder != Some(epoch)) => {
                return Err(StoreError::Superseded);
            }
            Author::Operator if found.is_some_and(|run| self.holder(&run.head).is_some()) => {
                return Err(StoreError::Held);
            }
            _ => {}
        }
        match (found, &commit.opens) {
            (None, Some(_)) if commit.expected == Revision::NONE => Ok(()),
            (None, None) => Err(StoreError::NotFound),
            (Some(run), None) if run.head.revision == commit.expected => Ok(()),
            _ => Err(StoreError::Conflict),
        }
    }

    pub(super) fn is_due(&self, run: &Run, now: Timestamp) -> bool {
        let head = &run.head;
        let is_asked_for = head.cancel_requested && !head.cancel_heard
            || run.questions.iter().any(|question| question.answer.is_some() && !question.is_closed);
        !(head.status.is_over() || head.status == Status::Unreadable)
            && self.holder(head).is_none()
            && (is_asked_for || head.wake_at.is_some_and(|at| at <= now))
    }
}

impl Run {
    pub(super) fn new<W>(commit: &Commit<W>) -> Option<Self> {
        let opens = commit.opens.as_ref()?;
        let head = Head {
            run: commit.run,
            kind: opens.kind.clone(),
            owner: opens.owner.clone(),
            status: commit.status,
            reason: None,
            revision: Revision::NONE,
            last_seq: 0,
            holder: None,
            wake_at: None,
            cancel_requested: false,
            cancel_heard: false,
            opened_at: commit.at,
            changed_at: commit.at,
            forked_from: opens.forked_from,
        };
        Some(Self { head, checkpoints: Vec::new(), events: Vec::new(), questions: Vec::new() })
    }

    pub(super) fn loaded(&self) -> Loaded {
        let newest = self.checkpoints.last().map(|(sealed, ..)| sealed.clone());
        let open = self.questions.iter().filter(|question| !question.is_closed);
        let answers = open.filter_map(|question| Some((question.asked.id, question.answer.clone()?)));
        let answers: Vec<(InterruptId, Value)> = answers.collect();
        Loaded { head: self.head.clone(), checkpoint: newest.ok_or(StateError::Missing), answers }
    }

    pub(super) fn apply<W>(&mut self, commit: &Commit<W>) {
        let head = &mut self.head;
        head.status = commit.status;
        head.reason.clone_from(&commit.reason);
        head.revision = commit.expected.next();
        head.last_seq = commit.events.last().map_or(head.last_seq, |event| event.seq);
        head.holder = match commit.by {
            Author::Worker(epoch) if commit.held => Some(epoch),
            _ => None,
        };
        head.wake_at = commit.wake_at;
        head.cancel_heard |= commit.cancel_heard;
        head.changed_at = commit.at;
        if let Some(sealed) = &commit.checkpoint {
            self.checkpoints.push((sealed.clone(), commit.at, commit.status));
        }
        self.events.extend(commit.events.iter().cloned());
        let opened = commit.opened.iter().cloned();
        self.questions.extend(opened.map(|asked| Question { asked, answer: None, is_closed: false }));
        for question in
            self.questions.iter_mut().filter(|question| commit.closed.contains(&question.asked.id))
        {
            question.is_closed = true;
        }
    }
}
