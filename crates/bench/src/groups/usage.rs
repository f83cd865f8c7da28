//! The Usage page, as often as it goes.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{Home, Person},
};
use anyhow::{Context, Result};
use std::time::Duration;
use tokio::{task::JoinSet, time::Instant};

/// As many look at once, each on a connection of their own.
const PEOPLE: usize = 16;
/// Rows of each one's ledger, which the page shows the end of.
const ROWS: usize = 1_000;
const COUNTED: Duration = Duration::from_secs(3);

/// The group.
pub(super) struct UsagePage;

#[async_trait::async_trait(?Send)]
impl Group for UsagePage {
    fn figures(&self) -> &'static [Figure] {
        const { &[Figure::at_least("usage_page_per_s", "1/s", 800.0)] }
    }

    fn on(&self) -> &'static str {
        "SQLite; GET /usage, signed in, read to its end, brotli; 16 people on a connection each, 1,000 rows in the ledger of each; 3 s a run"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let home = Home::new(place)?;
        let seed = home.seed().await?;
        let members = seed.people(PEOPLE).await?;
        for member in &members {
            seed.ledger(member, ROWS).await?;
        }
        seed.close().await;
        let server = home.start().await?;
        let people: Vec<Person> =
            members.iter().map(|member| Person::at(&server.address, member)).collect::<Result<_>>()?;
        let mut runs = Runs::default();
        for _ in 0..RUNS {
            runs.add("usage_page_per_s", pages_per_s(&people).await?);
        }
        server.stop().await?;
        Ok(runs)
    }
}

async fn pages_per_s(people: &[Person]) -> Result<f64> {
    let until = Instant::now() + COUNTED;
    let mut looking = JoinSet::new();
    for person in people {
        let person = person.clone();
        looking.spawn(async move {
            let mut pages = 0_u32;
            while Instant::now() < until {
                person.page("/usage").await?;
                pages += 1;
            }
            Ok::<_, anyhow::Error>(pages)
        });
    }
    let mut pages = 0;
    while let Some(some) = looking.join_next().await {
        pages += some?.context("somebody could not look")?;
    }
    Ok(f64::from(pages) / COUNTED.as_secs_f64())
}
