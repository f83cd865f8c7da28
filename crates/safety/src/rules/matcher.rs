//! Runs all rules over one view: first one automaton for all patterns together, then each pattern that is somewhere in it.

use super::{LooksFor, RULES, Rule};
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use std::{
    ops::Range,
    sync::{LazyLock, OnceLock},
};

/// How many passages one pattern finds in one view; what is beyond adds nothing to the verdict.
pub(crate) const HITS_OF_A_PATTERN_MAX: usize = 8;

/// What one automaton may keep in memory, for each thread that screens, before it forgets and begins again.
const AUTOMATON_BYTES_MAX: usize = 2 << 20;

/// How many patterns share an automaton. In one of all of them a text that is made for it keeps too many under way at once.
const PATTERNS_OF_A_GROUP: usize = 16;

/// What the program of all patterns may weigh.
const PROGRAM_BYTES_MAX: usize = 64 << 20;

/// What a blank stands for in patterns of words: one to four signs or blanks, so that no second space and no tab is a way around.
const GAP: &str = r"(?:[ -/:-@\[-`{-~\n]{1,4})";

/// Which form of a text patterns are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Words,
    Exact,
}

/// A rule met, and where in the view.
pub(crate) struct Hit {
    pub(crate) rule: &'static Rule,
    pub(crate) range: Range<usize>,
}

struct Pattern {
    rule: &'static Rule,
    /// One of those that a rule of signals needs one of.
    is_first: bool,
    source: String,
    regex: OnceLock<Option<Regex>>,
}

/// The patterns of one form.
pub(crate) struct Matcher {
    groups: Vec<Group>,
}

/// As many patterns as go well into one automaton.
struct Group {
    /// None where they do not fit into one: then each is tried, so that nothing passes for that.
    set: Option<RegexSet>,
    patterns: Vec<Pattern>,
}

static WORDS: LazyLock<Matcher> = LazyLock::new(|| Matcher::new(Form::Words));
static EXACT: LazyLock<Matcher> = LazyLock::new(|| Matcher::new(Form::Exact));

impl Matcher {
    /// For views of words.
    pub(crate) fn words() -> &'static Self {
        &WORDS
    }

    /// For clean views.
    pub(crate) fn exact() -> &'static Self {
        &EXACT
    }

    fn new(form: Form) -> Self {
        let mut patterns = RULES.iter().flat_map(|rule| patterns(rule, form)).peekable();
        let mut groups = Vec::new();
        while patterns.peek().is_some() {
            let patterns: Vec<Pattern> = patterns.by_ref().take(PATTERNS_OF_A_GROUP).collect();
            groups.push(Group { set: set(&patterns).ok(), patterns });
        }
        Self { groups }
    }

    /// All that is met in this text.
    pub(crate) fn hits(&self, text: &str) -> Vec<Hit> {
        let candidates: Vec<&Pattern> = self.groups.iter().flat_map(|group| group.in_text(text)).collect();
        let is_met = |rule: &Rule| {
            let LooksFor::Signals { at_least, .. } = rule.looks_for else { return true };
            let signals = || candidates.iter().filter(|pattern| pattern.rule == rule);
            signals().count() >= at_least && signals().any(|pattern| pattern.is_first)
        };
        candidates
            .iter()
            .filter(|pattern| is_met(pattern.rule))
            .flat_map(|pattern| pattern.hits(text))
            .collect()
    }
}

impl Group {
    /// The patterns that are somewhere in this text.
    fn in_text(&self, text: &str) -> Vec<&Pattern> {
        match &self.set {
            Some(set) => set.matches(text).iter().map(|index| &self.patterns[index]).collect(),
            None => self.patterns.iter().filter(|pattern| pattern.is_in(text)).collect(),
        }
    }
}

/// The patterns of a rule for this form.
fn patterns(rule: &'static Rule, form: Form) -> Vec<Pattern> {
    let pattern = |source: String, is_first| Pattern { rule, is_first, source, regex: OnceLock::new() };
    let spelled = |sources: &[&str], is_first| -> Vec<Pattern> {
        sources.iter().map(|source| pattern(spaced(source), is_first)).collect()
    };
    let as_they_are =
        |sources: &[&str]| sources.iter().map(|source| pattern((*source).to_owned(), true)).collect();
    match (rule.looks_for, form) {
        (LooksFor::Words(sources), Form::Words) => spelled(sources, true),
        (LooksFor::Signals { one_of, others, .. }, Form::Words) => {
            spelled(one_of, true).into_iter().chain(spelled(others, false)).collect()
        }
        (LooksFor::Code(sources), Form::Words) | (LooksFor::Exact(sources, _), Form::Exact) => {
            as_they_are(sources)
        }
        _ => Vec::new(),
    }
}

/// One automaton for all of them.
fn set(patterns: &[Pattern]) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns.iter().map(|pattern| &pattern.source))
        .unicode(false)
        .multi_line(true)
        .dfa_size_limit(AUTOMATON_BYTES_MAX)
        .size_limit(PROGRAM_BYTES_MAX)
        .build()
}

impl Pattern {
    /// The passages that meet it, the first few.
    fn hits(&self, text: &str) -> Vec<Hit> {
        let (most, accepts): (usize, fn(&str) -> bool) = match self.rule.looks_for {
            LooksFor::Exact(_, accepts) => (HITS_OF_A_PATTERN_MAX, accepts),
            LooksFor::Signals { .. } => (1, |_| true),
            _ => (HITS_OF_A_PATTERN_MAX, |_| true),
        };
        let found = self.regex().into_iter().flat_map(|regex| regex.find_iter(text));
        let accepted = found.filter(|found| accepts(found.as_str())).take(most);
        accepted.map(|found| Hit { rule: self.rule, range: found.range() }).collect()
    }

    fn is_in(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| self.build().ok()).as_ref()
    }

    fn build(&self) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.source).unicode(false).multi_line(true).build()
    }
}

/// A pattern with a [`GAP`] for each blank that stands in no class of characters.
fn spaced(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() * 2);
    let (mut is_escaped, mut is_in_class) = (false, false);
    for c in pattern.chars() {
        match c {
            ' ' if !is_in_class => out.push_str(GAP),
            _ => out.push(c),
        }
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => is_in_class = true,
            ']' => is_in_class = false,
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one_and_matches_no_empty_text() {
        for form in [Form::Words, Form::Exact] {
            for group in &Matcher::new(form).groups {
                for pattern in &group.patterns {
                    let regex =
                        pattern.build().unwrap_or_else(|error| panic!("{}: {error}", pattern.rule.name));
                    assert!(!regex.is_match("") && !regex.is_match("a"), "{}", pattern.source);
                }
                assert_eq!(set(&group.patterns).unwrap().len(), group.patterns.len());
            }
        }
    }

    #[test]
    fn names_are_unique_and_say_their_class_and_every_rule_has_a_sentence() {
        for (at, rule) in RULES.iter().enumerate() {
            assert!(RULES[at + 1..].iter().all(|other| other.name != rule.name), "{}", rule.name);
            assert!(rule.name.starts_with(&format!("{}.", rule.class.name())), "{}", rule.name);
            assert!(rule.says.len() > 20 && rule.says.ends_with('.'), "{}", rule.name);
        }
    }
}
