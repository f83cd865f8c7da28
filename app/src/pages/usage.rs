//! `/usage`: what this hour and day cost, what may still be spent, and the ledger that adds it up.

use crate::{
    api::context,
    components::{
        frame::{Here, frame, page as framed},
        icon::icon,
        parts::parts,
        when,
    },
};
use api_types::{EntryKind, HoldId, Micros, Problem, RefusalLink, Span};
use leptos::prelude::*;
use leptos_meta::Title;
use studio::{
    LedgerPage, SpendingUsage, Window,
    ports::{
        Timestamp,
        store::{EntryRow, RefusalRow, Spent},
    },
    windows_shown,
};

/// The page.
pub(crate) fn usage() -> impl IntoView {
    super::page(async move {
        let by = context::signed_in()?;
        let after = context::asked("after").map(|text| cursor(&text).ok_or(Problem::NotFound)).transpose()?;
        let studio = context::studio()?;
        let usage = studio.usage(&by).await?;
        let hours = studio.spent_lately(&by, Span::Hour).await?;
        let days = studio.spent_lately(&by, Span::Day).await?;
        let ledger = studio.ledger(&by, after).await?;
        let refused = studio.refusals(&by).await?;
        let data = super::frame_data(by).await?;
        let now = data.now;
        let body = view! {
            <div class="intro"><p>
                "Before anything is asked of a model, the most it can cost is held. Afterwards what it did cost is booked, and the rest given back."
            </p></div>
            <div class="stack far">
                {limits(&usage, now)}
                {lately("The last 24 hours", Span::Hour, &hours, now)}
                {lately("The last 30 days", Span::Day, &days, now)}
                {refusals(&refused, now)}
                {book(ledger, after.is_some(), now)}
            </div>
        };
        Ok(view! { <Title text="Usage" />{frame(data, Here::Usage, framed("Usage", body))} }.into_any())
    })
}

/// `micros.hold.kind`, as the link to the next part has it.
fn cursor(text: &str) -> Option<(Timestamp, HoldId, EntryKind)> {
    let mut parts = text.split('.');
    let cursor = (
        Timestamp(parts.next()?.parse().ok()?),
        parts.next()?.parse().ok()?,
        EntryKind::parse(parts.next()?)?,
    );
    parts.next().is_none().then_some(cursor)
}

fn money(micros: i64) -> impl IntoView + use<> {
    view! { <span class="money">{Micros(micros).to_string()}</span> }
}

fn limits(usage: &SpendingUsage, now: Timestamp) -> impl IntoView + use<> {
    let whose = match (usage.tracks_cost, usage.has_own_limits) {
        (false, _) => {
            "Your costs are not counted: the flag for it is off, so nothing is held and no limit is kept."
        }
        (true, true) => "An administrator set these limits for you.",
        (true, false) => "These are the limits of everybody in this studio.",
    };
    view! {
        <section class="section">
            <h2>"Limits"</h2>
            <p>{whose}</p>
            <div class="columns">
                {window("This hour", usage.hour, now)}
                {window("Today", usage.day, now)}
            </div>
            <p class="note">"Ever spent: "{money(usage.total_spent)}</p>
        </section>
    }
}

fn window(name: &'static str, window: Window, now: Timestamp) -> impl IntoView + use<> {
    let used = window.spent.saturating_add(window.held);
    // Money has no more places than a float is exact for here: it is the length of a bar.
    let share = format!("{:.4}", (used as f64 / (window.limit.max(1)) as f64).clamp(0.0, 1.0));
    let held = (window.held > 0)
        .then(|| view! { <dt>"Held for what is under way"</dt><dd>{money(window.held)}</dd> });
    let over = (used > window.limit).then(|| view! {
        <p class="about">"More than this limit was spent. What costs something begins again when it begins anew."</p>
    });
    view! {
        <div class="card">
            <h3>{name}</h3>
            <p>{money(window.remaining())}" left of "{money(window.limit)}</p>
            <progress max="1" value=share aria-label=format!("{name}: share of the limit that is used")></progress>
            <dl class="facts">
                <dt>"Spent"</dt><dd>{money(window.spent)}</dd>
                {held}
                <dt>"Begins anew"</dt><dd>{resets(window.resets_at, now)}</dd>
            </dl>
            {over}
        </div>
    }
}

fn resets(at: Timestamp, now: Timestamp) -> impl IntoView + use<> {
    let time = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    let minutes = at.since(now).as_secs().div_ceil(60);
    let in_words = match minutes {
        0..=1 => "in a minute".to_owned(),
        2..120 => format!("in {minutes} minutes"),
        _ => format!("in {} hours", minutes / 60),
    };
    let exact = time.strftime("%H:%M UTC").to_string();
    view! { <time datetime=time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()>{format!("{exact}, {in_words}")}</time> }
}

/// A bar for each window, and the same as a table for who does not see it.
fn lately(
    name: &'static str,
    span: Span,
    spent: &[(Timestamp, Spent)],
    now: Timestamp,
) -> impl IntoView + use<> {
    let bars = bars(span, spent, now);
    let most = bars.iter().map(|(_, micros)| *micros).max().unwrap_or(0);
    let sum: i64 = bars.iter().map(|(_, micros)| *micros).sum();
    let label = |at: Timestamp| {
        let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
        at.strftime(if span == Span::Hour { "%-d %b, %H:00" } else { "%-d %B" }).to_string()
    };
    let width = 100.0 / bars.len().max(1) as f64;
    let drawn = bars.iter().enumerate().filter(|(_, (_, micros))| *micros > 0).map(|(place, (at, micros))| {
        let height = (*micros as f64 / most.max(1) as f64 * 100.0).max(1.5);
        view! {
            <rect x=format!("{:.3}%", place as f64 * width + width * 0.15) y=format!("{:.3}%", 100.0 - height)
                width=format!("{:.3}%", width * 0.7) height=format!("{height:.3}%") rx="2">
                <title>{format!("{}: {}", label(*at), Micros(*micros))}</title>
            </rect>
        }
    });
    let rows = bars.iter().rev().filter(|(_, micros)| *micros > 0).map(|(at, micros)| {
        view! {
            <tr><th scope="row">{label(*at)}</th><td class="number">{money(*micros)}</td></tr>
        }
    });
    let head = format!("{name}: {} in all", Micros(sum));
    let body = if sum == 0 {
        view! { <p class="note">"Nothing was spent."</p> }.into_any()
    } else {
        view! {
            <svg class="bars" role="img" aria-label=format!("{head}, at most {}. The table below has the numbers.", Micros(most))>
                {drawn.collect_view()}
            </svg>
            <p class="axis" aria-hidden="true"><span>{bars.first().map(|(at, _)| label(*at))}</span><span>{bars.last().map(|(at, _)| label(*at))}</span></p>
            <details class="more">
                <summary>"The numbers"</summary>
                <div class="table-wrap"><table class="table">
                    <thead><tr><th scope="col">"From (UTC)"</th><th scope="col" class="number">"Spent"</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table></div>
            </details>
        }
        .into_any()
    };
    view! { <section class="section"><h2>{name}</h2><p>{money(sum)}" in all"</p><div>{body}</div></section> }
}

/// Every window that is shown, the oldest first, also where nothing was spent.
fn bars(span: Span, spent: &[(Timestamp, Spent)], now: Timestamp) -> Vec<(Timestamp, i64)> {
    let last = span.start(now.0);
    let starts = (0..i64::from(windows_shown(span))).rev().map(|back| Timestamp(last - back * span.micros()));
    let of = |start: Timestamp| spent.iter().find(|(at, _)| *at == start).map_or(0, |(_, spent)| spent.spent);
    starts.map(|start| (start, of(start))).collect()
}

/// What was refused to who looks.
fn refusals(refused: &[RefusalRow], now: Timestamp) -> impl IntoView + use<> {
    let body = if refused.is_empty() {
        view! { <p class="note">"Nothing was refused to you in the last 30 days."</p> }.into_any()
    } else {
        let rows = refused.iter().map(|row| {
            let times = (row.times > 1).then(|| format!(" · {} times", row.times));
            view! {
                <li class="row">
                    {icon("error")}
                    <div class="what">
                        <a class="name wraps" href=RefusalLink(row.id).to_string()>{row.check.title()}</a>
                        <p class="about">{row.sentence.clone()}" · "{when::moment(row.last_at, now)}{times}</p>
                    </div>
                </li>
            }
        });
        view! { <ul class="rows">{rows.collect_view()}</ul> }.into_any()
    };
    view! { <section class="section" id="refused"><h2>"Refused lately"</h2><div>{body}</div></section> }
}

fn book(page: LedgerPage, is_later: bool, now: Timestamp) -> impl IntoView + use<> {
    let body = if page.entries.is_empty() {
        view! { <p class="note">"Nothing was booked yet. It begins with the first message to a model that has a price."</p> }.into_any()
    } else {
        view! {
            <div class="table-wrap as-cards" tabindex="0" role="region" aria-label="Ledger">
                <table class="table" role="table">
                    <thead role="rowgroup"><tr role="row">
                        <th role="columnheader" scope="col">"What"</th><th role="columnheader" scope="col">"For"</th>
                        <th role="columnheader" scope="col">"When"</th><th role="columnheader" scope="col" class="number">"Amount"</th>
                    </tr></thead>
                    <tbody role="rowgroup">{page.entries.iter().map(|entry| row(entry, now)).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    let newest = is_later.then(|| ("/usage#ledger".to_owned(), "Newest entries"));
    let older = page.next.map(|(at, hold, kind)| {
        (format!("/usage?after={}.{hold}.{}#ledger", at.0, kind.as_str()), "Older entries")
    });
    view! {
        <section class="section" id="ledger">
            <h2>"Ledger"</h2>
            <p>"Every row moves an amount; none is ever changed. "<a href="/api/costs/ledger.csv">"Download all of it"</a>" (CSV)."</p>
            <div>{body}{parts("Parts of the ledger", newest, older)}</div>
        </section>
    }
}

/// What a row did, in words, and with which sign it changed what may still be spent.
fn words(entry: &EntryRow) -> (&'static str, &'static str) {
    match (entry.kind, entry.is_estimate) {
        (EntryKind::Hold, _) => ("Held", "−"),
        (EntryKind::Settle, false) => ("Spent", ""),
        (EntryKind::Settle, true) => ("Spent, estimated", ""),
        (EntryKind::Release, _) => ("Given back", "+"),
        (EntryKind::Overrun, _) => ("Spent above its hold", "−"),
    }
}

fn row(entry: &EntryRow, now: Timestamp) -> impl IntoView + use<> {
    let (what, sign) = words(entry);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{what}</th>
            <td role="cell" data-label="For"><a href=format!("/runs/{}", entry.run)>{entry.model.to_string()}</a></td>
            <td role="cell" data-label="When">{when::moment(entry.at, now)}</td>
            <td role="cell" data-label="Amount" class="number"><span class="money">{sign}{Micros(entry.amount).to_string()}</span></td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_the_next_part_reads_back_and_nothing_else_does() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let (at, hold, kind) = cursor(&format!("17.{id}.settle")).unwrap();
        assert_eq!((at, hold.to_string().as_str(), kind), (Timestamp(17), id, EntryKind::Settle));
        for wrong in [
            "",
            "17",
            "17.x.settle",
            &format!("17.{id}"),
            &format!("17.{id}.refund"),
            &format!("17.{id}.hold.x"),
        ] {
            assert_eq!(cursor(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_hour_in_which_nothing_was_spent_has_its_place_too() {
        let hour = Span::Hour.micros();
        let now = Timestamp(100 * hour + 5);
        let spent = [(Timestamp(98 * hour), Spent { held: 3, spent: 7 })];
        let bars = bars(Span::Hour, &spent, now);
        assert_eq!((bars.len(), bars[0].0, bars[23].0), (24, Timestamp(77 * hour), Timestamp(100 * hour)));
        assert_eq!(
            bars.iter().filter(|(_, micros)| *micros > 0).collect::<Vec<_>>(),
            [&(Timestamp(98 * hour), 7)]
        );
    }
}
