//! Signing in and out.

use super::{Refused, codec::FormOrJson};
use api_types::{CeremonyId, CeremonyStart};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Begins a sign-in; the same for everybody.
///
/// # Errors
/// As `Studio::start_sign_in`.
#[server(prefix = "/api", endpoint = "session/start", input = Post<FormOrJson>)]
pub async fn start_sign_in() -> Result<CeremonyStart, Refused> {
    use super::context;
    Ok(context::studio()?.start_sign_in(context::browser()?).await?)
}

/// Ends it and opens a session.
///
/// # Errors
/// As `Studio::finish_sign_in`.
#[server(prefix = "/api", endpoint = "session/finish", input = Post<FormOrJson>)]
pub async fn finish_sign_in(ceremony: CeremonyId, credential: String) -> Result<(), Refused> {
    use super::context;
    let browser = context::browser()?;
    let session =
        context::studio()?.finish_sign_in(ceremony, &credential, &browser, &context::user_agent()).await?;
    context::set_cookie(context::context()?.cookies.open(&session)?);
    Ok(())
}

/// Ends the session for good.
///
/// # Errors
/// `SignIn`, `TryLater`.
#[server(prefix = "/api", endpoint = "session/end", input = Post<FormOrJson>)]
pub async fn sign_out() -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.sign_out(&by).await?;
    context::set_cookie(context::context()?.cookies.close());
    context::then("/login");
    Ok(())
}
