//! What happened to one's account.

use super::{Refused, codec::FormOrJson};
use api_types::AccountEventId;
use leptos::prelude::*;
use server_fn::codec::Post;

/// The person has seen the events from `first` to `last`; without `first` the last alone. A form goes back to its page.
///
/// # Errors
/// As `Studio::see_account_events`.
#[server(prefix = "/api", endpoint = "account_event/see", input = Post<FormOrJson>)]
pub async fn see_account_events(
    last: AccountEventId,
    #[server(default)] first: Option<AccountEventId>,
) -> Result<(), Refused> {
    use super::context;
    use studio::ports::store::Seen;
    let by = context::signed_in()?;
    let seen = Seen { first: first.unwrap_or(last), last };
    Ok(context::studio()?.see_account_events(&by.in_session()?, seen).await?)
}
