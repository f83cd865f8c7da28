//! How much the screen finds, and how often it is wrong, on texts that others wrote and labelled.
//!
//! Runs where `VOBIO_TEST_CORPORA` names the folder that `cargo xtask setup` fills (crates/xtask/src/corpora.rs pins each by
//! SHA-256). The corpora are split by digest: rules were written against the open half; the held-out half was never read.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "it is a test, and says what it counts"
)]

mod disguises;
mod load;
mod measure;
mod sources;
mod table;

use load::Half;
use safety::{Place, screen};
use sources::{Label, SOURCES};
use std::{fs, path::PathBuf};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/safety.md");

const RULES_BEGIN: &str = "<!-- rules: written and held against the code in the same way -->\n";
const RULES_END: &str = "<!-- end of rules -->";
const BEGIN: &str =
    "<!-- figures: written by `cargo xtask safety`, held against what is measured by `make test` -->\n";
const END: &str = "<!-- end of figures -->";

/// What the caller asks for.
#[expect(clippy::disallowed_methods, reason = "a test is told by its caller where the corpora are")]
fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder with the corpora, where there is one.
fn corpora() -> Option<PathBuf> {
    let folder = given("VOBIO_TEST_CORPORA");
    if folder.is_none() {
        println!("left out: VOBIO_TEST_CORPORA does not name a folder");
    }
    folder.map(PathBuf::from)
}

#[test]
fn the_page_says_what_is_measured() {
    let Some(folder) = corpora() else { return };
    let texts = load::all(&folder);
    let figures = table::all(&measure::rows(&texts), &texts);
    println!("{figures}");
    hold_against_the_page(BEGIN, &figures, END);
}

#[test]
fn the_page_lists_every_rule() {
    hold_against_the_page(RULES_BEGIN, &table::rules(), RULES_END);
}

/// What stands between two marks of the page is this; or becomes this, where that is asked for.
fn hold_against_the_page(begin: &str, made: &str, end: &str) {
    let page = fs::read_to_string(PAGE).expect("docs/safety.md");
    let (before, rest) = page.split_once(begin).expect("the mark before");
    let (published, after) = rest.split_once(end).expect("the mark after");
    if given("VOBIO_WRITE_FIGURES").is_some() {
        fs::write(PAGE, format!("{before}{begin}{made}{end}{after}")).unwrap();
    } else {
        assert_eq!(
            published, made,
            "run `cargo xtask safety`, which measures and writes, and look at what changed"
        );
    }
}

/// For whoever writes rules: what of the open half is missed, and what of it is wrongly marked. Never a held-out text.
#[test]
fn misses_of_the_open_half_are_shown_where_they_are_asked_for() {
    let (Some(folder), Some(_)) = (corpora(), given("VOBIO_SHOW_MISSES")) else { return };
    for text in load::all(&folder).iter().filter(|text| text.half == Half::Open) {
        let screening = screen(&text.text, Place::Prompt);
        let is_harmless = text.source.label == Label::Harmless;
        if measure::is_found(text.source.label, &screening) == is_harmless {
            let rules: Vec<_> = screening
                .findings
                .iter()
                .map(|found| (found.rule.name, &text.text[found.range.clone()]))
                .collect();
            println!(
                "== {} {rules:?}\n{}",
                text.source.name,
                text.text.chars().take(300).collect::<String>()
            );
        }
    }
}

#[test]
fn every_source_is_there_and_has_texts_in_the_halves_it_should() {
    let Some(folder) = corpora() else { return };
    let texts = load::all(&folder);
    for source in SOURCES {
        let of =
            |half| texts.iter().filter(|text| text.source.name == source.name && text.half == half).count();
        let (open, held) = (of(Half::Open), of(Half::HeldOut));
        let (name, label, licence) = (source.name, source.label.name(), source.licence);
        println!("{name:<36} {licence:<12} {label:<14} open {open:>5}  held out {held:>5}");
        assert!(held > 0, "{} has no held-out text", source.name);
        assert_eq!(open == 0, source.is_held_out_whole, "{}", source.name);
    }
}

#[test]
fn the_split_is_by_digest_alone() {
    // SHA-256 of "abc" begins with ba, of "" with e3, of "a" with ca, of "b" with 3e.
    assert_eq!(load::half_of("abc"), Half::Open);
    assert_eq!(load::half_of(""), Half::HeldOut);
    assert_eq!(load::half_of("a"), Half::Open);
    assert_eq!(load::half_of("b"), Half::Open);
}
