//! What the screen says of a text.

use crate::Rule;
use std::ops::Range;

/// Where a text stands. The same passage is worth more concern in a name, which is shown to others and has no use for code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Goes to a model: a message, a system prompt, a memory, a file, the output of a tool.
    Prompt,
    /// A name or a title that a person typed. One that is cut from a message is a [`Place::Prompt`].
    Name,
}

/// What is to be done, from the mildest to the gravest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// Nothing was found.
    Allow,
    /// Goes on, marked.
    Flag,
    /// Waits for a person.
    Review,
    /// Is refused.
    Block,
}

impl Verdict {
    /// The word that is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Flag => "flag",
            Self::Review => "review",
            Self::Block => "block",
        }
    }
}

/// What a rule is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Text that tries to take a model over.
    PromptInjection,
    /// Markup and scripts that would run, or load something, where they are shown.
    Markup,
    /// Commands that destroy, or open a machine to others.
    Shell,
    /// SQL that destroys, or breaks out of a statement.
    Sql,
    /// Keys and passwords.
    Secret,
    /// What identifies a person.
    PersonalData,
    /// Text that a reader does not see and a model does.
    Hidden,
}

impl Class {
    /// The word that is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PromptInjection => "prompt_injection",
            Self::Markup => "markup",
            Self::Shell => "shell",
            Self::Sql => "sql",
            Self::Secret => "secret",
            Self::PersonalData => "personal_data",
            Self::Hidden => "hidden",
        }
    }
}

/// Under what a passage was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// As it stands, whatever its letters look like and however it is spaced.
    Plain,
    /// Digits for letters, or letters spelled out one by one.
    Disguised,
    /// Written from its end.
    Reversed,
    /// Percent, HTML or backslash escapes.
    Escaped,
    /// base64, hexadecimal or binary digits.
    Encoded,
    /// Tag characters or variation selectors, which nobody sees.
    Hidden,
}

impl Layer {
    /// The word that is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Disguised => "disguised",
            Self::Reversed => "reversed",
            Self::Escaped => "escaped",
            Self::Encoded => "encoded",
            Self::Hidden => "hidden",
        }
    }
}

/// One passage and the rule that it meets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The rule; [`Rule::says`] is the sentence for people.
    pub rule: &'static Rule,
    /// What it asks for, here.
    pub verdict: Verdict,
    /// The passage, in bytes of the text as it was given; both ends are boundaries of characters.
    pub range: Range<usize>,
    /// Under what it was found. In an encoded layer the passage is the whole encoded run.
    pub layer: Layer,
}

/// All that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Screening {
    /// The gravest verdict of the findings.
    pub verdict: Verdict,
    /// In the order of the text; at most [`crate::FINDINGS_MAX`], and always the gravest.
    pub findings: Vec<Finding>,
    /// [`crate::RULES_VERSION`], to be stored with the verdict.
    pub rules: u32,
    /// How many bytes were looked at, all layers together: what the work grows with.
    pub work_bytes: usize,
}
