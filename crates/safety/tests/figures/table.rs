//! The figures as they stand in docs/safety.md.

use crate::{
    disguises::DISGUISES,
    load::{Half, Text},
    measure::{Count, Row, is_found},
    sources::Label,
};
use safety::{Place, RULES, screen};

/// The rules, as a table.
pub(crate) fn rules() -> String {
    let mut lines =
        "| rule | in a message | in a name | what a person reads |\n|---|---|---|---|\n".to_owned();
    for rule in RULES.iter() {
        let (prompt, name) = (rule.in_prompt.name(), rule.in_name.name());
        lines += &format!("| `{}` | {prompt} | {name} | {} |\n", rule.name, rule.says);
    }
    lines
}

/// All tables of figures.
pub(crate) fn all(rows: &[Row], texts: &[Text]) -> String {
    format!("{}\n{}\n{}", attacks(rows), harmless(rows), disguised(texts))
}

fn attacks(rows: &[Row]) -> String {
    let mut lines =
        "| what is to be found | licence | what they are | open half: texts | found | held out: texts | found |\n\
        |---|---|---|--:|--:|--:|--:|\n"
            .to_owned();
    for label in [Label::Injection, Label::Markup, Label::Sql, Label::Personal] {
        let of_it: Vec<&Row> = rows.iter().filter(|row| row.source.label == label).collect();
        for row in &of_it {
            let (open, held) = (row.open, row.held_out);
            lines += &format!(
                "| {} | {} | {} | {} | {} | {} | {} |\n",
                row.source.name,
                row.source.licence,
                label.name(),
                open.texts,
                share(open.found, open.texts),
                held.texts,
                share(held.found, held.texts)
            );
        }
        let (open, held) = (sum(&of_it, |row| row.open), sum(&of_it, |row| row.held_out));
        lines += &format!(
            "| **together** | | **{}** | **{}** | **{}** | **{}** | **{}** |\n",
            label.name(),
            open.texts,
            share(open.found, open.texts),
            held.texts,
            share(held.found, held.texts)
        );
    }
    lines
}

fn harmless(rows: &[Row]) -> String {
    let mut lines = "| harmless texts | licence | open half: texts | marked | of these, for personal data alone | stopped \
        | held out: texts | marked | of these, for personal data alone | stopped |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    let of_it: Vec<&Row> = rows.iter().filter(|row| row.source.label == Label::Harmless).collect();
    let cells = |count: Count| {
        format!(
            "{} | {} | {} | {}",
            count.texts,
            share(count.found, count.texts),
            count.only_personal,
            count.stopped
        )
    };
    for row in &of_it {
        lines += &format!(
            "| {} | {} | {} | {} |\n",
            row.source.name,
            row.source.licence,
            cells(row.open),
            cells(row.held_out)
        );
    }
    lines += &format!(
        "| **together** | | {} | {} |\n",
        cells(sum(&of_it, |row| row.open)),
        cells(sum(&of_it, |row| row.held_out))
    );
    lines
}

/// Of the held-out injections that are found as they stand: how many still are, disguised.
fn disguised(texts: &[Text]) -> String {
    let found: Vec<&Text> = texts
        .iter()
        .filter(|text| text.half == Half::HeldOut && text.source.label == Label::Injection)
        .filter(|text| is_found(Label::Injection, &screen(&text.text, Place::Prompt)))
        .collect();
    let mut lines = "| disguise (ours) of held-out injections that are found as they stand | texts | still found |\n|---|--:|--:|\n"
        .to_owned();
    for (name, disguise) in DISGUISES {
        let still = found
            .iter()
            .filter(|text| is_found(Label::Injection, &screen(&disguise(&text.text), Place::Prompt)));
        lines += &format!("| {name} | {} | {} |\n", found.len(), share(still.count(), found.len()));
    }
    lines
}

fn sum(rows: &[&Row], half: fn(&Row) -> Count) -> Count {
    rows.iter().map(|row| half(row)).fold(Count::default(), |sum, count| Count {
        texts: sum.texts + count.texts,
        found: sum.found + count.found,
        only_personal: sum.only_personal + count.only_personal,
        stopped: sum.stopped + count.stopped,
    })
}

/// The number and its share, in tenths of a percent.
fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = (part * 2000 + whole) / (2 * whole);
    format!("{part} ({}.{} %)", tenths / 10, tenths % 10)
}
