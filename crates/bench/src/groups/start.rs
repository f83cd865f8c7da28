//! From the start of the process to its first page, and what it holds when nobody asks for anything.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{Home, Person},
    statistics::ms,
};
use anyhow::Result;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// After its first page the server is left alone for so long before its memory is looked at.
const IDLE: Duration = Duration::from_secs(3);

/// The group.
pub(super) struct Start;

#[async_trait::async_trait(?Send)]
impl Group for Start {
    fn figures(&self) -> &'static [Figure] {
        const { &[Figure::at_most("start_ms", "ms", 50.0), Figure::at_most("rss_idle_mb", "MB", 35.0)] }
    }

    fn on(&self) -> &'static str {
        "SQLite with an owner and 50 conversations; the built-in model is there and not loaded; the first page is Chat, \
         signed in"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let home = Home::new(place)?.with("LOCAL_MODEL", &place.weights.display().to_string());
        let seed = home.seed().await?;
        let people = seed.people(1).await?;
        seed.conversations(&people[0], 50).await?;
        seed.close().await;
        // Once for the disk's cache.
        home.start().await?.stop().await?;

        let mut runs = Runs::default();
        for _ in 0..RUNS {
            let begun = Instant::now();
            let mut server = home.spawn()?;
            let person = Person::at(&server.address, &people[0])?;
            server.answers(|| async { person.page("/chat").await.map(drop) }).await?;
            runs.add("start_ms", ms(begun.elapsed()));
            sleep(IDLE).await;
            runs.add("rss_idle_mb", server.resident_mb()?);
            server.stop().await?;
        }
        Ok(runs)
    }
}
