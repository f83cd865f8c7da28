//! A studio that dies and comes back, its owner, and the model server it asks.

use super::{
    provider::{Provider, Script},
    rows::{Kept, Place},
};
use crate::support::{Person, Running, Studio, client};
use reqwest::blocking::Client;
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

/// Whether this is the long version, and the folder where it leaves what it counted.
#[expect(clippy::disallowed_methods, reason = "`make crash` says so")]
pub(crate) fn long() -> Option<PathBuf> {
    std::env::var("VOBIO_TEST_SURVIVE").ok().map(PathBuf::from)
}

/// The name of a database's engine, for people.
pub(crate) fn engine(database: &Option<String>) -> &'static str {
    if database.is_some() { "PostgreSQL" } else { "SQLite" }
}

/// A studio between its lives.
pub(crate) struct Stage {
    pub(crate) studio: Studio,
    pub(crate) provider: Provider,
    pub(crate) place: Place,
    /// Who asks; from the first life on.
    pub(crate) ana: Option<Person>,
}

/// What somebody asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) prompt: String,
    /// The receipt, where one came.
    pub(crate) receipt: Option<Receipt>,
}

/// The answer to somebody who asked.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) run: String,
    pub(crate) conversation: String,
    pub(crate) message: String,
}

/// Signs the sessions of all processes of these tests.
const KEY: &str = "a key of the tests that all their processes share";

impl Stage {
    pub(crate) fn new(database: &Option<String>) -> Self {
        Self::asking(database, Provider::start())
    }

    /// With a model server that is there already.
    pub(crate) fn asking(database: &Option<String>, provider: Provider) -> Self {
        let studio = Studio::new()
            .on(database)
            .with("JWT_SECRET", KEY)
            .with("OPENAI_BASE_URL", &provider.address)
            .with("OPENAI_API_KEY", "of-a-test");
        // What it says it used has a price, so that it is held for and booked; nobody comes near a limit.
        let prices = studio.folder.path().join("prices.toml");
        fs::write(&prices, "[[price]]\nmodel = \"openai/*\"\nprompt = \"5\"\ncompletion = \"5\"\n").unwrap();
        let studio = studio
            .with("PRICES", &prices.display().to_string())
            .with("HOURLY_COST_LIMIT", "1000000")
            .with("DAILY_COST_LIMIT", "1000000");
        let arm = studio.folder.path().join("crash");
        let studio = studio.with("VOBIO_TEST_CRASH", &arm.display().to_string());
        let place = match database {
            Some(address) => Place::Postgres(address.clone()),
            None => Place::Sqlite(studio.data().join("vobio.db")),
        };
        Self { studio, provider, place, ana: None }
    }

    /// Another process on the same database, under the same address; it listens on a port of its own.
    pub(crate) fn another(&self, database: &Option<String>) -> Self {
        let mut another = Self::asking(database, self.provider.clone());
        let address = format!("http://localhost:{}", self.studio.port);
        another.studio.settings.insert("VOBIO_URL".to_owned(), address);
        another
    }

    /// A life, with its owner signed in.
    pub(crate) fn start(&mut self) -> Running {
        let running = self.studio.start();
        self.ana.get_or_insert_with(|| running.owner());
        running
    }

    /// The owner, who asks this process.
    pub(crate) fn door(&self) -> Door {
        self.door_at(self.studio.port)
    }

    /// The owner, who asks the process that listens on this port.
    pub(crate) fn door_at(&self, port: u16) -> Door {
        Door::of(self.ana.as_ref().unwrap(), port)
    }

    /// The studio dies at this commit of the engine, counted from now (`before 2`, `after 1`); at none of them, where it is `never`.
    pub(crate) fn arm(&self, point: &str) {
        fs::write(&self.studio.settings["VOBIO_TEST_CRASH"], point).unwrap();
    }

    pub(crate) fn disarm(&self) {
        let _was_not_there = fs::remove_file(&self.studio.settings["VOBIO_TEST_CRASH"]);
    }

    /// Nothing is held any more, the ledger adds up, and what was booked is what the model server said.
    fn adds_up(&self) {
        assert_eq!(self.place.held_and_misbooked(), (0, 0), "open holds, answers that were booked otherwise");
        let verified = self.studio.run(&["ledger", "verify"]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }

    /// Waits until nothing is under way any more.
    pub(crate) fn rests(&self) {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            let (restless, lost) = self.place.restless();
            assert_eq!(lost, 0, "runs without an answer");
            if restless == 0 {
                return self.adds_up();
            }
            assert!(Instant::now() < limit, "{restless} runs and answers never came to rest");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Somebody at a process that may be gone before it answers.
#[derive(Clone)]
pub(crate) struct Door {
    client: Client,
    url: String,
    host: String,
    cookies: String,
}

impl Door {
    /// A person's way to the process that listens on this port.
    pub(crate) fn of(person: &Person, port: u16) -> Self {
        let cookies = person.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        Self {
            client: client(),
            url: format!("http://localhost:{port}"),
            host: person.url.strip_prefix("http://").unwrap().to_owned(),
            cookies: cookies.collect::<Vec<_>>().join("; "),
        }
    }

    /// Asks in a conversation of its own.
    pub(crate) fn ask(&self, prompt: &str) -> Asked {
        let receipt = self.told("/api/message/send", &json!({ "text": prompt, "model": Provider::MODEL }));
        Asked { prompt: prompt.to_owned(), receipt }
    }

    /// Goes on with an answer.
    pub(crate) fn go_on(&self, asked: &Asked) -> Option<Receipt> {
        let receipt = asked.receipt.as_ref()?;
        let arguments = json!({ "conversation": receipt.conversation, "message": receipt.message });
        self.told("/api/message/continue", &arguments)
    }

    /// Stops a run, if its opening was answered.
    pub(crate) fn stop(&self, asked: &Asked) {
        if let Some(receipt) = &asked.receipt {
            self.said("/api/run/stop", &json!({ "run": receipt.run }));
        }
    }

    /// Events of answers from now on, until the receiver is dropped.
    pub(crate) fn events(&self) -> Receiver<Value> {
        let (send, receive) = mpsc::channel();
        let request =
            self.client.get(format!("{}/api/events?only=answers", self.url)).header("host", &self.host);
        let request = request.header("cookie", &self.cookies);
        thread::spawn(move || {
            let lines = BufReader::new(request.send().ok()?).lines().map_while(Result::ok);
            let data = lines.filter_map(|line| Some(line.strip_prefix("data: ")?.to_owned()));
            for event in data.filter_map(|data| serde_json::from_str(&data).ok()) {
                send.send(event).ok()?;
            }
            Some(())
        });
        receive
    }

    fn told(&self, path: &str, arguments: &Value) -> Option<Receipt> {
        let receipt: Value = serde_json::from_str(&self.said(path, arguments)?).unwrap();
        let id = |name: &str| receipt[name].as_str().unwrap().to_owned();
        Some(Receipt { run: id("run"), conversation: id("conversation"), message: id("message") })
    }

    /// What the process answers, if it lives to do so and is not just coming back.
    fn said(&self, path: &str, arguments: &Value) -> Option<String> {
        let request = self.client.post(format!("{}{path}", self.url)).header("host", &self.host);
        let request = request.header("cookie", &self.cookies).header("accept", "application/json");
        let response = request.json(arguments).send().ok()?;
        let status = response.status().as_u16();
        let body = response.text().ok()?;
        assert!(matches!(status, 200 | 503), "{path}: {status} {body}");
        (status == 200).then_some(body)
    }
}

/// When this life began to serve, in microseconds.
fn serving_since(running: &Running) -> i64 {
    let logged = running.logged();
    let lines = logged.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines.into_iter().find(|line| line["message"] == "serving").unwrap();
    line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

/// A quick answer.
pub(crate) const QUICK: Script = Script { words: 3, every_ms: 0 };
/// One that lasts for two thirds of a second.
pub(crate) const SLOW: Script = Script { words: 60, every_ms: 11 };

/// How long after this life began to serve the last of these runs was seen to, in milliseconds.
pub(crate) fn recovery_ms(running: &Running, after: &[Kept]) -> i64 {
    let since = serving_since(running);
    after.iter().map(|kept| (kept.changed_at - since) / 1_000).max().unwrap_or(0).max(0)
}
