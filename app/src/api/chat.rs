//! A chat in one request.

use super::{Refused, codec::FormOrJson};
#[cfg(feature = "ssr")]
use api_types::{AnswerState, Micros, Problem, SUCCESS};
use api_types::{Chatted, ConversationId, ModelRef};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Sends a message and waits for its answer: in a conversation of its own, or in the one that is named. An answer that takes longer
/// than a request may is `running`: it goes on, and the same request with the same `Idempotency-Key` waits for it again.
///
/// # Errors
/// As `Studio::send_message`; `TryLater` where the answer failed or was broken off, with why.
#[server(prefix = "/api", endpoint = "chat", input = Post<FormOrJson>)]
pub async fn chat(
    message: String,
    #[server(default)] conversation: Option<ConversationId>,
    #[server(default)] model: Option<ModelRef>,
) -> Result<Chatted, Refused> {
    use super::{context, once};
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let once = once::once(None, "chat", &(&message, conversation, &model))?;
    let settings = model.map(|model| api_types::ConversationSettings {
        model,
        temperature: None,
        max_tokens: None,
        system_prompt: String::new(),
    });
    let message = studio::SendMessage { conversation, text: message, settings };
    let run = studio.send_message(&by, message, once).await.map_err(named)?.run.run;
    let studio::Answered { row, text } =
        studio.wait_for_answer(&by, run, context::context()?.answers_within).await?;
    let status = match row.state {
        AnswerState::Finished => SUCCESS,
        AnswerState::Stopped => "stopped",
        AnswerState::Queued | AnswerState::Running => {
            context::accepted();
            "running"
        }
        AnswerState::Failed | AnswerState::Interrupted => {
            let why = row.failure.unwrap_or_else(|| "The answer was broken off.".to_owned());
            let why = why.trim_end_matches(['.', ' ']);
            let detail = format!("{why}. What there is of it is in the conversation {}.", row.conversation);
            return Err(Problem::TryLater { detail }.into());
        }
    };
    Ok(Chatted {
        status: status.to_owned(),
        kind: "chat".to_owned(),
        message: text,
        model: row.model,
        cost: row.cost_micros.map(|micros| Micros(micros).as_dollars()),
        conversation: row.conversation,
        run,
    })
}

/// A problem of the text, by the name that it has here.
#[cfg(feature = "ssr")]
fn named(problem: Problem) -> Problem {
    match problem {
        Problem::Invalid { mut fields, refusal } => {
            fields
                .iter_mut()
                .filter(|error| error.field == "text")
                .for_each(|error| error.field = "message".to_owned());
            Problem::Invalid { fields, refusal }
        }
        other => other,
    }
}
