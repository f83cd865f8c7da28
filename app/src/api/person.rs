//! People; for administrators.

use super::{Refused, codec::FormOrJson};
use api_types::{PersonId, Role};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Gives somebody another role.
///
/// # Errors
/// As `Studio::set_role`.
#[server(prefix = "/api", endpoint = "person/set-role", input = Post<FormOrJson>)]
pub async fn set_role(
    person: PersonId,
    role: Role,
    #[server(default)] reviewer: bool,
) -> Result<(), Refused> {
    use super::context;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    studio.set_role(&admin, person, role, reviewer).await?;
    context::then(&format!("/people/{person}?saved=role"));
    Ok(())
}

/// Sets what somebody may spend, in dollars; both empty: as everybody.
///
/// # Errors
/// As `Studio::set_limits`; `Invalid` naming the field for what is no amount.
#[server(prefix = "/api", endpoint = "person/set-limits", input = Post<FormOrJson>)]
pub async fn set_limits(
    person: PersonId,
    #[server(default)] hour: String,
    #[server(default)] day: String,
) -> Result<(), Refused> {
    use super::{context, number::dollars};
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    let amount = |field: &str, text: &str| {
        let says = "Write dollars like 2 or 2.50, with at most six places; or leave both empty.";
        (!text.trim().is_empty()).then(|| dollars(field, text, says)).transpose()
    };
    studio.set_limits(&admin, person, amount("hour", &hour)?, amount("day", &day)?).await?;
    context::then(&format!("/people/{person}?saved=limits"));
    Ok(())
}

/// Shuts somebody out.
///
/// # Errors
/// As `Studio::disable_person`.
#[server(prefix = "/api", endpoint = "person/disable", input = Post<FormOrJson>)]
pub async fn disable_person(person: PersonId) -> Result<(), Refused> {
    use super::context;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    studio.disable_person(&admin, person).await?;
    context::then(&format!("/people/{person}"));
    Ok(())
}

/// Lets somebody in again.
///
/// # Errors
/// As `Studio::enable_person`.
#[server(prefix = "/api", endpoint = "person/enable", input = Post<FormOrJson>)]
pub async fn enable_person(person: PersonId) -> Result<(), Refused> {
    use super::context;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    studio.enable_person(&admin, person).await?;
    context::then(&format!("/people/{person}"));
    Ok(())
}

/// Deletes somebody and all that is theirs; `name` is typed to be sure.
///
/// # Errors
/// As `Studio::delete_person`.
#[server(prefix = "/api", endpoint = "person/delete", input = Post<FormOrJson>)]
pub async fn delete_person(person: PersonId, name: String) -> Result<(), Refused> {
    use super::context;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    studio.delete_person(&admin, person, &name).await?;
    context::then("/people");
    Ok(())
}
