//! Model servers nearby; for administrators.

use super::{Refused, codec::FormOrJson};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Looks at the usual ports of this machine again.
///
/// # Errors
/// As `Studio::find_sources`.
#[server(prefix = "/api", endpoint = "source/find", input = Post<FormOrJson>)]
pub async fn find_sources() -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.find_sources(&by.admin()?).await?;
    context::then("/models?looked=now#nearby");
    Ok(())
}

/// Connects a server that was found.
///
/// # Errors
/// As `Studio::connect_source`.
#[server(prefix = "/api", endpoint = "source/connect", input = Post<FormOrJson>)]
pub async fn connect_source(name: String) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.connect_source(&by.admin()?, &name).await?;
    context::then("/models");
    Ok(())
}

/// Disconnects it again.
///
/// # Errors
/// As `Studio::disconnect_source`.
#[server(prefix = "/api", endpoint = "source/disconnect", input = Post<FormOrJson>)]
pub async fn disconnect_source(name: String) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    context::studio()?.disconnect_source(&by.admin()?, &name).await?;
    context::then("/models");
    Ok(())
}
