//! Opens a run, and the answer that it writes, in one commit.

use crate::{
    ANSWER_TOKENS_DEFAULT, LiveRun, Once, SignedIn, Studio, StudioChange,
    chat::{CHAT, ChatState, Keeper},
    gate::{Asked, OVER_BUDGET, OVER_RATE},
    once,
    ports::{
        ChatRequest, ChatTurn,
        store::{AnswerRow, ConversationRow, MessageRow, RequestRow, StoreError, Tx, owner_of},
    },
    run::{full, refused},
};
use api_types::{
    AnswerState, ConversationId, ConversationSettings, Flag, MessageId, ModelInfo, Problem, RunId, Usage,
};
use std::sync::Arc;
use workflow::{Commit, Engine, Ticket};

/// An answer has begun.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Where.
    pub conversation: ConversationId,
    /// The person's message, when this sent one.
    pub question: Option<MessageRow>,
    /// The message that the answer is written into.
    pub answer: MessageRow,
    /// The run that writes it.
    pub run: AnswerRow,
    /// What people call its model.
    pub model_label: String,
}

/// The place of an answer: everything about it that is known before it begins.
pub(crate) struct Place {
    pub(crate) read: Read,
    /// Ends the run that waits for a word on the answer which this one continues.
    pub(crate) gives_up: Option<Commit<StudioChange>>,
    /// The checkpoint from which it goes on.
    pub(crate) forked_from: Option<(RunId, u64)>,
    pub(crate) conversation: ConversationId,
    pub(crate) settings: ConversationSettings,
    pub(crate) info: ModelInfo,
    pub(crate) turns: Vec<ChatTurn>,
    pub(crate) answer: MessageRow,
}

/// What was read before the unit of work, and must still be so in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    /// The end of the branch that is shown.
    pub(crate) leaf: Option<MessageId>,
    /// The last run of a broken-off answer, which is continued: its message is there already.
    pub(crate) broken_off: Option<RunId>,
}

impl Studio {
    /// Opens the run in one commit and lets it go on.
    pub(crate) async fn open_run(
        &self,
        by: &SignedIn,
        place: Place,
        (new, question): (Option<ConversationRow>, Option<MessageRow>),
        prefix: String,
        once: Option<Once>,
    ) -> Result<Opened, Problem> {
        let owned = place.answer.owned;
        let now = self.now();
        let request = ChatRequest {
            model: place.settings.model,
            system_prompt: place.settings.system_prompt,
            turns: place.turns,
            prefix: (!prefix.is_empty()).then(|| prefix.clone()),
            temperature: place.settings.temperature,
            max_tokens: place.settings.max_tokens.unwrap_or(ANSWER_TOKENS_DEFAULT),
        };
        let price = place.info.price;
        let asked = Asked { flag: Flag::Chat, operation: CHAT, request: &request, price };
        let admission = self.admit(by, asked).await?;
        let state = ChatState {
            organization: owned.organization,
            owner: owned.owner,
            conversation: place.conversation,
            message: place.answer.id,
            model: request.model.clone(),
            temperature: request.temperature,
            max_tokens: request.max_tokens,
            price: admission.price(),
            asked_bytes: request.turns.last().map_or(0, |turn| turn.text.len()),
            continues: request.prefix.is_some(),
            said: None,
            outcome: None,
            usage: Usage::default(),
            cost_micros: None,
        };
        let mut run = self.engine.open_eagerly(&self.chat, owner_of(owned), &state).await.map_err(refused)?;
        if let (Some((from, revision)), Some(opens)) = (place.forked_from, &mut run.commit.opens) {
            opens.forked_from = Some((workflow::RunId(from.0), workflow::Revision(revision)));
        }
        let mut admission = admission.of(RunId(run.run.0));
        let question = question.map(|question| MessageRow { marks: admission.marks(), ..question });
        if question.is_some() {
            // Of a question that is there already it was said before.
            admission = admission.audited(self, by, RunId(run.run.0));
        }
        let row = AnswerRow {
            run: RunId(run.run.0),
            owned,
            conversation: place.conversation,
            message: place.answer.id,
            model: state.model,
            state: AnswerState::Running,
            failure: None,
            usage: Usage::default(),
            cost_micros: None,
            cut_short: false,
            created_at: now,
            first_token_at: None,
            ended_at: None,
        };
        let opened = Opened {
            conversation: place.conversation,
            question,
            answer: place.answer,
            run: row,
            model_label: place.info.label,
        };
        let (rows, again) = (opened.clone(), once.clone());
        let live = Arc::new(LiveRun::new(
            (opened.run.run, opened.answer.id, opened.conversation),
            owned,
            prefix,
            Some(request),
        ));
        // Before the commit: a page that is told of the run must find its text here.
        if let Err(none) = self.live.admit(live) {
            let faster = self.opened_meanwhile(by, again, opened.question.is_some()).await?;
            return faster.ok_or_else(|| full(none));
        }
        let opening = Opening {
            engine: &self.engine,
            keeper: &self.keeper,
            run: run.run,
            ticket: run.ticket,
            is_asked_again: once.is_some(),
        };
        let gives_up = place.gives_up.as_ref().map(|commit| commit.run);
        let records: Vec<Commit<()>> =
            [Some(run.commit), place.gives_up].into_iter().flatten().map(|commit| commit.split().0).collect();
        let records: Arc<[Commit<()>]> = records.into();
        let told = records.clone();
        let admitted = admission.clone();
        let written = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    open_rows(tx, rows, new, place.read, &records, once).await?;
                    // Last, as at the end of an answer: who waits for whom is the same everywhere.
                    Ok(admission.take(tx).await?)
                })
            })
            .await;
        match written {
            Ok(()) => {
                // Before it goes on: what it does next is told after.
                told.iter().for_each(|commit| self.keeper.kept(owned, commit));
                opening.done();
            }
            Err(problem) => {
                self.live.remove(owned.owner, opened.run.run);
                opening.refused();
                // The same request may have been faster.
                if let Some(faster) = self.opened_meanwhile(by, again, opened.question.is_some()).await? {
                    return Ok(faster);
                }
                return Err(match problem {
                    NotOpened::OverLimit(rule) => self.not_taken(by, &admitted, rule).await,
                    NotOpened::Refused(problem) => problem,
                });
            }
        }
        if let Some(run) = gives_up {
            // It is found within a second whether or not it can be looked at now.
            let _looked = self.engine.look(run).await;
        }
        Ok(opened)
    }
}

/// A run on its way into the database.
///
/// # Design
/// Whoever sent it may leave at any moment (a browser that hangs up, a request that took too long), and then nobody here
/// knows whether its rows were kept. It is started all the same, cancelled: what is not there cannot be ended, and what is
/// there does not stay open for ever. With a key it is not cancelled: who sent it comes back for its answer.
struct Opening<'a> {
    engine: &'a Engine<StudioChange>,
    keeper: &'a Keeper,
    run: workflow::RunId,
    ticket: Option<Ticket<StudioChange>>,
    /// It has a key.
    is_asked_again: bool,
}

impl Opening<'_> {
    /// Its rows are there: it may go on.
    fn done(mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.engine.start(ticket);
        }
    }

    /// Its rows are not there.
    fn refused(mut self) {
        self.ticket = None;
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            if !self.is_asked_again {
                ticket.cancel();
            }
            self.keeper.open_unheard(self.run);
            self.engine.start(ticket);
        }
    }
}

/// Why a run was not opened.
enum NotOpened {
    Refused(Problem),
    /// The call or the hold does not fit, by this rule.
    OverLimit(&'static str),
}

impl From<Problem> for NotOpened {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<StoreError> for NotOpened {
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Conflict(rule) if rule == OVER_RATE => Self::OverLimit(OVER_RATE),
            StoreError::Conflict(rule) if rule == OVER_BUDGET => Self::OverLimit(OVER_BUDGET),
            // It was handed over before, and went with the call.
            StoreError::Conflict(index) if index == "requests_pkey" => Self::Refused(once::under_way()),
            other => Self::Refused(other.into()),
        }
    }
}

/// The rows of a run that opens. A continued answer's message is there already.
async fn open_rows(
    tx: &mut dyn Tx,
    rows: Opened,
    new: Option<ConversationRow>,
    read: Read,
    records: &[Commit<()>],
    once: Option<Once>,
) -> Result<(), Problem> {
    let owned = rows.run.owned;
    let is_new = new.is_some();
    if let Some(conversation) = new {
        // It begins with this turn.
        tx.insert_conversation(&ConversationRow { leaf: Some(rows.answer.id), ..conversation }).await?;
    }
    let mut messages: Vec<MessageRow> = rows.question.into_iter().collect();
    let leaf = rows.answer.id;
    if read.broken_off.is_none() {
        messages.push(rows.answer.clone());
    }
    if !messages.is_empty() {
        tx.insert_messages(&messages).await?;
    }
    // Before anything is asked: whoever opens a run in this conversation waits here for whoever was first.
    if !is_new && !tx.advance_leaf(owned, rows.conversation, read.leaf, leaf, rows.run.created_at).await? {
        let is_there = tx.conversation(owned, rows.conversation).await?.is_some();
        return Err(if is_there { moved_on() } else { Problem::NotFound });
    }
    if let Some(run) = read.broken_off {
        let now = tx.branch(owned, rows.conversation, leaf, 1).await?.pop().ok_or(Problem::NotFound)?;
        if now.run.is_none_or(|last| last.run != run) || now.message.body != rows.answer.body {
            return Err(moved_on());
        }
    }
    for record in records {
        tx.commit_run(record).await.map_err(|fault| refused(fault.into()))?;
    }
    tx.insert_answer(&rows.run).await.map_err(|fault| match fault {
        StoreError::Conflict(index) if index == "answers_one_active" => Problem::Changed {
            detail: "An answer is still being written in this chat. Wait for it or stop it, then send again."
                .to_owned(),
        },
        other => other.into(),
    })?;
    if let Some(Once { key, digest }) = once {
        let created_at = rows.run.created_at;
        tx.insert_request(&RequestRow { owned, key, digest, run: rows.run.run, created_at }).await?;
    }
    Ok(())
}

fn moved_on() -> Problem {
    Problem::Changed {
        detail: "This chat went on in the meantime, perhaps in another window. Look at what is new, then try again."
            .to_owned(),
    }
}
