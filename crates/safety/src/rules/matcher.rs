//! Runs all rules over one view: first one automaton for all patterns together, then each pattern that is somewhere in it.

use super::{LooksFor, RULES, Rule};
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use std::{
    ops::Range,
    sync::{LazyLock, OnceLock},
};

/// How many passages one pattern finds in one view; what is beyond adds nothing to the verdict.
pub(crate) const HITS_OF_A_PATTERN_MAX: usize = 8;

/// What the automaton of all patterns may keep in memory, for each thread that screens, before it forgets and begins again.
const AUTOMATON_BYTES_MAX: usize = 16 << 20;

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
    source: String,
    regex: OnceLock<Option<Regex>>,
}

/// The patterns of one form.
pub(crate) struct Matcher {
    /// None where the patterns do not fit into one: then each is tried, so that nothing passes for that.
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
        let patterns: Vec<Pattern> = RULES
            .iter()
            .flat_map(|rule| {
                sources(rule.looks_for, form).into_iter().map(|source| Pattern {
                    rule,
                    source,
                    regex: OnceLock::new(),
                })
            })
            .collect();
        let set = set(&patterns).ok();
        Self { set, patterns }
    }

    /// All that is met in this text.
    pub(crate) fn hits(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut signals: Vec<(&'static Rule, usize)> = Vec::new();
        let candidates: Vec<&Pattern> = match &self.set {
            Some(set) => set.matches(text).iter().map(|index| &self.patterns[index]).collect(),
            None => self.patterns.iter().collect(),
        };
        for pattern in candidates {
            let Some(regex) = pattern.regex() else { continue };
            match pattern.rule.looks_for {
                LooksFor::Exact(_, accepts) => {
                    let found = regex.find_iter(text).filter(|found| accepts(found.as_str()));
                    hits.extend(
                        found
                            .take(HITS_OF_A_PATTERN_MAX)
                            .map(|found| Hit { rule: pattern.rule, range: found.range() }),
                    );
                }
                LooksFor::Signals(..) => {
                    match signals.iter_mut().find(|(rule, _)| *rule == pattern.rule) {
                        Some((_, count)) => *count += 1,
                        None => signals.push((pattern.rule, 1)),
                    }
                    hits.extend(
                        regex.find(text).map(|found| Hit { rule: pattern.rule, range: found.range() }),
                    );
                }
                _ => hits.extend(
                    regex
                        .find_iter(text)
                        .take(HITS_OF_A_PATTERN_MAX)
                        .map(|found| Hit { rule: pattern.rule, range: found.range() }),
                ),
            }
        }
        hits.retain(|hit| match hit.rule.looks_for {
            LooksFor::Signals(wanted, _) => {
                signals.iter().any(|(rule, count)| *rule == hit.rule && *count >= wanted)
            }
            _ => true,
        });
        hits
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
    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| self.build().ok()).as_ref()
    }

    fn build(&self) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.source).unicode(false).multi_line(true).build()
    }
}

fn sources(looks_for: LooksFor, form: Form) -> Vec<String> {
    match (looks_for, form) {
        (LooksFor::Words(patterns) | LooksFor::Signals(_, patterns), Form::Words) => {
            patterns.iter().map(|pattern| spaced(pattern)).collect()
        }
        (LooksFor::Code(patterns), Form::Words) | (LooksFor::Exact(patterns, _), Form::Exact) => {
            patterns.iter().map(|pattern| (*pattern).to_owned()).collect()
        }
        _ => Vec::new(),
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
            let matcher = Matcher::new(form);
            for pattern in &matcher.patterns {
                let regex = pattern.build().unwrap_or_else(|error| panic!("{}: {error}", pattern.rule.name));
                assert!(!regex.is_match("") && !regex.is_match("a"), "{}", pattern.source);
            }
            assert_eq!(set(&matcher.patterns).unwrap().len(), matcher.patterns.len());
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
