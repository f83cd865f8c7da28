//! Recovery codes, and the way back in with one.

use super::{Refused, codec::FormOrJson};
use api_types::{CeremonyId, CeremonyStart};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Makes new recovery codes, which are told this once; all earlier ones are void.
///
/// # Errors
/// `TouchNeeded`, and as `Studio::make_codes`.
#[server(prefix = "/api", endpoint = "recovery/make", input = Post<FormOrJson>)]
pub async fn make_codes() -> Result<Vec<String>, Refused> {
    use super::{context, form};
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let codes = studio.make_codes(&by.touched(studio.now())?).await?;
    form::answer_once();
    Ok(codes)
}

/// Begins the registration of a new passkey for whoever has the code.
///
/// # Errors
/// As `Studio::start_recovery`.
#[server(prefix = "/api", endpoint = "recovery/start", input = Post<FormOrJson>)]
pub async fn start_recovery(code: String) -> Result<CeremonyStart, Refused> {
    use super::context;
    Ok(context::studio()?.start_recovery(&code, context::browser()?).await?)
}

/// Ends it and signs its person in.
///
/// # Errors
/// As `Studio::finish_recovery`.
#[server(prefix = "/api", endpoint = "recovery/finish", input = Post<FormOrJson>)]
pub async fn finish_recovery(ceremony: CeremonyId, credential: String) -> Result<(), Refused> {
    use super::context;
    let browser = context::browser()?;
    let session =
        context::studio()?.finish_recovery(ceremony, &credential, &browser, &context::user_agent()).await?;
    context::set_cookie(context::context()?.cookies.open(&session)?);
    Ok(())
}
