//! What the studio adds to the time of a first token: asked through it, minus asked directly, in pairs.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{Events, FIRST_TOKEN_AFTER, Home, Person, Upstream, browser},
    statistics::{ms, percentile},
};
use anyhow::{Context, Result, ensure};
use reqwest::Client;
use std::time::{Duration, Instant};

/// Pairs of one run.
const PAIRS: usize = 100;
/// Before the first run: connections are made, the list of models is fetched.
const WARM_UP: usize = 5;

/// The group.
pub(super) struct FirstToken;

#[async_trait::async_trait(?Send)]
impl Group for FirstToken {
    fn figures(&self) -> &'static [Figure] {
        const {
            &[
                Figure::at_most("ttft_added_p50_ms", "ms", 5.0),
                Figure::at_most("ttft_added_p99_ms", "ms", 10.0),
            ]
        }
    }

    fn on(&self) -> &'static str {
        "SQLite, durability FULL; a scripted OpenAI-compatible server, first token after 50 ms, over HTTP on this machine; \
         100 pairs a run, directly and through the studio in turn; through it is from sending the message to the first \
         text on /api/events, in a new conversation each time"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let upstream = Upstream::start().await?;
        let home = Home::new(place)?.with("OPENAI_BASE_URL", &upstream.base_url);
        let seed = home.seed().await?;
        let people = seed.people(1).await?;
        seed.close().await;
        let server = home.start().await?;
        let pair = Pair {
            model_server: browser()?,
            url: format!("{}/chat/completions", upstream.base_url),
            model: format!("openai/{}", Upstream::MODEL),
            person: Person::at(&server.address, &people[0])?,
        };
        let mut events = pair.person.events().await?;
        pair.added_ms(&mut events, WARM_UP).await?;
        let mut runs = Runs::default();
        for _ in 0..RUNS {
            let added = pair.added_ms(&mut events, PAIRS).await?;
            runs.add("ttft_added_p50_ms", percentile(&added, 50));
            runs.add("ttft_added_p99_ms", percentile(&added, 99));
        }
        server.stop().await?;
        Ok(runs)
    }
}

/// The two ways to the same model.
struct Pair {
    model_server: Client,
    url: String,
    model: String,
    person: Person,
}

impl Pair {
    async fn added_ms(&self, events: &mut Events, pairs: usize) -> Result<Vec<f64>> {
        let mut added = Vec::with_capacity(pairs);
        for _ in 0..pairs {
            let direct = self.direct().await?;
            let through = self.through(events).await?;
            ensure!(direct >= FIRST_TOKEN_AFTER, "the scripted server spoke too soon");
            added.push(ms(through) - ms(direct));
        }
        Ok(added)
    }

    /// Asked directly; the answer is read to its end, so that the connection is kept.
    async fn direct(&self) -> Result<Duration> {
        let begun = Instant::now();
        let mut response = self.model_server.post(&self.url).json(&Upstream::question()).send().await?;
        response.chunk().await?.context("an empty answer")?;
        let first = begun.elapsed();
        while response.chunk().await?.is_some() {}
        Ok(first)
    }

    /// Asked through the studio, up to the first text that a page sees.
    async fn through(&self, events: &mut Events) -> Result<Duration> {
        let begun = Instant::now();
        let started = self.person.ask(&self.model, "Say something.").await?;
        let mut first = None;
        // To its end, so that no answer is under way when the next one is asked for; it may come with the first text.
        loop {
            let event = events.next_of(started.run).await?;
            if !event.tail.is_empty() || !event.blocks.is_empty() {
                first.get_or_insert(begun.elapsed());
            }
            if !event.state.is_active() {
                return first.with_context(|| format!("the answer has no text: {:?}", event.note));
            }
        }
    }
}
