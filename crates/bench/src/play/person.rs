//! Somebody signed in, at a browser.

use super::{Events, Member};
use crate::clock;
use anyhow::{Result, ensure};
use api_types::{ConversationId, SessionId, Started};
use reqwest::{Client, Response, redirect::Policy};
use serde_json::{Value, json};
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

/// What browsers say they can unpack.
const ENCODINGS: &str = "gzip, deflate, br, zstd";

/// A server that says nothing for so long is given up; an open stream has signs of life.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// A browser without cookies: connections are kept, nothing is followed, nothing unpacked. It knows where localhost is, so
/// that no time goes into looking it up.
pub(crate) fn browser() -> Result<Client> {
    let client = Client::builder().resolve("localhost", SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    Ok(client.redirect(Policy::none()).no_proxy().read_timeout(SILENCE_MAX).build()?)
}

/// Somebody signed in.
#[derive(Clone)]
pub(crate) struct Person {
    client: Client,
    address: String,
    cookie: String,
}

impl Person {
    /// A member at a server, in a browser of their own.
    pub(crate) fn at(address: &str, member: &Member) -> Result<Self> {
        Ok(Self { client: browser()?, address: address.to_owned(), cookie: member.cookie.clone() })
    }

    /// Opens a page and reads it to its end; how long its first byte took.
    pub(crate) async fn page(&self, path: &str) -> Result<Duration> {
        let begun = Instant::now();
        let response = self.get(path).header("accept-encoding", ENCODINGS).send().await?;
        let first_byte = begun.elapsed();
        ensure!(response.status() == 200, "{path} was answered with {}", response.status());
        response.bytes().await?;
        Ok(first_byte)
    }

    /// A page's text.
    pub(crate) async fn text(&self, path: &str) -> Result<String> {
        Ok(self.get(path).send().await?.error_for_status()?.text().await?)
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.get(format!("{}{path}", self.address));
        request.header("cookie", &self.cookie).header("accept", "text/html")
    }

    /// Sends a message into a new conversation with this model.
    pub(crate) async fn ask(&self, model: &str, text: &str) -> Result<Started> {
        self.send(&json!({ "text": text, "model": model })).await
    }

    /// Sends a message into a conversation.
    pub(crate) async fn ask_in(&self, conversation: ConversationId, text: &str) -> Result<Started> {
        self.send(&json!({ "text": text, "conversation": conversation })).await
    }

    /// Asks in a new conversation, and waits for the answer in the same request.
    pub(crate) async fn chat(&self, model: &str, text: &str) -> Result<()> {
        let message = json!({ "message": text, "model": model });
        let request = self.client.post(format!("{}/api/chat", self.address)).json(&message);
        let request = request.header("cookie", &self.cookie).header("accept", "application/json");
        let answer: Value = told(request.send().await?).await?.json().await?;
        ensure!(answer["status"] == "success", "a chat was answered with {answer}");
        Ok(())
    }

    async fn send(&self, message: &Value) -> Result<Started> {
        let request = self.client.post(format!("{}/api/message/send", self.address)).json(message);
        let request = request.header("cookie", &self.cookie).header("accept", "application/json");
        Ok(told(request.send().await?).await?.json().await?)
    }

    /// Ends another session of the same person.
    pub(crate) async fn end_session(&self, session: SessionId) -> Result<()> {
        let request = self.client.post(format!("{}/api/session/end_one", self.address));
        let request = request.json(&json!({ "session": session })).header("cookie", &self.cookie);
        told(request.header("accept", "application/json").send().await?).await.map(drop)
    }

    /// Whether the cookie opens a page, or leads to the door.
    pub(crate) async fn is_in(&self) -> Result<bool> {
        let response = self.get("/settings").send().await?;
        let status = response.status();
        response.bytes().await?;
        ensure!(status == 200 || status.is_redirection(), "the page was answered with {status}");
        Ok(status == 200)
    }

    /// Opens the stream of events, from now on.
    pub(crate) async fn events(&self) -> Result<Events> {
        let request = self.get(&format!("/api/events?only=answers&after={}", clock::now().0));
        Ok(Events::of(told(request.send().await?).await?))
    }
}

/// An answer, or what was refused in the server's words.
async fn told(response: Response) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    anyhow::bail!("{status}: {}", response.text().await.unwrap_or_default())
}
