//! Invitations: for administrators, and for who was given one.

use super::{Refused, codec::FormOrJson};
use api_types::{InviteId, Invited, Role};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Makes an invitation; the link to send, which is shown this once. A form's page shows it in its answer.
///
/// # Errors
/// As `Studio::make_invite`.
#[server(prefix = "/api", endpoint = "invite/make", input = Post<FormOrJson>)]
pub async fn make_invite(
    role: Role,
    #[server(default)] reviewer: bool,
    #[server(default)] note: String,
    #[server(default)] days: Option<u32>,
) -> Result<String, Refused> {
    use super::{context, form::answer_once};
    use studio::{INVITE_DAYS_DEFAULT, NewInvite};
    let (by, context) = (context::signed_in()?, context::context()?);
    let admin = by.touched_admin(context.studio.now())?;
    let new = NewInvite { role, reviewer, note, days: days.unwrap_or(INVITE_DAYS_DEFAULT) };
    let code = context.studio.make_invite(&admin, new).await?;
    answer_once();
    Ok(format!("{}/join#{code}", context.origin))
}

/// What an invitation's code is worth now, for whoever opened its link.
///
/// # Errors
/// As `Studio::look_at_invite`.
#[server(prefix = "/api", endpoint = "invite/look", input = Post<FormOrJson>)]
pub async fn look_at_invite(code: String) -> Result<Invited, Refused> {
    use super::context;
    Ok(context::studio()?.look_at_invite(&code).await?)
}

/// Makes an invitation void.
///
/// # Errors
/// As `Studio::revoke_invite`.
#[server(prefix = "/api", endpoint = "invite/revoke", input = Post<FormOrJson>)]
pub async fn revoke_invite(invite: InviteId) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.revoke_invite(&by.admin()?, invite).await?;
    context::then("/people#invites");
    Ok(())
}
