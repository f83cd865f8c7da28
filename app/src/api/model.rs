//! What administrators say of models: their prices, and the one that new chats begin with.

use super::{Refused, codec::FormOrJson};
use api_types::ModelRef;
#[cfg(feature = "ssr")]
use api_types::Problem;
use leptos::prelude::*;
use server_fn::codec::Post;
#[cfg(feature = "ssr")]
use studio::ports::Timestamp;

/// What a price has to be.
#[cfg(feature = "ssr")]
const PRICE_SAYS: &str =
    "Write dollars for a million tokens like 2.50, not below 0 and with at most six places; 0 is free.";

/// Sets what a model costs, in dollars per million tokens, from now on or from the beginning of a later day (UTC).
///
/// # Errors
/// As `Studio::set_price`; `Invalid` naming the field for what is no amount or no day.
#[server(prefix = "/api", endpoint = "model/set-price", input = Post<FormOrJson>)]
pub async fn set_price(
    model: ModelRef,
    prompt: String,
    completion: String,
    #[server(default)] from: String,
) -> Result<(), Refused> {
    use super::{context, number::dollars};
    use api_types::Price;
    let (by, studio) = (context::signed_in()?, context::studio()?);
    let admin = by.touched_admin(studio.now())?;
    let price = Price {
        prompt_micros_per_million: dollars("prompt", &prompt, PRICE_SAYS)?.0,
        completion_micros_per_million: dollars("completion", &completion, PRICE_SAYS)?.0,
    };
    let source = model.source().to_owned();
    studio.set_price(&admin, model, price, day(&from, studio.now())?).await?;
    context::then(&format!("/admin/models/{source}?saved=price#prices"));
    Ok(())
}

/// The beginning of a day in UTC; nothing for today, which has begun.
#[cfg(feature = "ssr")]
fn day(text: &str, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    use jiff::{civil::Date, tz::TimeZone};
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wrong = || Problem::field("from", "Write a day like 2027-01-31, or leave this empty for now.");
    let day: Date = text.trim().parse().map_err(|_| wrong())?;
    let today = jiff::Timestamp::from_microsecond(now.0).map_err(|_| wrong())?.to_zoned(TimeZone::UTC).date();
    if day == today {
        return Ok(None);
    }
    let begins = day.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
    Ok(Some(Timestamp(begins.timestamp().as_microsecond())))
}

/// Sets the model that new chats of people begin with who have had none; empty: what the studio finds best.
///
/// # Errors
/// As `Studio::set_default_model`; `Invalid` for what is no model's name.
#[server(prefix = "/api", endpoint = "model/set-default", input = Post<FormOrJson>)]
pub async fn set_default_model(#[server(default)] model: String) -> Result<(), Refused> {
    use super::context;
    let by = context::signed_in()?;
    let admin = by.admin()?;
    let model = match model.trim() {
        "" => None,
        text => Some(text.parse().map_err(|why: String| Problem::field("model", why))?),
    };
    context::studio()?.set_default_model(&admin, model).await?;
    context::then("/admin/models?saved=default#default");
    Ok(())
}
