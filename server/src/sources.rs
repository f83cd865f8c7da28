//! The models that a configuration names.

use crate::config::Config;
use providers::{Dialect, Mock, Remote, RemoteConfig};
use std::{collections::BTreeMap, sync::Arc};
use studio::ports::ModelSource;

/// The models of the configuration; each failure is said, and the rest is there all the same.
pub(crate) fn sources(
    config: &Config,
    client: &reqwest::Client,
) -> anyhow::Result<Vec<Arc<dyn ModelSource>>> {
    let mut sources: Vec<Arc<dyn ModelSource>> = Vec::new();
    for remote in &config.remotes {
        let (dialect, label) = match remote.name {
            "anthropic" => (Dialect::Anthropic, "Anthropic".to_owned()),
            "gemini" => (Dialect::Gemini, "Google Gemini".to_owned()),
            "ollama" => (Dialect::Ollama, format!("Ollama at {}", remote.base_url)),
            _ => (Dialect::OpenAi, format!("OpenAI-compatible server at {}", remote.base_url)),
        };
        let made = Remote::new(
            RemoteConfig {
                name: remote.name.to_owned(),
                label,
                dialect,
                base_url: remote.base_url.clone(),
                api_key: remote.api_key.clone(),
                prices: BTreeMap::new(),
            },
            client.clone(),
        )?;
        sources.push(Arc::new(made));
    }
    if config.local_model.on {
        sources.extend(local_model(config));
    }
    if config.mock {
        tracing::warn!("MOCK_MODE is on: the mock models answer with scripts");
        sources.push(Arc::new(Mock::new()));
    }
    Ok(sources)
}

/// The model that runs in this process.
#[cfg(feature = "local-model")]
fn local_model(config: &Config) -> Option<Arc<dyn ModelSource>> {
    use inference::{
        DEFAULT_LABEL, DEFAULT_NAME, DEFAULT_Q8_FILE, DEFAULT_WEIGHTS, LocalModel, LocalModelConfig,
    };
    let local = &config.local_model;
    if local.path.is_none() {
        tracing::warn!("no local model: LOCAL_MODEL is not set; make run fetches one");
    }
    if let Some(path) = local.path.as_ref().filter(|path| !path.exists()) {
        tracing::warn!("no local model: LOCAL_MODEL is {}, and there is no such file", path.display());
    }
    let own = local.path.as_ref().filter(|path| {
        path.file_name().is_some_and(|name| name != DEFAULT_Q8_FILE && name != DEFAULT_WEIGHTS.file)
    });
    let name = own
        .and_then(|path| path.file_stem()?.to_str())
        .map(|name| name.to_lowercase().replace(char::is_whitespace, "-"));
    let name = name.filter(|name| api_types::ModelRef::new("local", name).is_some());
    let label = name.as_ref().map_or(DEFAULT_LABEL.to_owned(), |name| format!("{name} (built in)"));
    Some(Arc::new(LocalModel::new(LocalModelConfig {
        path: local.path.clone(),
        threads: local.threads,
        idle_unload: local.idle,
        label,
        name: name.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
    })))
}

#[cfg(not(feature = "local-model"))]
fn local_model(_config: &Config) -> Option<Arc<dyn ModelSource>> {
    tracing::warn!("no local model: this binary was built without it");
    None
}
