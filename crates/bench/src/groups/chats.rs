//! Chats through everything there is, as many as it can: 200 people who ask the mock and ask again when it has answered.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{Home, Person, Server},
};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};
use tokio::{task::JoinSet, time::timeout_at};

const PEOPLE: usize = 200;
/// Everybody is at work before it is counted.
const WARM_UP: Duration = Duration::from_secs(1);
/// Then it is counted for so long.
const COUNTED: Duration = Duration::from_secs(4);

/// The group.
pub(super) struct Chats;

#[async_trait::async_trait(?Send)]
impl Group for Chats {
    fn figures(&self) -> &'static [Figure] {
        const {
            &[
                Figure::at_least("mock_chats_per_s_sqlite", "1/s", 1_000.0),
                Figure::at_least("mock_chats_per_s_pg", "1/s", 800.0),
            ]
        }
    }

    fn on(&self) -> &'static str {
        "durability FULL (SQLite synchronous=FULL, PostgreSQL fsync and synchronous_commit on); session of every request, \
         CSRF check, limits of bodies, answers and people, rows of conversations, messages, runs and events, live events; \
         the screen of messages, a call of the rate, a hold and its settlement in the ledger for each chat, and every request counted \
         for its address (both limits far away), the flags; 200 people, each with one session and one /api/events, each chat \
         a new conversation with mock/echo, counted when its end is heard; both databases in turn"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let sqlite = Studio::start(Home::new(place)?).await?;
        let postgres = Studio::start(Home::on_postgres(place)?).await?;
        let mut runs = Runs::default();
        for _ in 0..RUNS {
            runs.add("mock_chats_per_s_sqlite", sqlite.chats_per_s().await?);
            runs.add("mock_chats_per_s_pg", postgres.chats_per_s().await?);
        }
        sqlite.server.stop().await?;
        postgres.server.stop().await?;
        Ok(runs)
    }
}

/// A server with its people.
struct Studio {
    people: Vec<Person>,
    server: Server,
    _home: Home,
}

impl Studio {
    async fn start(home: Home) -> Result<Self> {
        let seed = home.seed().await?;
        let members = seed.people(PEOPLE).await?;
        seed.close().await;
        let server = home.start().await?;
        let at_server = |member| Person::at(&server.address, member);
        Ok(Self { people: members.iter().map(at_server).collect::<Result<_>>()?, server, _home: home })
    }

    async fn chats_per_s(&self) -> Result<f64> {
        let from = Instant::now() + WARM_UP;
        let mut chatting = JoinSet::new();
        for person in &self.people {
            let person = person.clone();
            chatting.spawn(async move { chat(&person, from, from + COUNTED).await });
        }
        let mut sum = 0;
        while let Some(counted) = chatting.join_next().await {
            sum += counted?.context("somebody could not chat")?;
        }
        Ok(f64::from(sum) / COUNTED.as_secs_f64())
    }
}

/// Asks and asks again; how many answers ended between `from` and `to`.
async fn chat(person: &Person, from: Instant, to: Instant) -> Result<u32> {
    let mut events = person.events().await?;
    let mut counted = 0;
    let mut once = async || -> Result<()> {
        let run = person.ask("mock/echo", "Say this again.").await?.run;
        events.end_of(run).await?;
        Ok(())
    };
    while let Ok(ended) = timeout_at(to.into(), once()).await {
        ended?;
        counted += u32::from(Instant::now() >= from);
    }
    Ok(counted)
}
