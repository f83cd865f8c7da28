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

/// Gives a conversation other settings; empty numbers are the model's own. `seen` is the version of those that the page
/// showed.
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
    #[server(default)] seen: Option<String>,
) -> Result<(), Refused> {
    use super::{context, number::both};
    let by = context::signed_in()?;
    let (temperature, max_tokens) = both(temperature.read("temperature"), max_tokens.read("max_tokens"))?;
    let settings = api_types::ConversationSettings { model, temperature, max_tokens, system_prompt };
    context::studio()?.configure_conversation(&by, conversation, settings, seen).await?;
    context::then(&format!("/chat/{conversation}?saved=settings"));
    Ok(())
}

/// Gives a conversation another model and leaves its other settings as they are; without one, begins the next with it. Its
/// buttons belong to the form where one writes: what is typed there comes with them, and is on the next page again.
///
/// # Errors
/// As `Studio::choose_model`.
#[server(prefix = "/api", endpoint = "conversation/choose", input = Post<FormOrJson>)]
pub async fn choose_model(
    model: ModelRef,
    #[server(default)] conversation: Option<ConversationId>,
    #[server(default)] text: String,
    #[server(default)] temperature: String,
    #[server(default)] max_tokens: String,
    #[server(default)] system_prompt: String,
    #[server(default)] once: String,
) -> Result<(), Refused> {
    use super::{context, kept, local_path};
    let by = context::signed_in()?;
    // Not ours to look at: the layer of forms takes them from the form itself.
    drop([text, temperature, max_tokens, system_prompt, once]);
    match conversation {
        Some(id) => {
            context::studio()?.choose_model(&by, id, model).await?;
            kept::then(&format!("/chat/{id}"));
        }
        None => kept::then(&local_path::new_chat(&model)),
    }
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
