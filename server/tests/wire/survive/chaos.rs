//! Two processes on one PostgreSQL. One of them is always about to be killed; people go on asking both.

use super::{
    chance::Chance,
    provider::Script,
    stage::{Asked, Door, Stage, long},
    table,
    verdict::check,
};
use crate::support::databases;
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// People who ask each of the two.
const PEOPLE: u64 = 6;

#[test]
fn of_two_processes_one_is_killed_again_and_again_and_nothing_is_lost_or_asked_twice() {
    let Some(database) = databases().into_iter().find(Option::is_some) else {
        println!("skipped: one SQLite has one process");
        return;
    };
    let lasts = Duration::from_secs(if long().is_some() { 120 } else { 20 });
    let (mut chance, seed) = Chance::new("two processes");
    let mut one = Stage::new(&database);
    let mut lives = vec![Some(one.start())];
    let other = one.another(&database);
    lives.push(Some(other.studio.start()));
    let ana = one.ana.as_ref().unwrap();
    let studios = [&one.studio, &other.studio];
    let doors = studios.map(|studio| Door::of(ana, studio.port));
    let (is_over, numbers) = (&AtomicBool::new(false), &AtomicU64::new(0));
    let mut deaths = 0;
    let asked: Vec<Asked> = thread::scope(|scope| {
        let people: Vec<_> = (0..2 * PEOPLE)
            .map(|person| {
                let (door, chance) = (doors[usize::from(person % 2 == 0)].clone(), chance.fork());
                scope.spawn(move || asks_on(door, numbers, is_over, chance))
            })
            .collect();
        let begun = Instant::now();
        while begun.elapsed() < lasts {
            thread::sleep(Duration::from_millis(200 + chance.below(2_000)));
            let place = usize::from(chance.one_in(2));
            lives[place].take().unwrap().kill();
            deaths += 1;
            thread::sleep(Duration::from_millis(chance.below(1_000)));
            lives[place] = Some(studios[place].start());
        }
        is_over.store(true, Relaxed);
        people.into_iter().flat_map(|person| person.join().unwrap()).collect()
    });
    one.rests();
    let kept = one.place.kept("chaos.");
    let tally = check(&format!("seed {seed}"), &asked, &kept, &kept, &one.provider);
    assert!(tally.done > 0 && tally.unknown > 0 && deaths > 3, "it was no chaos: {deaths} {tally:?}");
    let cells = [lasts.as_secs().to_string(), deaths.to_string(), seed.to_string()];
    table::line("chaos", &[&cells[..], &table::numbers(tally)].concat());
}

/// Asks again and again, whether or not somebody answers.
fn asks_on(door: Door, numbers: &AtomicU64, is_over: &AtomicBool, mut chance: Chance) -> Vec<Asked> {
    let mut all = Vec::new();
    while !is_over.load(Relaxed) {
        let script =
            Script { words: u32::try_from(1 + chance.below(60)).unwrap(), every_ms: chance.below(20) };
        let mark = format!("chaos.{}.", numbers.fetch_add(1, Relaxed));
        all.push(door.ask(&script.prompt(&mark)));
        thread::sleep(Duration::from_millis(50 + chance.below(300)));
    }
    all
}
