//! `/audit`: who did what in the studio, newest first; for administrators.

use crate::{
    api::context,
    components::{
        frame::{Here, frame, page as framed},
        icon::icon,
        notice::notice,
        parts::parts,
        when::{ago, moment},
    },
};
use api_types::{AuditAction, AuditId, Problem, RefusalLink};
use leptos::prelude::*;
use leptos_meta::Title;
use studio::{
    AuditFilter, AuditState, DELETED_NAME, SEARCH_CHARS_MAX,
    ports::{
        Timestamp,
        store::{AuditLine, ListedAudit},
    },
};

const DAY_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// What the address asks for, as it was typed.
#[derive(Default)]
struct Asked {
    what: String,
    who: String,
    run: String,
    from: String,
    until: String,
}

impl Asked {
    fn read() -> Self {
        let asked = |name| context::asked(name).unwrap_or_default().trim().to_owned();
        Self {
            what: asked("what"),
            who: asked("who"),
            run: asked("run"),
            from: asked("from"),
            until: asked("until"),
        }
    }

    /// # Errors
    /// `NotFound` for a day that is none: the field sends none.
    fn filter(&self) -> Result<AuditFilter, Problem> {
        let until = day(&self.until)?.map(|at| Timestamp(at.0.saturating_add(DAY_MICROS)));
        Ok(AuditFilter {
            words: self.what.clone(),
            person: self.who.clone(),
            run: self.run.clone(),
            from: day(&self.from)?,
            until,
        })
    }

    /// Whether it asks for what is folded away at first.
    fn is_narrow(&self) -> bool {
        [&self.run, &self.from, &self.until].iter().any(|typed| !typed.is_empty())
    }

    fn address(&self, before: Option<AuditId>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let typed = [&self.what, &self.who, &self.run, &self.from, &self.until];
        for (name, typed) in ["what", "who", "run", "from", "until"].into_iter().zip(typed) {
            if !typed.is_empty() {
                query.append_pair(name, typed);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        match query.finish().as_str() {
            "" => "/audit".to_owned(),
            query => format!("/audit?{query}"),
        }
    }
}

/// The beginning of a day in UTC: `2026-05-03`.
fn day(text: &str) -> Result<Option<Timestamp>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let day: jiff::civil::Date = text.parse().map_err(|_| Problem::NotFound)?;
    let begins = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| Problem::NotFound)?;
    Ok(Some(Timestamp(begins.timestamp().as_microsecond())))
}

/// The page.
pub(crate) fn audit() -> impl IntoView {
    super::page(async move {
        let by = context::signed_in()?;
        let admin = by.admin()?;
        let asked = Asked::read();
        let filter = asked.filter()?;
        let before =
            context::asked("before").map(|id| id.parse().map_err(|_| Problem::NotFound)).transpose()?;
        let page = context::studio()?.audit_log(&admin, &filter, before).await?;
        let data = super::frame_data(by.clone()).await?;
        let now = data.now;
        let newest = before.map(|_| (asked.address(None), "Newest entries"));
        let older = page.next.map(|next| (asked.address(Some(next)), "Older entries"));
        let is_empty = page.rows.is_empty();
        let body = view! {
            <div class="intro"><p>"Who did what in the studio: sign-ins, keys, tokens, roles, invitations, settings. Nothing of what people write or ask is in it."</p></div>
            <div class="stack">
                {state(&page.state, now)}
                {search(&asked, !filter.is_empty())}
                {is_empty.then(|| none(!filter.is_empty()))}
                {(!is_empty).then(|| view! { <ul class="rows">{page.rows.iter().map(|listed| row(listed, now)).collect_view()}</ul> })}
                {parts("Parts of the log", newest, older)}
            </div>
        };
        Ok(view! { <Title text="Audit log" />{frame(data, Here::Audit, framed("Audit log", body))} }
            .into_any())
    })
}

/// How the chain stands.
fn state(state: &AuditState, now: Timestamp) -> AnyView {
    if state.is_late(now) {
        let since = state.waiting_since.map(|since| ago(since, now));
        return notice("warn", "warn", view! {
            <b>"New entries are not sealed. "</b>
            "The oldest of them was written "{since}". The studio's log says why; until then nobody would see a change of them."
        })
        .into_any();
    }
    let Some(at) = state.sealed_at else {
        return view! { <p class="hint">"Nothing is sealed yet."</p> }.into_any();
    };
    let entries = match state.sealed {
        1 => "1 entry is".to_owned(),
        many => format!("{} entries are", studio::grouped(usize::try_from(many).unwrap_or(usize::MAX))),
    };
    view! { <p class="hint">{entries}" chained and sealed, the last "{moment(at, now)}". Whether all of them are as they were is checked on the server: "<code>"vobio audit verify"</code>"."</p> }.into_any()
}

/// A plain form that asks for this page.
fn search(asked: &Asked, is_search: bool) -> impl IntoView + use<> {
    let field = |id: &'static str,
                 label: &'static str,
                 kind: &'static str,
                 hint: &'static str,
                 value: &str| {
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <input class="input" id=id name=id type=kind placeholder=hint autocomplete="off"
                    maxlength=(kind == "search").then(|| SEARCH_CHARS_MAX.to_string()) value=value.to_owned() />
            </div>
        }
    };
    view! {
        <form class="stack" role="search" method="get" action="/audit">
            <div class="pairs">
                {field("what", "What", "search", "role, token, signed in", &asked.what)}
                {field("who", "Who", "search", "A name or an id", &asked.who)}
            </div>
            <details open=asked.is_narrow()>
                <summary>"Run and days"</summary>
                <div class="pairs">
                    {field("run", "Run", "search", "The id of a run", &asked.run)}
                    {field("from", "From", "date", "", &asked.from)}
                    {field("until", "Until", "date", "", &asked.until)}
                </div>
            </details>
            <div class="actions">
                <button class="btn" type="submit">{icon("search")}"Search"</button>
                {is_search.then(|| view! { <a class="btn quiet" href="/audit">"Clear"</a> })}
            </div>
        </form>
    }
}

fn none(is_search: bool) -> impl IntoView {
    let (head, words) = match is_search {
        true => (
            "Nothing found",
            "No entry is about all of this. Ask for less, or for other days (they are those of UTC).",
        ),
        false => ("Nothing yet", "What is done from now on is here."),
    };
    view! { <div class="empty"><h2>{head}</h2><p>{words}</p></div> }
}

fn row(listed: &ListedAudit, now: Timestamp) -> impl IntoView + use<> {
    let line = &listed.line;
    let title = match AuditAction::parse(&line.action) {
        Some(action) => action.title().to_owned(),
        None => line.action.clone(),
    };
    let name = match whom(listed) {
        Some(whom) => format!("{title}: {whom}"),
        None => title,
    };
    let details: Vec<String> =
        [Some(number(line)), line.why.as_deref().map(words), changes(line), run(line), request(line)]
            .into_iter()
            .flatten()
            .collect();
    let details = details.iter().map(|detail| format!(" · {detail}")).collect::<String>();
    view! {
        <li class="row">
            {icon(icon_of(&line.action))}
            <div class="what"><span class="name wraps">{name}</span><p class="about">{who(listed)}" · "{moment(Timestamp(line.at), now)}{details}{explained(line)}</p></div>
        </li>
    }
}

fn who(listed: &ListedAudit) -> String {
    let line = &listed.line;
    match (line.who.as_str(), &listed.who_name) {
        ("person", Some(name)) => named(name, line.who_id.as_deref()),
        ("operator", _) => "The operator, on the server".to_owned(),
        ("system", _) => "The studio".to_owned(),
        _ => line.who_id.clone().unwrap_or_else(|| line.who.clone()),
    }
}

/// To whom or to what, where that is not who did it.
fn whom(listed: &ListedAudit) -> Option<String> {
    let line = &listed.line;
    let id = line.target_id.as_deref()?;
    match (line.target.as_str(), &listed.target_name) {
        ("person", _) if line.who_id.as_deref() == Some(id) => None,
        ("person", Some(name)) => Some(named(name, Some(id))),
        ("source", _) => Some(id.to_owned()),
        // Their ids say nothing to anybody; the change says what they are.
        ("session" | "passkey" | "token" | "invite" | "refusal", _) => None,
        (kind, _) => Some(format!("{kind} {id}")),
    }
}

/// Of the deleted, whose names are gone, the id tells one from another.
fn named(name: &str, id: Option<&str>) -> String {
    match id {
        Some(id) if name == DELETED_NAME => format!("{name} {id}"),
        _ => name.to_owned(),
    }
}

/// A word of the source, as people read it.
fn words(word: &str) -> String {
    // A rule is called what it is called.
    if word.contains('.') {
        return word.to_owned();
    }
    word.replace('_', " ")
}

/// `role member → admin`.
fn changes(line: &AuditLine) -> Option<String> {
    // That something new is no reviewer says nothing.
    let is_said =
        |(_, old, new): &(_, Option<String>, Option<String>)| old.is_some() || new.as_deref() != Some("no");
    let changes: Vec<_> = line.changes().into_iter().filter(is_said).collect();
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let told = changes.iter().map(|(what, old, new)| match (old, new) {
        (None, Some(new)) => format!("{} {new}", words(what)),
        _ => format!("{} {} → {}", words(what), said(old), said(new)),
    });
    (!changes.is_empty()).then(|| told.collect::<Vec<_>>().join(", "))
}

fn run(line: &AuditLine) -> Option<String> {
    line.run.as_ref().map(|run| format!("run {run}"))
}

fn request(line: &AuditLine) -> Option<String> {
    line.trace.as_ref().map(|trace| format!("request {trace}"))
}

/// The way to where a refusal is explained.
fn explained(line: &AuditLine) -> Option<impl IntoView + use<>> {
    let id = line.target_id.as_deref().filter(|_| line.target == "refusal")?.parse().ok()?;
    Some(view! { " · "<a href=RefusalLink(id).to_string()>"why"</a> })
}

fn number(line: &AuditLine) -> String {
    line.position.map_or_else(|| "not sealed yet".to_owned(), |position| format!("no. {position}"))
}

fn icon_of(action: &str) -> &'static str {
    match action.split('.').next().unwrap_or_default() {
        "session" => "chip",
        "passkey" | "recovery" => "key",
        "token" => "out",
        "source" => "model",
        "host" => "cloud",
        "gate" => "error",
        _ => "person",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_utc_and_what_is_none_is_refused() {
        assert_eq!(day("1970-01-02"), Ok(Some(Timestamp(DAY_MICROS))));
        assert_eq!(day(""), Ok(None));
        for wrong in ["yesterday", "2026-02-30", "-1"] {
            assert_eq!(day(wrong), Err(Problem::NotFound), "{wrong}");
        }
    }

    #[test]
    fn a_change_is_said_in_a_few_words() {
        let change = r#"{"code":[null,false],"reviewer":[false,true],"role":[null,"admin"]}"#;
        let line = AuditLine { change: Some(change.to_owned()), ..AuditLine::default() };
        assert_eq!(changes(&line).as_deref(), Some("reviewer no → yes, role admin"));
        assert_eq!(changes(&AuditLine::default()), None);
    }
}
