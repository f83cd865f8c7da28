//! 200 people, each with an answer under way: are all tokens there, and in time?

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{Events, Home, Person, Server, Shown},
};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout_at},
};

const PEOPLE: usize = 200;
const TOKENS_PER_S: u32 = 20;
/// 30 s of them.
const TOKENS: u32 = 600;
/// A token that comes later than this after its time is late.
const LATE: Duration = Duration::from_millis(250);
/// A stream that has not ended so long after its time has lost the rest.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between one person's start and the next.
const APART: Duration = Duration::from_millis(5);
/// The server's memory is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The group.
pub(super) struct Streams;

#[async_trait::async_trait(?Send)]
impl Group for Streams {
    fn figures(&self) -> &'static [Figure] {
        const {
            &[
                Figure::at_most("streams_200_late", "count", 0.0).worst(),
                Figure::at_most("streams_200_rss_mb", "MB", 100.0),
            ]
        }
    }

    fn on(&self) -> &'static str {
        "SQLite, durability FULL; 200 people, each with one session, one /api/events and one answer of 600 words of \
         mock/lorem at 20 a second, started 5 ms apart; a token's time counts from the sending of the message; late is the \
         worst of the runs, memory the highest within each"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let home = Home::new(place)?;
        let seed = home.seed().await?;
        let people = seed.people(PEOPLE).await?;
        seed.close().await;
        let server = home.start().await?;
        let people: Vec<Person> =
            people.iter().map(|member| Person::at(&server.address, member)).collect::<Result<_>>()?;
        let mut runs = Runs::default();
        for _ in 0..RUNS {
            let mut listening = Vec::with_capacity(PEOPLE);
            for person in &people {
                listening.push((person.clone(), person.events().await?));
            }
            let streams = all_late(listening);
            let (late, highest_mb) = tokio::try_join!(streams, highest_mb(&server))?;
            runs.add("streams_200_late", late);
            runs.add("streams_200_rss_mb", highest_mb);
        }
        server.stop().await?;
        Ok(runs)
    }
}

/// Tokens that came late or never, of all streams together.
async fn all_late(listening: Vec<(Person, Events)>) -> Result<f64> {
    let mut streams = JoinSet::new();
    for (number, (person, events)) in (0..).zip(listening) {
        streams.spawn(async move {
            sleep(APART * number).await;
            late(&person, events).await
        });
    }
    let mut sum = 0;
    while let Some(stream) = streams.join_next().await {
        sum += stream?.context("a stream broke")?;
    }
    Ok(f64::from(sum))
}

/// Tokens of one stream that came late or never.
async fn late(person: &Person, mut events: Events) -> Result<u32> {
    let begun = Instant::now();
    let script = format!("!mock {{\"tokens\": {TOKENS}, \"per_s\": {TOKENS_PER_S}}}");
    let run = person.ask("mock/lorem", &script).await?.run;
    let give_up = begun + due(TOKENS) + PATIENCE;
    let (mut shown, mut seen, mut late) = (Shown::default(), 0, 0);
    while let Ok(event) = timeout_at(give_up.into(), events.next_of(run)).await {
        let event = event?;
        let age = begun.elapsed();
        shown.apply(&event);
        let words = u32::try_from(shown.words())?;
        late += late_among(seen, words, age);
        seen = seen.max(words);
        if !event.state.is_active() {
            break;
        }
    }
    Ok(late + TOKENS.saturating_sub(seen))
}

/// When a token's time is, after the message was sent.
fn due(token: u32) -> Duration {
    Duration::from_secs(1) * token / TOKENS_PER_S
}

/// How many of the tokens from `seen` to `words` are late when they come at this age.
fn late_among(seen: u32, words: u32, age: Duration) -> u32 {
    let late = (seen..words).filter(|token| age > due(*token) + LATE).count();
    u32::try_from(late).unwrap_or(u32::MAX)
}

/// The most the server held while the streams went on.
async fn highest_mb(server: &Server) -> Result<f64> {
    let begun = Instant::now();
    let mut highest: f64 = 0.0;
    while begun.elapsed() < due(TOKENS) {
        sleep(LOOK_EVERY).await;
        highest = highest.max(server.resident_mb()?);
    }
    Ok(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_late_when_it_comes_a_quarter_of_a_second_after_its_time() {
        let ms = Duration::from_millis;
        assert_eq!((due(0), due(1), due(TOKENS)), (ms(0), ms(50), ms(30_000)));
        assert_eq!(late_among(0, 1, ms(250)), 0);
        assert_eq!(late_among(0, 1, ms(251)), 1);
        // Five at once: those due at 0, 50, 100, 150 and 200 ms.
        assert_eq!(late_among(0, 5, ms(351)), 3);
        assert_eq!(late_among(5, 5, ms(9_000)), 0, "nothing new");
    }
}
