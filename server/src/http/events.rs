//! `GET /api/events`: one stream of server-sent events for a visible tab.
//!
//! # Design
//! Of answers state is sent, not difference (`api_types::AnswerEvent`): a page that comes late or comes back is told where
//! each answer stands, from memory while this process writes it and from rows otherwise. `after` is a time in
//! microseconds; an overlap is harmless. Of runs what is stored is sent, each event once (`runs.rs`, `cursor.rs`).

mod asked;
mod cursor;
mod runs;
mod told;

use super::{Http, client::Spoken, problems, streams};
use api_types::{AnswerEvent, Problem, RunEvent, RunId};
use app::{
    api::context::Caller,
    components::{frame, turn},
};
use asked::{Asked, OVERLAP};
use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, header};
use runs::Runs;
use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};
use studio::{
    SignedIn, Studio, aside,
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
/// The stream; 401 for strangers, who learn nothing else.
pub(super) async fn events(
    State(http): State<Http>,
    Extension(Caller(caller)): Extension<Caller>,
    Extension(Spoken(version)): Extension<Spoken>,
    query: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    if is_foreign(&headers, &http.cookies.origin) {
        return problems::answer(&Problem::NotPermitted);
    }
    let by = match caller {
        Ok(by) => by,
        Err(problem) => return problems::answer(&problem),
    };
    let place = http.streams.enter(by.session(), version);
    let last = headers.get("last-event-id").map(|id| id.to_str().unwrap_or("?"));
    let opened = match query {
        Ok(Query(asked)) => asked.open(&http.studio, &by, last).await,
        Err(_) => Err(asked::wrong()),
    };
    let (answers_since, runs) = match opened {
        Ok(opened) => opened,
        Err(problem) => return problems::answer(&problem),
    };
    let feed = Feed::new(http.studio.clone(), by, answers_since, runs, place);
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
    /// Since when answers are told of; not at all where there is none.
    since: Option<Timestamp>,
    runs: Option<Runs>,
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
    fn new(
        studio: Arc<Studio>,
        by: SignedIn,
        since: Option<Timestamp>,
        runs: Option<Runs>,
        place: streams::Place,
    ) -> Self {
        // Before the first look at rows: what changes in between is heard.
        let changes = studio.live.subscribe(by.person());
        Self {
            studio,
            by,
            changes,
            told: HashMap::new(),
            rows: VecDeque::new(),
            since,
            runs,
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
            let mut is_heard = false;
            tokio::select! {
                () = studio.live.closed() => return None,
                () = self.place.taken() => return None,
                () = heard(self.runs.as_mut(), &self.by) => {
                    // Between two looks at runs, whoever waits for an answer is told of it.
                    is_heard = true;
                }
                changed = self.changes.changed(), if self.since.is_some() => {
                    changed.ok()?;
                    tokio::time::sleep_until(self.sent + COLLECT).await;
                    self.changes.borrow_and_update();
                }
                () = tokio::time::sleep_until(if self.since.is_some() { due.min(session_due) } else { session_due }) => {}
            }
            if Instant::now() >= session_due && !self.look_at_session().await {
                return None;
            }
            let events = match is_heard {
                true => self.runs().await?,
                false if self.since.is_none() => continue,
                false if Instant::now() >= due => self.look().await,
                false => self.live().await,
            };
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
        if let Some(since) = self.since
            && let Ok(rows) = self.studio.answers_since(&self.by, since).await
        {
            self.since = Some(now - OVERLAP);
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

    /// What is new in runs; `None` when this person may not follow them any more.
    async fn runs(&mut self) -> Option<Vec<Event>> {
        let Some(runs) = &mut self.runs else { return Some(Vec::new()) };
        let told = runs.next(&self.by).await.ok()?;
        let event = |(id, run): (String, RunEvent)| json(Event::default().event("run").id(id), &run);
        Some(told.into_iter().map(event).collect())
    }

    /// What is new in an answer's rows; nothing when memory tells of it.
    async fn stored(&mut self, row: AnswerRow) -> Option<Event> {
        if self.is_told(row.run, || row.state.is_active())
            || self.studio.live.get(self.by.person(), row.run).is_some()
        {
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

    /// Whether its end was told. One that was tried again, and is written once more, is told anew.
    fn is_told(&mut self, run: RunId, is_active: impl FnOnce() -> bool) -> bool {
        if !self.told.get(&run).is_some_and(|told| told.ended) {
            return false;
        }
        let is_again = is_active();
        if is_again {
            self.told.remove(&run);
        }
        !is_again
    }

    /// What is new in memory.
    async fn live(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for live in self.studio.live.of(self.by.person()) {
            if self.is_told(live.run, || live.view(usize::MAX).state.is_active()) {
                continue;
            }
            let told = self.told.entry(live.run).or_insert_with(Told::nothing);
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
            let hour = self.studio.this_hour(&self.by).await.ok().flatten();
            answer.spent = hour.as_ref().map(frame::spent);
        }
        let id = self.runs.as_ref().map_or_else(|| self.studio.now().0.to_string(), Runs::id);
        json(Event::default().event("answer").id(id), &answer)
    }
}

fn json(event: Event, told: &impl serde::Serialize) -> Event {
    event.json_data(told).unwrap_or_else(|_| Event::default().comment("unserialisable"))
}

/// Completes when there is something to look at in runs; never where none are followed.
async fn heard(runs: Option<&mut Runs>, by: &SignedIn) {
    match runs {
        Some(runs) => runs.heard(by).await,
        None => std::future::pending().await,
    }
}
