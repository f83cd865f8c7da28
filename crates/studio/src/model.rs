//! What administrators say of models: what they cost from when on, and which one new chats begin with.

use crate::{
    Admin, PRICES_COMING_MAX, PriceLine, PriceView, Studio, TouchedAdmin,
    ports::{
        Timestamp,
        store::{AuditTarget, AuditValue, PriceRow},
    },
    spending::amount,
};
use api_types::{AuditAction, Micros, ModelInfo, ModelRef, Price, PriceId, Problem};

/// The model that new chats begin with, of who has had none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultModel {
    /// Which; `None` where it is left to the studio.
    pub model: Option<ModelRef>,
    /// The operator named it, and no page changes it.
    pub is_fixed: bool,
}

/// A model of a server, with what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedModel {
    /// The model.
    pub info: ModelInfo,
    /// Its price, who says so, and what comes.
    pub price: PriceView,
}

/// A row as the sheet has it.
pub(crate) fn line(row: PriceRow) -> PriceLine {
    PriceLine { model: row.model.as_str().to_owned(), from: row.from, price: row.price }
}

impl Studio {
    /// The models of one server, with what they cost.
    pub async fn priced_models(&self, _by: &Admin<'_>, source: &str) -> Vec<PricedModel> {
        let models = self.catalog.models_of(source).await;
        models.into_iter().map(|(info, price)| PricedModel { info, price }).collect()
    }

    /// Sets what a model costs from now on, or from later on. What was asked before has its price.
    ///
    /// # Errors
    /// `Invalid` naming the field, `Changed` for one too many that begins later.
    pub async fn set_price(
        &self,
        by: &TouchedAdmin<'_>,
        model: ModelRef,
        price: Price,
        from: Option<Timestamp>,
    ) -> Result<(), Problem> {
        let (by, now) = (by.signed_in(), self.now());
        amount("prompt", Micros(price.prompt_micros_per_million))?;
        amount("completion", Micros(price.completion_micros_per_million))?;
        let from = from.unwrap_or(now);
        if from < now {
            return Err(Problem::field(
                "from",
                "A price begins now or later: what was asked before has its price. Leave this empty for now.",
            ));
        }
        if !self.catalog.has_source(model.source()) {
            return Err(Problem::field(
                "model",
                format!(
                    "There is no model server called {}. Choose one of its models from the list.",
                    model.source()
                ),
            ));
        }
        let row = PriceRow {
            id: PriceId(self.ids.next()),
            owned: by.owned(),
            model: model.clone(),
            from,
            price,
            set_at: now,
        };
        let audit = self.audit_by(by, AuditAction::PriceSet, AuditTarget::of("model", &model));
        let admin = by.person();
        self.change_settings(by, move |tx, _| {
            Box::pin(async move {
                let set = tx.prices(row.owned.organization, now).await?;
                let mut of_it = set.iter().filter(|other| other.model == row.model);
                if row.from > now
                    && of_it.clone().filter(|other| other.from > now).count() >= PRICES_COMING_MAX
                {
                    return Err(too_many(&row.model));
                }
                let before = of_it.rfind(|other| other.from <= row.from);
                let was = |part: fn(&Price) -> i64| {
                    before.map_or(AuditValue::Absent, |before| part(&before.price).into())
                };
                let prompt = |price: &Price| price.prompt_micros_per_million;
                let completion = |price: &Price| price.completion_micros_per_million;
                let audit = audit
                    .changing("prompt_micros", was(prompt), prompt(&row.price))
                    .changing("completion_micros", was(completion), completion(&row.price))
                    .changing("from", AuditValue::Absent, row.from.0);
                tx.insert_price(&row).await?;
                Ok(tx.insert_audit(&audit).await?)
            })
        })
        .await?;
        tracing::info!(%model, by = %admin, "a price was set");
        Ok(())
    }

    /// The model that new chats begin with.
    pub fn default_model(&self) -> DefaultModel {
        match &self.settings.default_model {
            Some(model) => DefaultModel { model: Some(model.clone()), is_fixed: true },
            None => DefaultModel { model: self.known().default_model.clone(), is_fixed: false },
        }
    }

    /// Sets the model that new chats of people begin with who have had none; `None` leaves it to the studio.
    ///
    /// # Errors
    /// `Invalid` naming `model` where it is not there, `Changed` where the operator named one.
    pub async fn set_default_model(&self, by: &Admin<'_>, model: Option<ModelRef>) -> Result<(), Problem> {
        let (by, now) = (by.signed_in(), self.now());
        if let Some(fixed) = &self.settings.default_model {
            let detail = format!(
                "The operator has set it to {fixed} (DEFAULT_MODEL), so it cannot be changed here. Remove that setting first."
            );
            return Err(Problem::Changed { detail });
        }
        if let Some(model) = &model {
            self.check_model(model).await?;
        }
        let audit = self.audit_by(by, AuditAction::DefaultModelSet, AuditTarget::studio());
        self.change_settings(by, move |tx, by| {
            Box::pin(async move {
                let before = tx.default_model(by.organization).await?;
                if before == model {
                    return Ok(());
                }
                tx.set_default_model(by.owned(), model.as_ref(), now).await?;
                let named = |model: Option<ModelRef>| {
                    model.map_or(AuditValue::Absent, |model| AuditValue::Named(model.to_string()))
                };
                let audit = audit.changing("model", named(before), named(model));
                Ok(tx.insert_audit(&audit).await?)
            })
        })
        .await
    }
}

fn too_many(model: &ModelRef) -> Problem {
    Problem::Changed {
        detail: format!(
            "{model} has {PRICES_COMING_MAX} prices already that begin later. Wait until one has begun."
        ),
    }
}
