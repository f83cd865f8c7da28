//! Model servers on this machine, found and connected.

use super::ModelSource;
use async_trait::async_trait;
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

/// Finds model servers on this machine and connects them.
#[async_trait]
pub trait SourceFinder: Send + Sync {
    /// Looks at the usual ports; answers within a second.
    async fn look(&self) -> Vec<SourceAddress>;

    /// Makes a source of an address; `Err` is a sentence.
    fn connect(&self, address: &SourceAddress) -> Result<Arc<dyn ModelSource>, String>;
}
