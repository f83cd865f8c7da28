//! The rules: a closed list. To add one, write it into the file of its class with a test of what it finds and of what comes near and
//! is not found, raise [`RULES_VERSION`], and write docs/safety.md anew with `cargo xtask safety`.

mod checks;
mod hidden;
mod injection;
mod languages;
mod markup;
mod matcher;
mod personal;
mod secrets;
mod shell;
mod sql;

pub(crate) use hidden::{DIRECTION, SELECTORS, TAGS, TOO_LONG};
pub(crate) use matcher::{Hit, Matcher};

use crate::{Class, Place, Verdict};
use std::{fmt, sync::LazyLock};

/// Raised with every change of what is found, and stored with each verdict.
pub const RULES_VERSION: u32 = 1;

/// One rule.
pub struct Rule {
    /// Stable: stored with verdicts and shown.
    pub name: &'static str,
    /// What it is about.
    pub class: Class,
    /// What it asks for in a text that goes to a model.
    pub in_prompt: Verdict,
    /// What it asks for in a name or title.
    pub in_name: Verdict,
    /// One sentence for people: what was found, and what to do.
    pub says: &'static str,
    /// What it looks for.
    pub(crate) looks_for: LooksFor,
}

/// What a rule looks for: patterns in the syntax of the crate regex, ASCII alone.
#[derive(Clone, Copy)]
pub(crate) enum LooksFor {
    /// Nothing: the rule is met while layers are read.
    Unseen,
    /// Any of these in the words form. A blank in a pattern stands for one to four signs or blanks.
    Words(&'static [&'static str]),
    /// So many different ones of all of these in one text, in the words form, and one of the first among them.
    Signals { at_least: usize, one_of: &'static [&'static str], others: &'static [&'static str] },
    /// Any of these in the words form, each character as it stands.
    Code(&'static [&'static str]),
    /// Any of these in the clean form, upper and lower case told apart, where the passage is accepted.
    Exact(&'static [&'static str], fn(&str) -> bool),
}

impl Rule {
    /// What it asks for there.
    pub const fn verdict(&self, place: Place) -> Verdict {
        match place {
            Place::Prompt => self.in_prompt,
            Place::Name => self.in_name,
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

/// All rules, class by class.
pub static RULES: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let files = [
        injection::RULES,
        languages::RULES,
        markup::RULES,
        shell::RULES,
        sql::RULES,
        secrets::RULES,
        personal::RULES,
        hidden::RULES,
    ];
    files.into_iter().flatten().collect()
});

#[cfg(test)]
pub(crate) mod testing {
    use crate::{Place, screen};

    /// The rule is met in this message.
    pub(crate) fn finds(text: &str, name: &str) {
        let found = screen(text, Place::Prompt).findings;
        assert!(found.iter().any(|finding| finding.rule.name == name), "{text:?}: {found:#?}");
    }

    /// No rule is met in this message.
    pub(crate) fn finds_nothing(text: &str) {
        let found = screen(text, Place::Prompt).findings;
        assert!(found.is_empty(), "{text:?}: {found:#?}");
    }
}
