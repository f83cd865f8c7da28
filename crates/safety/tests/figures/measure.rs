//! Counts.

use crate::{
    load::{Half, Text},
    sources::{Label, SOURCES, Source},
};
use safety::{Class, Place, Screening, Verdict, screen};

/// How many texts, and in how many of them something was found.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) texts: usize,
    /// Of attacks: what their label says. Of harmless texts: anything.
    pub(crate) found: usize,
    /// Of harmless texts: nothing but personal data, which is in them.
    pub(crate) only_personal: usize,
    /// Waits for a person or is refused.
    pub(crate) stopped: usize,
}

/// Both halves of one corpus.
pub(crate) struct Row {
    pub(crate) source: &'static Source,
    pub(crate) open: Count,
    pub(crate) held_out: Count,
}

/// Screens all of them.
pub(crate) fn rows(texts: &[Text]) -> Vec<Row> {
    let mut rows: Vec<Row> = SOURCES
        .iter()
        .map(|source| Row { source, open: Count::default(), held_out: Count::default() })
        .collect();
    for text in texts {
        let Some(row) = rows.iter_mut().find(|row| row.source.name == text.source.name) else { continue };
        let count = match text.half {
            Half::Open => &mut row.open,
            Half::HeldOut => &mut row.held_out,
        };
        let screening = screen(&text.text, Place::Prompt);
        count.texts += 1;
        count.found += usize::from(is_found(text.source.label, &screening));
        count.stopped += usize::from(screening.verdict >= Verdict::Review);
        let only_personal = screening.findings.iter().all(|found| found.rule.class == Class::PersonalData);
        count.only_personal += usize::from(screening.verdict > Verdict::Allow && only_personal);
    }
    rows
}

/// Whether what the label says was found.
pub(crate) fn is_found(label: Label, screening: &Screening) -> bool {
    let has = |class| screening.findings.iter().any(|found| found.rule.class == class);
    match label {
        Label::Injection => has(Class::PromptInjection),
        Label::Markup => has(Class::Markup),
        Label::Sql => has(Class::Sql),
        Label::Personal => has(Class::PersonalData),
        Label::Harmless => screening.verdict > Verdict::Allow,
    }
}
