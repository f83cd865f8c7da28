//! Weights that cannot be used: the studio starts all the same and says what is wrong with them.

use crate::support::{Studio, unescaped};
use serde_json::json;
use std::fs;

/// The beginning of a GGUF file: its magic, its version, and how much is to come.
fn header(tensors: u64, facts: u64) -> Vec<u8> {
    [&b"GGUF"[..], &3_u32.to_le_bytes(), &tensors.to_le_bytes(), &facts.to_le_bytes()].concat()
}

/// Half of real weights, where the run has some.
#[expect(clippy::disallowed_methods, reason = "a test asks its caller for weights")]
fn half() -> Option<Vec<u8>> {
    let whole = fs::read(std::env::var("VOBIO_TEST_WEIGHTS").ok()?).unwrap();
    Some(whole[..whole.len() / 2].to_vec())
}

#[test]
fn weights_that_cannot_be_used_do_not_stop_the_start_and_the_models_page_says_why() {
    let mut rows = vec![
        (
            "notes.gguf",
            Some(b"These are my notes and no model.".to_vec()),
            "notes.gguf is damaged or not a GGUF file",
        ),
        ("empty.gguf", Some(Vec::new()), "empty.gguf is damaged or not a GGUF file (too short"),
        ("cut.gguf", Some(header(272, 33)), "cut.gguf is incomplete: it has 24 bytes"),
        ("liar.gguf", Some(header(u64::MAX, u64::MAX)), "liar.gguf is"),
        ("gone.gguf", None, "There is no file gone.gguf."),
    ];
    match half() {
        Some(half) => rows.push(("half.gguf", Some(half), "half.gguf is incomplete: it has")),
        None => println!("half of real weights is skipped: VOBIO_TEST_WEIGHTS is not set"),
    }
    for (name, bytes, words) in rows {
        let studio = Studio::new().with("MOCK_MODE", "false");
        let path = studio.folder.path().join(name);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).unwrap();
        }
        let studio = studio.with("LOCAL_MODEL", path.to_str().unwrap());
        let running = studio.start();
        let mut ana = running.owner();
        let models = unescaped(&ana.page("/models").body);
        assert!(models.contains(words) && models.contains("data-state=\"failed\""), "{name}: {models}");
        assert!(!models.contains(studio.folder.path().to_str().unwrap()), "{name}: no folder is shown");
        assert!(ana.page("/chat").body.contains("There is no model yet."), "{name}");

        let refused = ana.call("/api/message/send", json!({ "text": "hello" }));
        assert_eq!(refused.status, 422, "{name}: {refused:?}");
        let detail = "There is no model yet. Connect one on the Models page, then send again.";
        assert_eq!(refused.json()["detail"], detail, "{name}");
        assert_eq!(ana.page("/health").status, 200, "{name}");
    }
}
