//! What a server says when it does not answer, in whichever of the usual shapes.

use serde_json::Value;

/// An error in a server's own words.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// Its machine-readable words (type, code, status, reason), in lower case, separated by spaces.
    pub kind: String,
    /// Its sentence; foreign text.
    pub message: String,
}

impl Complaint {
    /// Finds the error in a body that is JSON. `None` when it is not, or holds none.
    pub(crate) fn in_body(body: &[u8]) -> Option<Self> {
        Self::in_value(&serde_json::from_slice(body).ok()?)
    }

    /// Finds the error in a value: `{"error": …}`, `[{"error": …}]`, `{"message": …}` or `{"detail": …}`.
    pub(crate) fn in_value(value: &Value) -> Option<Self> {
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        match value.get("error") {
            Some(Value::String(message)) => Some(Self { kind: words(value), message: message.clone() }),
            Some(error @ Value::Object(_)) => {
                Some(Self { kind: words(error), message: sentence(error).unwrap_or_default() })
            }
            _ => sentence(value).map(|message| Self { kind: words(value), message }),
        }
    }
}

fn sentence(value: &Value) -> Option<String> {
    let said = value.get("message").or_else(|| value.get("detail"))?;
    Some(said.as_str().map_or_else(|| said.to_string(), str::to_owned))
}

fn words(error: &Value) -> String {
    let mut words = String::new();
    let mut add = |word: Option<&Value>| {
        if let Some(word) = word.and_then(Value::as_str) {
            words.push_str(&word.to_lowercase());
            words.push(' ');
        }
    };
    for field in ["type", "code", "status"] {
        add(error.get(field));
    }
    // Google names the reason in a list of details.
    for detail in error.get("details").and_then(Value::as_array).into_iter().flatten().take(8) {
        add(detail.get("reason"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_in_each_of_the_usual_shapes() {
        for (body, kind, message) in [
            (
                r#"{"error":{"message":"no","type":"invalid_request_error","code":"model_not_found"}}"#,
                "model_not_found",
                "no",
            ),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"no"}}"#,
                "overloaded_error",
                "no",
            ),
            (
                r#"[{"error":{"code":400,"message":"no","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
                "api_key_invalid",
                "no",
            ),
            (r#"{"error":"no"}"#, "", "no"),
            (r#"{"detail":"no"}"#, "", "no"),
        ] {
            let complaint = Complaint::in_body(body.as_bytes()).unwrap();
            assert!(complaint.kind.contains(kind), "{body}: {complaint:?}");
            assert_eq!(complaint.message, message);
        }
        assert_eq!(Complaint::in_body(b"<html>"), None);
        assert_eq!(Complaint::in_body(br#"{"choices":[]}"#), None);
    }
}
