//! Messages.

use super::{Refused, codec::FormOrJson};
use api_types::{ConversationId, MessageId, ModelRef, Started};
use leptos::prelude::*;
use server_fn::codec::Post;

#[cfg(feature = "ssr")]
fn started(opened: &studio::Opened) -> Started {
    super::context::then(&format!("/chat/{}#m-{}", opened.conversation, opened.answer.id));
    Started {
        conversation: opened.conversation,
        message: opened.answer.id,
        run: opened.run.id,
        html: crate::components::turn::opened_html(opened),
    }
}

/// Sends a message and begins its answer; without a conversation it opens one, with `model` if that is named.
///
/// # Errors
/// As `Studio::send_message`.
#[server(prefix = "/api", endpoint = "message/send", input = Post<FormOrJson>)]
pub async fn send_message(
    text: String,
    #[server(default)] conversation: Option<ConversationId>,
    #[server(default)] model: Option<ModelRef>,
) -> Result<Started, Refused> {
    use super::context;
    let by = context::signed_in()?;
    let settings = model.map(|model| api_types::ConversationSettings {
        model,
        temperature: None,
        max_tokens: None,
        system_prompt: String::new(),
    });
    // A form's line breaks are CRLF; what was typed is LF.
    let text = text.replace("\r\n", "\n");
    let message = studio::SendMessage { conversation, text, settings };
    Ok(started(&context::studio()?.send_message(&by, message).await?))
}

/// Answers a question once more, beside the answers there are.
///
/// # Errors
/// As `Studio::regenerate_message`.
#[server(prefix = "/api", endpoint = "message/regenerate", input = Post<FormOrJson>)]
pub async fn regenerate_message(
    conversation: ConversationId,
    message: MessageId,
) -> Result<Started, Refused> {
    use super::context;
    let by = context::signed_in()?;
    Ok(started(&context::studio()?.regenerate_message(&by, conversation, message).await?))
}

/// Goes on with an answer that broke off.
///
/// # Errors
/// As `Studio::continue_message`.
#[server(prefix = "/api", endpoint = "message/continue", input = Post<FormOrJson>)]
pub async fn continue_message(conversation: ConversationId, message: MessageId) -> Result<Started, Refused> {
    use super::context;
    let by = context::signed_in()?;
    Ok(started(&context::studio()?.continue_message(&by, conversation, message).await?))
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
