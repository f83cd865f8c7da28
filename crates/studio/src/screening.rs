//! The screen of what people send to models. A signal, not the wall (docs/safety.md).

use crate::{SignedIn, Studio, text};
use api_types::{Flag, Problem};
use safety::{Class, Finding, Place, Screening, Verdict, screen};

/// Of the passage that was found, so many characters are shown.
const PASSAGE_CHARS_MAX: usize = 80;

impl Studio {
    /// Screens a text for a model.
    ///
    /// # Errors
    /// `Unsafe` where the screen blocks it, or asks for a person to look at it: nobody can be asked yet.
    pub(crate) async fn screened(&self, by: &SignedIn, text: &str) -> Result<(), Problem> {
        if !self.is_on(Flag::SafetyChecks, by).await {
            return Ok(());
        }
        let screening = screen(text, Place::Prompt);
        match screening.verdict {
            Verdict::Allow | Verdict::Flag => Ok(()),
            Verdict::Review | Verdict::Block => Err(refusal(text, &screening)),
        }
    }
}

/// What was found, where, and what to do.
fn refusal(text: &str, Screening { verdict, findings, .. }: &Screening) -> Problem {
    let Some(finding) = findings.iter().find(|finding| finding.verdict == *verdict) else {
        return crate::broken("a text is refused without a finding", &verdict.name());
    };
    let found =
        passage(text, finding).map_or_else(String::new, |passage| format!(" It is about “{passage}”."));
    let (rule, says) = (finding.rule.name, finding.rule.says);
    Problem::Unsafe {
        rule: rule.to_owned(),
        detail: format!("This was not sent. {says}{found} The rule is {rule}."),
    }
}

/// The passage as the person wrote it, cut; not of a secret, which is not to be anywhere else.
fn passage(text: &str, finding: &Finding) -> Option<String> {
    if finding.rule.class == Class::Secret {
        return None;
    }
    let shown = text::shown(text.get(finding.range.clone())?, PASSAGE_CHARS_MAX);
    (!shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (String, String) {
        let screening = screen(text, Place::Prompt);
        assert!(screening.verdict >= Verdict::Review, "{text}: {:?}", screening.verdict);
        match refusal(text, &screening) {
            Problem::Unsafe { rule, detail } => (rule, detail),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_is_named_by_its_rule_and_never_repeated() {
        // Of the form of an access key, and nobody's.
        let key = format!("AKIA{}", "Q7RZT3LW2XK6VBNM");
        let (rule, detail) = refused(&format!("My key is {key}, please use it"));
        assert!(rule.starts_with("secret"), "{rule}");
        assert!(!detail.contains(&key) && detail.contains(&rule), "{detail}");
    }
}
