//! One host for all passkeys: a start under another is refused.

use crate::support::{Studio, databases};
use std::process::Output;

fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_start_under_another_host_is_refused_and_says_what_it_would_cost() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        running.owner();
        running.stop();
        let moved = studio.with("VOBIO_URL", "https://studio.example.org");
        let said = all(&moved.run(&["serve"]));
        for words in
            ["bound to localhost", "at studio.example.org", "1 passkey of 1 person", "vobio move-host"]
        {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!said.contains("\"serving\"") && !said.contains("panicked"), "{said}");

        // Who means it says the host; a slip of the hand does nothing.
        let slip = moved.run(&["move-host", "other.example.org"]);
        assert!(!slip.status.success() && all(&slip).contains("VOBIO_URL is at studio.example.org"));
        assert!(!moved.run(&["serve"]).status.success(), "nothing was changed");
        let meant = moved.run(&["move-host", "studio.example.org"]);
        assert!(meant.status.success() && all(&meant).contains("Orphaned: 1 passkey of 1 person"));

        let mut back = moved;
        back.settings.remove("VOBIO_URL");
        assert!(all(&back.run(&["serve"])).contains("bound to studio.example.org"));
        assert!(back.run(&["move-host", "localhost"]).status.success());
        drop(back.start());
    }
}

#[test]
fn a_studio_without_passkeys_moves_by_itself_and_a_running_one_does_not_move() {
    let studio = Studio::new();
    drop(studio.start());
    let studio = studio.with("VOBIO_URL", "https://studio.example.org");
    let running = studio.start();
    assert!(running.logged().iter().any(|line| line.contains("has moved")), "{:?}", running.logged());
    let refused = studio.run(&["move-host", "studio.example.org"]);
    assert!(!refused.status.success() && all(&refused).contains("another studio is serving"));
}

#[test]
fn a_restore_under_another_host_says_so_at_once() {
    let studio = Studio::new();
    let running = studio.start();
    running.owner();
    let file = studio.folder.path().join("kept.tar");
    assert!(studio.run(&["backup", file.to_str().unwrap()]).status.success());
    let elsewhere = Studio::new().with("VOBIO_URL", "https://studio.example.org");
    let restored = elsewhere.run(&["restore", file.to_str().unwrap()]);
    let said = all(&restored);
    assert!(restored.status.success(), "{said}");
    assert!(said.contains("bound to localhost") && said.contains("1 passkey of 1 person"), "{said}");
}
