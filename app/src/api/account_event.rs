//! What happened to one's account.

use super::{Refused, codec::FormOrJson};
use api_types::AccountEventId;
use leptos::prelude::*;
use server_fn::codec::Post;

/// The person has seen everything up to this event; a form goes back to its page.
///
/// # Errors
/// As `Studio::see_account_events`.
#[server(prefix = "/api", endpoint = "account_event/see", input = Post<FormOrJson>)]
pub async fn see_account_events(last: AccountEventId) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    Ok(context::studio()?.see_account_events(&by.in_session()?, last).await?)
}
