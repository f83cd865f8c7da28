//! What the gate and all behind it add to a model that answers at once, and whether a long ledger makes it slower.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{Home, Person, Server},
    statistics::{ms, percentile},
};
use anyhow::{Context, Result};
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// Each with a connection of their own.
const PEOPLE: usize = 16;
/// A chat begins every so often, whether or not those before it have ended.
const EVERY: Duration = Duration::from_millis(10);
/// Chats of one run.
const CHATS: usize = 500;
/// Rows of the long ledger and of the short one: three for each chat.
const LONG_ROWS: usize = 1_000_000;
const SHORT_ROWS: usize = 1_000;
/// Chats of one run in front of each of the two, one after the other.
const IN_FRONT: usize = 300;

/// The group.
pub(super) struct Gate;

#[async_trait::async_trait(?Send)]
impl Group for Gate {
    fn figures(&self) -> &'static [Figure] {
        const {
            &[
                Figure::at_most("gate_added_p50_ms", "ms", 4.0),
                Figure::at_most("gate_added_p99_ms", "ms", 15.0),
                Figure::at_most("gate_added_p50_ms_pg", "ms", 4.0),
                Figure::at_most("gate_added_p99_ms_pg", "ms", 15.0),
                Figure::at_most("admission_ratio", "ratio", 1.3),
            ]
        }
    }

    fn on(&self) -> &'static str {
        "POST /api/chat of mock/echo, which answers at once, from the time at which it is due to the whole answer: session, \
         flags, rate, price, hold, screen, the run, its answer, the settlement; nothing is subtracted. 100 chats a second, open \
         loop, 16 people with a connection each, 500 chats a run. admission_ratio: SQLite, p99 of 300 chats one after the other of \
         a person with 1,000,000 rows in the ledger over that of one with 1,000, in turn on the same server"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let mut runs = Runs::default();
        let homes = [
            (Home::new(place)?, "gate_added_p50_ms", "gate_added_p99_ms"),
            (Home::on_postgres(place)?, "gate_added_p50_ms_pg", "gate_added_p99_ms_pg"),
        ];
        for (home, p50, p99) in homes {
            let (server, people) = started(&home, PEOPLE, &[]).await?;
            open_loop(&people).await?;
            for _ in 0..RUNS {
                let times = open_loop(&people).await?;
                runs.add(p50, percentile(&times, 50));
                runs.add(p99, percentile(&times, 99));
            }
            server.stop().await?;
        }
        let home = Home::new(place)?;
        let (server, people) = started(&home, 2, &[LONG_ROWS, SHORT_ROWS]).await?;
        for person in &people {
            in_turn(person).await?;
        }
        for _ in 0..RUNS {
            let (long, short) = (in_turn(&people[0]).await?, in_turn(&people[1]).await?);
            runs.add("admission_ratio", percentile(&long, 99) / percentile(&short, 99));
        }
        server.stop().await?;
        Ok(runs)
    }
}

/// A server with so many people, the first of whom have so many rows in the ledger.
async fn started(home: &Home, count: usize, rows: &[usize]) -> Result<(Server, Vec<Person>)> {
    let seed = home.seed().await?;
    let members = seed.people(count).await?;
    for (member, rows) in members.iter().zip(rows) {
        seed.ledger(member, *rows).await?;
    }
    seed.close().await;
    let server = home.start().await?;
    let people = members.iter().map(|member| Person::at(&server.address, member)).collect::<Result<_>>()?;
    Ok((server, people))
}

async fn open_loop(people: &[Person]) -> Result<Vec<f64>> {
    let begins = Instant::now();
    let mut chats = JoinSet::new();
    for (number, person) in (0..CHATS).zip(people.iter().cycle()) {
        let (person, due) = (person.clone(), begins + EVERY * u32::try_from(number)?);
        chats.spawn(async move {
            sleep_until(due).await;
            person.chat("mock/echo", "Say this again.").await.map(|()| ms(due.elapsed()))
        });
    }
    let mut times = Vec::with_capacity(CHATS);
    while let Some(time) = chats.join_next().await {
        times.push(time?.context("a chat failed")?);
    }
    Ok(times)
}

async fn in_turn(person: &Person) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(IN_FRONT);
    for _ in 0..IN_FRONT {
        let begun = Instant::now();
        person.chat("mock/echo", "Say this again.").await?;
        times.push(ms(begun.elapsed()));
    }
    Ok(times)
}
