//! `GET /api/events`: one stream of server-sent events for a visible tab.
//!
//! # Design
//! What is sent is state, not difference (`api_types::AnswerEvent`): a page that comes late or comes back is told where
//! each answer stands, from memory while this process writes it and from rows otherwise. `after` is a time in
//! microseconds; an overlap is harmless, so a cursor of events was not needed.

mod told;

use super::{Http, client::Spoken, problems, streams};
use api_types::{AnswerEvent, Problem, RunId};
use app::{api::context::Caller, aside::aside, components::turn};
use axum::{
    Extension,
    extract::{Query, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, header};
use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};
use studio::{
    SignedIn, Studio,
    ports::{Timestamp, store::AnswerRow},
};
use tokio::{sync::watch, time::Instant};
use told::{Told, Written};

/// The first change after a pause is sent at once; those that follow within this time are sent together at its end: a page
/// is not told more often than it can draw.
const COLLECT: Duration = Duration::from_millis(25);
/// A page whose stream ended comes back after so long.
const RETRY: Duration = Duration::from_secs(2);
/// The session behind a stream is looked at this often: one that was ended elsewhere ends its streams within a second.
const LOOK_AT_SESSION_EVERY: Duration = Duration::from_millis(700);
/// Answers that another process writes are looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Answers that ended shortly before the last look are looked at again: an end has the time at which it was written, and may be
/// seen a moment later. The same before `after`: the page may have been rendered just before their end.
const OVERLAP_MICROS: i64 = 2_000_000;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    #[serde(default)]
    after: i64,
}

/// The stream; 401 for strangers, who learn nothing else.
pub(super) async fn events(
    State(http): State<Http>,
    Extension(Caller(caller)): Extension<Caller>,
    Extension(Spoken(version)): Extension<Spoken>,
    query: Result<Query<After>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Response {
    if is_foreign(&headers, &http.cookies.origin) {
        return problems::answer(&Problem::NotPermitted);
    }
    let by = match caller {
        Ok(by) => by,
        Err(problem) => return problems::answer(&problem),
    };
    let Ok(Query(After { after })) = query else {
        return problems::answer(&Problem::Malformed {
            detail: "after has to be a time in microseconds.".to_owned(),
        });
    };
    // A browser that reconnects by itself says what it saw last.
    let seen =
        headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse::<i64>().ok());
    let since = Timestamp(seen.unwrap_or(after).saturating_sub(OVERLAP_MICROS));
    let place = http.streams.enter(by.session(), version);
    let feed = Feed::new(http.studio.clone(), by, since, place);
    let stream = stream::unfold(feed, |mut feed| async move {
        let events = feed.next().await?;
        Some((stream::iter(events), feed))
    });
    let mut response =
        Sse::new(stream.flatten().map(Ok::<_, Infallible>)).keep_alive(KeepAlive::default()).into_response();
    // Proxies that buffer would turn a stream into a lump.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    // The framework says "no-cache", which allows to keep it.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether another site's page asks: it could not read the answer, but it has no business here.
pub(super) fn is_foreign(headers: &HeaderMap, origin: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    text("origin").is_some_and(|from| from != origin)
        || text("sec-fetch-site").is_some_and(|from| !matches!(from, "same-origin" | "none"))
}

/// One tab's stream.
struct Feed {
    studio: Arc<Studio>,
    by: SignedIn,
    changes: watch::Receiver<u64>,
    told: HashMap<RunId, Told>,
    /// Rows to look at: at first those since `after`, later those that another process writes.
    rows: VecDeque<AnswerRow>,
    since: Timestamp,
    is_new: bool,
    /// When rows were looked at; not yet when the stream has just begun.
    looked: Option<Instant>,
    /// When the session was looked at.
    looked_at_session: Instant,
    /// When the last events left.
    sent: Instant,
    place: streams::Place,
}

impl Feed {
    fn new(studio: Arc<Studio>, by: SignedIn, since: Timestamp, place: streams::Place) -> Self {
        // Before the first look at rows: what changes in between is heard.
        let changes = studio.live.subscribe(by.person());
        Self {
            studio,
            by,
            changes,
            told: HashMap::new(),
            rows: VecDeque::new(),
            since,
            is_new: true,
            looked: None,
            looked_at_session: Instant::now(),
            sent: Instant::now(),
            place,
        }
    }

    /// The next events; `None` when the session is over, the process goes down or another stream needs the place.
    async fn next(&mut self) -> Option<Vec<Event>> {
        loop {
            if self.is_new {
                self.is_new = false;
                return Some(vec![Event::default().event("hello").data("{}").retry(RETRY)]);
            }
            // One at a time: a page that was away for long is told of the first while the next are read.
            if let Some(row) = self.rows.pop_front() {
                match self.stored(row).await {
                    Some(event) => return Some(vec![event]),
                    None => continue,
                }
            }
            let studio = self.studio.clone();
            let due = self.looked.map_or_else(Instant::now, |looked| looked + LOOK_EVERY);
            let session_due = self.looked_at_session + LOOK_AT_SESSION_EVERY;
            tokio::select! {
                () = studio.live.closed() => return None,
                () = self.place.taken() => return None,
                changed = self.changes.changed() => {
                    changed.ok()?;
                    tokio::time::sleep_until(self.sent + COLLECT).await;
                    self.changes.borrow_and_update();
                }
                () = tokio::time::sleep_until(due.min(session_due)) => {}
            }
            if Instant::now() >= session_due && !self.look_at_session().await {
                return None;
            }
            let events = if Instant::now() >= due { self.look().await } else { self.live().await };
            if !events.is_empty() {
                self.sent = Instant::now();
                return Some(events);
            }
        }
    }

    /// Whether the session behind this stream lives. While the database is away, what is in memory still comes.
    async fn look_at_session(&mut self) -> bool {
        self.looked_at_session = Instant::now();
        match self.studio.still_signed_in(&self.by).await {
            Ok(by) => self.by = by,
            Err(problem) => return problem != Problem::SignIn,
        }
        true
    }

    /// Looks at memory; rows to tell of are put in line.
    async fn look(&mut self) -> Vec<Event> {
        self.looked = Some(Instant::now());
        let events = self.live().await;
        // Before the look: what ends while rows are read is seen by the next.
        let now = self.studio.now();
        if let Ok(rows) = self.studio.answers_since(&self.by, self.since).await {
            self.since = Timestamp(now.0.saturating_sub(OVERLAP_MICROS));
            let gone = self.gone(&rows).await;
            self.rows.extend(rows.into_iter().chain(gone));
        }
        events
    }

    /// Answers that were told of as being written, and are not any more: they ended, however long it took until that was seen.
    async fn gone(&self, rows: &[AnswerRow]) -> Vec<AnswerRow> {
        let mut gone = Vec::new();
        for (run, told) in &self.told {
            let is_known = told.ended
                || rows.iter().any(|row| row.run == *run)
                || self.studio.live.get(self.by.person(), *run).is_some();
            if !is_known && let Ok(row) = self.studio.run(&self.by, *run).await {
                gone.push(row);
            }
        }
        gone
    }

    /// What is new in a run's rows; nothing when memory tells of it.
    async fn stored(&mut self, row: AnswerRow) -> Option<Event> {
        let is_told = self.told.get(&row.run).is_some_and(|told| told.ended);
        if is_told || self.studio.live.get(self.by.person(), row.run).is_some() {
            return None;
        }
        let text = self.studio.answer_text(&self.by, &row).await.ok()?;
        let told = self.told.entry(row.run).or_insert_with(Told::nothing);
        let new = text.get(told.seen..).unwrap_or_default();
        let event = aside(told.work(new.len()), || {
            told.more(&Written::from(&row), new, row.state, row.failure.clone())
        })?;
        Some(self.event(event, row.ended_at).await)
    }

    /// What is new in memory.
    async fn live(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for live in self.studio.live.of(self.by.person()) {
            let told = self.told.entry(live.run).or_insert_with(Told::nothing);
            if told.ended {
                continue;
            }
            let view = live.view(told.seen);
            let place = Written { conversation: live.conversation, message: live.message, run: live.run };
            let event =
                aside(told.work(view.text.len()), || told.more(&place, &view.text, view.state, view.note));
            if let Some(event) = event {
                events.push(self.event(event, view.ended_at).await);
            }
        }
        events
    }

    /// An event on the wire; an ended answer brings its foot.
    async fn event(&self, mut answer: AnswerEvent, ended_at: Option<Timestamp>) -> Event {
        answer.ended_at = ended_at.map(|at| at.0);
        if !answer.state.is_active() {
            answer.foot = turn::foot_html(&self.studio, &self.by, answer.conversation, answer.message).await;
        }
        let id = self.studio.now().0.to_string();
        let event = Event::default().event("answer").id(id);
        event.json_data(&answer).unwrap_or_else(|_| Event::default().comment("unserialisable"))
    }
}
