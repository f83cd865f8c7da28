//! Runs.

use super::{Refused, codec::FormOrJson};
use api_types::RunId;
use leptos::prelude::*;
use server_fn::codec::Post;

/// Stops an answer; what was written is kept.
///
/// # Errors
/// As `Studio::stop_run`.
#[server(prefix = "/api", endpoint = "run/stop", input = Post<FormOrJson>)]
pub async fn stop_run(run: RunId) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    let row = context::studio()?.stop_run(&by, run).await?;
    context::then(&format!("/chat/{}#m-{}", row.conversation, row.message));
    Ok(())
}
