//! Model servers on this machine.

use crate::{
    ConfigError, Dialect, Remote, RemoteConfig, Timeouts, guard::leads_there, limits::LIST_BYTES_MAX,
    wire::up_to,
};
use async_trait::async_trait;
use futures::future::join3;
use reqwest::{Client, Url};
use secrecy::SecretString;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use studio::ports::{AddressRefused, ModelSource, SourceAddress, SourceFinder};
use tokio::time::timeout;

/// Said of an address at which clouds keep the secrets of their machines.
const FORBIDDEN: &str = "This is an address of the machine's own network (link-local, metadata, or none at all), at which no model \
                         server is asked. Give the address that others reach the server at.";

/// A server that runs answers faster than this.
const PROBE_MAX: Duration = Duration::from_millis(400);

/// Where to look, on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Ollama's.
    pub ollama: u16,
    /// LM Studio's.
    pub lm_studio: u16,
    /// llama-server's.
    pub llama_server: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self { ollama: 11434, lm_studio: 1234, llama_server: 8080 }
    }
}

/// A model server that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// A name for it as a source: `ollama`, `lmstudio`, `llama-server`.
    pub name: String,
    /// What people read.
    pub label: String,
    /// How it speaks.
    pub dialect: Dialect,
    /// Where it is.
    pub base_url: String,
    /// How many models it has that can chat.
    pub models: usize,
}

/// Looks at the usual ports of this machine, at the same time, 400 ms each.
pub async fn discover(client: &Client) -> Vec<Found> {
    discover_at(client, Ports::default()).await
}

/// The same, at other ports.
pub async fn discover_at(client: &Client, ports: Ports) -> Vec<Found> {
    let (ollama, lm_studio, llama_server) = join3(
        probe(client, "ollama", "Ollama on this machine", Dialect::Ollama, ports.ollama),
        probe(client, "lmstudio", "LM Studio on this machine", Dialect::OpenAi, ports.lm_studio),
        probe(client, "llama-server", "llama-server on this machine", Dialect::OpenAi, ports.llama_server),
    )
    .await;
    [ollama, lm_studio, llama_server].into_iter().flatten().collect()
}

async fn probe(client: &Client, name: &str, label: &str, dialect: Dialect, port: u16) -> Option<Found> {
    let mut base = Url::parse(&format!("http://127.0.0.1:{port}")).ok()?;
    dialect.trim_base(&mut base);
    // Anything may live at these ports: only what answers with a list of models in the right shape counts.
    let models = timeout(PROBE_MAX, async {
        let response = client.get(dialect.list_url(&base)).send().await.ok()?;
        let success = response.status().is_success();
        let (body, whole) = up_to(response, LIST_BYTES_MAX).await.ok()?;
        if success && whole { dialect.list(&body).ok() } else { None }
    })
    .await
    .ok()??;
    Some(Found {
        name: name.to_owned(),
        label: label.to_owned(),
        dialect,
        base_url: base.as_str().trim_end_matches('/').to_owned(),
        models: models.len(),
    })
}

/// The studio's finder: looks around this machine and makes sources of what it is given.
#[derive(Debug, Clone)]
pub struct Finder {
    client: Client,
    timeouts: Timeouts,
    ports: Ports,
}

impl Finder {
    /// Looks and connects through this client ([`crate::guarded_http_client`]); its sources wait as `timeouts` say.
    pub fn new(client: Client, timeouts: Timeouts) -> Self {
        Self { client, timeouts, ports: Ports::default() }
    }

    /// The same finder, looking at other ports.
    #[must_use]
    pub fn at(self, ports: Ports) -> Self {
        Self { ports, ..self }
    }
}

#[async_trait]
impl SourceFinder for Finder {
    async fn look(&self) -> Vec<SourceAddress> {
        let found = discover_at(&self.client, self.ports).await;
        let address = |found: Found| SourceAddress {
            name: found.name,
            label: found.label,
            dialect: found.dialect.to_string(),
            base_url: found.base_url,
        };
        found.into_iter().map(address).collect()
    }

    fn connect(&self, address: &SourceAddress) -> Result<Arc<dyn ModelSource>, String> {
        let config = RemoteConfig {
            name: address.name.clone(),
            label: address.label.clone(),
            dialect: address.dialect.parse()?,
            base_url: address.base_url.clone(),
            api_key: None,
            prices: BTreeMap::new(),
        };
        let remote = Remote::new(config, self.client.clone()).map_err(|error| error.to_string())?;
        Ok(Arc::new(remote.with_timeouts(self.timeouts)))
    }

    fn provide(
        &self,
        address: &SourceAddress,
        key: Option<SecretString>,
    ) -> Result<Arc<dyn ModelSource>, AddressRefused> {
        if Url::parse(address.base_url.trim()).is_ok_and(|url| leads_there(&url)) {
            return Err(AddressRefused::Address(FORBIDDEN.to_owned()));
        }
        let config = RemoteConfig {
            name: address.name.clone(),
            label: address.label.clone(),
            dialect: address.dialect.parse().map_err(AddressRefused::Address)?,
            base_url: address.base_url.clone(),
            api_key: key,
            prices: BTreeMap::new(),
        };
        let remote = Remote::new(config, self.client.clone()).map_err(|error| match error {
            ConfigError::Name { .. } => AddressRefused::Name(error.to_string()),
            ConfigError::Address { problem, .. } => {
                AddressRefused::Address(format!("This address {problem}."))
            }
            ConfigError::Key { .. } => AddressRefused::Key(
                "This key holds a line break or another character that a key cannot have.".to_owned(),
            ),
        })?;
        Ok(Arc::new(remote.with_timeouts(self.timeouts)))
    }
}
