//! A process that was stopped for longer than the others wait, and goes on as if nothing had been.

use super::{
    provider::{Script, whole},
    stage::{QUICK, Stage},
    table,
};
use crate::support::{databases, until};
use std::{
    thread,
    time::{Duration, Instant},
};

#[test]
fn a_process_that_was_stopped_past_its_time_writes_nothing_and_works_again_as_another() {
    let Some(database) = databases().into_iter().find(Option::is_some) else {
        println!("skipped: one SQLite has one process");
        return;
    };
    let mut stage = Stage::new(&database);
    let late = stage.start();
    let other = stage.another(&database).studio;
    let _other = other.start();
    let long = Script { words: 4_000, every_ms: 10 }.prompt("late.");
    let asked = stage.door().ask(&long);
    let run = asked.receipt.unwrap().run;
    until("some text of it is kept", || {
        stage.place.kept("late.").first().filter(|kept| !kept.parts.is_empty()).map(drop)
    });

    late.signal("STOP");
    let stopped = Instant::now();
    until("the other process sees to the run", || {
        stage.place.kept("late.").first().filter(|kept| kept.status == "needs_attention").map(drop)
    });
    let seen_to_s = format!("{:.1}", stopped.elapsed().as_secs_f64());
    let before = stage.place.print(&run);
    late.signal("CONT");
    until("it hears that it was taken for dead", || {
        late.logged().iter().any(|line| line.contains("this process was taken for dead")).then_some(())
    });
    // It would have written text four times in each second, and a sign of life in each.
    thread::sleep(Duration::from_secs(3));
    let changed = stage.place.print(&run).changed_since(&before);
    assert_eq!(changed, 0, "it wrote of a run that was not its own any more");
    let kept = &stage.place.kept("late.")[0];
    assert!(kept.state == "interrupted" && whole(&long).starts_with(&kept.body), "{kept:?}");
    assert!(!kept.body.is_empty() && stage.provider.calls(&long).fresh == 1);

    table::line("stopped", &[seen_to_s, changed.to_string()]);

    let again = stage.door().ask(&QUICK.prompt("again."));
    assert!(again.receipt.is_some(), "it takes part again");
    until("the answer of its second life", || {
        stage.place.kept("again.").first().filter(|kept| kept.status == "done").map(drop)
    });
}
