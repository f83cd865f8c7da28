//! One run, as people look at it: its steps, its graph, its state at each checkpoint.

use crate::{
    Admin, CHAT, SignedIn, Studio, broken, owned,
    ports::{
        Timestamp,
        store::{ListedRun, RunCommit},
    },
    run::refused,
    run_resume::InTheWay,
    run_veil::{veil, veil_event},
};
use api_types::{Problem, RunId, RunStatus};
use std::collections::BTreeMap;
use workflow::{
    Checkpointer as _, Event, Known, Lit, Revision, Sealed, StateError, StoreError, Thread, What,
};

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    /// Its row, and what it is of.
    pub listed: ListedRun,
    /// Whether it is the person's own.
    pub is_own: bool,
    /// The nodes it has left and the one it is at, in order.
    pub steps: Vec<RunStep>,
    /// What happened, in order. Empty where steps were not kept.
    pub events: Vec<Event>,
    /// Its commits; those with a state are its checkpoints.
    pub commits: Vec<RunCommit>,
    /// Its graph with the path lit, as SVG; none where this studio knows no such graph.
    pub graph: Option<String>,
    /// The state at the checkpoint that was asked for, else at the newest: its number, and JSON.
    pub state: Option<(u64, String)>,
    /// What nobody knows about, where it needs attention.
    pub unknown: Option<Unknown>,
    /// What of it cannot be read, where something cannot: all else is here.
    pub unread: Option<String>,
    /// Why its answer cannot be written on: of one's own that need attention or failed.
    pub in_the_way: Option<InTheWay>,
}

/// A node that a run was at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStep {
    /// Its name.
    pub node: String,
    /// When the run came to it.
    pub from: Timestamp,
    /// When it left it; not yet, or it ended there.
    pub to: Option<Timestamp>,
    /// What it did outside: name, since when, and what is known (`begun`, `finished`, `failed`, `unknown`, `due`).
    pub effects: Vec<(String, Timestamp, String)>,
}

/// A call outside of which nobody knows whether it came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its key.
    pub key: String,
    /// What its node calls it.
    pub name: String,
    /// When it began.
    pub begun_at: Timestamp,
}

impl Studio {
    /// One of the person's own runs, with the state at `revision`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn run_view(
        &self,
        by: &SignedIn,
        run: RunId,
        revision: Option<u64>,
    ) -> Result<RunView, Problem> {
        let listed = self.store.run(owned(by), run).await?.ok_or(Problem::NotFound)?;
        self.viewed(by, listed, revision).await
    }

    /// A run of anybody in the organization. What people and models said is in none of it.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn organization_run(
        &self,
        by: &Admin<'_>,
        run: RunId,
        revision: Option<u64>,
    ) -> Result<RunView, Problem> {
        let by = by.signed_in();
        let listed = self.store.run_of(by.owned().organization, run).await?.ok_or(Problem::NotFound)?;
        self.viewed(by, listed, revision).await
    }

    /// How many of the person's runs need attention, up to 99.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn runs_needing_attention(&self, by: &SignedIn) -> Result<u32, Problem> {
        Ok(self.store.count_needing_attention(owned(by), 99).await?)
    }

    async fn viewed(
        &self,
        by: &SignedIn,
        mut listed: ListedRun,
        revision: Option<u64>,
    ) -> Result<RunView, Problem> {
        veil(&mut listed, by.person());
        let is_own = listed.run.owned.owner == by.person();
        let mut commits = self.store.run_commits(listed.run.owned, listed.run.id).await?;
        if !is_own {
            commits.iter_mut().flat_map(|commit| &mut commit.events).for_each(veil_event);
        }
        let events: Vec<Event> = commits.iter().flat_map(|commit| commit.events.clone()).collect();
        let newest = self.sealed(&listed, newest_of(&commits)).await?;
        let threads = newest
            .as_ref()
            .and_then(|(_, sealed)| self.chat.threads(sealed.as_ref().ok()?).ok())
            .unwrap_or_default();
        let is_known = listed.run.kind == CHAT;
        let graph =
            (is_known && listed.run.revision > 0).then(|| self.chat.svg(&Lit::new(&events, &threads)));
        let asked = match revision {
            Some(revision) => Some(self.sealed(&listed, Some(revision)).await?.ok_or(Problem::NotFound)?),
            None => newest,
        };
        let state = asked.map(|(revision, sealed)| self.state_of(revision, sealed, is_own)).transpose()?;
        let unknown =
            (listed.run.status == RunStatus::NeedsAttention).then(|| unknown_in(&threads)).flatten();
        let in_row = listed.run.reason.clone().filter(|_| listed.run.status == RunStatus::Unreadable);
        let unread = commits.iter().find_map(|commit| commit.unread.clone()).or(in_row);
        let asks = is_own && matches!(listed.run.status, RunStatus::NeedsAttention | RunStatus::Failed);
        let in_the_way = if asks { self.in_the_way(&listed).await? } else { None };
        let steps = steps(&events, &listed);
        Ok(RunView { steps, is_own, events, commits, graph, state, unknown, unread, in_the_way, listed })
    }

    /// The checkpoint of a commit with its number; or why it cannot be read, which is no reason not to show the rest.
    async fn sealed(
        &self,
        listed: &ListedRun,
        revision: Option<u64>,
    ) -> Result<Option<(u64, Result<Sealed, StateError>)>, Problem> {
        let Some(revision) = revision else { return Ok(None) };
        let run = workflow::RunId(listed.run.id.0);
        match self.keeper.checkpoint(run, Revision(revision)).await {
            Ok(sealed) => Ok(sealed.map(|sealed| (revision, Ok(sealed)))),
            Err(StoreError::Unreadable(why)) => Ok(Some((revision, Err(StateError::Unread(why))))),
            Err(error) => Err(refused(error.into())),
        }
    }

    /// A state in JSON. Of somebody else's run without what the model said, which is in it for a moment.
    fn state_of(
        &self,
        revision: u64,
        sealed: Result<Sealed, StateError>,
        is_own: bool,
    ) -> Result<(u64, String), Problem> {
        let mut state = match sealed.and_then(|sealed| self.chat.state_at(&sealed)) {
            Ok(state) => state,
            Err(error) => return Ok((revision, format!("This state cannot be read: {error}."))),
        };
        if !is_own {
            state.said = None;
            if let Some(outcome) = &mut state.outcome {
                outcome.failure = None;
            }
        }
        let json = serde_json::to_string_pretty(&state);
        Ok((revision, json.map_err(|error| broken("a state is no JSON", &error))?))
    }
}

fn newest_of(commits: &[RunCommit]) -> Option<u64> {
    commits.iter().rev().find(|commit| commit.has_state).map(|commit| commit.revision)
}

fn unknown_in(threads: &BTreeMap<String, Thread>) -> Option<Unknown> {
    let mut entries = threads.values().flat_map(|thread| &thread.journal);
    let entry = entries.find(|entry| entry.known == Known::Unknown)?;
    let begun_at = Timestamp(entry.begun_at.0);
    Some(Unknown { key: entry.key.clone(), name: entry.name.clone(), begun_at })
}

/// The nodes in the order in which they were left, and where the run stands.
fn steps(events: &[Event], listed: &ListedRun) -> Vec<RunStep> {
    let mut steps: Vec<RunStep> = Vec::new();
    // Of each thread: since when it is at its node, and what it did outside there.
    let mut since: BTreeMap<&str, Timestamp> = BTreeMap::new();
    let mut effects: Vec<(String, String, Timestamp, String)> = Vec::new();
    let mut at_node: Option<String> = None;
    for event in events {
        let at = Timestamp(event.at.0);
        match &event.what {
            What::Left { thread, node } | What::Divided { thread, node } => {
                let from = since.insert(thread, at).unwrap_or(listed.run.opened_at);
                let effects = std::mem::take(&mut effects);
                let effects = effects.into_iter().map(|(_, name, at, word)| (name, at, word)).collect();
                steps.push(RunStep { node: node.clone(), from, to: Some(at), effects });
                at_node = None;
            }
            What::Begun { node, name, key, .. } => {
                at_node = Some(node.clone());
                // Called again it has its key: what became of it then is what counts.
                effects.retain(|effect| effect.0 != *key);
                effects.push((key.clone(), name.clone(), at, "begun".to_owned()));
            }
            What::Known { key, word } => {
                if let Some(effect) = effects.iter_mut().rev().find(|effect| effect.0 == *key) {
                    effect.3.clone_from(word);
                }
            }
            What::Again { node, .. } | What::Asked { node, .. } => at_node = Some(node.clone()),
            What::Opened
            | What::Forked { .. }
            | What::Settled { .. }
            | What::Stands { .. }
            | What::Told { .. } => {}
        }
    }
    if let Some(node) = at_node {
        let from = steps.last().and_then(|step| step.to).unwrap_or(listed.run.opened_at);
        let effects = effects.into_iter().map(|(_, name, at, word)| (name, at, word)).collect();
        steps.push(RunStep { node, from, to: None, effects });
    }
    steps
}
