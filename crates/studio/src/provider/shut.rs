//! A model server that nothing can be asked of, and why.

use crate::ports::{ChatRequest, ChatStream, ModelError, ModelSource, SourceStatus};
use api_types::ModelInfo;
use async_trait::async_trait;
use futures::{StreamExt, stream};

/// Stands in the place of a server whose key cannot be opened.
pub(super) struct Shut {
    pub(super) name: String,
    pub(super) why: String,
}

#[async_trait]
impl ModelSource for Shut {
    fn name(&self) -> &str {
        &self.name
    }

    async fn models(&self) -> Vec<ModelInfo> {
        Vec::new()
    }

    async fn status(&self) -> SourceStatus {
        SourceStatus { label: self.name.clone(), state: Err(self.why.clone()) }
    }

    fn shut(&self) -> Option<String> {
        Some(self.why.clone())
    }

    fn chat(&self, _request: ChatRequest) -> ChatStream {
        let detail = self.why.clone();
        stream::once(async move { Err(ModelError::NotLoaded { detail }) }).boxed()
    }
}
