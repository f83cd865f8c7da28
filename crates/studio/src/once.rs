//! `Idempotency-Key`: what is sent twice with one key is done once (draft-ietf-httpapi-idempotency-key-header).

use crate::{
    Opened, REQUEST_KEPT, REQUEST_KEY_CHARS_MAX, SignedIn, Studio, digest, owned,
    ports::store::{RequestRow, StoreError},
};
use api_types::Problem;
use serde::Serialize;

/// The key of a request, and what was asked with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    pub(crate) key: String,
    pub(crate) digest: String,
}

/// The field that a wrong key is told at.
const FIELD: &str = "Idempotency-Key";

impl Once {
    /// Reads a key, as it is or in quotation marks, for an operation with these arguments.
    ///
    /// # Errors
    /// `Invalid` when it is no key.
    pub fn new(key: &str, operation: &str, arguments: &impl Serialize) -> Result<Self, Problem> {
        let key = key.trim();
        let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
        let is_key = (1..=REQUEST_KEY_CHARS_MAX).contains(&key.len())
            && key.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_key {
            let detail = format!(
                "A key has 1 to {REQUEST_KEY_CHARS_MAX} visible ASCII characters and no spaces; a UUID is a good one."
            );
            return Err(Problem::field(FIELD, detail));
        }
        let arguments = serde_json::to_string(arguments)
            .map_err(|error| crate::broken("arguments are no JSON", &error))?;
        Ok(Self { key: key.to_owned(), digest: digest(&format!("{operation}\n{arguments}")) })
    }
}

impl Once {
    /// For a key that a page gave out: the request is part of it.
    #[must_use]
    pub fn of_form(self) -> Self {
        let Self { key, digest } = self;
        Self { key: crate::digest(&format!("{key} {digest}")), digest }
    }
}

/// The same request is being handled.
pub(crate) fn under_way() -> Problem {
    Problem::Changed {
        detail: "The same request is just being handled. Send it again in a moment.".to_owned(),
    }
}

impl Studio {
    /// What was opened before with this key. `with_question`: the operation sends one.
    ///
    /// # Errors
    /// `IdempotencyKeyReused` when the key was used for something else.
    pub(crate) async fn opened_before(
        &self,
        by: &SignedIn,
        once: Option<&Once>,
        with_question: bool,
    ) -> Result<Option<Opened>, Problem> {
        let owned = owned(by);
        let Some(request) = self.request_before(by, once).await? else { return Ok(None) };
        let gone = || Problem::Changed {
            detail: "What was opened with this key is deleted. Take a new key to ask again.".to_owned(),
        };
        let run = self.store.answer(owned, request.run).await?.ok_or_else(gone)?;
        let chat = self.store.conversation(owned, run.conversation).await?.ok_or_else(gone)?;
        if chat.deleted_at.is_some() {
            return Err(gone());
        }
        let answer = self.store.message(owned, run.conversation, run.message).await?.ok_or_else(gone)?;
        let question = match answer.parent.filter(|_| with_question) {
            Some(parent) => self.store.message(owned, run.conversation, parent).await?,
            None => None,
        };
        let label = self.catalog.find(&run.model).await.map(|info| info.label);
        let model_label = label.unwrap_or_else(|| run.model.to_string());
        Ok(Some(Opened { conversation: run.conversation, question, answer, run, model_label }))
    }

    /// The request that this key was used for, which was the same.
    async fn request_before(
        &self,
        by: &SignedIn,
        once: Option<&Once>,
    ) -> Result<Option<RequestRow>, Problem> {
        let Some(once) = once else { return Ok(None) };
        match self.store.request(owned(by), &once.key).await? {
            Some(request) if request.digest != once.digest => Err(Problem::IdempotencyKeyReused),
            request => Ok(request),
        }
    }

    /// Whether the same request was carried out before.
    ///
    /// # Errors
    /// `IdempotencyKeyReused` when the key was used for something else.
    pub(crate) async fn was_done(&self, by: &SignedIn, once: Option<&Once>) -> Result<bool, Problem> {
        Ok(self.request_before(by, once).await?.is_some())
    }

    /// The same, after those that are being carried out; see [`Studio::opened_meanwhile`].
    pub(crate) async fn was_done_meanwhile(
        &self,
        by: &SignedIn,
        once: Option<&Once>,
    ) -> Result<bool, Problem> {
        if once.is_some() {
            self.store.barrier().await?;
        }
        self.was_done(by, once).await
    }

    /// What the same request opened that was faster, where one was.
    ///
    /// # Design
    /// The second of two at once may be refused before the first is committed, by what stands in memory or by the database.
    pub(crate) async fn opened_meanwhile(
        &self,
        by: &SignedIn,
        once: Option<Once>,
        with_question: bool,
    ) -> Result<Option<Opened>, Problem> {
        if once.is_some() {
            self.store.barrier().await?;
        }
        self.opened_before(by, once.as_ref(), with_question).await
    }

    /// Forgets keys that are older than [`REQUEST_KEPT`]. For the worker.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn purge_requests(&self) -> Result<u64, Problem> {
        let before = self.now() - REQUEST_KEPT;
        Ok(self
            .store
            .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.purge_requests(before).await }))
            .await?)
    }

    /// A key for a form of a page.
    pub fn new_key(&self) -> String {
        self.ids.next().to_string()
    }
}
