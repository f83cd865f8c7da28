//! Signing in for programs: the passkey ceremony without a browser's cookies, and a bearer token at its end.

use super::{Refused, codec::FormOrJson};
#[cfg(feature = "ssr")]
use api_types::SUCCESS;
use api_types::{CeremonyStart, LoggedIn, LoggedOut};
use leptos::prelude::*;
use serde_json::Value;
use server_fn::codec::Post;

/// Begins a sign-in: options for the authenticator, and the ceremony to name in [`login`].
///
/// # Errors
/// As `Studio::start_sign_in`.
#[server(prefix = "/api", endpoint = "auth/challenge", input = Post<FormOrJson>)]
pub async fn challenge() -> Result<CeremonyStart, Refused> {
    use super::context;
    Ok(context::studio()?.start_sign_in(studio::ports::store::API_CLIENT.to_owned()).await?)
}

/// Ends it. `credential_data` holds `ceremony`, as [`challenge`] named it, and `credential`, the authenticator's answer as
/// WebAuthn writes it in JSON. `username`, where it is sent, has to be the name of whose passkey it is.
///
/// # Errors
/// As `Studio::sign_in_program`.
#[server(prefix = "/api", endpoint = "auth/login", input = Post<FormOrJson>)]
pub async fn login(
    credential_data: Value,
    #[server(default)] username: Option<String>,
) -> Result<LoggedIn, Refused> {
    use super::context;
    let context = context::context()?;
    let ceremony = credential_data["ceremony"].as_str().unwrap_or_default();
    let credential = match &credential_data["credential"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (session, user) = context
        .studio
        .sign_in_program(ceremony, &credential, username.as_deref(), &context::user_agent())
        .await?;
    let token = context.cookies.program_token(&session);
    let expires_in = session.expires_at.since(session.issued_at).as_secs();
    Ok(LoggedIn { status: SUCCESS.to_owned(), user, token, expires_in })
}

/// Ends the session of the cookie or of the bearer token.
///
/// # Errors
/// `SignIn`, `TryLater`.
#[server(prefix = "/api", endpoint = "auth/logout", input = Post<FormOrJson>)]
pub async fn logout() -> Result<LoggedOut, Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.sign_out(&by).await?;
    context::set_cookie(context::context()?.cookies.close());
    Ok(LoggedOut { status: SUCCESS.to_owned() })
}
