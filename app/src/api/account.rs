//! One's own account.

use super::{Refused, codec::FormOrJson};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Gives oneself another name.
///
/// # Errors
/// As `Studio::rename_account`.
#[server(prefix = "/api", endpoint = "account/rename", input = Post<FormOrJson>)]
pub async fn rename_account(name: String) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.rename_account(&by.in_session()?, &name).await?;
    context::then("/settings?saved=name");
    Ok(())
}

/// Deletes oneself and all that is one's own; `name` is typed to be sure.
///
/// # Errors
/// As `Studio::delete_account`.
#[server(prefix = "/api", endpoint = "account/delete", input = Post<FormOrJson>)]
pub async fn delete_account(name: String) -> Result<(), Refused> {
    use super::context;
    let (by, context) = (context::signed_in()?, context::context()?);
    context.studio.delete_account(&by.touched(context.studio.now())?, &name).await?;
    context::set_cookie(context.cookies.close());
    context::then("/login?gone=account");
    Ok(())
}
