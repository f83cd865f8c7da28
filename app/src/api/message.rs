//! Messages.

use super::{Refused, codec::FormOrJson, number::MaybeNumber};
use api_types::{ConversationId, MessageId, ModelRef, Started};
use leptos::prelude::*;
use server_fn::codec::Post;

#[cfg(feature = "ssr")]
pub(super) fn started(opened: &studio::Opened) -> Started {
    super::context::then(&format!("/chat/{}#m-{}", opened.conversation, opened.answer.id));
    Started {
        conversation: opened.conversation,
        message: opened.answer.id,
        run: opened.run.run,
        html: crate::components::turn::opened_html(opened),
    }
}

/// Sends a message and begins its answer; without a conversation it opens one: if `model` is named, with that and the other
/// settings.
///
/// # Errors
/// As `Studio::send_message`.
#[server(prefix = "/api", endpoint = "message/send", input = Post<FormOrJson>)]
pub async fn send_message(
    text: String,
    #[server(default)] conversation: Option<ConversationId>,
    #[server(default)] model: Option<ModelRef>,
    #[server(default)] temperature: MaybeNumber<f64>,
    #[server(default)] max_tokens: MaybeNumber<u32>,
    #[server(default)] system_prompt: String,
    #[server(default)] once: Option<String>,
) -> Result<Started, Refused> {
    use super::{context, number::both, once};
    let by = context::signed_in()?;
    let (temperature, max_tokens) = both(temperature.read("temperature"), max_tokens.read("max_tokens"))?;
    let system_prompt = system_prompt.replace("\r\n", "\n");
    let settings =
        model.map(|model| api_types::ConversationSettings { model, temperature, max_tokens, system_prompt });
    // A form's line breaks are CRLF; what was typed is LF.
    let text = text.replace("\r\n", "\n");
    let once = once::once(once, "message/send", &(conversation, &text, &settings))?;
    let message = studio::SendMessage { conversation, text, settings };
    Ok(started(&context::studio()?.send_message(&by, message, once).await?))
}

/// Asks a question in other words, beside the first.
///
/// # Errors
/// As `Studio::edit_message`.
#[server(prefix = "/api", endpoint = "message/edit", input = Post<FormOrJson>)]
pub async fn edit_message(
    conversation: ConversationId,
    message: MessageId,
    text: String,
    #[server(default)] once: Option<String>,
) -> Result<Started, Refused> {
    use super::{context, once};
    let by = context::signed_in()?;
    let text = text.replace("\r\n", "\n");
    let once = once::once(once, "message/edit", &(conversation, message, &text))?;
    Ok(started(&context::studio()?.edit_message(&by, conversation, message, text, once).await?))
}

/// Answers a question once more, beside the answers there are.
///
/// # Errors
/// As `Studio::regenerate_message`.
#[server(prefix = "/api", endpoint = "message/regenerate", input = Post<FormOrJson>)]
pub async fn regenerate_message(
    conversation: ConversationId,
    message: MessageId,
    #[server(default)] once: Option<String>,
) -> Result<Started, Refused> {
    use super::{context, once};
    let by = context::signed_in()?;
    let once = once::once(once, "message/regenerate", &(conversation, message))?;
    Ok(started(&context::studio()?.regenerate_message(&by, conversation, message, once).await?))
}

/// Goes on with an answer that broke off.
///
/// # Errors
/// As `Studio::continue_message`.
#[server(prefix = "/api", endpoint = "message/continue", input = Post<FormOrJson>)]
pub async fn continue_message(
    conversation: ConversationId,
    message: MessageId,
    #[server(default)] once: Option<String>,
) -> Result<Started, Refused> {
    use super::{context, once};
    let by = context::signed_in()?;
    let once = once::once(once, "message/continue", &(conversation, message))?;
    Ok(started(&context::studio()?.continue_message(&by, conversation, message, once).await?))
}

/// Shows the branch with this message.
///
/// # Errors
/// As `Studio::select_message`.
#[server(prefix = "/api", endpoint = "message/select", input = Post<FormOrJson>)]
pub async fn select_message(conversation: ConversationId, message: MessageId) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.select_message(&by, conversation, message).await?;
    context::then(&format!("/chat/{conversation}#m-{message}"));
    Ok(())
}
