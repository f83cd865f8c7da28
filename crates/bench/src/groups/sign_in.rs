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
use virtual_authenticator::Browser;

/// Sign-ins of one run, one after the other.
const SIGN_INS: usize = 100;
const WARM_UP: usize = 10;

/// The group.
pub(super) struct SignIn;

#[async_trait::async_trait(?Send)]
impl Group for SignIn {
    fn figures(&self) -> &'static [Figure] {
        const { &[Figure::at_most("signin_p99_ms", "ms", 10.0)] }
    }

    fn on(&self) -> &'static str {
        "SQLite, durability FULL; 100 sign-ins a run, one after the other, each in a browser without cookies; the sign-in \
         page, the start and the end of the ceremony together, on a kept connection; what the authenticator does in between \
         is not counted"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let home = Home::new(place)?;
        let seed = home.seed().await?;
        let people = seed.people(1).await?;
        let key = seed.passkey(&people[0]).await?;
        seed.close().await;
        let server = home.start().await?;
        let mut door = Door { client: browser()?, address: server.address.clone(), key };
        door.times(WARM_UP).await?;
        let mut runs = Runs::default();
        for _ in 0..RUNS {
            runs.add("signin_p99_ms", percentile(&door.times(SIGN_INS).await?, 99));
        }
        server.stop().await?;
        Ok(runs)
    }
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
