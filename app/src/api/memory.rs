//! What the studio remembers of somebody.

use super::{Refused, codec::FormOrJson};
use api_types::{MemoryId, MemoryStored};
use leptos::prelude::*;
use serde_json::{Map, Value};
use server_fn::codec::Post;

/// Remembers a note of the caller's.
///
/// # Errors
/// As `Studio::store_memory`.
#[server(prefix = "/api", endpoint = "memory/store", input = Post<FormOrJson>)]
pub async fn store_memory(
    content: String,
    #[server(default)] metadata: Map<String, Value>,
) -> Result<MemoryStored, Refused> {
    use super::context;
    let by = context::signed_in()?;
    let id = context::studio()?.store_memory(&by, &content, &metadata).await?;
    context::then("/settings#memories");
    Ok(MemoryStored { status: "stored".to_owned(), id })
}

/// Forgets a memory of the caller's; without one, all of them.
///
/// # Errors
/// As `Studio::forget_memory`.
#[server(prefix = "/api", endpoint = "memory/forget", input = Post<FormOrJson>)]
pub async fn forget_memory(#[server(default)] memory: Option<MemoryId>) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    let studio = context::studio()?;
    match memory {
        Some(memory) => studio.forget_memory(&by, memory).await?,
        None => {
            studio.forget_memories(&by).await?;
        }
    }
    context::then("/settings?forgotten=yes#memories");
    Ok(())
}
