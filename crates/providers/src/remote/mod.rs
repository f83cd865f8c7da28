//! A model server that is reached over the network.

mod answer;
mod catalog;
mod fault;
mod patience;

use crate::{Dialect, Timeouts};
use api_types::{ModelInfo, ModelRef, Price};
use async_trait::async_trait;
use catalog::Remembered;
use fault::Judge;
use futures::{StreamExt, stream};
use reqwest::{Client, Method, RequestBuilder, Url, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use std::{collections::BTreeMap, sync::Arc};
use studio::ports::{ChatRequest, ChatStream, ModelSource, SourceStatus};
use tokio::sync::Mutex;

/// How to reach a model server.
#[derive(Debug, Clone)]
pub struct RemoteConfig {
    /// The part before the slash in its models' names: `openai`, `ollama`, `lmstudio`, …
    pub name: String,
    /// What people read.
    pub label: String,
    /// How it speaks.
    pub dialect: Dialect,
    /// Where it is, `http` or `https`. The version at its end may be left out: `https://api.anthropic.com`,
    /// `http://localhost:1234/v1`.
    pub base_url: String,
    /// Its key; servers at home have none.
    pub api_key: Option<SecretString>,
    /// What its models cost, by their names there. A model that is not in it has no known price.
    pub prices: BTreeMap<String, Price>,
}

/// A model server cannot be used as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The name would not make model names.
    #[error("{name:?} cannot name a model server: use letters, digits and dashes")]
    Name {
        /// As configured.
        name: String,
    },
    /// The address is not usable.
    #[error("the address of {name} {problem}")]
    Address {
        /// Which server.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The key holds characters that no HTTP header can carry.
    #[error("the API key of {name} holds a line break or another character that a key cannot have")]
    Key {
        /// Which server.
        name: String,
    },
}

/// A model server, as a source of models.
pub struct Remote {
    server: Arc<Server>,
    known: Mutex<Remembered>,
}

/// What an answer under way needs of its source.
struct Server {
    name: String,
    label: String,
    dialect: Dialect,
    base: Url,
    key: Option<SecretString>,
    key_header: Option<(&'static str, HeaderValue)>,
    prices: BTreeMap<String, Price>,
    client: Client,
    timeouts: Timeouts,
}

impl Remote {
    /// A source that asks this server through this client ([`crate::http_client`]).
    ///
    /// # Errors
    /// When the name, the address or the key cannot be used. Nothing is asked yet.
    pub fn new(config: RemoteConfig, client: Client) -> Result<Self, ConfigError> {
        let RemoteConfig { name, label, dialect, base_url, api_key, prices } = config;
        if name.contains('/') || ModelRef::new(&name, "x").is_none() {
            return Err(ConfigError::Name { name });
        }
        let base = address(dialect, &base_url)
            .map_err(|problem| ConfigError::Address { name: name.clone(), problem: problem.to_owned() })?;
        let key = api_key.filter(|key| !key.expose_secret().is_empty());
        let key_header = match &key {
            Some(key) => Some(
                dialect
                    .key_header(key.expose_secret())
                    .ok_or_else(|| ConfigError::Key { name: name.clone() })?,
            ),
            None => None,
        };
        let timeouts = Timeouts::default();
        let server = Server { name, label, dialect, base, key, key_header, prices, client, timeouts };
        Ok(Self { server: Arc::new(server), known: Mutex::default() })
    }

    /// The same source with other time-outs. `connect` stays as the client has it.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        if let Some(server) = Arc::get_mut(&mut self.server) {
            server.timeouts = timeouts;
        }
        self
    }
}

fn address(dialect: Dialect, text: &str) -> Result<Url, &'static str> {
    let mut base =
        Url::parse(text.trim()).map_err(|_| "is not a web address; write it like http://localhost:1234")?;
    if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
        return Err("has to begin with http:// or https://");
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err("holds a name or a password; give the key as the API key");
    }
    if base.query().is_some() || base.fragment().is_some() {
        return Err("holds a ? or #; give it without");
    }
    dialect.trim_base(&mut base);
    Ok(base)
}

impl Server {
    /// A request with the headers this server wants.
    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let mut request = self.client.request(method, url);
        if let Some((name, value)) = self.dialect.version_header() {
            request = request.header(name, value);
        }
        if let Some((name, value)) = &self.key_header {
            request = request.header(*name, value.clone());
        }
        request
    }

    /// Who puts this server's failures into our words. `model` as people know it, `said` what must not come back.
    fn judge<'a>(&'a self, model: &'a str, said: Option<&'a ChatRequest>) -> Judge<'a> {
        let key = self.key.as_ref().map(|key| key.expose_secret());
        Judge { label: &self.label, model, key, said }
    }
}

#[async_trait]
impl ModelSource for Remote {
    fn name(&self) -> &str {
        &self.server.name
    }

    async fn models(&self) -> Vec<ModelInfo> {
        self.known.lock().await.models(&self.server).await
    }

    async fn status(&self) -> SourceStatus {
        let listed = self.server.list().await;
        let state = match listed.as_ref().map(Vec::len) {
            Ok(1) => Ok("1 model".to_owned()),
            Ok(count) => Ok(format!("{count} models")),
            Err(error) => Err(error.to_string()),
        };
        // Somebody who is asking for the list right now will remember it as well.
        if let Ok(mut known) = self.known.try_lock() {
            known.remember(listed);
        }
        SourceStatus { label: self.server.label.clone(), state }
    }

    fn chat(&self, request: ChatRequest) -> ChatStream {
        let answer = answer::Answer::new(Arc::clone(&self.server), request);
        stream::unfold(answer, answer::Answer::step).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: &str, base_url: &str, key: &str) -> RemoteConfig {
        RemoteConfig {
            name: name.into(),
            label: "Test".into(),
            dialect: Dialect::OpenAi,
            base_url: base_url.into(),
            api_key: Some(key.into()),
            prices: BTreeMap::new(),
        }
    }

    #[test]
    fn a_configuration_that_cannot_work_is_refused_by_name_and_without_the_key() {
        let client = crate::http_client(&Timeouts::default()).unwrap();
        for (name, url, key, says) in [
            ("a/b", "http://h", "k", "cannot name"),
            ("", "http://h", "k", "cannot name"),
            ("a", "localhost:1234", "k", "begin with http"),
            ("a", "no address", "k", "not a web address"),
            ("a", "file:///etc/passwd", "k", "begin with http"),
            ("a", "http://user:pass@h", "k", "password"),
            ("a", "http://h/?key=1", "k", "?"),
            ("a", "http://h", "se\ncret", "line break"),
        ] {
            let error = Remote::new(config(name, url, key), client.clone()).err().unwrap().to_string();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("cret"), "{error}");
        }
        assert!(Remote::new(config("a", "http://h", "k"), client).is_ok());
    }
}
