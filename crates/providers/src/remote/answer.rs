//! One answer: asked, perhaps asked again, heard frame by frame, ended.
//!
//! There is no task behind it. The stream holds the connection, so dropping the stream closes it.

use super::{
    Server,
    fault::{Fault, Judge},
    patience::Patience,
};
use crate::{
    ANSWER_BYTES_MAX,
    dialect::{Complaint, Heard},
    limits::{REFUSAL_BYTES_MAX, answer_bytes_max, wire_bytes_max},
    wire::{Frames, Framing, Lines, WireFault, up_to},
};
use api_types::Usage;
use reqwest::{Method, Response, header::CONTENT_TYPE};
use std::{mem, sync::Arc, time::Duration};
use studio::ports::{ChatEvent, ChatRequest, FinishReason, ModelError};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// After the end the rest of the body is read for this long: a body read to its end leaves a connection for the next
/// question, and spares that the TLS handshake.
const CLOSING_MAX: Duration = Duration::from_millis(50);

/// A refusal's body is waited for this long.
const REFUSAL_BODY_MAX: Duration = Duration::from_secs(5);

/// An answer under way.
pub(super) struct Answer {
    server: Arc<Server>,
    request: ChatRequest,
    phase: Phase,
    patience: Patience,
    /// When the first word has to be there. `None` before the stream is first polled.
    first_by: Option<Instant>,
    /// The last sign of life.
    alive_at: Option<Instant>,
    finished_at: Option<Instant>,
    /// Something of this dialect has arrived.
    understood: bool,
    /// Bytes of text handed out.
    spoken: usize,
    finish: Option<FinishReason>,
    usage: Usage,
    /// What of it was told.
    told: Usage,
}

enum Phase {
    Asking,
    Hearing(Frames),
    /// Everything is said but `End`.
    Ending(Option<Frames>),
    /// Everything is said but why it failed.
    Failing(ModelError),
    Closing(Frames),
    Over,
}

impl Answer {
    pub(super) fn new(server: Arc<Server>, request: ChatRequest) -> Self {
        Self {
            patience: Patience::new(&server.timeouts),
            server,
            request,
            phase: Phase::Asking,
            first_by: None,
            alive_at: None,
            finished_at: None,
            understood: false,
            spoken: 0,
            finish: None,
            usage: Usage::default(),
            told: Usage::default(),
        }
    }

    /// The next event and what comes after it.
    pub(super) async fn step(mut self) -> Option<(Result<ChatEvent, ModelError>, Self)> {
        loop {
            let event = match mem::replace(&mut self.phase, Phase::Over) {
                Phase::Asking => match self.ask().await {
                    Ok(frames) => {
                        self.phase = Phase::Hearing(frames);
                        continue;
                    }
                    Err(fault) => Err(fault),
                },
                Phase::Hearing(frames) => self.hear(frames).await,
                Phase::Ending(frames) => Ok(self.end(frames)),
                Phase::Failing(error) => return Some((Err(error), self)),
                Phase::Closing(mut frames) => {
                    _ = timeout(CLOSING_MAX, async { while let Ok(Some(_)) = frames.next().await {} }).await;
                    return None;
                }
                Phase::Over => return None,
            };
            match event {
                Ok(event) => return Some((Ok(event), self)),
                Err(fault) if self.waited_to_try_again(&fault).await => self.phase = Phase::Asking,
                Err(fault) if self.told != self.usage => {
                    self.told = self.usage;
                    self.phase = Phase::Failing(fault.error);
                    return Some((Ok(ChatEvent::Used(self.usage)), self));
                }
                Err(fault) => return Some((Err(fault.error), self)),
            }
        }
    }

    fn judge(&self) -> Judge<'_> {
        self.server.judge(self.request.model.as_str(), Some(&self.request))
    }

    fn first_by(&mut self) -> Instant {
        *self.first_by.get_or_insert_with(|| Instant::now() + self.server.timeouts.first_token)
    }

    /// Sends the question; the frames of its answer.
    async fn ask(&mut self) -> Result<Frames, Fault> {
        let first_by = self.first_by();
        let (judge, dialect) = (self.judge(), self.server.dialect);
        let (url, body) = dialect.ask(&self.server.base, &self.request);
        let sent = self.server.request(Method::POST, url).json(&body).send();
        let response = timeout_at(first_by, sent)
            .await
            .map_err(|_| judge.timed_out("first word"))?
            .map_err(|error| judge.of_sending(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            return Err(judge.of_status(status, &headers, &refusal(response).await));
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/html") {
            return Err(judge.nonsense().into());
        }
        // Success and JSON where a stream was asked for: some gateways send their errors so.
        if kind.starts_with("application/json") && dialect.framing() == Framing::Events {
            let complaint = Complaint::in_body(&refusal(response).await);
            return Err(complaint
                .map_or_else(|| judge.nonsense().into(), |said| judge.of_complaint(None, None, &said)));
        }
        let lines = Lines::new(response, wire_bytes_max(self.request.max_tokens));
        Ok(Frames::new(lines, dialect.framing()))
    }

    /// Waits as long as the fault and our patience say; false when the fault is final.
    async fn waited_to_try_again(&mut self, fault: &Fault) -> bool {
        let first_by = self.first_by();
        // What a model has counted is paid: it is not asked twice for it.
        if self.spoken > 0 || self.usage.completion_tokens.is_some() {
            return false;
        }
        let chance = getrandom::u32().map_or(0, |chance| chance.to_le_bytes()[0]);
        let Some(wait) = self.patience.wait(fault, chance).filter(|wait| Instant::now() + *wait < first_by)
        else {
            return false;
        };
        tracing::info!(
            source = self.server.name,
            wait_ms = wait.as_millis(),
            "a model server is asked again"
        );
        (self.alive_at, self.finished_at, self.finish) = (None, None, None);
        (self.understood, self.usage) = (false, Usage::default());
        sleep(wait).await;
        true
    }

    /// Reads on until there is something to tell.
    async fn hear(&mut self, mut frames: Frames) -> Result<ChatEvent, Fault> {
        // Some count with each word, and while they think: who stops the answer is told what it used.
        if self.told != self.usage {
            self.told = self.usage;
            self.phase = Phase::Hearing(frames);
            return Ok(ChatEvent::Used(self.usage));
        }
        loop {
            let frame = match timeout_at(self.next_by(), frames.next()).await {
                Ok(Ok(Some(frame))) => frame,
                // Everything was said; only the count of tokens or a clean end is missing.
                _ if self.finish.is_some() => return Ok(self.end(None)),
                Ok(Ok(None)) if self.understood => return Err(self.judge().broke_off().into()),
                Ok(Ok(None)) => return Err(self.judge().nonsense().into()),
                Ok(Err(fault)) => return Err(self.judge().of_wire(fault).into()),
                Err(_) => {
                    let stage = if self.alive_at.is_some() { "next word" } else { "first word" };
                    return Err(self.judge().timed_out(stage).into());
                }
            };
            let Ok(heard) = self.server.dialect.hear(&frame) else {
                return Err(self.garbled(frames).await.into());
            };
            let last = heard.last;
            let text = self.take(heard)?;
            let cut = self.spoken >= answer_bytes_max(self.request.max_tokens);
            let counted = self.usage.prompt_tokens.is_some() && self.usage.completion_tokens.is_some();
            // What a server sends beyond the asked length is not wanted: its connection is closed.
            let ended = cut || last || (self.finish.is_some() && counted);
            if cut {
                self.finish = Some(FinishReason::Length);
                // What it counted so far is not all it wrote.
                self.usage.completion_tokens = None;
            }
            match (text.is_empty(), ended) {
                (true, false) if self.told != self.usage => {
                    self.told = self.usage;
                    self.phase = Phase::Hearing(frames);
                    return Ok(ChatEvent::Used(self.usage));
                }
                (true, false) => {}
                (true, true) => return Ok(self.end((!cut).then_some(frames))),
                (false, false) => {
                    self.phase = Phase::Hearing(frames);
                    return Ok(ChatEvent::Delta(text));
                }
                (false, true) => {
                    self.phase = Phase::Ending((!cut).then_some(frames));
                    return Ok(ChatEvent::Delta(text));
                }
            }
        }
    }

    /// By when the next sign of life has to come.
    fn next_by(&mut self) -> Instant {
        let timeouts = self.server.timeouts;
        match (self.finished_at, self.alive_at) {
            (Some(finished), _) => finished + timeouts.after_last_token,
            (None, Some(alive)) => alive + timeouts.idle,
            (None, None) => self.first_by(),
        }
    }

    /// Takes in what a frame said; the text to hand out, as much of it as still fits.
    fn take(&mut self, heard: Heard) -> Result<String, Fault> {
        if let Some(complaint) = heard.complaint {
            let fault = self.judge().of_complaint(None, None, &complaint);
            return Err(if self.spoken > 0 { self.judge().broke_off().into() } else { fault });
        }
        self.understood |= heard.known;
        self.usage.prompt_tokens = heard.usage.prompt_tokens.or(self.usage.prompt_tokens);
        self.usage.completion_tokens = heard.usage.completion_tokens.or(self.usage.completion_tokens);
        self.finish = heard.finish.or(self.finish);
        if heard.thinking || heard.finish.is_some() || !heard.text.is_empty() {
            self.alive_at = Some(Instant::now());
        }
        if self.finish.is_some() {
            self.finished_at = self.finished_at.or(Some(Instant::now()));
        }
        let mut text = heard.text;
        if self.spoken + text.len() > ANSWER_BYTES_MAX {
            return Err(self.judge().nonsense().into());
        }
        let mut room = answer_bytes_max(self.request.max_tokens) - self.spoken;
        if text.len() > room {
            while !text.is_char_boundary(room) {
                room -= 1;
            }
            text.truncate(room);
            self.spoken = answer_bytes_max(self.request.max_tokens);
        } else {
            self.spoken += text.len();
        }
        Ok(text)
    }

    /// A frame that is no JSON: nonsense, unless the connection broke in the middle of it.
    async fn garbled(&mut self, mut frames: Frames) -> ModelError {
        let by = self.next_by();
        let torn = matches!(timeout_at(by, frames.next()).await, Ok(Ok(None) | Err(WireFault::Broken)));
        if torn && self.understood { self.judge().broke_off() } else { self.judge().nonsense() }
    }

    fn end(&mut self, frames: Option<Frames>) -> ChatEvent {
        self.phase = frames.map_or(Phase::Over, Phase::Closing);
        ChatEvent::End { reason: self.finish.unwrap_or(FinishReason::Stop), usage: self.usage }
    }
}

/// As much of a refusal's body as is worth reading.
async fn refusal(response: Response) -> Vec<u8> {
    match timeout(REFUSAL_BODY_MAX, up_to(response, REFUSAL_BYTES_MAX)).await {
        Ok(Ok((body, _))) => body,
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}
