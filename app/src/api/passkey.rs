//! One's own passkeys.

use super::{Refused, codec::FormOrJson};
use api_types::{CeremonyId, CeremonyStart};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Begins the registration of another passkey.
///
/// # Errors
/// `TouchNeeded`, and as `Studio::start_add`.
#[server(prefix = "/api", endpoint = "passkey/start", input = Post<FormOrJson>)]
pub async fn start_add() -> Result<CeremonyStart, Refused> {
    use super::context;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    Ok(studio.start_add(&by.touched(studio.now())?, context::browser()?).await?)
}

/// Ends it; what the passkey is called.
///
/// # Errors
/// As `Studio::finish_add`.
#[server(prefix = "/api", endpoint = "passkey/finish", input = Post<FormOrJson>)]
pub async fn finish_add(ceremony: CeremonyId, credential: String) -> Result<String, Refused> {
    use super::context;
    let (by, browser) = (context::signed_in()?, context::browser()?);
    let agent = context::user_agent();
    Ok(context::studio()?.finish_add(&by.in_session()?, ceremony, &credential, &browser, &agent).await?)
}

/// Gives a passkey, named by its credential id, another name.
///
/// # Errors
/// As `Studio::rename_passkey`.
#[server(prefix = "/api", endpoint = "passkey/rename", input = Post<FormOrJson>)]
pub async fn rename_passkey(passkey: String, name: String) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.rename_passkey(&by.in_session()?, &passkey, &name).await?;
    context::then("/settings/passkeys");
    Ok(())
}

/// Removes a passkey; how many other sessions ended with it.
///
/// # Errors
/// `TouchNeeded`, and as `Studio::remove_passkey`.
#[server(prefix = "/api", endpoint = "passkey/remove", input = Post<FormOrJson>)]
pub async fn remove_passkey(passkey: String) -> Result<u64, Refused> {
    use super::context;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let ended = studio.remove_passkey(&by.touched(studio.now())?, &passkey).await?;
    context::then(&format!("/settings/passkeys?removed={ended}"));
    Ok(ended)
}
