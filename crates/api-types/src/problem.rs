//! The one error a client ever sees (RFC 9457), its variants named by what the person can do next.

use crate::{Flag, RefusalId, RefusalLink};
use serde::{Deserialize, Serialize};

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name as sent.
    pub field: String,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
}

/// Why something was not done. The table variant → status → code stands in [`Problem::status`] and [`Problem::code`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Problem {
    /// 401: no valid session or token.
    #[error("Please sign in first.")]
    SignIn,
    /// 401: the passkey ceremony did not succeed; the reason is for the entitled only.
    #[error("That passkey was not accepted. Try again, or use another passkey.")]
    KeyRefused,
    /// 401: the same, and the studio has no such key: the browser may forget it. In the same words, for strangers.
    #[error("That passkey was not accepted. Try again, or use another passkey.")]
    KeyUnknown,
    /// 422: the passkey ceremony of somebody entitled to the reason did not succeed.
    #[error("{detail}")]
    WrongKey {
        /// What was wrong and what to do.
        detail: String,
    },
    /// 401: signed in, but this needs a passkey touched within the last five minutes.
    #[error(
        "This needs a passkey touched in the last five minutes. With JavaScript on, the page asks for it; or sign in again, then do this once more."
    )]
    TouchNeeded,
    /// 403: the role does not allow it.
    #[error("Your role does not allow this. Ask an administrator or an owner of your studio.")]
    NotPermitted,
    /// 403: somebody would make others reviewers who may not.
    #[error("Only an owner, or an administrator who is a reviewer, can make somebody a reviewer.")]
    ReviewerNeeded,
    /// 403: the feature is switched off, for everybody or for this person.
    #[error("{} is switched off for you. An administrator of your studio can switch it on.", flag.title())]
    SwitchedOff {
        /// Which.
        flag: Flag,
        /// Where it is explained, where the gate refused it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<RefusalLink>,
    },
    /// 403: the API token is not for this.
    #[error("{detail}")]
    OutOfScope {
        /// What it would take.
        detail: String,
    },
    /// 404: unknown, or another person's: the two are never told apart.
    #[error("There is nothing here. It may have been deleted, or the address is wrong.")]
    NotFound,
    /// 409: the thing is not what was shown.
    #[error("{detail}")]
    Changed {
        /// What changed and what to do.
        detail: String,
    },
    /// 422: the key of this request was used for another one.
    #[error(
        "This Idempotency-Key was used for another request, so nothing was done. Take a new key for what is new."
    )]
    IdempotencyKeyReused,
    /// 410: too late.
    #[error("{detail}")]
    Expired {
        /// What expired and how to begin again.
        detail: String,
    },
    /// 413: the body is over the limit.
    #[error("That is too large: at most {bytes_max} bytes can be sent at once.")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// 400: the screen does not let it through.
    #[error("{detail}")]
    Unsafe {
        /// The rule's name.
        rule: String,
        /// What was found, and what to do.
        detail: String,
        /// Where it is explained.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<RefusalLink>,
    },
    /// 415: not a type this address understands.
    #[error("Send this as application/json or as a form.")]
    WrongType,
    /// 400: not parseable.
    #[error("{detail}")]
    Malformed {
        /// Where and why.
        detail: String,
    },
    /// 422: parseable and wrong, each field named.
    #[error("{}", fields.first().map_or("Something in the form is not right.", |f| f.message.as_str()))]
    Invalid {
        /// At least one.
        fields: Vec<FieldError>,
        /// Where it is explained, where the gate refused it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<RefusalLink>,
    },
    /// 429: too many at once; try again after `retry_after_s` seconds.
    #[error("{detail}")]
    RateLimited {
        /// Which limit, and when it lets go.
        detail: String,
        /// Seconds.
        retry_after_s: u32,
        /// Where it is explained, where the gate refused it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<RefusalLink>,
    },
    /// 429: it could cost more than may still be spent.
    #[error("{detail}")]
    OverBudget {
        /// Which limit, how much is left, and what to do.
        detail: String,
        /// When the limit begins anew: RFC 3339, UTC.
        resets_at: String,
        /// The same in seconds from now; not where it will not fit then either.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u32>,
        /// Where it is explained.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<RefusalLink>,
    },
    /// 503: something the studio depends on is down; it fails closed.
    #[error("{detail}")]
    TryLater {
        /// What is down and what to do.
        detail: String,
    },
    /// 500: ours alone; logged once under this trace id.
    #[error("Something went wrong on our side. It has been logged as {trace_id}; trying again may help.")]
    Broken {
        /// To be found in the log.
        trace_id: String,
    },
}

impl Problem {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::SignIn | Self::KeyRefused | Self::KeyUnknown | Self::TouchNeeded => 401,
            Self::NotPermitted
            | Self::ReviewerNeeded
            | Self::SwitchedOff { .. }
            | Self::OutOfScope { .. } => 403,
            Self::NotFound => 404,
            Self::Changed { .. } => 409,
            Self::Expired { .. } => 410,
            Self::TooLarge { .. } => 413,
            Self::WrongType => 415,
            Self::Malformed { .. } | Self::Unsafe { .. } => 400,
            Self::Invalid { .. } | Self::WrongKey { .. } | Self::IdempotencyKeyReused => 422,
            Self::RateLimited { .. } | Self::OverBudget { .. } => 429,
            Self::TryLater { .. } => 503,
            Self::Broken { .. } => 500,
        }
    }

    /// The machine's word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::KeyRefused => "key_refused",
            Self::KeyUnknown => "key_unknown",
            Self::WrongKey { .. } => "wrong_key",
            Self::TouchNeeded => "touch_needed",
            Self::NotPermitted => "not_permitted",
            Self::ReviewerNeeded => "reviewer_needed",
            Self::SwitchedOff { .. } => "switched_off",
            Self::OutOfScope { .. } => "out_of_scope",
            Self::NotFound => "not_found",
            Self::Changed { .. } => "changed",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::Expired { .. } => "expired",
            Self::TooLarge { .. } => "too_large",
            Self::WrongType => "wrong_type",
            Self::Unsafe { .. } => "unsafe",
            Self::Malformed { .. } => "malformed",
            Self::Invalid { .. } => "invalid",
            Self::RateLimited { .. } => "rate_limited",
            Self::OverBudget { .. } => "over_budget",
            Self::TryLater { .. } => "try_later",
            Self::Broken { .. } => "broken",
        }
    }

    /// A few words for a heading.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::SignIn => "Not signed in",
            Self::KeyRefused | Self::KeyUnknown | Self::WrongKey { .. } => "Passkey not accepted",
            Self::TouchNeeded => "Touch your passkey",
            Self::NotPermitted | Self::ReviewerNeeded => "Not permitted",
            Self::SwitchedOff { .. } => "Switched off",
            Self::OutOfScope { .. } => "Not for this token",
            Self::NotFound => "Not found",
            Self::Changed { .. } => "Not possible now",
            Self::IdempotencyKeyReused => "Not the same request",
            Self::Expired { .. } => "Too late",
            Self::TooLarge { .. } => "Too large",
            Self::WrongType => "Wrong type",
            Self::Unsafe { .. } => "Stopped by the safety screen",
            Self::Malformed { .. } => "Not readable",
            Self::Invalid { .. } => "Please check",
            Self::RateLimited { .. } => "Slow down",
            Self::OverBudget { .. } => "Over your budget",
            Self::TryLater { .. } => "Not available now",
            Self::Broken { .. } => "Our fault",
        }
    }

    /// After how many seconds it may be tried again, where that is known.
    pub const fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::RateLimited { retry_after_s, .. } => Some(*retry_after_s),
            Self::OverBudget { retry_after_s, .. } => *retry_after_s,
            _ => None,
        }
    }

    /// One wrong field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// Several wrong fields, at least one.
    pub const fn fields(fields: Vec<FieldError>) -> Self {
        Self::Invalid { fields, refusal: None }
    }

    /// Where it is explained why the gate refused it.
    pub const fn refusal(&self) -> Option<RefusalLink> {
        match self {
            Self::SwitchedOff { refusal, .. }
            | Self::Unsafe { refusal, .. }
            | Self::Invalid { refusal, .. }
            | Self::RateLimited { refusal, .. }
            | Self::OverBudget { refusal, .. } => *refusal,
            _ => None,
        }
    }

    /// The same, explained there. Others than the gate's have no place for it and stay as they are.
    #[must_use]
    pub fn explained(mut self, at: RefusalId) -> Self {
        if let Self::SwitchedOff { refusal, .. }
        | Self::Unsafe { refusal, .. }
        | Self::Invalid { refusal, .. }
        | Self::RateLimited { refusal, .. }
        | Self::OverBudget { refusal, .. } = &mut self
        {
            *refusal = Some(RefusalLink(at));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_on_the_wire_is_the_code_in_the_table() {
        let all = [
            Problem::SignIn,
            Problem::KeyRefused,
            Problem::KeyUnknown,
            Problem::WrongKey { detail: "x".into() },
            Problem::TouchNeeded,
            Problem::NotPermitted,
            Problem::ReviewerNeeded,
            Problem::SwitchedOff { flag: Flag::Chat, refusal: None },
            Problem::OutOfScope { detail: "x".into() },
            Problem::NotFound,
            Problem::Changed { detail: "x".into() },
            Problem::IdempotencyKeyReused,
            Problem::Expired { detail: "x".into() },
            Problem::TooLarge { bytes_max: 1 },
            Problem::WrongType,
            Problem::Unsafe { rule: "a.b".into(), detail: "x".into(), refusal: None },
            Problem::Malformed { detail: "x".into() },
            Problem::field("f", "x"),
            Problem::RateLimited { detail: "x".into(), retry_after_s: 1, refusal: None },
            Problem::OverBudget {
                detail: "x".into(),
                resets_at: "2026-11-29T18:00:00Z".into(),
                retry_after_s: Some(1),
                refusal: None,
            },
            Problem::TryLater { detail: "x".into() },
            Problem::Broken { trace_id: "x".into() },
        ];
        for problem in all {
            let json = serde_json::to_value(&problem).unwrap();
            assert_eq!(json["code"], problem.code());
            assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
            assert!((400..=599).contains(&problem.status()));
        }
    }

    #[test]
    fn what_the_gate_refused_says_where_it_is_explained_and_nothing_else_does() {
        let id: RefusalId = "0193a5b2-7c1e-7000-8000-000000000001".parse().unwrap();
        let limited = || Problem::RateLimited { detail: "x".into(), retry_after_s: 1, refusal: None };
        let json = serde_json::to_value(limited().explained(id)).unwrap();
        assert_eq!(json["refusal"], "/refusals/0193a5b2-7c1e-7000-8000-000000000001");
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap().refusal(), Some(RefusalLink(id)));
        assert_eq!(serde_json::to_value(limited()).unwrap().get("refusal"), None);
        assert_eq!(Problem::NotFound.explained(id), Problem::NotFound);
        assert_eq!(Problem::field("f", "x").explained(id).refusal(), Some(RefusalLink(id)));
    }
}
