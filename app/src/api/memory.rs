//! What the studio remembers of somebody.

use super::{Refused, codec::FormOrJson};
#[cfg(feature = "ssr")]
use api_types::SUCCESS;
use api_types::{MemoryId, MemoryStored};
use leptos::prelude::*;
use serde_json::{Map, Value};
use server_fn::codec::Post;

/// Remembers a note of the caller's.
///
/// # Errors
/// As `Studio::store_memory`; `Invalid` where it has an `Idempotency-Key`: each request is a note of its own.
#[server(prefix = "/api", endpoint = "memory/store", input = Post<FormOrJson>)]
pub async fn store_memory(
    content: String,
    #[server(default)] metadata: Map<String, Value>,
) -> Result<MemoryStored, Refused> {
    use super::{context, once};
    let by = context::signed_in()?;
    once::none()?;
    let id = context::studio()?.store_memory(&by, &content, &metadata).await?;
    context::then("/settings#memories");
    Ok(MemoryStored { status: SUCCESS.to_owned(), id })
}

/// Forgets a memory of the caller's, or all of them where it says so: a program whose id is empty forgets nothing.
///
/// # Errors
/// As `Studio::forget_memory`; `Invalid` when it is neither.
#[server(prefix = "/api", endpoint = "memory/forget", input = Post<FormOrJson>)]
pub async fn forget_memory(
    #[server(default)] memory: Option<MemoryId>,
    #[server(default)] all: bool,
) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    let studio = context::studio()?;
    match (memory, all) {
        (Some(memory), false) => studio.forget_memory(&by, memory).await?,
        (None, true) => {
            studio.forget_memories(&by).await?;
        }
        _ => {
            let detail = "Name the memory to forget, or send all=true to forget everything; one of the two.";
            return Err(api_types::Problem::field("memory", detail).into());
        }
    }
    context::then("/settings?forgotten=yes#memories");
    Ok(())
}
