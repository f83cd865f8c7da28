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
    context::then(&format!("/chat/{conversation}?saved=settings"));
    Ok(())
}

/// Puts a conversation into the bin. `back` is the list that it was deleted from: there one stays.
///
/// # Errors
/// As `Studio::delete_conversation`.
#[server(prefix = "/api", endpoint = "conversation/delete", input = Post<FormOrJson>)]
pub async fn delete_conversation(
    conversation: ConversationId,
    #[server(default)] back: Option<String>,
) -> Result<(), Refused> {
    use super::{context, local_path::LocalPath};
    let by = context::signed_in()?;
    context::studio()?.delete_conversation(&by, conversation).await?;
    context::then(&LocalPath::next(back).with("deleted", &conversation.to_string()));
    Ok(())
}

/// Takes a conversation out of the bin and shows it, or the list `back` that it was deleted from.
///
/// # Errors
/// As `Studio::restore_conversation`.
#[server(prefix = "/api", endpoint = "conversation/restore", input = Post<FormOrJson>)]
pub async fn restore_conversation(
    conversation: ConversationId,
    #[server(default)] back: Option<String>,
) -> Result<(), Refused> {
    use super::{context, local_path::LocalPath};
    let by = context::signed_in()?;
    context::studio()?.restore_conversation(&by, conversation).await?;
    let list = back.and_then(|path| LocalPath::parse(&path));
    context::then(&list.map_or_else(|| format!("/chat/{conversation}"), |list| list.as_str().to_owned()));
    Ok(())
}
