//! What a server has, asked and remembered.

use super::{
    Server,
    fault::{Again, Fault},
};
use crate::{
    MODELS_KEPT, MODELS_MAX,
    dialect::Listed,
    limits::{LIST_BYTES_MAX, MODELS_FAILED_KEPT},
    wire::{WireFault, up_to},
};
use api_types::{ModelInfo, ModelKind, ModelRef};
use reqwest::Method;
use std::{net::IpAddr, time::Duration};
use studio::{is_invisible, ports::ModelError};
use tokio::time::{Instant, timeout};

/// A server's models as last heard.
#[derive(Default)]
pub(super) struct Remembered {
    models: Vec<ModelInfo>,
    ask_again_at: Option<Instant>,
}

impl Remembered {
    /// The models, asked for again when that is due; after a failure those of before.
    pub(super) async fn models(&mut self, server: &Server) -> Vec<ModelInfo> {
        if self.ask_again_at.is_none_or(|at| at <= Instant::now()) {
            let listed = server.list().await;
            self.remember(listed);
        }
        self.models.clone()
    }

    pub(super) fn remember(&mut self, listed: Result<Vec<ModelInfo>, ModelError>) {
        let kept = match listed {
            Ok(models) => {
                self.models = models;
                MODELS_KEPT
            }
            Err(_) => MODELS_FAILED_KEPT,
        };
        self.ask_again_at = Some(Instant::now() + kept);
    }
}

impl Server {
    /// Asks which models there are now, within the time-out of lists.
    pub(super) async fn list(&self) -> Result<Vec<ModelInfo>, ModelError> {
        let asking = async {
            match self.ask_list().await {
                Err(Fault { again: Again::After(Duration::ZERO), .. }) => self.ask_list().await,
                first => first,
            }
        };
        match timeout(self.timeouts.list, asking).await {
            Ok(listed) => listed.map_err(|fault| fault.error),
            Err(_) => Err(self.judge("", None).timed_out("connecting")),
        }
    }

    async fn ask_list(&self) -> Result<Vec<ModelInfo>, Fault> {
        let judge = self.judge("", None);
        let response = self
            .request(Method::GET, self.dialect.list_url(&self.base))
            .send()
            .await
            .map_err(|error| judge.of_sending(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let (body, whole) = up_to(response, LIST_BYTES_MAX).await.map_err(|fault| judge.of_wire(fault))?;
        if !status.is_success() {
            return Err(judge.of_status(status, &headers, &body));
        }
        if !whole {
            return Err(judge.of_wire(WireFault::TooMuch).into());
        }
        let listed = self.dialect.list(&body).map_err(|_| judge.nonsense())?;
        let mut models: Vec<ModelInfo> =
            listed.into_iter().take(MODELS_MAX).filter_map(|model| self.info(model)).collect();
        models.sort_by(|a, b| a.model.cmp(&b.model));
        models.dedup_by(|a, b| a.model == b.model);
        Ok(models)
    }

    /// Whether its address is this machine's own.
    fn is_nearby(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default();
        let is_loopback = |address: IpAddr| address.is_loopback();
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(is_loopback)
    }

    /// `None` for a name that cannot be one of ours (blanks, control characters, far too long).
    fn info(&self, listed: Listed) -> Option<ModelInfo> {
        let Listed { id, label, context_tokens } = listed;
        // A name that is not what it looks like is no name.
        if id.chars().any(is_invisible) {
            return None;
        }
        // Ollama passes these on to its makers' own machines.
        let is_passed_on = id.ends_with("-cloud") || id.ends_with(":cloud");
        let kind = if self.is_nearby() && !is_passed_on { ModelKind::Nearby } else { ModelKind::Remote };
        Some(ModelInfo {
            model: ModelRef::new(&self.name, &id)?,
            price: self.prices.get(&id).copied(),
            label: label.map(|label| plain(&label)).filter(|label| !label.is_empty()).unwrap_or(id),
            kind,
            context_tokens,
        })
    }
}

/// A foreign label as one short line.
fn plain(label: &str) -> String {
    const LABEL_CHARS_MAX: usize = 80;
    label.trim().chars().filter(|c| !c.is_control() && !is_invisible(*c)).take(LABEL_CHARS_MAX).collect()
}
