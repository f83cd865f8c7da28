//! A remote flag service, asked by the OpenFeature Remote Evaluation Protocol (OFREP): all flags of a person at once, again and
//! again, with the ETag of the last answer.
//!
//! # Design
//! A decision never waits for the service but the first time that somebody is seen. [`Remote::poll`] asks again for everybody who
//! was decided for lately; where the service fails, its last answer counts.

use api_types::Flag;
use futures::{StreamExt as _, stream};
use reqwest::{
    Client, StatusCode, Url,
    header::{ETAG, HeaderValue, IF_NONE_MATCH},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use studio::ports::{FlagContext, RemoteFlags};
use tokio::time::{Instant, timeout};

/// The service has so long for an answer.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(1);
/// An answer is so long at most, in bytes.
pub const ANSWER_BYTES_MAX: usize = 262_144;
/// Answers are asked for again as long as somebody was decided for within this time …
pub const ANSWERS_KEPT: Duration = Duration::from_secs(600);
/// … and for so many people, those who came last.
pub const ANSWERS_KEPT_MAX: usize = 1_000;
/// So many questions at once.
const QUESTIONS_AT_ONCE: usize = 8;
/// A service that failed is not waited for again before this.
const NOT_WAITED_AGAIN: Duration = Duration::from_secs(1);

/// Where the service is.
#[derive(Debug, Clone)]
pub struct RemoteAddress {
    /// Its address, a slash at the end; the protocol's own path comes behind it.
    pub base: Url,
    /// What it wants to hear as a bearer token.
    pub token: Option<SecretString>,
}

/// The service.
pub struct Remote {
    client: Client,
    address: RemoteAddress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: HashMap<FlagContext, Answer>,
    failure: Option<(&'static str, Instant)>,
}

/// What it said of somebody.
#[derive(Debug, Clone)]
struct Answer {
    etag: Option<HeaderValue>,
    flags: BTreeMap<Flag, bool>,
    /// When somebody was decided for with it.
    used_at: Instant,
}

/// The body of a bulk evaluation.
#[derive(Deserialize)]
struct Bulk {
    flags: Vec<Evaluation>,
}

#[derive(Deserialize)]
struct Evaluation {
    key: String,
    #[serde(default)]
    value: Value,
}

impl Remote {
    /// One that was not asked yet.
    pub fn new(client: Client, address: RemoteAddress) -> Self {
        Self { client, address, state: Mutex::default() }
    }

    /// How it is.
    pub fn state(&self) -> RemoteFlags {
        let failure = self.lock().failure.map(|(failure, _)| failure);
        // A name and a password in front of the host are not shown.
        let host = self.address.base.host_str().unwrap_or_default();
        let port = self.address.base.port().map(|port| format!(":{port}")).unwrap_or_default();
        RemoteFlags { address: format!("{}://{host}{port}", self.address.base.scheme()), failure }
    }

    /// What it says of a flag for somebody, or said the last time; `None` where it said nothing, or the flag is none of its own.
    pub(super) async fn says(&self, flag: Flag, context: FlagContext) -> Option<bool> {
        if let Some(known) = self.known(flag, context) {
            return known;
        }
        let (is_down, now) = {
            let state = self.lock();
            (state.failure, Instant::now())
        };
        let waits = is_down.is_none_or(|(_, at)| now.duration_since(at) >= NOT_WAITED_AGAIN);
        if waits {
            self.ask(context, None).await;
        }
        self.known(flag, context).flatten()
    }

    /// Notes that somebody was decided for.
    fn known(&self, flag: Flag, context: FlagContext) -> Option<Option<bool>> {
        let mut state = self.lock();
        let answer = state.answers.get_mut(&context)?;
        answer.used_at = Instant::now();
        Some(answer.flags.get(&flag).copied())
    }

    /// Asks again for everybody who was decided for lately, and for the studio as a whole.
    pub(super) async fn poll(&self) {
        let now = Instant::now();
        let mut asked: Vec<(FlagContext, Option<HeaderValue>)> = {
            let mut state = self.lock();
            state.answers.retain(|_, answer| now.duration_since(answer.used_at) < ANSWERS_KEPT);
            state.answers.iter().map(|(context, answer)| (*context, answer.etag.clone())).collect()
        };
        let studio = FlagContext { organization: None, person: None };
        if !asked.iter().any(|(context, _)| *context == studio) {
            asked.push((studio, None));
        }
        stream::iter(asked)
            .for_each_concurrent(QUESTIONS_AT_ONCE, |(context, etag)| self.ask(context, etag))
            .await;
    }

    /// For how many people it is asked.
    #[cfg(test)]
    pub(super) fn answers(&self) -> usize {
        self.lock().answers.len()
    }

    async fn ask(&self, context: FlagContext, etag: Option<HeaderValue>) {
        let answer = match timeout(ANSWER_TIME_MAX, self.answer(context, etag)).await {
            Ok(answer) => answer,
            Err(_) => Err("it does not answer in time"),
        };
        let now = Instant::now();
        let mut state = self.lock();
        match answer {
            Ok(heard) => {
                if state.failure.take().is_some() {
                    tracing::info!("the flag service answers again");
                }
                if let Some((etag, flags)) = heard {
                    let used_at = state.answers.get(&context).map_or(now, |answer| answer.used_at);
                    state.answers.insert(context, Answer { etag, flags, used_at });
                    make_room(&mut state.answers);
                }
            }
            Err(failure) => {
                if state.failure.is_none() {
                    tracing::warn!(
                        failure,
                        "the flag service failed: its last answers count, and the defaults where there are none"
                    );
                }
                state.failure = Some((failure, now));
            }
        }
    }

    /// One question; `None` where nothing is new.
    async fn answer(
        &self,
        context: FlagContext,
        etag: Option<HeaderValue>,
    ) -> Result<Option<(Option<HeaderValue>, BTreeMap<Flag, bool>)>, &'static str> {
        let address = self.address.base.join("ofrep/v1/evaluate/flags").map_err(|_| "its address is none")?;
        let mut targeting = json!({
            "targetingKey": context.person.map_or_else(|| "studio".to_owned(), |person| person.to_string()),
        });
        if let Some(organization) = context.organization {
            targeting["organization"] = organization.to_string().into();
        }
        let mut request = self.client.post(address).json(&json!({ "context": targeting }));
        if let Some(token) = &self.address.token {
            request = request.bearer_auth(token.expose_secret());
        }
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let mut response = request.send().await.map_err(|_| "it cannot be reached")?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(None),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err("it does not take our token"),
            _ => return Err("it answers with an error"),
        }
        let etag = response.headers().get(ETAG).cloned();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| "its answer broke off")? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err("its answer is too long");
            }
            body.extend_from_slice(&chunk);
        }
        let bulk: Bulk = serde_json::from_slice(&body).map_err(|_| "its answer is none of the protocol")?;
        // Flags of others, and what is neither on nor off, are left out: the layer below decides.
        let flag =
            |evaluation: Evaluation| Some((Flag::parse(&evaluation.key)?, evaluation.value.as_bool()?));
        Ok(Some((etag, bulk.flags.into_iter().filter_map(flag).collect())))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets who was not decided for the longest.
fn make_room(answers: &mut HashMap<FlagContext, Answer>) {
    while answers.len() > ANSWERS_KEPT_MAX {
        let oldest = answers.iter().min_by_key(|(_, answer)| answer.used_at).map(|(context, _)| *context);
        let Some(oldest) = oldest else { return };
        answers.remove(&oldest);
    }
}
