//! Killed from outside at any moment, with twenty chats under way.

use super::{
    chance::Chance,
    provider::{Script, failing},
    stage::{Asked, Door, Stage, engine, long, recovery_ms},
    table,
    verdict::{Tally, check},
};
use crate::support::{Running, databases};
use std::{thread, time::Duration};

/// Chats at once.
const CHATS: u64 = 20;
/// A studio is thrown away after so many deaths: what is looked at stays small.
const DEATHS_OF_ONE: u64 = 50;

#[test]
fn killed_at_any_moment_with_twenty_chats_under_way_nothing_is_lost_or_asked_twice() {
    let moments = if long().is_some() { 1_000 } else { 10 };
    let (chance, seed) = Chance::new("killed at any moment");
    thread::scope(|scope| {
        for place in 0..databases().len() {
            let chance = chance.clone();
            scope.spawn(move || kill_often(place, moments, chance, seed));
        }
    });
}

/// Kills studios on one of the databases so many times.
fn kill_often(place: usize, moments: u64, mut chance: Chance, seed: u64) {
    let (mut sum, mut slowest, mut name) = (Tally::default(), 0, "");
    for first in (0..moments).step_by(usize::try_from(DEATHS_OF_ONE).unwrap()) {
        let database = databases().swap_remove(place);
        name = engine(&database);
        let mut stage = Stage::new(&database);
        let mut running = stage.start();
        for moment in first..moments.min(first + DEATHS_OF_ONE) {
            let mark = format!("m{moment}.");
            let asked = die_under_load(&stage, running, &mark, &mut chance);
            let before = stage.place.kept_at_rest(&mark);
            running = stage.start();
            stage.rests();
            let after = stage.place.kept(&mark);
            let what = format!("{name}, moment {moment} of seed {seed}");
            sum += check(&what, &asked, &before, &after, &stage.provider);
            let recovery = recovery_ms(&running, &after);
            assert!(long().is_none() || recovery < 2_000, "{what}: {recovery} ms to recover");
            slowest = slowest.max(recovery);
        }
    }
    let cells = [name.to_owned(), moments.to_string(), seed.to_string()];
    table::line("moments", &[&cells[..], &table::numbers(sum), &[slowest.to_string()]].concat());
}

/// Twenty people ask within 300 ms; the studio dies within 900.
fn die_under_load(stage: &Stage, running: Running, mark: &str, chance: &mut Chance) -> Vec<Asked> {
    let door = stage.door();
    thread::scope(|scope| {
        let chats: Vec<_> = (0..CHATS)
            .map(|number| {
                let (door, chance) = (door.clone(), chance.fork());
                scope.spawn(move || chat(&door, &format!("{mark}{number}."), chance))
            })
            .collect();
        thread::sleep(Duration::from_millis(chance.below(900)));
        running.kill();
        chats.into_iter().map(|chat| chat.join().unwrap()).collect()
    })
}

/// Most answers are short, some are stopped, and some fail.
fn chat(door: &Door, mark: &str, mut chance: Chance) -> Asked {
    let script = Script { words: u32::try_from(1 + chance.below(40)).unwrap(), every_ms: chance.below(15) };
    let (is_failing, is_stopped) = (chance.one_in(8), chance.one_in(4));
    thread::sleep(Duration::from_millis(chance.below(300)));
    let asked = door.ask(&if is_failing { failing(mark) } else { script.prompt(mark) });
    if is_stopped {
        thread::sleep(Duration::from_millis(chance.below(200)));
        door.stop(&asked);
    }
    asked
}
