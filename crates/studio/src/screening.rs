//! The screen of what people send to models, and of names and titles. A signal, not the wall (docs/safety.md).

use crate::{
    SignedIn, Studio, aside, owned,
    ports::store::{AuditRow, AuditTarget, Owned, Tx},
    refusal::Refusal,
    text,
};
use api_types::{AuditAction, Check, Flag, ModelRef, Problem};
use safety::{Class, Finding, Place, RULES, Screening, Verdict, screen};

/// Of the passage that was found, so many characters are shown.
const PASSAGE_CHARS_MAX: usize = 80;

/// What was found in a text that is let through: names of rules, each once.
pub(crate) type Marks = Vec<&'static str>;

/// The sentence of a rule that a text was marked with; none of a rule that there is no more.
pub fn says_of_mark(rule: &str) -> Option<&'static str> {
    RULES.iter().find(|known| known.name == rule).map(|known| known.says)
}

impl Studio {
    /// Screens a text for a model. What the screen blocks is refused, and what a person should look at too: nobody can be asked
    /// yet.
    pub(crate) async fn screened(&self, owned: Owned, text: &str) -> Result<Marks, Refusal> {
        match self.is_on_for(Flag::SafetyChecks, owned).await {
            true => screened(text, Place::Prompt).map_err(|no| *no),
            false => Ok(Marks::new()),
        }
    }

    /// Screens a text that is kept for a model, outside of a run. What it is marked with belongs into the unit of work that keeps it.
    ///
    /// # Errors
    /// `Unsafe`.
    pub(crate) async fn screen_kept(
        &self,
        by: &SignedIn,
        of: (&str, Option<&ModelRef>),
        text: &str,
    ) -> Result<Option<AuditRow>, Problem> {
        match self.screened(owned(by), text).await {
            Ok(marks) => Ok(self.marked(by, AuditTarget::person(by.person()), &marks)),
            Err(no) => Err(self.refuse(by, of, no).await),
        }
    }

    /// Screens a name or a title, which is in a field of a form. What it is marked with belongs into the unit of work that keeps it.
    ///
    /// # Errors
    /// `Invalid` naming the field.
    pub(crate) async fn screen_name(
        &self,
        by: &SignedIn,
        field: &str,
        name: &str,
    ) -> Result<Option<AuditRow>, Problem> {
        if !self.is_on(Flag::SafetyChecks, by).await {
            return Ok(None);
        }
        match screened(name, Place::Name) {
            Ok(marks) => Ok(self.marked(by, AuditTarget::person(by.person()), &marks)),
            Err(no) => Err(self.refuse(by, (field, None), at_field(field, *no)).await),
        }
    }

    /// Screens the name of somebody who is nobody yet.
    ///
    /// # Errors
    /// `Invalid` naming `name`, which nothing records: there is nobody whose it would be.
    pub(crate) async fn screen_first_name(&self, name: &str) -> Result<(), Problem> {
        let features = self.features(None).await;
        let is_on = features.iter().any(|(flag, decision)| *flag == Flag::SafetyChecks && decision.is_on);
        if is_on {
            screened(name, Place::Name).map_err(|no| at_field("name", *no).problem)?;
        }
        Ok(())
    }

    /// The row of the audit log of what was let through, marked.
    pub(crate) fn marked(
        &self,
        by: &SignedIn,
        target: AuditTarget,
        marks: &[&'static str],
    ) -> Option<AuditRow> {
        let first = marks.first()?;
        Some(self.audit_by(by, AuditAction::Marked, target).because(first))
    }
}

/// The same no, told at the field in which the text stands.
fn at_field(field: &str, no: Refusal) -> Refusal {
    let problem = Problem::field(field, no.problem.to_string());
    Refusal { problem, ..no }
}

/// The same no, of a text that is not the one somebody has just typed.
pub(crate) fn of_system_prompt(mut no: Refusal) -> Refusal {
    if let Problem::Unsafe { detail, .. } = &mut no.problem {
        *detail = format!("In the system prompt (the chat's settings): {detail}");
    }
    no.sentence = format!("In the system prompt (the chat's settings): {}", no.sentence);
    no
}

/// Writes the row of a text that was marked.
pub(crate) async fn note_marked(tx: &mut dyn Tx, marked: Option<AuditRow>) -> Result<(), Problem> {
    match marked {
        Some(row) => Ok(tx.insert_audit(&row).await?),
        None => Ok(()),
    }
}

fn screened(text: &str, place: Place) -> Result<Marks, Box<Refusal>> {
    let screening = aside(text.len(), || screen(text, place));
    if matches!(screening.verdict, Verdict::Review | Verdict::Block) {
        return Err(Box::new(refusal(text, &screening)));
    }
    let mut marks: Marks = screening.findings.iter().map(|finding| finding.rule.name).collect();
    marks.sort_unstable();
    marks.dedup();
    Ok(marks)
}

/// What was found, where, and what to do.
fn refusal(text: &str, Screening { verdict, findings, .. }: &Screening) -> Refusal {
    const UNKNOWN: &str = "screen.without_a_finding";
    let Some(finding) = findings.iter().find(|finding| finding.verdict == *verdict) else {
        let problem = crate::broken("a text is refused without a finding", &verdict.name());
        return Refusal::new(Check::Screen, UNKNOWN, problem);
    };
    let found =
        passage(text, finding).map_or_else(String::new, |passage| format!(" The passage is “{passage}”."));
    let (rule, says) = (finding.rule.name, finding.rule.says);
    let sentence = |found: &str| format!("{says}{found} The rule is {rule}.");
    let problem = Problem::Unsafe { rule: rule.to_owned(), detail: sentence(&found), refusal: None };
    // The passage is the person's own; where it stands is none of their words.
    let place = characters(text, finding);
    Refusal { sentence: sentence(""), passage: place, ..Refusal::new(Check::Screen, rule, problem) }
}

/// From which character to which the passage goes, counted from 1, both of them in it.
fn characters(text: &str, finding: &Finding) -> Option<(u32, u32)> {
    let before = text.get(..finding.range.start)?.chars().count();
    let within = text.get(finding.range.clone())?.chars().count();
    let number = |count: usize| u32::try_from(count).ok();
    number(before + 1).zip(number(before + within.max(1)))
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

    fn refused(text: &str) -> (String, String, String) {
        let screening = screen(text, Place::Prompt);
        assert!(screening.verdict >= Verdict::Review, "{text}: {:?}", screening.verdict);
        let no = refusal(text, &screening);
        match no.problem {
            Problem::Unsafe { rule, detail, .. } => (rule, detail, no.sentence),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_is_named_by_its_rule_and_never_repeated() {
        // Of the form of an access key, and nobody's.
        let key = format!("AKIA{}", "Q7RZT3LW2XK6VBNM");
        let (rule, detail, _) = refused(&format!("My key is {key}, please use it"));
        assert!(rule.starts_with("secret"), "{rule}");
        assert!(!detail.contains(&key) && detail.contains(&rule), "{detail}");
    }

    #[test]
    fn what_is_kept_of_a_refusal_says_where_the_passage_is_and_not_what_it_is() {
        let hidden: String = "look".chars().map(|c| char::from_u32(0xe0000 + c as u32).unwrap()).collect();
        let text = format!("ä Look: {hidden} please");
        let no = refusal(&text, &screen(&text, Place::Prompt));
        assert_eq!(no.passage, Some((9, 12)));
        assert_eq!(no.check, Check::Screen);
        let Problem::Unsafe { detail, rule, .. } = no.problem else { panic!("another problem") };
        assert_eq!(rule, no.rule);
        assert!(detail.len() >= no.sentence.len() && !no.sentence.contains('“'), "{}", no.sentence);
    }
}
