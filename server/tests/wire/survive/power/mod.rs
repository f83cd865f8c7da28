//! The power goes: of what was written to SQLite's files, a disk has what was waited for, and of the rest nothing, or any part.
//!
//! # Design
//! A machine cannot be switched off in a test, and killing a process proves nothing here: what it wrote lies in the kernel's
//! memory and outlives it. A disk with a switch of its own (dm-log-writes, a FUSE file system) needs rights that a test has
//! not, and a VFS of SQLite's would be tested along with itself, in `unsafe` code. So the studio runs with a small library
//! preloaded (`shim.c`, made by the machine's C compiler; where there is none, this says so and is skipped), which writes down
//! every write and every `fsync` of the database's files in order. From that record the test makes the files as a disk
//! would have them if the power had gone at any point, and starts a studio on them. The same record gives as many cuts as
//! one likes. What it takes for granted: a file that was synced once has its name, one that was removed is gone, and a
//! write keeps to what it covers.

mod disk;

use super::{
    chance::Chance,
    provider::{Provider, Script},
    stage::{Asked, Door, Stage, long},
    table,
    verdict::{Tally, check},
};
use crate::support::{Studio, databases};
use disk::Record;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

/// Chats, one after the other for each of so many people.
const PEOPLE: u64 = 5;

#[test]
fn the_power_goes_and_every_run_whose_opening_was_answered_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let Some(shim) = shim(folder.path()) else {
        println!("skipped: this machine has no C compiler (cc) to make the library that records writes");
        return;
    };
    let (mut chance, seed) = Chance::new("the power goes");
    let record = folder.path().join("record");
    let sqlite = databases().swap_remove(0);
    let mut stage = Stage::asking(&sqlite, Provider::measured_by(Some(record.clone())));
    let files = stage.studio.data().join("vobio.db");
    for (name, path) in [("LD_PRELOAD", &shim), ("POWER_FILES", &files), ("POWER_LOG", &record)] {
        stage.studio.settings.insert(name.to_owned(), path.display().to_string());
    }
    let running = stage.start();
    let from = length(&record);
    let answered = load(&stage.door(), &record, &mut chance);
    running.kill();

    let record = Record::read(&record);
    let cuts = if long().is_some() { 200 } else { 6 };
    let mut sum = [Tally::default(); 2];
    for cut in 0..cuts {
        // Half of them in the moment in which somebody was answered.
        let at = match cut % 2 {
            0 => answered[usize::try_from(chance.below(answered.len() as u64)).unwrap()].1,
            _ => from + chance.below(record.length() - from),
        };
        // Of what was not waited for: nothing, or any part.
        let is_torn = cut % 4 > 1;
        let what = format!("the power goes at {at} of seed {seed}, torn: {is_torn}");
        let image = Image::of(&stage, &record, at, is_torn.then(|| chance.fork()));
        sum[usize::from(is_torn)] += image.outlived(&what, &stage, &answered, at);
    }
    for (kind, sum) in ["nothing of the rest", "any part of the rest"].into_iter().zip(sum) {
        let cells = [kind.to_owned(), (cuts / 2).to_string(), seed.to_string()];
        table::line("power", &[&cells[..], &table::numbers(sum)].concat());
    }
}

/// Makes the library.
fn shim(folder: &Path) -> Option<PathBuf> {
    let (source, shim) = (folder.join("shim.c"), folder.join("shim.so"));
    fs::write(&source, include_str!("shim.c")).unwrap();
    let mut cc = Command::new("cc");
    let made = cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&shim).arg(&source).args(["-ldl", "-lpthread"]);
    let made = made.output().ok()?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(shim)
}

fn length(record: &Path) -> u64 {
    fs::metadata(record).unwrap().len()
}

/// What people asked for, and how long the record was when they had the answer.
fn load(door: &Door, record: &Path, chance: &mut Chance) -> Vec<(Asked, u64)> {
    thread::scope(|scope| {
        let people: Vec<_> = (0..PEOPLE)
            .map(|person| {
                let mut chance = chance.fork();
                scope.spawn(move || {
                    let mut all = Vec::new();
                    for number in 0..8 {
                        let words = u32::try_from(1 + chance.below(30)).unwrap();
                        let script = Script { words, every_ms: chance.below(12) };
                        let asked = door.ask(&script.prompt(&format!("power.{person}.{number}.")));
                        all.push((asked, length(record)));
                        thread::sleep(Duration::from_millis(chance.below(200)));
                    }
                    all
                })
            })
            .collect();
        people.into_iter().flat_map(|person| person.join().unwrap()).collect()
    })
}

/// A studio on what a disk would have.
struct Image(Stage);

impl Image {
    fn of(stage: &Stage, record: &Record, at: u64, torn: Option<Chance>) -> Self {
        let mut image = Stage::asking(&None, stage.provider.clone());
        let studio: &mut Studio = &mut image.studio;
        studio.port = stage.studio.port;
        // The rest of the folder is not the database's: no row is in it.
        fs::create_dir_all(studio.data().join("keys")).unwrap();
        for (path, bytes) in record.disk(at, torn) {
            fs::write(studio.data().join(Path::new(&path).file_name().unwrap()), bytes).unwrap();
        }
        Self(image)
    }

    fn outlived(self, what: &str, stage: &Stage, answered: &[(Asked, u64)], at: u64) -> Tally {
        let Self(image) = self;
        // What had not been answered yet may be there or not; what the model was asked for is there.
        let asked = |(asked, answered_at): &(Asked, u64)| {
            let came_before = stage.provider.came_at(&asked.prompt).is_some_and(|came_at| came_at <= at);
            let receipt = asked.receipt.clone().filter(|_| *answered_at <= at);
            (came_before || receipt.is_some()).then(|| Asked { prompt: asked.prompt.clone(), receipt })
        };
        let asked: Vec<Asked> = answered.iter().filter_map(asked).collect();
        let before = image.place.kept_at_rest("power.");
        let running = image.studio.start();
        image.rests();
        let after = image.place.kept("power.");
        let tally = check(what, &asked, &before, &after, &image.provider);
        running.kill();
        tally
    }
}
