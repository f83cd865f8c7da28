//! Personal API tokens.

use super::{Refused, codec::FormOrJson};
use api_types::{MadeToken, TokenId};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Makes a token. Its text is in this answer and nowhere else, ever: for a form, on the page that answers it.
///
/// # Errors
/// As `Studio::make_token`.
#[server(prefix = "/api", endpoint = "token/make", input = Post<FormOrJson>)]
pub async fn make_token(
    name: String,
    days: u32,
    #[server(default)] read: bool,
    #[server(default)] run: bool,
    #[server(default)] review: bool,
    #[server(default)] admin: bool,
) -> Result<MadeToken, Refused> {
    use super::{context, form};
    use api_types::Scope;
    let by = context::signed_in()?;
    let studio = context::studio()?;
    let chosen = [(Scope::Read, read), (Scope::Run, run), (Scope::Review, review), (Scope::Admin, admin)];
    let scopes = chosen.into_iter().filter(|(_, is_chosen)| *is_chosen).map(|(scope, _)| scope).collect();
    let wanted = studio::MakeToken { name, scopes, days };
    let (token, row) = studio.make_token(&by.touched(studio.now())?, wanted).await?;
    let scopes = row.scopes.to_string();
    form::answer_once();
    Ok(MadeToken { id: row.id, token, name: row.name, scopes, expires_at: row.expires_at.0 })
}

/// Revokes a token.
///
/// # Errors
/// As `Studio::revoke_token`.
#[server(prefix = "/api", endpoint = "token/revoke", input = Post<FormOrJson>)]
pub async fn revoke_token(token: TokenId) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.revoke_token(&by.in_session()?, token).await?;
    context::then("/settings/tokens");
    Ok(())
}
