//! Forms without a script: what was refused comes back to its page with what was typed, what is told once is shown on it.
//! `server/src/http/forms.rs` asks for these pages.

use super::context::parts;
use api_types::{ConversationId, PersonId, Problem};
use http::StatusCode;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// A form that was refused: the page is shown again with what was typed.
#[derive(Debug, Clone)]
pub struct RefusedForm {
    /// Where it was sent.
    pub action: String,
    /// What it held.
    pub fields: Vec<(String, String)>,
    /// Why it was refused.
    pub problem: Problem,
}

/// A form whose answer is shown on its page, this once, instead of going on to another.
#[derive(Debug, Clone)]
pub struct AnsweredForm {
    /// Where it was sent.
    pub action: String,
    /// The answer, as JSON.
    pub answer: String,
}

impl RefusedForm {
    /// What was typed into a field.
    pub fn typed(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }

    /// The most that was written in it, which nobody should have to write again.
    pub fn written(&self) -> Option<&str> {
        let fields = ["text", "system_prompt", "title", "name", "note"];
        let written = fields.iter().filter_map(|field| self.typed(field)).map(str::trim);
        written.max_by_key(|text| text.len()).filter(|text| !text.is_empty())
    }

    /// The page it stands on, for a browser that does not say: some hide it, and while one shows a refusal its address is
    /// the form's own.
    pub fn page(&self) -> String {
        let conversation = self.typed("conversation").and_then(|id| id.parse::<ConversationId>().ok());
        let person = self.typed("person").and_then(|id| id.parse::<PersonId>().ok());
        match (conversation, person, self.server()) {
            (Some(id), ..) => format!("/chat/{id}"),
            (None, Some(id), _) => format!("/people/{id}"),
            (None, None, Some(name)) => format!("/admin/models/{name}"),
            (None, None, None) => page_of(&self.action).to_owned(),
        }
    }

    /// The model server on whose page it stands.
    fn server(&self) -> Option<&str> {
        let name = match self.action.as_str() {
            "/api/provider/change" | "/api/provider/remove" | "/api/provider/test" => self.typed("name")?,
            "/api/model/set-price" => self.typed("model")?.split('/').next()?,
            _ => return None,
        };
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (!name.is_empty() && name.bytes().all(is_plain)).then_some(name)
    }

    /// Whether the form itself says what is wrong; if not, the page says it where one looks first.
    pub fn is_told_in_place(&self) -> bool {
        let beside_a_field = [
            "/api/message/send",
            "/api/message/edit",
            "/api/conversation/rename",
            "/api/token/make",
            "/api/account/",
            "/api/person/",
            "/api/invite/",
            "/api/flag/",
            "/api/provider/",
            "/api/model/",
        ];
        self.action == "/api/conversation/configure"
            || (matches!(self.problem, Problem::Invalid { .. })
                && beside_a_field.iter().any(|action| self.action.starts_with(action)))
    }

    /// What is wrong with a field.
    pub fn error(&self, field: &str) -> Option<String> {
        match &self.problem {
            Problem::Invalid { fields, .. } => {
                fields.iter().find(|f| f.field == field).map(|f| f.message.clone())
            }
            _ => None,
        }
    }
}

/// The page that a form with this action stands on, as far as the action tells.
pub fn page_of(action: &str) -> &'static str {
    let noun = action.trim_start_matches("/api/").split('/').next().unwrap_or_default();
    match noun {
        "source" => "/models",
        "provider" | "model" => "/admin/models",
        "passkey" | "touch" => "/settings/passkeys",
        "recovery" if action.ends_with("/make") => "/settings/passkeys",
        "recovery" => "/recover",
        "token" => "/settings/tokens",
        "session" if action.contains("/end_o") => "/settings/sessions",
        "person" | "invite" => "/people",
        "flag" => "/flags",
        "account" | "memory" => "/settings",
        "account_event" => "/settings/activity",
        _ => "/chat",
    }
}

/// The refused form that led to this page, if one did.
pub fn refused_form() -> Option<RefusedForm> {
    parts().and_then(|parts| parts.extensions.get::<RefusedForm>().cloned())
}

/// What a form with this action was answered, if that led to this page.
pub fn answered<T: serde::de::DeserializeOwned>(action: &str) -> Option<T> {
    let form = parts()?.extensions.get::<AnsweredForm>().filter(|form| form.action == action).cloned()?;
    serde_json::from_str(&form.answer).ok()
}

/// Whether the answer of a form led to this page.
pub fn is_answered() -> bool {
    parts().is_some_and(|parts| parts.extensions.get::<AnsweredForm>().is_some())
}

/// The answer is there this once (201): a form's browser is shown it on the form's page.
pub fn answer_once() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::CREATED);
    }
}
