//! Right before and right after every commit of the engine, for each way that a chat can take.

use super::{
    provider::failing,
    stage::{Asked, QUICK, SLOW, Stage, engine, long, recovery_ms},
    table,
    verdict::{Tally, check},
};
use crate::support::{databases, until};
use serde_json::Value;
use std::{thread, time::Duration};

/// What is under way when the process dies.
#[derive(Debug, Clone, Copy)]
enum Way {
    Chat,
    /// Somebody stops it in the middle.
    Stop,
    /// The model server is broken.
    Fail,
    /// An answer that was broken off goes on.
    Continue,
}

impl Way {
    const ALL: [Self; 4] = [Self::Chat, Self::Stop, Self::Fail, Self::Continue];

    fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Stop => "chat, stopped in the middle",
            Self::Fail => "chat, the model server fails",
            Self::Continue => "a broken-off answer, continued",
        }
    }
}

#[test]
fn before_and_after_every_commit_of_a_chat_nothing_is_lost_or_asked_twice() {
    let databases = databases();
    thread::scope(|scope| {
        for database in &databases {
            scope.spawn(move || {
                let mut stage = Stage::new(database);
                for way in Way::ALL {
                    every_commit(&mut stage, way, engine(database));
                }
            });
        }
    });
}

/// Dies at each of them in turn, and is looked at in its next life.
fn every_commit(stage: &mut Stage, way: Way, engine: &str) {
    let commits = count(stage, way);
    assert!(commits >= 2, "an opening and an end, at least");
    for number in 1..=commits {
        for side in ["before", "after"] {
            let mark = format!("{way:?}-{side}-{number}.");
            let mut asked = prepare(stage, way, &mark);
            let running = stage.start();
            stage.arm(&format!("{side} {number}"));
            act(stage, way, &mut asked);
            let has_died = running.died();
            stage.disarm();
            // What somebody asks and what comes of it may share a commit: then there is one less.
            assert!(has_died || matches!(way, Way::Stop), "{mark}: it does not die");
            let (tally, recovery) = next_life(stage, &mark, &[asked]);
            let point = if has_died { format!("{side} {number} of {commits}") } else { "at rest".to_owned() };
            let cells = [engine.to_owned(), way.name().to_owned(), point];
            let numbers = table::numbers(tally);
            table::line("points", &[&cells[..], &numbers, &[recovery.to_string()]].concat());
        }
    }
}

/// How many commits the engine makes for it when nothing dies.
fn count(stage: &mut Stage, way: Way) -> u64 {
    let mark = format!("{way:?}-count.");
    let mut asked = prepare(stage, way, &mark);
    let running = stage.start();
    stage.arm("never");
    act(stage, way, &mut asked);
    until("its end", || {
        let kept = stage.place.kept(&mark);
        let is_over = !kept.is_empty() && kept.iter().all(|run| run.status != "running");
        is_over.then_some(())
    });
    let logged = running.logged();
    let lines = logged.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let numbers = lines.filter(|line| line["message"] == "a commit of the engine");
    let commits = numbers.filter_map(|line| line["number"].as_u64()).max().unwrap();
    stage.disarm();
    running.kill();
    commits
}

/// What has to be there before: an answer that was broken off, for one that goes on.
fn prepare(stage: &mut Stage, way: Way, mark: &str) -> Asked {
    let prompt = match way {
        Way::Chat => QUICK.prompt(mark),
        Way::Stop | Way::Continue => SLOW.prompt(mark),
        Way::Fail => failing(mark),
    };
    if !matches!(way, Way::Continue) {
        return Asked { prompt, receipt: None };
    }
    let running = stage.start();
    let asked = stage.door().ask(&prompt);
    until("some text of it is kept", || {
        stage.place.kept(mark).first().filter(|kept| !kept.parts.is_empty()).map(drop)
    });
    running.kill();
    let running = stage.start();
    stage.rests();
    running.kill();
    asked
}

/// Goes as far as the studio lives.
fn act(stage: &Stage, way: Way, asked: &mut Asked) {
    let door = stage.door();
    if matches!(way, Way::Continue) {
        let receipt = door.go_on(asked);
        asked.receipt = receipt.or(asked.receipt.take());
        return;
    }
    *asked = door.ask(&asked.prompt);
    if matches!(way, Way::Stop) && asked.receipt.is_some() {
        until("the model is asked", || (stage.provider.calls(&asked.prompt).fresh == 1).then_some(()));
        thread::sleep(Duration::from_millis(150));
        door.stop(asked);
    }
}

/// Looks at what is there, lets the next life see to it, and looks again; what became of it, and how long that took.
fn next_life(stage: &mut Stage, mark: &str, asked: &[Asked]) -> (Tally, i64) {
    let before = stage.place.kept_at_rest(mark);
    let running = stage.start();
    stage.rests();
    let after = stage.place.kept(mark);
    let tally = check(mark, asked, &before, &after, &stage.provider);
    let recovery = recovery_ms(&running, &after);
    for kept in after.iter().filter(|kept| kept.status == "needs_attention") {
        let page = stage.ana.as_mut().unwrap().page(&format!("/chat/{}", kept.conversation)).body;
        assert!(page.contains("data-state=\"interrupted\""), "{mark}: the page does not say so");
    }
    if long().is_some() {
        assert!(recovery < 2_000, "{mark}: {recovery} ms to recover");
    }
    running.kill();
    (tally, recovery)
}
