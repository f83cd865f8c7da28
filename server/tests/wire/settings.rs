//! The configuration, as the operator meets it.

use crate::support::{Studio, until};

#[test]
fn nonsense_stops_the_start_with_a_sentence_that_names_it() {
    for (key, value, words) in [
        ("PORT", "nan", "PORT is nan"),
        ("REQUEST_TIMEOUT_SECONDS", "-1", "REQUEST_TIMEOUT_SECONDS is -1"),
        ("JWT_SECRET", "", "JWT_SECRET is set but empty"),
        ("VOBIO_ULR", "x", "Did you mean VOBIO_URL?"),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL has to begin with postgres://"),
    ] {
        let ended = Studio::new().with(key, value).run(&["serve"]);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.contains(words), "{key}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn the_doctor_says_what_it_understood_and_shows_no_secret() {
    let secret = "s".repeat(40);
    let studio = Studio::new().with("JWT_SECRET", &secret).with("QDRANT_URL", "http://localhost:6333");
    let seen = studio.run(&["doctor"]);
    let said = String::from_utf8_lossy(&seen.stdout);
    assert!(seen.status.success(), "{seen:?}");
    assert!(
        said.contains("http://localhost:") && said.contains("SQLite: nothing yet") && said.contains("mock"),
        "{said}"
    );
    assert!(said.contains("NOT obeyed"), "a setting that does nothing yet is named: {said}");
    assert!(!said.contains(&secret));
    assert!(!studio.folder.path().join("data").exists(), "the doctor changes nothing");

    drop(studio.start());
    let said = String::from_utf8(studio.run(&["doctor"]).stdout).unwrap();
    assert!(said.contains("this version's schema") && said.contains("not yet; vobio setup-code"), "{said}");
}

#[test]
fn a_database_that_cannot_be_reached_stops_the_start() {
    let ended =
        Studio::new().with("DATABASE_URL", "postgres://nobody:wrong@127.0.0.1:1/none").run(&["serve"]);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("cannot be reached"), "{said}");
    assert!(said.contains("DATABASE_URL"), "which setting to look at: {said}");
    assert!(!said.contains("wrong"), "the password is not shown: {said}");
}

#[test]
fn a_new_setup_code_takes_the_place_of_the_old_one() {
    let studio = Studio::new();
    let made = studio.run(&["setup-code"]);
    assert!(made.status.success(), "{made:?}");
    let code = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    assert_eq!(code.len(), 19);
    let running = studio.start();
    assert_ne!(running.code.as_deref(), Some(code.as_str()));
}

#[test]
fn a_default_model_that_nobody_has_is_said_at_the_start() {
    let studio = Studio::new().with("DEFAULT_MODEL", "mock/nobody");
    let running = studio.start();
    let said = |line: &String| line.contains("DEFAULT_MODEL is mock/nobody").then_some(());
    until("a line about it", || running.logged().iter().find_map(said));
    let studio = Studio::new().with("DEFAULT_MODEL", "mock/echo");
    let running = studio.start();
    running.owner();
    assert!(running.logged().iter().all(|line| !line.contains("DEFAULT_MODEL")));
}
