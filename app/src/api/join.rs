//! Somebody new.

use super::{Refused, codec::FormOrJson};
use api_types::{CeremonyId, CeremonyStart};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Begins the registration of somebody new; without a code where the studio is open.
///
/// # Errors
/// As `Studio::start_join`.
#[server(prefix = "/api", endpoint = "join/start", input = Post<FormOrJson>)]
pub async fn start_join(#[server(default)] code: String, name: String) -> Result<CeremonyStart, Refused> {
    use super::context;
    Ok(context::studio()?.start_join(&code, &name, context::browser()?).await?)
}

/// Ends it and signs them in.
///
/// # Errors
/// As `Studio::finish_join`.
#[server(prefix = "/api", endpoint = "join/finish", input = Post<FormOrJson>)]
pub async fn finish_join(ceremony: CeremonyId, credential: String) -> Result<(), Refused> {
    use super::context;
    let browser = context::browser()?;
    let session =
        context::studio()?.finish_join(ceremony, &credential, &browser, &context::user_agent()).await?;
    context::set_cookie(context::context()?.cookies.open(&session)?);
    Ok(())
}
