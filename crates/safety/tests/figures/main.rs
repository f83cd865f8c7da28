//! How much the screen finds, and how often it is wrong, on texts that others wrote and labelled.
//!
//! Runs where `VOBIO_TEST_CORPORA` names the folder that `cargo xtask setup` fills (crates/xtask/src/corpora.rs pins each by
//! SHA-256). The corpora are split by digest: rules were written against the open half; the held-out half was never read.

mod disguises;
mod load;
mod measure;
mod sources;
mod table;

use load::Half;
use safety::{Place, screen};
use sources::{Label, SOURCES};
use std::{
    fs,
    path::{Path, PathBuf},
};

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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/safety.md");
    let page = fs::read_to_string(&path).expect("docs/safety.md");
    let (before, rest) = page.split_once(BEGIN).expect("the mark before the figures");
    let (published, after) = rest.split_once(END).expect("the mark after the figures");
    if given("VOBIO_WRITE_FIGURES").is_some() {
        println!("{figures}");
        fs::write(&path, format!("{before}{BEGIN}{figures}{END}{after}")).unwrap();
    } else {
        assert_eq!(
            published, figures,
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
