//! A chat's answer as a durable run: the common graph, what its nodes do, and what is written with their commits.
//!
//! ```text
//! validate_input → check_safety → execute_operation → format_output → settle_cost → remember
//! ```
//!
//! The one effect is the call of the model, in `ask.rs`. It is not repeated unasked: an answer whose process died stops in
//! `needs_attention`, and its message says *interrupted*.

mod ask;
mod change;
mod decide;
mod end;
mod keeper;
mod left;
mod save;
mod state;

pub use change::StudioChange;
pub use decide::AnswerVerdict;
pub(crate) use decide::WENT_ON;
pub(crate) use keeper::Keeper;
pub use state::ChatState;

use crate::{
    ANSWER_TIME_MAX, Catalog, Live, MESSAGE_BYTES_MAX, TRACE,
    ports::{Clock, store::Store},
};
use state::Said;
use std::sync::Arc;
use tracing::Instrument as _;
use workflow::{Ctx, Effect, EffectError, Graph, GraphError, NodeError, Step};

/// The name of the graph; runs are stored under it.
pub const CHAT: &str = "chat";

/// What the nodes of a chat work with.
pub(crate) struct Chat {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) live: Arc<Live>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The graph of a chat.
pub(crate) fn graph(chat: &Arc<Chat>) -> Result<Graph<ChatState, StudioChange>, GraphError> {
    let live = Arc::clone(&chat.live);
    Graph::builder(CHAT)
        .node("validate_input", validate_input)
        .node("check_safety", check_safety)
        .node_with("execute_operation", Arc::clone(chat), execute_operation)
        .node("format_output", format_output)
        .node("settle_cost", settle_cost)
        .node("remember", remember)
        .edge("validate_input", "check_safety")
        .edge("check_safety", "execute_operation")
        .edge("execute_operation", "format_output")
        .edge("format_output", "settle_cost")
        .edge("settle_cost", "remember")
        .end("remember")
        // A stopped answer is an answer: it is kept, and what it used is settled.
        .after_cancel("format_output")
        .mirror(move |run, state, status, reason| end::mirror(&live, run, state, status, reason))
        .build()
}

/// What was asked was checked before its run was drawn up; a run that is forked or tried again is checked by what holds
/// then.
async fn validate_input(state: &mut ChatState, _: &Ctx<StudioChange>) -> Result<Step, NodeError> {
    if state.asked_bytes > MESSAGE_BYTES_MAX {
        return Err(NodeError(format!("The message is longer than {MESSAGE_BYTES_MAX} bytes.")));
    }
    Ok(Step::Next)
}

/// What was asked was screened before its run was opened, and nothing is added to it here.
async fn check_safety(_: &mut ChatState, _: &Ctx<StudioChange>) -> Result<Step, NodeError> {
    Ok(Step::Next)
}

async fn execute_operation(
    chat: Arc<Chat>,
    state: &mut ChatState,
    ctx: &Ctx<StudioChange>,
) -> Result<Step, NodeError> {
    // An answer is a stream: when its process dies, so does the connection it came through.
    let how = Effect::once(ANSWER_TIME_MAX).lost_with_its_process();
    let (run, place) = (ctx.run(), state.clone());
    let trace_id = run.to_string().replace('-', "");
    let span = tracing::info_span!("run", %run, trace_id);
    let said = ctx
        .effect("answer", how, |call| TRACE.scope(trace_id, chat.ask(run, place, call)).instrument(span))
        .await;
    state.said = Some(said.map_err(|error| match error {
        EffectError::Failed { why, .. } => NodeError(why),
        other => other.into(),
    })?);
    Ok(Step::Next)
}

async fn format_output(state: &mut ChatState, _: &Ctx<StudioChange>) -> Result<Step, NodeError> {
    state.outcome = Some(end::outcome(state.said.as_ref()));
    Ok(Step::Next)
}

async fn settle_cost(state: &mut ChatState, ctx: &Ctx<StudioChange>) -> Result<Step, NodeError> {
    let said = state.said.take();
    if let Some(Said { usage, unreported, .. }) = &said {
        state.usage = *usage;
        // What it came to after that is booked as an estimate, and is no cost that anybody said.
        state.cost_micros =
            state.price.filter(|_| *unreported == 0).and_then(|price| end::cost(price, *usage));
    }
    let used = end::used(state, said.as_ref());
    ctx.write(end::answer(state, said));
    // Behind its answer, as where a run is opened: who waits for whom is the same everywhere.
    used.into_iter().for_each(|used| ctx.write(used));
    Ok(Step::Next)
}

async fn remember(state: &mut ChatState, ctx: &Ctx<StudioChange>) -> Result<Step, NodeError> {
    if state.is_whole() {
        ctx.write(StudioChange::Remember {
            owned: state.owned(),
            conversation: state.conversation,
            message: state.message,
        });
    }
    Ok(Step::Next)
}
