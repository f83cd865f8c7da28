//! What the caller spent and may spend, for programs: `GET /api/costs/usage`, `/api/costs/limits` and `/api/costs/ledger.csv`.

use super::{Http, problems};
use api_types::{EntryKind, HoldId, Micros, Problem};
use app::api::context::Caller;
use axum::{
    Extension, Json,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse as _, Response},
};
use futures::stream;
use http::header;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use studio::{
    SignedIn, SpendingUsage, Window,
    ports::{Timestamp, store::EntryRow},
};

/// What was spent in this hour and day, what is left, and when they begin anew.
pub(super) async fn usage(
    State(http): State<Http>,
    Extension(Caller(caller)): Extension<Caller>,
) -> Response {
    answer(http, caller, |by, usage| {
        let mut fields = Map::new();
        fields.insert("user_id".to_owned(), by.person().to_string().into());
        windows(&mut fields, usage);
        fields.insert("total_usage".to_owned(), dollars(usage.total_spent));
        fields
    })
    .await
}

/// Whether anything may begin now, and why not.
pub(super) async fn limits(
    State(http): State<Http>,
    Extension(Caller(caller)): Extension<Caller>,
) -> Response {
    answer(http, caller, |_, usage| {
        let full = [("day", usage.day), ("hour", usage.hour)]
            .into_iter()
            .find(|(_, window)| window.remaining() == 0);
        let full = full.filter(|_| usage.tracks_cost);
        let reason = full.map(|(name, window)| {
            format!("The limit of this {name} is used up. It begins anew at {}.", moment(window.resets_at))
        });
        let mut fields = Map::new();
        fields.insert("allowed".to_owned(), full.is_none().into());
        fields.insert("reason".to_owned(), reason.into());
        windows(&mut fields, usage);
        fields.insert("total_usage".to_owned(), dollars(usage.total_spent));
        fields
    })
    .await
}

async fn answer(
    http: Http,
    caller: Result<SignedIn, Problem>,
    fields: impl FnOnce(&SignedIn, &SpendingUsage) -> Map<String, Value>,
) -> Response {
    let by = match caller {
        Ok(by) => by,
        Err(problem) => return problems::answer(&problem),
    };
    match http.studio.usage(&by).await {
        Ok(usage) => Json(Value::Object(fields(&by, &usage))).into_response(),
        Err(problem) => problems::answer(&problem),
    }
}

fn windows(fields: &mut Map<String, Value>, usage: &SpendingUsage) {
    for (name, Window { spent, held, limit, resets_at, .. }, left) in
        [("hourly", usage.hour, usage.hour.remaining()), ("daily", usage.day, usage.day.remaining())]
    {
        fields.insert(format!("{name}_usage"), dollars(spent));
        fields.insert(format!("{name}_held"), dollars(held));
        fields.insert(format!("{name}_limit"), dollars(limit));
        fields.insert(format!("{name}_remaining"), dollars(left));
        fields.insert(format!("{name}_reset_at"), moment(resets_at).into());
    }
}

fn dollars(micros: i64) -> Value {
    Micros(micros).as_dollars().into()
}

fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0).map_or_else(|_| String::new(), |at| at.to_string())
}

/// The whole ledger of the caller, the newest first.
pub(super) async fn ledger(
    State(http): State<Http>,
    Extension(Caller(caller)): Extension<Caller>,
) -> Response {
    let by = match caller {
        Ok(by) => by,
        Err(problem) => return problems::answer(&problem),
    };
    // The first part decides whether there is an answer at all.
    let first = match part(&http, &by, None).await {
        Ok(part) => part,
        Err(problem) => return problems::answer(&problem),
    };
    let head = "at,kind,operation,model,run,hold,amount_micros,estimated\n".to_owned();
    let (text, next) = first;
    let begun = stream::once(async move { Ok::<_, Problem>(Bytes::from(head + &text)) });
    let rest = stream::try_unfold((http, by, next), |(http, by, next)| async move {
        let Some(after) = next else { return Ok::<_, Problem>(None) };
        let (text, next) = part(&http, &by, Some(after)).await?;
        Ok(Some((Bytes::from(text), (http, by, next))))
    });
    let body = Body::from_stream(futures::StreamExt::chain(begun, rest));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"vobio-ledger.csv\""),
    ];
    (headers, body).into_response()
}

type After = (Timestamp, HoldId, EntryKind);

async fn part(http: &Http, by: &SignedIn, after: Option<After>) -> Result<(String, Option<After>), Problem> {
    let page = http.studio.ledger(by, after).await?;
    let mut text = String::new();
    page.entries.iter().for_each(|entry| line(entry, &mut text));
    Ok((text, page.next))
}

/// A model's name may have any sign; the other fields are ids, numbers and words of ours.
fn line(entry: &EntryRow, text: &mut String) {
    let EntryRow { hold, kind, run, operation, model, amount, is_estimate, at, .. } = entry;
    let (at, kind, estimated) = (moment(*at), kind.as_str(), u8::from(*is_estimate));
    let model = quoted(&model.to_string());
    // Writing to a text does not fail.
    let _ok = writeln!(text, "{at},{kind},{operation},{model},{run},{hold},{amount},{estimated}");
}

/// A field of CSV (RFC 4180) that no spreadsheet takes for a formula.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_formula_and_ends_where_it_ends() {
        assert_eq!(quoted("openai/a"), "\"openai/a\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("a\"b,c"), "\"a\"\"b,c\"");
    }
}
