//! A row as it stands, for programs and for people.

use crate::ports::store::AuditLine;
use serde_json::Value;
use std::collections::BTreeMap;

impl AuditLine {
    /// One line of JSON with every column, as `vobio audit export` prints it.
    pub fn json(&self) -> String {
        // Texts and numbers: there is nothing in it that cannot be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What was changed, by the alphabet: a word for it, what it was, what it became. Nothing where the column does not have its shape.
    pub fn changes(&self) -> Vec<(String, Option<String>, Option<String>)> {
        let change = self.change.as_deref().unwrap_or("{}");
        let change: BTreeMap<String, Value> = serde_json::from_str(change).unwrap_or_default();
        change
            .into_iter()
            .filter_map(|(what, values)| match values {
                Value::Array(values) => match values.as_slice() {
                    [old, new] => Some((what, said(old), said(new))),
                    _ => None,
                },
                _ => None,
            })
            .collect()
    }
}

fn said(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_another_shape_is_no_change() {
        let of =
            |change: &str| AuditLine { change: Some(change.to_owned()), ..AuditLine::default() }.changes();
        assert_eq!(of(r#"{"days":[null,7]}"#), [("days".to_owned(), None, Some("7".to_owned()))]);
        for strange in ["", "[]", r#"{"days":7}"#, r#"{"days":[1,2,3]}"#] {
            assert_eq!(of(strange), [], "{strange}");
        }
    }

    #[test]
    fn a_line_has_every_column_and_says_what_is_empty() {
        let line = AuditLine { position: Some(1), id: "i".to_owned(), ..AuditLine::default() };
        let json: Value = serde_json::from_str(&line.json()).unwrap();
        assert_eq!(json.as_object().unwrap().len(), 16);
        assert_eq!((&json["position"], &json["why"]), (&Value::from(1), &Value::Null));
        assert!(!line.json().contains('\n'));
    }
}
