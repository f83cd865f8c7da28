//! A page is told of the end of an answer whose process is gone.

use super::{provider::Script, stage::Stage};
use crate::support::{databases, until};
use std::{
    process::Command,
    time::{Duration, Instant},
};

#[test]
fn an_end_that_was_written_long_before_it_can_be_seen_is_told_all_the_same() {
    let Some(database) = databases().into_iter().find(Option::is_some) else {
        println!("skipped: on SQLite an end is seen when it is written");
        return;
    };
    let mut stage = Stage::new(&database);
    let first = stage.start();
    let other = stage.another(&database).studio;
    let _other = other.start();
    let asked = stage.door().ask(&Script { words: 4_000, every_ms: 10 }.prompt("told."));
    let run = asked.receipt.unwrap().run;
    until("some text of it is kept", || {
        stage.place.kept("told.").first().filter(|kept| !kept.parts.is_empty()).map(drop)
    });
    first.kill();

    let events = stage.door_at(other.port).events();
    let limit = Instant::now() + Duration::from_secs(8);
    let next = || loop {
        let event = events.recv_timeout(limit.saturating_duration_since(Instant::now())).expect("an event");
        if event["run"] == run {
            return event["state"].as_str().unwrap().to_owned();
        }
    };
    assert_eq!(next(), "running");
    // As if a slow disk had kept this for a minute. The other process itself sees to the run only after 12 s.
    let ended = "UPDATE answers SET state = 'interrupted', ended_at = created_at - 60000000";
    assert!(Command::new("psql").args([&database.unwrap(), "-qc", ended]).status().unwrap().success());
    assert_eq!(next(), "interrupted");
}
