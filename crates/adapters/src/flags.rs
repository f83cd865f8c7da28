//! Flags, by way of OpenFeature: a provider whose layers are those of `studio::flag`, and the client that asks it.
//!
//! The rule, which layer goes before which, is the studio's; here is what OpenFeature has to be told, and the remote service.

mod remote;

use async_trait::async_trait;
use open_feature::{
    Client, EvaluationContext, EvaluationError, EvaluationErrorCode, EvaluationReason, EvaluationResult,
    FlagMetadata, FlagMetadataValue, OpenFeature, StructValue,
    provider::{FeatureProvider, ProviderMetadata, ProviderStatus, ResolutionDetails},
};
use std::sync::{Arc, PoisonError, RwLock};
use studio::{
    FlagSettings, decide_flag,
    ports::{FlagContext, FlagDecision, Flags, RemoteFlags, Switches},
    switched,
};

use api_types::{Flag, FlagReason};
pub use remote::{ANSWER_BYTES_MAX, ANSWER_TIME_MAX, ANSWERS_KEPT, ANSWERS_KEPT_MAX, Remote, RemoteAddress};

/// Of whom a flag is asked, as OpenFeature carries it: the targeting key is the person's id.
const ORGANIZATION: &str = "organization";
/// Who had the last word: [`FlagReason::as_str`].
const LAYER: &str = "layer";

/// Flags of a process.
pub struct OpenFeatureFlags {
    client: Client,
    layers: Arc<Layers>,
}

/// What is known of the layers.
struct Layers {
    settings: FlagSettings,
    switches: RwLock<Switches>,
    remote: Option<Remote>,
}

impl OpenFeatureFlags {
    /// With these settings, no switches yet, and a remote service in place of them where there is one.
    pub async fn new(settings: FlagSettings, remote: Option<Remote>) -> Self {
        let layers = Arc::new(Layers { settings, switches: RwLock::default(), remote });
        // Not the global one: two studios in one process (a test has them) have flags of their own.
        let mut api = OpenFeature::default();
        api.set_provider(Provider { metadata: ProviderMetadata::new("vobio"), layers: layers.clone() }).await;
        Self { client: api.create_client(), layers }
    }
}

impl Layers {
    async fn decide(&self, flag: Flag, context: FlagContext) -> FlagDecision {
        let middle = match &self.remote {
            // What nobody may move is not asked about.
            Some(_) if self.settings.environment.contains_key(&flag) => None,
            Some(remote) => remote.says(flag, context).await.map(|is_on| (is_on, FlagReason::Remote)),
            None => {
                let switches = self.switches.read().unwrap_or_else(PoisonError::into_inner).clone();
                switched(flag, context, &switches)
            }
        };
        decide_flag(flag, &self.settings, middle)
    }
}

#[async_trait]
impl Flags for OpenFeatureFlags {
    async fn decide(&self, flag: Flag, context: FlagContext) -> FlagDecision {
        let asked = evaluation_context(context);
        let told = self.client.get_bool_details(flag.as_str(), Some(&asked), None).await;
        told.ok()
            .and_then(|told| {
                let reason = match told.flag_metadata.values.get(LAYER) {
                    Some(FlagMetadataValue::String(word)) => FlagReason::parse(word)?,
                    _ => return None,
                };
                Some(FlagDecision { is_on: told.value, reason })
            })
            // Our own provider always answers; if it did not, what the operator said would still hold.
            .unwrap_or_else(|| decide_flag(flag, &self.layers.settings, None))
    }

    fn set_switches(&self, switches: Switches) {
        *self.layers.switches.write().unwrap_or_else(PoisonError::into_inner) = switches;
    }

    async fn poll(&self) {
        if let Some(remote) = &self.layers.remote {
            remote.poll().await;
        }
    }

    fn remote(&self) -> Option<RemoteFlags> {
        self.layers.remote.as_ref().map(Remote::state)
    }
}

fn evaluation_context(context: FlagContext) -> EvaluationContext {
    let mut asked = EvaluationContext::default();
    if let Some(person) = context.person {
        asked = asked.with_targeting_key(person.to_string());
    }
    if let Some(organization) = context.organization {
        asked = asked.with_custom_field(ORGANIZATION, organization.to_string());
    }
    asked
}

/// Reads back what [`evaluation_context`] wrote.
fn flag_context(asked: &EvaluationContext) -> FlagContext {
    let organization = asked.custom_fields.get(ORGANIZATION).and_then(|field| field.as_str());
    FlagContext {
        organization: organization.and_then(|id| id.parse().ok()),
        person: asked.targeting_key.as_deref().and_then(|id| id.parse().ok()),
    }
}

/// The provider, as OpenFeature asks it.
struct Provider {
    metadata: ProviderMetadata,
    layers: Arc<Layers>,
}

fn not_a(kind: &str) -> EvaluationError {
    let message = format!("flags of this studio are on or off, and none is a {kind}");
    EvaluationError::builder().code(EvaluationErrorCode::TypeMismatch).message(message).build()
}

#[async_trait]
impl FeatureProvider for Provider {
    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    fn status(&self) -> ProviderStatus {
        match self.layers.remote.as_ref().and_then(|remote| remote.state().failure) {
            Some(_) => ProviderStatus::STALE,
            None => ProviderStatus::Ready,
        }
    }

    async fn resolve_bool_value(
        &self,
        key: &str,
        asked: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        let Some(flag) = Flag::parse(key) else {
            return Err(EvaluationError::builder().code(EvaluationErrorCode::FlagNotFound).build());
        };
        let FlagDecision { is_on, reason } = self.layers.decide(flag, flag_context(asked)).await;
        let told = match reason {
            FlagReason::Default => EvaluationReason::Default,
            FlagReason::NotBuilt => EvaluationReason::Disabled,
            FlagReason::Share => EvaluationReason::Split,
            FlagReason::Person | FlagReason::Remote => EvaluationReason::TargetingMatch,
            FlagReason::File | FlagReason::Switch | FlagReason::Environment => EvaluationReason::Static,
        };
        Ok(ResolutionDetails::builder()
            .value(is_on)
            .variant(if is_on { "on" } else { "off" })
            .reason(told)
            .flag_metadata(FlagMetadata::default().with_value(LAYER, reason.as_str()))
            .build())
    }

    async fn resolve_int_value(
        &self,
        _: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        Err(not_a("number"))
    }

    async fn resolve_float_value(
        &self,
        _: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        Err(not_a("number"))
    }

    async fn resolve_string_value(
        &self,
        _: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        Err(not_a("text"))
    }

    async fn resolve_struct_value(
        &self,
        _: &str,
        _: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        Err(not_a("structure"))
    }
}

#[cfg(test)]
mod tests;
