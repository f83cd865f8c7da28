//! Model servers on this machine, found and connected.

use super::ModelSource;
use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A model server that can be connected, or is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceAddress {
    /// The part before the slash in its models' names.
    pub name: String,
    /// What people read.
    pub label: String,
    /// How it speaks: `openai`, `anthropic`, `gemini` or `ollama`.
    pub dialect: String,
    /// Where it is.
    pub base_url: String,
}

/// Why a model server cannot be used as it was typed; each with a sentence for who typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressRefused {
    /// Its name would not make names of models.
    Name(String),
    /// It cannot be, or may not be, where the address says.
    Address(String),
    /// No request can carry its key.
    Key(String),
}

/// Finds model servers on this machine and connects them.
#[async_trait]
pub trait SourceFinder: Send + Sync {
    /// Looks at the usual ports; answers within a second.
    async fn look(&self) -> Vec<SourceAddress>;

    /// Makes a source of an address; `Err` is a sentence.
    fn connect(&self, address: &SourceAddress) -> Result<Arc<dyn ModelSource>, String>;

    /// Makes a source of what an administrator typed: an address that may be anywhere but where clouds keep the secrets of their
    /// machines, and its key. Nothing is asked yet.
    ///
    /// # Errors
    /// What is wrong with it.
    fn provide(
        &self,
        address: &SourceAddress,
        key: Option<SecretString>,
    ) -> Result<Arc<dyn ModelSource>, AddressRefused>;
}
