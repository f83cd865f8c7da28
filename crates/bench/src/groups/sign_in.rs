//! A whole sign-in with a passkey, as the server sees it.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{Home, browser},
    statistics::{ms, percentile},
};
use anyhow::{Context, Result, ensure};
use api_types::CeremonyStart;
use reqwest::{Client, RequestBuilder, Response, header::SET_COOKIE};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use virtual_authenticator::Browser;

/// Sign-ins of one run, one after the other.
const SIGN_INS: usize = 100;
const WARM_UP: usize = 10;
/// So many people sign in at once, again and again,
const AT_ONCE: usize = 8;
/// for so long.
const COUNTED: Duration = Duration::from_secs(3);

/// The group.
pub(super) struct SignIn;

#[async_trait::async_trait(?Send)]
impl Group for SignIn {
    fn figures(&self) -> &'static [Figure] {
        const { &[Figure::at_most("signin_p99_ms", "ms", 10.0), Figure::at_least("signins_per_s", "1/s", 500.0)] }
    }

    fn on(&self) -> &'static str {
        "SQLite, durability FULL; 100 sign-ins a run, one after the other, each in a browser without cookies; the sign-in \
         page, the start and the end of the ceremony together, on a kept connection; what the authenticator does in between \
         is not counted; per second: 8 people at once, the authenticators' work among it on the same cores; \
         SIGN_INS_PER_MINUTE is raised, all come from one address"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let home = Home::new(place)?;
        let seed = home.seed().await?;
        let mut keys = Vec::with_capacity(AT_ONCE);
        for member in seed.people(AT_ONCE).await? {
            keys.push(seed.passkey(&member).await?);
        }
        seed.close().await;
        let server = home.start().await?;
        let door = |key| Ok(Door { client: browser()?, address: server.address.clone(), key });
        let mut doors: Vec<Door> = keys.into_iter().map(door).collect::<Result<_>>()?;
        doors[0].times(WARM_UP).await?;
        let mut runs = Runs::default();
        for _ in 0..RUNS {
            runs.add("signin_p99_ms", percentile(&doors[0].times(SIGN_INS).await?, 99));
            runs.add("signins_per_s", per_second(&mut doors).await?);
        }
        server.stop().await?;
        Ok(runs)
    }
}

/// How many sign-ins ended in a second, all doors together.
async fn per_second(doors: &mut Vec<Door>) -> Result<f64> {
    let until = Instant::now() + COUNTED;
    let mut signing_in = JoinSet::new();
    for mut door in doors.drain(..) {
        signing_in.spawn(async move {
            let mut count = 0_u32;
            while Instant::now() < until {
                door.sign_in().await?;
                count += 1;
            }
            Ok::<_, anyhow::Error>((door, count))
        });
    }
    let mut sum = 0;
    for counted in signing_in.join_all().await {
        let (door, count) = counted?;
        doors.push(door);
        sum += count;
    }
    Ok(f64::from(sum) / COUNTED.as_secs_f64())
}

struct Door {
    client: Client,
    address: String,
    key: Browser,
}

impl Door {
    async fn times(&mut self, sign_ins: usize) -> Result<Vec<f64>> {
        let mut times = Vec::with_capacity(sign_ins);
        for _ in 0..sign_ins {
            times.push(ms(self.sign_in().await?));
        }
        Ok(times)
    }

    async fn sign_in(&mut self) -> Result<Duration> {
        let (page, page_time) = timed(self.client.get(format!("{}/login", self.address))).await?;
        let cookie = cookie(&page, "vobio-browser")?;
        page.bytes().await?;

        let call = |path: &str| {
            let request = self.client.post(format!("{}{path}", self.address));
            request.header("cookie", &cookie).header("accept", "application/json")
        };
        let (start, start_time) = timed(call("/api/session/start").json(&json!({}))).await?;
        let start: CeremonyStart = start.json().await?;
        let finish = call("/api/session/finish");
        let credential = self.key.get(&start.options)?;
        let answer = json!({ "ceremony": start.ceremony, "credential": credential });
        let (finish, finish_time) = timed(finish.json(&answer)).await?;
        self::cookie(&finish, "vobio-session")?;
        finish.bytes().await?;
        Ok(page_time + start_time + finish_time)
    }
}

async fn timed(request: RequestBuilder) -> Result<(Response, Duration)> {
    let begun = Instant::now();
    let response = request.send().await?;
    let time = begun.elapsed();
    ensure!(response.status().is_success(), "a step of the sign-in was answered with {}", response.status());
    Ok((response, time))
}

/// A cookie that an answer sets, as it is sent back.
fn cookie(response: &Response, name: &str) -> Result<String> {
    let set = response.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pair = set.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.starts_with(name));
    pair.map(str::to_owned).with_context(|| format!("no cookie {name} was set"))
}
