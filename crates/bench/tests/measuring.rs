//! The load generator against the server of this tree: what it plays has to be what the product understands.

use serde_json::Value;
use std::{fs, process::Command};

/// Groups that are over in seconds, and between them ask for pages, static files, sign-ins, the end of a session and a start.
const QUICK: [&str; 4] = ["start_ms", "chat_first_load_kb", "signin_p99_ms", "session_end_ms"];

#[expect(clippy::disallowed_methods, reason = "a test asks its caller for a server")]
fn server() -> Option<String> {
    std::env::var("VOBIO_TEST_SERVER").ok()
}

#[test]
fn the_quick_figures_are_measured_and_no_value_of_them_matters_here() {
    let Some(server) = server() else {
        println!("skipped: VOBIO_TEST_SERVER names no server with its site inside");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bench.json");
    let measured = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["--server", &server, "--weights", "none", "--postgres", "none", "--browser-code-bytes", "1"])
        .arg("--out")
        .arg(&out)
        .args(QUICK)
        .output()
        .unwrap();
    assert!(measured.status.success(), "{}", String::from_utf8_lossy(&measured.stderr));
    let figures: Value = serde_json::from_slice(&fs::read(out).unwrap()).unwrap();
    for name in QUICK {
        assert!(figures[name]["value"].as_f64().is_some_and(|value| value > 0.0), "{name}: {figures}");
    }
}
