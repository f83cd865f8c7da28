//! A person with a browser (cookies) and a passkey.

use super::client;
use reqwest::{
    Method,
    blocking::{Client, RequestBuilder, Response},
    header::HeaderValue,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::Ipv4Addr,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};
use virtual_authenticator::Browser;

/// Somebody at a browser.
pub(crate) struct Person {
    pub(crate) url: String,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) browser: Browser,
    /// The address that a proxy saw them come from.
    pub(crate) forwarded_for: Option<Ipv4Addr>,
    client: Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// One event of `/api/events`.
pub(crate) type EventJson = Value;

impl Person {
    pub(crate) fn new(url: &str) -> Self {
        Self::through(client(), url)
    }

    /// The same with a client of their own.
    pub(crate) fn through(client: Client, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            cookies: BTreeMap::new(),
            browser: Browser::at(url),
            forwarded_for: None,
            client,
        }
    }

    /// Another browser of the same person, with the same key and no cookies.
    pub(crate) fn elsewhere(&self) -> Self {
        Self { browser: self.browser.clone(), ..Self::through(self.client.clone(), &self.url) }
    }

    /// From now on they come from the next address: that of the last is counted no further.
    pub(crate) fn moves(&mut self) {
        let last = self.forwarded_for.unwrap_or(Ipv4Addr::new(192, 0, 2, 0));
        self.forwarded_for = Some(Ipv4Addr::from_bits(last.to_bits() + 1));
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request =
            self.client.request(method, format!("{}{path}", self.url)).header("cookie", cookies.join("; "));
        match self.forwarded_for {
            Some(address) => request.header("x-forwarded-for", address.to_string()),
            None => request,
        }
    }

    pub(crate) fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().unwrap();
        self.take_cookies(&response);
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.text().unwrap() }
    }

    fn take_cookies(&mut self, response: &Response) {
        for cookie in response.headers().get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// A page, as a browser asks for it.
    pub(crate) fn page(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header("accept", "text/html");
        self.send(request)
    }

    /// A server function, as an island calls it.
    pub(crate) fn call(&mut self, path: &str, arguments: Value) -> Answer {
        let request = self.request(Method::POST, path).header("accept", "application/json").json(&arguments);
        self.send(request)
    }

    /// A form on a page, as a browser without scripts sends it.
    pub(crate) fn form(&mut self, on: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.form_of(on, path, serde_urlencoded::to_string(fields).unwrap().as_bytes())
    }

    /// The same with these very bytes. A page whose address is no header is one whose browser does not tell it.
    pub(crate) fn form_of(&mut self, on: &str, path: &str, body: &[u8]) -> Answer {
        let mut request = self
            .request(Method::POST, path)
            .header("accept", "text/html,application/xhtml+xml")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.to_vec());
        if let Ok(page) = HeaderValue::from_str(&format!("{}{on}", self.url)) {
            request = request.header("referer", page);
        }
        self.send(request)
    }

    /// Becomes the owner.
    pub(crate) fn set_up(&mut self, code: &str, name: &str) {
        self.page("/login");
        let start = self.call("/api/setup/start", json!({ "code": code, "name": name }));
        assert_eq!(start.status, 200, "{start:?}");
        let credential = self.browser.create(start.json()["options"].as_str().unwrap()).unwrap();
        let done = self.call(
            "/api/setup/finish",
            json!({ "ceremony": start.json()["ceremony"], "credential": credential }),
        );
        assert_eq!(done.status, 200, "{done:?}");
    }

    /// The id of the passkey in this browser, as the studio names it.
    pub(crate) fn credential_id(&self) -> String {
        let id = &self.browser.key.as_ref().unwrap().credential_id;
        base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, id.as_slice())
    }

    /// The code of an invitation to this role, by somebody who may invite.
    pub(crate) fn invite(&mut self, role: &str) -> String {
        let made = self.call("/api/invite/make", json!({ "role": role }));
        assert_eq!(made.status, 201, "{made:?}");
        let link: String = serde_json::from_str(&made.body).unwrap();
        link.strip_prefix(&format!("{}/join#", self.url)).unwrap().to_owned()
    }

    /// Joins with an invitation's code; the last answer.
    pub(crate) fn join(&mut self, code: &str, name: &str) -> Answer {
        self.page("/join");
        let start = self.call("/api/join/start", json!({ "code": code, "name": name }));
        if start.status != 200 {
            return start;
        }
        let credential = self.browser.create(start.json()["options"].as_str().unwrap()).unwrap();
        let arguments = json!({ "ceremony": start.json()["ceremony"], "credential": credential });
        self.call("/api/join/finish", arguments)
    }

    /// Somebody new of this role, invited by this person and joined through the front door.
    pub(crate) fn brings(&mut self, name: &str, role: &str) -> Self {
        let code = self.invite(role);
        let mut person = Self::new(&self.url);
        let joined = person.join(&code, name);
        assert_eq!(joined.status, 200, "{joined:?}");
        person
    }

    /// The id of somebody, as the list of people links to them.
    pub(crate) fn id_of(&mut self, name: &str) -> String {
        let page = self.page("/people").body;
        // The side bar has one's own name as well.
        let (_, list) = page.split_once("class=\"rows\"").unwrap();
        let before = list.split(&format!(">{name}<")).next().unwrap();
        let (_, rest) =
            before.rsplit_once("href=\"/people/").unwrap_or_else(|| panic!("{name} is not in {list}"));
        rest[..36].to_owned()
    }

    /// Signs in with the passkey.
    pub(crate) fn sign_in(&mut self) -> Answer {
        self.page("/login");
        let start = self.call("/api/session/start", json!({}));
        assert_eq!(start.status, 200, "{start:?}");
        let credential = self.browser.get(start.json()["options"].as_str().unwrap()).unwrap();
        self.call(
            "/api/session/finish",
            json!({ "ceremony": start.json()["ceremony"], "credential": credential }),
        )
    }

    /// Sends a message; the receipt.
    pub(crate) fn ask(&mut self, text: &str, conversation: Option<&str>, model: &str) -> Value {
        let mut arguments = json!({ "text": text });
        match conversation {
            Some(id) => arguments["conversation"] = id.into(),
            None => arguments["model"] = model.into(),
        }
        let answer = self.call("/api/message/send", arguments);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// How many conversations the list shows.
    pub(crate) fn conversations(&mut self) -> usize {
        self.page("/conversations").body.matches("/api/conversation/delete").count()
    }

    /// Events of answers from now on (or from `after`), until the receiver is dropped.
    pub(crate) fn events(&self, after: i64) -> Receiver<EventJson> {
        let (send, receive) = mpsc::channel();
        let request = self.request(Method::GET, &format!("/api/events?only=answers&after={after}"));
        thread::spawn(move || {
            let Ok(response) = request.timeout(Duration::from_secs(120)).send() else { return };
            for line in BufReader::new(response).lines().map_while(Result::ok) {
                let event = line.strip_prefix("data: ").and_then(|data| serde_json::from_str(data).ok());
                if let Some(event) = event
                    && send.send(event).is_err()
                {
                    return;
                }
            }
        });
        receive
    }

    /// Waits until a run has ended; its last event.
    pub(crate) fn ended(&self, run: &Value) -> EventJson {
        let limit = Duration::from_secs(60);
        let events = self.events(0);
        loop {
            let event = events.recv_timeout(limit).expect("an event");
            let is_active = matches!(event["state"].as_str(), Some("queued" | "running") | None);
            if &event["run"] == run && !is_active {
                return event;
            }
        }
    }
}
