//! Model servers with an address and a key; for administrators.

use super::{Refused, codec::FormOrJson};
use api_types::{ProviderKind, ProviderTested};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Adds a model server. Its key is never answered again.
///
/// # Errors
/// As `Studio::add_provider`.
#[server(prefix = "/api", endpoint = "provider/add", input = Post<FormOrJson>)]
pub async fn add_provider(
    name: String,
    kind: ProviderKind,
    base_url: String,
    #[server(default)] key: String,
) -> Result<(), Refused> {
    use super::context;
    use studio::NewProvider;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    let to = format!("/admin/models/{}?saved=added", name.trim());
    studio.add_provider(&admin, NewProvider { name, kind, base_url, key: Some(key.into()) }).await?;
    context::then(&to);
    Ok(())
}

/// Changes kind, address or key of one; an empty key leaves the one that is kept.
///
/// # Errors
/// As `Studio::change_provider`.
#[server(prefix = "/api", endpoint = "provider/change", input = Post<FormOrJson>)]
pub async fn change_provider(
    name: String,
    kind: ProviderKind,
    base_url: String,
    #[server(default)] key: String,
    #[server(default)] remove_key: bool,
) -> Result<(), Refused> {
    use super::context;
    use studio::{KeyChange, ProviderChange};
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    let key = if remove_key { KeyChange::Remove } else { KeyChange::Replace(key.into()) };
    studio.change_provider(&admin, &name, ProviderChange { kind, base_url, key }).await?;
    context::then(&format!("/admin/models/{name}?saved=changed"));
    Ok(())
}

/// Removes one, with its key.
///
/// # Errors
/// As `Studio::remove_provider`.
#[server(prefix = "/api", endpoint = "provider/remove", input = Post<FormOrJson>)]
pub async fn remove_provider(name: String) -> Result<(), Refused> {
    use super::context;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    studio.remove_provider(&admin, &name).await?;
    context::then("/admin/models?removed=yes");
    Ok(())
}

/// Asks a model server which models it has. A form's page shows the answer.
///
/// # Errors
/// As `Studio::test_provider`.
#[server(prefix = "/api", endpoint = "provider/test", input = Post<FormOrJson>)]
pub async fn test_provider(name: String) -> Result<ProviderTested, Refused> {
    use super::{context, form::answer_once};
    let by = context::signed_in()?;
    let tested = context::studio()?.test_provider(&by.admin()?, &name).await?;
    answer_once();
    Ok(tested)
}
