//! Flags; for administrators.

use super::{Refused, codec::FormOrJson};
use api_types::{Flag, PersonId};
#[cfg(feature = "ssr")]
use api_types::{FlagMode, Problem};
use leptos::prelude::*;
use server_fn::codec::Post;

/// Switches a flag for everybody: `on`, `off`, `share` with `percent`, or `default`, which takes the switch away.
///
/// # Errors
/// As `Studio::set_flag`; `Invalid` naming the field for another word or a share that is none.
#[server(prefix = "/api", endpoint = "flag/set", input = Post<FormOrJson>)]
pub async fn set_flag(flag: Flag, mode: String, #[server(default)] percent: String) -> Result<(), Refused> {
    use super::context;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    let mode = match mode.as_str() {
        "default" => None,
        "share" => Some(share(&percent)?),
        word => Some(FlagMode::of(word, 0).ok_or_else(|| wrong("mode", "Say on, off, share or default."))?),
    };
    studio.set_flag(&admin, flag, mode).await?;
    context::then(&format!("/flags?saved={}", flag.as_str()));
    Ok(())
}

/// Switches a flag for one person: `on`, `off`, or `default`: as for everybody.
///
/// # Errors
/// As `Studio::set_person_flag`; `Invalid` for another word.
#[server(prefix = "/api", endpoint = "flag/set-person", input = Post<FormOrJson>)]
pub async fn set_person_flag(person: PersonId, flag: Flag, mode: String) -> Result<(), Refused> {
    use super::context;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    let is_on = match mode.as_str() {
        "default" => None,
        "on" => Some(true),
        "off" => Some(false),
        _ => return Err(wrong("mode", "Say on, off or default.").into()),
    };
    studio.set_person_flag(&admin, person, flag, is_on).await?;
    context::then(&format!("/people/{person}?saved=flags"));
    Ok(())
}

#[cfg(feature = "ssr")]
fn share(percent: &str) -> Result<FlagMode, Problem> {
    let percent = percent.trim().trim_end_matches('%').trim_end();
    let number = percent.parse().map_err(|_| ()).and_then(|number| FlagMode::of("share", number).ok_or(()));
    number.map_err(|()| wrong("percent", "Write a whole number from 0 to 100."))
}

#[cfg(feature = "ssr")]
fn wrong(field: &str, says: &str) -> Problem {
    Problem::field(field, says)
}
