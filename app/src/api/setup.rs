//! The first owner.

use super::{Refused, codec::FormOrJson};
use api_types::{CeremonyId, CeremonyStart};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Begins the first owner's registration.
///
/// # Errors
/// As `Studio::start_setup`.
#[server(prefix = "/api", endpoint = "setup/start", input = Post<FormOrJson>)]
pub async fn start_setup(code: String, name: String) -> Result<CeremonyStart, Refused> {
    use super::context;
    Ok(context::studio()?.start_setup(&code, &name, context::browser()?).await?)
}

/// Ends it and signs the owner in.
///
/// # Errors
/// As `Studio::finish_setup`.
#[server(prefix = "/api", endpoint = "setup/finish", input = Post<FormOrJson>)]
pub async fn finish_setup(ceremony: CeremonyId, credential: String) -> Result<(), Refused> {
    use super::context;
    let browser = context::browser()?;
    let session =
        context::studio()?.finish_setup(ceremony, &credential, &browser, &context::user_agent()).await?;
    context::set_cookie(context::context()?.cookies.open(&session)?);
    Ok(())
}
