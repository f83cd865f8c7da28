//! A model server of the tests' own. It does what its prompts say, and counts how often it was asked each of them.

use crate::support::upstream::{delta, head, request};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::Write as _,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// How often it was asked: for an answer, and for the rest of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) fresh: u32,
    pub(crate) continued: u32,
}

/// A server that runs as long as the test does.
#[derive(Clone)]
pub(crate) struct Provider {
    /// What `OPENAI_BASE_URL` is set to.
    pub(crate) address: String,
    calls: Arc<Mutex<HashMap<String, Calls>>>,
    /// A file that grows, and how long it was when each prompt came.
    ruler: Option<PathBuf>,
    came_at: Arc<Mutex<HashMap<String, u64>>>,
}

/// What it is asked: so many words, so many milliseconds between them; `mark` tells one prompt from another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    pub(crate) words: u32,
    pub(crate) every_ms: u64,
}

impl Script {
    pub(crate) fn prompt(self, mark: &str) -> String {
        format!("say {} {} #{mark}", self.words, self.every_ms)
    }
}

/// A prompt that it refuses.
pub(crate) fn failing(mark: &str) -> String {
    format!("fail 0 0 #{mark}")
}

/// The whole answer to a prompt.
pub(crate) fn whole(prompt: &str) -> String {
    let words: u32 = prompt.split(' ').nth(1).unwrap().parse().unwrap();
    (0..words).map(|number| word(prompt, number)).collect()
}

fn word(prompt: &str, number: u32) -> String {
    let (_, mark) = prompt.split_once('#').unwrap();
    let space = if number == 0 { "" } else { " " };
    format!("{space}{number}-{mark}")
}

impl Provider {
    /// The model of its that a conversation names.
    pub(crate) const MODEL: &str = "openai/counting";

    pub(crate) fn start() -> Self {
        Self::measured_by(None)
    }

    /// Notes how long a file is when a prompt comes.
    pub(crate) fn measured_by(ruler: Option<PathBuf>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let provider = Self { address, calls: Arc::default(), ruler, came_at: Arc::default() };
        let serving = provider.clone();
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let provider = serving.clone();
                // Who hangs up in the middle is a studio that died.
                thread::spawn(move || provider.serve(socket));
            }
        });
        provider
    }

    /// How often it was asked this.
    pub(crate) fn calls(&self, prompt: &str) -> Calls {
        self.calls.lock().unwrap().get(prompt).copied().unwrap_or_default()
    }

    /// How long the file was when this prompt came; `None` when it never did.
    pub(crate) fn came_at(&self, prompt: &str) -> Option<u64> {
        self.came_at.lock().unwrap().get(prompt).copied()
    }

    fn serve(&self, mut socket: TcpStream) -> Option<()> {
        socket.set_nodelay(true).ok()?;
        let (line, body) = request(&mut socket)?;
        if line.starts_with("GET ") {
            let list = json!({ "object": "list", "data": [{ "id": "counting" }] });
            return answer(&mut socket, "200 OK", "application/json", &list.to_string());
        }
        let asked: Value = serde_json::from_slice(&body).ok()?;
        let messages = asked["messages"].as_array()?;
        let text = |role: &str| messages.iter().find(|message| message["role"] == role)?["content"].as_str();
        let (prompt, before) = (text("user")?, text("assistant"));
        if let Some(ruler) = &self.ruler {
            let length = std::fs::metadata(ruler).ok()?.len();
            self.came_at.lock().unwrap().insert(prompt.to_owned(), length);
        }
        {
            let mut calls = self.calls.lock().unwrap();
            let calls = calls.entry(prompt.to_owned()).or_default();
            *(if before.is_some() { &mut calls.continued } else { &mut calls.fresh }) += 1;
        }
        let mut parts = prompt.split(' ');
        if parts.next()? == "fail" {
            // Of a refusal that may go by (429, 5xx) the studio's client makes more than one question.
            let error = json!({ "error": { "message": "out of order", "type": "invalid_request_error" } });
            return answer(&mut socket, "400 Bad Request", "application/json", &error.to_string());
        }
        let (words, every_ms): (u32, u64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let begun = before.map_or(0, |before| before.split_whitespace().count());
        answer(&mut socket, "200 OK", "text/event-stream", "")?;
        for number in u32::try_from(begun).ok()?..words {
            socket.write_all(delta(&word(prompt, number)).as_bytes()).ok()?;
            thread::sleep(Duration::from_millis(every_ms));
        }
        let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 3, "completion_tokens": words } });
        socket.write_all(format!("data: {end}\n\ndata: [DONE]\n\n").as_bytes()).ok()
    }
}

fn answer(socket: &mut TcpStream, status: &str, media: &str, body: &str) -> Option<()> {
    socket.write_all(&[head(status, media), body.into()].concat()).ok()
}
