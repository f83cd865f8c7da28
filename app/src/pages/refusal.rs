//! `/refusals/:id`: why something was refused, to who was refused and to administrators.

use crate::{
    api::context,
    components::{
        frame::{Here, drawer, frame},
        icon::small_icon,
        notice::notice,
        when,
    },
    islands::WHY,
};
use api_types::{Check, Problem, RefusalId};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use studio::{RefusalView, ports::Timestamp, ports::store::RefusalRow};

/// The page.
pub(crate) fn refusal() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").and_then(|id| id.parse::<RefusalId>().ok());
    super::page(async move {
        let by = context::signed_in()?;
        let id = id.ok_or(Problem::NotFound)?;
        let seen = context::studio()?.refusal(&by, id).await?;
        let data = super::frame_data(by).await?;
        let now = data.now;
        let (here, back, name) = match seen.is_own {
            true => (Here::Usage, "/usage#refused", "Usage"),
            false => (Here::Audit, "/audit", "Audit log"),
        };
        let main = view! {
            <main class="main" id="main">
                <header class="head">{drawer()}<h1>{WHY}</h1></header>
                <div class="page">
                    <nav class="parts-above" aria-label="Back"><a class="btn quiet small" href=back>{small_icon("left")}{name}</a></nav>
                    <div class="stack far">
                        {told(&seen)}
                        {room(&seen.row, now)}
                        {what_to_do(&seen)}
                        {facts(&seen, now)}
                    </div>
                </div>
            </main>
        };
        Ok(view! { <Title text=WHY />{frame(data, here, main)} }.into_any())
    })
}

/// What the person was told.
fn told(seen: &RefusalView) -> impl IntoView + use<> {
    let (title, sentence) = (seen.row.check.title(), seen.row.sentence.clone());
    notice("danger", "error", view! { <b>{title}". "</b>{sentence} })
}

/// When there is room again.
fn room(row: &RefusalRow, now: Timestamp) -> Option<impl IntoView + use<>> {
    let at = row.resets_at?;
    let time = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    let exact = time.strftime("%-d %B, %H:%M:%S UTC").to_string();
    let stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let words = match at > now {
        true => {
            view! { "There is room again from "<time datetime=stamp>{exact}</time>", "{soon(at, now)}"." }
                .into_any()
        }
        false => {
            view! { "That time is over since "<time datetime=stamp>{exact}</time>": it can be tried again." }
                .into_any()
        }
    };
    Some(view! { <section class="section"><h2>"When it goes again"</h2><p>{words}</p></section> })
}

fn soon(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.since(now).as_secs().max(1);
    match seconds {
        1 => "in a second".to_owned(),
        2..120 => format!("in {seconds} seconds"),
        120..7_200 => format!("in {} minutes", seconds.div_ceil(60)),
        _ => format!("in {} hours", seconds.div_ceil(3_600)),
    }
}

/// The next step, for who was refused; for an administrator what they could change.
fn what_to_do(seen: &RefusalView) -> impl IntoView + use<> {
    let words = match (seen.row.check, seen.is_own) {
        (Check::Flag, true) => "An administrator has switched this off. Ask them for it, or do something else.".into_any(),
        (Check::Flag, false) => view! { "It is switched off, for everybody or for them: "<a href="/flags">"Flags"</a>" says since when and by whom." }.into_any(),
        (Check::Rate, true) => "Wait, then send it once more: what you typed is still there. A person has one rate, whatever session, tab or \
            token they come with. The operator of the studio sets it."
            .into_any(),
        (Check::Rate, false) => view! { "It lets go by itself. The rate is of everybody in this studio, and its operator sets it: "<code>"MAX_API_CALLS_PER_MINUTE"</code>"." }.into_any(),
        (Check::Price, true) => view! { "Choose another model: "<a href="/models">"Models"</a>" says what each costs. What nobody knows the price of is not asked." }.into_any(),
        (Check::Price, false) => view! { "The model needs a price, which you can set under "<a href="/admin/models">"Model servers"</a>"." }.into_any(),
        (Check::Budget, true) if seen.row.resets_at.is_none() => view! { "It does not fit under the limit at all, so waiting does not help. Ask for a shorter answer (the longest one is in the chat's settings), choose a cheaper model, or ask an administrator for a higher limit." }.into_any(),
        (Check::Budget, true) => view! { "Ask for a shorter answer (the longest one is in the chat's settings) or a cheaper model, or wait. "<a href="/usage">"Usage"</a>" says what is left; an administrator can give you other limits." }.into_any(),
        (Check::Budget, false) => view! { "It lets go by itself, and "<a href=format!("/people/{}", seen.row.owned.owner)>"their page"</a>" has their limits, which can be changed." }.into_any(),
        (Check::Screen, true) => "Take out what it is about and send it again: what you typed is still there. If it is a key, and it was \
            sent anywhere before, revoke it."
            .into_any(),
        (Check::Screen, false) => "Nothing of the text was kept, so it cannot be read here. The rule says what was in it.".into_any(),
    };
    view! { <section class="section"><h2>"What to do"</h2><p>{words}</p></section> }
}

fn facts(seen: &RefusalView, now: Timestamp) -> impl IntoView + use<> {
    let row = &seen.row;
    let last = (row.times > 1).then(|| {
        view! {
            <dt>"The last time"</dt><dd>{when::moment(row.last_at, now)}</dd>
            <dt>"How often"</dt><dd>{format!("{} times within a minute", studio::grouped(row.times as usize))}</dd>
        }
    });
    let place = row.passage.map(|(from, until)| {
        let words = match from == until {
            true => format!("Character {from} of the text"),
            false => format!("Characters {from} to {until} of the text"),
        };
        view! { <dt>"Where"</dt><dd>{words}</dd> }
    });
    let owner = (!seen.is_own).then(|| {
        let href = format!("/people/{}", row.owned.owner);
        view! { <dt>"Whose"</dt><dd><a href=href>{seen.owner_name.clone()}</a></dd> }
    });
    view! {
        <section class="section">
            <h2>"What was refused"</h2>
            <dl class="facts">
                {owner}
                <dt>"Operation"</dt><dd>{operation(&row.operation)}</dd>
                {row.model.as_ref().map(|model| view! { <dt>"Model"</dt><dd>{model.to_string()}</dd> })}
                <dt>"Check"</dt><dd>{checked(row.check)}</dd>
                <dt>"Rule"</dt><dd><code>{row.rule.clone()}</code></dd>
                {place}
                <dt>"When"</dt><dd>{when::moment(row.at, now)}</dd>
                {last}
                {row.trace.clone().map(|trace| view! { <dt>"Request"</dt><dd><code>{trace}</code></dd> })}
            </dl>
        </section>
    }
}

/// What would have been done.
fn operation(name: &str) -> String {
    match name {
        "chat" => "An answer of a model".to_owned(),
        "configure" => "New settings of a chat".to_owned(),
        "title" => "A title".to_owned(),
        "name" => "A name".to_owned(),
        "memory" => "A note to remember".to_owned(),
        other => other.replace('_', " "),
    }
}

/// Which check it was, among those that everything passes.
const fn checked(check: Check) -> &'static str {
    match check {
        Check::Flag => "Switches: is this on?",
        Check::Rate => "Rate: how often within a minute?",
        Check::Price => "Price: what does it cost?",
        Check::Budget => "Budget: does it fit under the limits?",
        Check::Screen => "Safety screen: what is in the text?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_it_takes_is_said_as_people_say_it() {
        let after = |seconds: i64| soon(Timestamp(seconds * 1_000_000), Timestamp(0));
        assert_eq!((after(1).as_str(), after(42).as_str()), ("in a second", "in 42 seconds"));
        assert_eq!((after(121).as_str(), after(8_000).as_str()), ("in 3 minutes", "in 3 hours"));
    }
}
