//! Signing in and out, and where one is signed in.

use super::{Refused, codec::FormOrJson};
use api_types::{CeremonyId, CeremonyStart, SessionId};
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

/// Ends one of the person's other sessions, at once and in every process.
///
/// # Errors
/// As `Studio::end_session`.
#[server(prefix = "/api", endpoint = "session/end_one", input = Post<FormOrJson>)]
pub async fn end_session(session: SessionId) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.end_session(&by.in_session()?, session).await?;
    context::then("/settings/sessions");
    Ok(())
}

/// Ends all of them but this one.
///
/// # Errors
/// As `Studio::end_other_sessions`.
#[server(prefix = "/api", endpoint = "session/end_others", input = Post<FormOrJson>)]
pub async fn end_other_sessions() -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.end_other_sessions(&by.in_session()?).await?;
    context::then("/settings/sessions");
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
