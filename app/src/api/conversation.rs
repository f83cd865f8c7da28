//! Conversations.

use super::{Refused, codec::FormOrJson, number::MaybeNumber};
use api_types::{ConversationId, ModelRef};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Gives a conversation another title.
///
/// # Errors
/// As `Studio::rename_conversation`.
#[server(prefix = "/api", endpoint = "conversation/rename", input = Post<FormOrJson>)]
pub async fn rename_conversation(conversation: ConversationId, title: String) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.rename_conversation(&by, conversation, &title).await?;
    context::then(&format!("/chat/{conversation}"));
    Ok(())
}

/// Gives a conversation other settings; empty numbers are the model's own.
///
/// # Errors
/// As `Studio::configure_conversation`.
#[server(prefix = "/api", endpoint = "conversation/configure", input = Post<FormOrJson>)]
pub async fn configure_conversation(
    conversation: ConversationId,
    model: ModelRef,
    #[server(default)] temperature: MaybeNumber<f64>,
    #[server(default)] max_tokens: MaybeNumber<u32>,
    #[server(default)] system_prompt: String,
) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    let settings = api_types::ConversationSettings {
        model,
        temperature: temperature.read("temperature")?,
        max_tokens: max_tokens.read("max_tokens")?,
        system_prompt,
    };
    context::studio()?.configure_conversation(&by, conversation, settings).await?;
    context::then(&format!("/chat/{conversation}"));
    Ok(())
}

/// Puts a conversation into the bin.
///
/// # Errors
/// As `Studio::delete_conversation`.
#[server(prefix = "/api", endpoint = "conversation/delete", input = Post<FormOrJson>)]
pub async fn delete_conversation(conversation: ConversationId) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.delete_conversation(&by, conversation).await?;
    context::then(&format!("/chat?deleted={conversation}"));
    Ok(())
}

/// Takes a conversation out of the bin.
///
/// # Errors
/// As `Studio::restore_conversation`.
#[server(prefix = "/api", endpoint = "conversation/restore", input = Post<FormOrJson>)]
pub async fn restore_conversation(conversation: ConversationId) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.restore_conversation(&by, conversation).await?;
    context::then(&format!("/chat/{conversation}"));
    Ok(())
}
