//! A server's failures in our words.

use crate::{DETAIL_CHARS_MAX, dialect::Complaint, wire::WireFault};
use reqwest::{StatusCode, header::HeaderMap};
use std::{collections::HashSet, error::Error, time::Duration};
use studio::{
    is_invisible,
    ports::{ChatRequest, ModelError},
};

/// A failure, and whether asking again can help.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error: ModelError,
    pub(super) again: Again,
}

/// Whether and when to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It would fail the same way.
    Never,
    /// After a moment of ours.
    Soon,
    /// After the server's own wish.
    After(Duration),
}

impl From<ModelError> for Fault {
    fn from(error: ModelError) -> Self {
        Self { error, again: Again::Never }
    }
}

/// Puts failures of one question into words.
pub(super) struct Judge<'a> {
    pub(super) label: &'a str,
    /// As it was asked for.
    pub(super) model: &'a str,
    pub(super) key: Option<&'a str>,
    /// What was said, so that a server that repeats it is not repeated.
    pub(super) said: Option<&'a ChatRequest>,
}

/// Words of servers for "longer than the model can read".
const TOO_LONG: [&str; 9] = [
    "context_length_exceeded",
    "exceed_context_size",
    "request_too_large",
    "context length",
    "context size",
    "context window",
    "maximum context",
    "prompt is too long",
    "input token count",
];

/// A key is not accepted.
const KEY: [&str; 3] = ["authentication", "invalid_api_key", "api_key_invalid"];
/// Money, not load: asking again does not help.
const QUOTA: [&str; 3] = ["insufficient_quota", "billing", "credit balance"];
/// Load: asking again may help.
const LOAD: [&str; 4] = ["overloaded", "rate_limit", "resource_exhausted", "unavailable"];

fn says(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

impl Judge<'_> {
    fn source_name(&self) -> String {
        self.label.to_owned()
    }

    pub(super) fn nonsense(&self) -> ModelError {
        ModelError::Nonsense { source_name: self.source_name() }
    }

    pub(super) fn broke_off(&self) -> ModelError {
        ModelError::BrokeOff { source_name: self.source_name() }
    }

    pub(super) fn timed_out(&self, stage: &'static str) -> ModelError {
        ModelError::TimedOut { source_name: self.source_name(), stage }
    }

    fn unreachable(&self) -> ModelError {
        ModelError::Unreachable { source_name: self.source_name() }
    }

    fn refused(&self, detail: &str) -> ModelError {
        ModelError::Refused { source_name: self.source_name(), detail: self.presentable(detail) }
    }

    /// No answer came: the connection did not stand, or ended before the first header.
    ///
    /// The second is asked again at once: a server may close a connection that was kept for the next question at the very
    /// moment it is used (llama-server does so after each streamed answer, and promises the opposite).
    pub(super) fn of_sending(&self, error: &reqwest::Error) -> Fault {
        let mut cause: Option<&dyn Error> = Some(error);
        let mut garbled = false;
        while let Some(error) = cause {
            garbled |= error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse);
            cause = error.source();
        }
        if garbled {
            self.nonsense().into()
        } else if error.is_timeout() {
            self.timed_out("connecting").into()
        } else if error.is_connect() {
            self.unreachable().into()
        } else {
            Fault { error: self.unreachable(), again: Again::After(Duration::ZERO) }
        }
    }

    /// The body ended badly.
    pub(super) fn of_wire(&self, fault: WireFault) -> ModelError {
        match fault {
            WireFault::Broken => self.broke_off(),
            WireFault::TooMuch => self.nonsense(),
        }
    }

    /// A status that is not success, with as much of the body as was read.
    pub(super) fn of_status(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Fault {
        if status.is_redirection() {
            return self.refused("it leads to another address; check its base address").into();
        }
        match Complaint::in_body(body) {
            Some(complaint) => self.of_complaint(Some(status), retry_after(headers), &complaint),
            None => {
                let body = String::from_utf8_lossy(body);
                let complaint = Complaint { message: body.trim().to_owned(), ..Complaint::default() };
                // A web page: no model server, or something in front of it.
                let page = complaint.message.starts_with('<');
                if page && status.is_client_error() && !matches!(status.as_u16(), 401 | 403 | 413 | 429) {
                    return self.nonsense().into();
                }
                let complaint = if page { Complaint::default() } else { complaint };
                self.of_complaint(Some(status), retry_after(headers), &complaint)
            }
        }
    }

    /// An error in the server's own words; without a status when it came inside an answer.
    pub(super) fn of_complaint(
        &self,
        status: Option<StatusCode>,
        retry_after: Option<Duration>,
        complaint: &Complaint,
    ) -> Fault {
        let code = status.map_or(0, |status| status.as_u16());
        let kind = complaint.kind.as_str();
        let message = complaint.message.to_lowercase();
        if matches!(code, 401 | 403) || says(kind, &KEY) {
            return ModelError::KeyRefused { source_name: self.source_name() }.into();
        }
        if code == 413 || says(kind, &TOO_LONG) || (code != 429 && says(&message, &TOO_LONG)) {
            return ModelError::TooLong.into();
        }
        if kind.contains("model_not_found") || (code == 404 && message.contains("model")) {
            return ModelError::NoSuchModel { model: self.model.to_owned() }.into();
        }
        let again = retry_after.map_or(Again::Soon, Again::After);
        if !says(kind, &QUOTA) && !says(&message, &QUOTA) {
            if matches!(code, 429 | 503 | 529) || says(kind, &LOAD) {
                return Fault {
                    error: ModelError::Busy { source_name: self.source_name(), retry_after },
                    again,
                };
            }
            if matches!(code, 502 | 504) {
                return Fault { error: self.unreachable(), again };
            }
        }
        let inside = code == 408 || code >= 500 || says(kind, &["server_error", "api_error", "internal"]);
        let detail = match (complaint.message.is_empty(), code) {
            (false, _) => complaint.message.clone(),
            (true, 0) => "it gave no reason".to_owned(),
            (true, code) => format!("it answered with status {code} and gave no reason"),
        };
        Fault { error: self.refused(&detail), again: if inside { again } else { Again::Never } }
    }

    /// Foreign text as a person may read it and a log may hold it: one line, nothing invisible, at most
    /// [`DETAIL_CHARS_MAX`] characters, without the key and without what the conversation says.
    fn presentable(&self, foreign: &str) -> String {
        let text: String = self
            .key
            .map_or_else(|| foreign.to_owned(), |key| without_key(foreign, key))
            .chars()
            .filter(|c| !is_invisible(*c))
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect::<String>()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(DETAIL_CHARS_MAX)
            .collect();
        if self.repeats(&text) {
            "its reason repeats the conversation and is not shown".to_owned()
        } else {
            text
        }
    }

    /// Whether a text holds a longer piece of the conversation.
    fn repeats(&self, text: &str) -> bool {
        const PIECE_CHARS: usize = 24;
        let Some(said) = self.said else { return false };
        let chars: Vec<char> = text.chars().collect();
        let pieces: Vec<String> =
            chars.chunks_exact(PIECE_CHARS).map(|piece| piece.iter().collect()).collect();
        let turns = said.turns.iter().map(|turn| turn.text.as_str());
        turns
            .chain([said.system_prompt.as_str()])
            .chain(said.prefix.as_deref())
            .any(|turn| pieces.iter().any(|piece| turn.contains(piece.as_str())))
    }
}

/// A text without any part of a key that is long enough to be of use: servers repeat keys shortened, or in pieces.
fn without_key(foreign: &str, key: &str) -> String {
    const PART_BYTES: usize = 8;
    if key.is_empty() {
        return foreign.to_owned();
    }
    let length = key.len().min(PART_BYTES);
    let parts: HashSet<&[u8]> = key.as_bytes().windows(length).collect();
    let mut hidden = vec![false; foreign.len()];
    for (at, piece) in foreign.as_bytes().windows(length).enumerate() {
        if parts.contains(piece) {
            hidden[at..at + length].fill(true);
        }
    }
    let mut shown = String::with_capacity(foreign.len());
    for (at, c) in foreign.char_indices() {
        match (hidden[at], shown.ends_with('…')) {
            (false, _) => shown.push(c),
            (true, false) => shown.push('…'),
            (true, true) => {}
        }
    }
    shown
}

/// How long a server wants us to wait. A date instead of seconds is not understood and counts as no wish.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1_000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests;
