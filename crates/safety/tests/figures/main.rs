//! How much the screen finds, and how often it is wrong, on texts that others wrote and labelled.
//!
//! Runs where `VOBIO_TEST_CORPORA` names the folder that `cargo xtask setup` fills (crates/xtask/src/corpora.rs pins each by
//! SHA-256). The corpora are split by digest: rules were written against the open half; the held-out half was never read.

mod load;
mod sources;

use load::Half;
use sources::SOURCES;
use std::path::PathBuf;

/// The folder with the corpora, where there is one.
#[expect(clippy::disallowed_methods, reason = "a test is told by its caller where the corpora are")]
fn corpora() -> Option<PathBuf> {
    let folder = std::env::var("VOBIO_TEST_CORPORA").ok().filter(|value| !value.is_empty());
    if folder.is_none() {
        println!("left out: VOBIO_TEST_CORPORA does not name a folder");
    }
    folder.map(PathBuf::from)
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
