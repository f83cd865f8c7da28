//! Pages of the chat: how long until their first byte.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{Home, Person},
    statistics::{ms, percentile},
};
use anyhow::Result;

/// Requests of one run, one after the other.
const REQUESTS: usize = 300;
/// Before the first run, so that no run meets cold caches alone.
const WARM_UP: usize = 50;

/// The group.
pub(super) struct ChatPage;

#[async_trait::async_trait(?Send)]
impl Group for ChatPage {
    fn figures(&self) -> &'static [Figure] {
        const {
            &[
                Figure::at_most("chat_ttfb_p50_ms", "ms", 2.0),
                Figure::at_most("chat_ttfb_p99_ms", "ms", 5.0),
                Figure::at_most("chat_ttfb_10k_p99_ms", "ms", 5.0),
                Figure::at_most("chat_open_2000_p99_ms", "ms", 15.0),
            ]
        }
    }

    fn on(&self) -> &'static str {
        "SQLite; 300 requests a run, one after the other on a kept connection, brotli; the three pages in turn"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let home = Home::new(place)?;
        let seed = home.seed().await?;
        let people = seed.people(3).await?;
        seed.conversations(&people[0], 50).await?;
        seed.conversations(&people[1], 10_000).await?;
        let long = seed.long_conversation(&people[2], 2_000).await?;
        seed.close().await;

        let server = home.start().await?;
        let long = format!("/chat/{long}");
        let paths = ["/chat", "/chat", &long];
        let people: Vec<Person> =
            people.iter().map(|member| Person::at(&server.address, member)).collect::<Result<_>>()?;
        for (person, path) in people.iter().zip(paths) {
            first_bytes(person, path, WARM_UP).await?;
        }
        let mut runs = Runs::default();
        for _ in 0..RUNS {
            let fifty = first_bytes(&people[0], paths[0], REQUESTS).await?;
            runs.add("chat_ttfb_p50_ms", percentile(&fifty, 50));
            runs.add("chat_ttfb_p99_ms", percentile(&fifty, 99));
            let many = first_bytes(&people[1], paths[1], REQUESTS).await?;
            runs.add("chat_ttfb_10k_p99_ms", percentile(&many, 99));
            let long = first_bytes(&people[2], paths[2], REQUESTS).await?;
            runs.add("chat_open_2000_p99_ms", percentile(&long, 99));
        }
        server.stop().await?;
        Ok(runs)
    }
}

async fn first_bytes(person: &Person, path: &str, requests: usize) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(requests);
    for _ in 0..requests {
        times.push(ms(person.page(path).await?));
    }
    Ok(times)
}
