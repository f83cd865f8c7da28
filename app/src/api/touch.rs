//! A fresh touch of a passkey.

use super::{Refused, codec::FormOrJson};
use api_types::{CeremonyId, CeremonyStart};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Begins a touch; nothing where the last one is fresh enough.
///
/// # Errors
/// As `Studio::start_touch`.
#[server(prefix = "/api", endpoint = "touch/start", input = Post<FormOrJson>)]
pub async fn start_touch() -> Result<Option<CeremonyStart>, Refused> {
    use super::context;
    let by = context::signed_in()?;
    Ok(context::studio()?.start_touch(&by, context::browser()?).await?)
}

/// Ends it.
///
/// # Errors
/// As `Studio::finish_touch`.
#[server(prefix = "/api", endpoint = "touch/finish", input = Post<FormOrJson>)]
pub async fn finish_touch(ceremony: CeremonyId, credential: String) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    let browser = context::browser()?;
    Ok(context::studio()?.finish_touch(&by, ceremony, &credential, &browser).await?)
}
