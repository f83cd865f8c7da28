//! Ending a session from another device: how soon its requests are refused, and whether one passes after it was ended.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{Home, Member, Person, Seed},
    statistics::ms,
};
use anyhow::{Result, ensure};
use api_types::SessionId;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep};

/// So many requests of the session that is ended are under way at any moment.
const AT_ONCE: usize = 8;
/// They ask so long before it is ended, and after.
const BEFORE: Duration = Duration::from_millis(300);
const AFTER: Duration = Duration::from_millis(300);

/// The group.
pub(super) struct SessionEnd;

#[async_trait::async_trait(?Send)]
impl Group for SessionEnd {
    fn figures(&self) -> &'static [Figure] {
        const {
            &[
                Figure::at_most("session_end_ms", "ms", 10.0),
                Figure::at_most("session_end_passed", "count", 0.0).worst(),
            ]
        }
    }

    fn on(&self) -> &'static str {
        "SQLite, durability FULL; 8 requests of the session under way at any moment, from 300 ms before it is ended from \
         another session to 300 ms after; ms: from asking to end it until the first request that was refused was begun; \
         passed: requests that were begun after the end was answered and were not refused"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let home = Home::new(place)?;
        let seed = home.seed().await?;
        let people = seed.people(RUNS).await?;
        let pairs = phones(&seed, &people).await?;
        seed.close().await;
        let server = home.start().await?;
        let mut runs = Runs::default();
        for (desk, (session, phone)) in people.iter().zip(&pairs) {
            let desk = Person::at(&server.address, desk)?;
            let phone = Person::at(&server.address, phone)?;
            let ended = end(&desk, *session, &phone).await?;
            runs.add("session_end_ms", ms(ended.after));
            runs.add("session_end_passed", f64::from(ended.passed));
        }
        server.stop().await?;
        Ok(runs)
    }
}

/// A second session for each of them.
async fn phones(seed: &Seed, people: &[Member]) -> Result<Vec<(SessionId, Member)>> {
    let mut phones = Vec::with_capacity(people.len());
    for member in people {
        phones.push(seed.another_session(member).await?);
    }
    Ok(phones)
}

struct Ended {
    after: Duration,
    passed: u32,
}

/// Ends `session`, whose requests `phone` sends, from `desk`.
async fn end(desk: &Person, session: SessionId, phone: &Person) -> Result<Ended> {
    let is_over = Arc::new(AtomicBool::new(false));
    let mut asking = JoinSet::new();
    for _ in 0..AT_ONCE {
        asking.spawn(ask(phone.clone(), Arc::clone(&is_over)));
    }
    sleep(BEFORE).await;
    let asked = Instant::now();
    desk.end_session(session).await?;
    let answered = Instant::now();
    sleep(AFTER).await;
    is_over.store(true, Ordering::Relaxed);
    let mut requests = Vec::new();
    for some in asking.join_all().await {
        requests.extend(some?);
    }
    ensure!(requests.iter().any(|(begun, is_in)| *is_in && *begun < asked), "nobody was in before");
    let refused = requests.iter().filter(|(_, is_in)| !is_in).map(|(begun, _)| *begun).min();
    let Some(refused) = refused else { anyhow::bail!("nobody was refused after the end") };
    let passed = requests.iter().filter(|(begun, is_in)| *is_in && *begun > answered).count();
    Ok(Ended { after: refused.saturating_duration_since(asked), passed: u32::try_from(passed)? })
}

/// Asks until it is over: when each request was begun, and whether it was let in.
async fn ask(person: Person, is_over: Arc<AtomicBool>) -> Result<Vec<(Instant, bool)>> {
    let mut requests = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        requests.push((begun, person.is_in().await?));
    }
    Ok(requests)
}
