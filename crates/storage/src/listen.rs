//! Hears what other processes on the same PostgreSQL keep of runs, as it is kept.
//!
//! # Design
//! The statement that writes a commit tells of it (`dialect.rs`), and PostgreSQL passes it on when that is committed: ids and numbers
//! alone. Whoever hears it reads the rows. A connection that is lost costs what was told meanwhile, so it is said, and rows are
//! looked at until there is another one.

use crate::dialect::RUNS_CHANNEL;
use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{Executor as _, postgres::PgListener};
use std::{future::pending, time::Duration};
use studio::ports::store::{Heard, Owned, RunListener, RunNews};
use tokio::time::{sleep, timeout};

/// A lost connection is made anew this often until there is one.
const AGAIN_EVERY: Duration = Duration::from_secs(1);
/// Longest wait for a connection, and for a sign of life on it.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);
/// A connection on which nothing was heard for so long is asked whether it lives: a network that swallows everything says nothing.
const PROVED_EVERY: Duration = Duration::from_secs(15);

/// The ear of this process.
pub(crate) struct Ear {
    url: SecretString,
    listener: Option<PgListener>,
    /// Whether it was said that nothing is heard.
    is_lost: bool,
}

impl Ear {
    pub(crate) fn new(url: SecretString) -> Self {
        // Until it hears for the first time it may miss something too, but nobody has asked it for anything yet.
        Self { url, listener: None, is_lost: false }
    }

    async fn connect(&self) -> Result<PgListener, String> {
        let connecting = async {
            let mut listener = PgListener::connect(self.url.expose_secret()).await?;
            // What was lost is said first.
            listener.eager_reconnect(false);
            listener.listen(RUNS_CHANNEL).await?;
            Ok(listener)
        };
        match timeout(ANSWER_TIME_MAX, connecting).await {
            Ok(connected) => connected.map_err(|error: sqlx::Error| error.to_string()),
            Err(_) => Err("it does not answer".to_owned()),
        }
    }

    /// That nothing is heard any more; once, until it hears again.
    async fn lost(&mut self, why: String) -> Option<Heard> {
        self.listener = None;
        if !std::mem::replace(&mut self.is_lost, true) {
            return Some(Heard::Lost(why));
        }
        sleep(AGAIN_EVERY).await;
        None
    }

    async fn step(&mut self) -> Option<Heard> {
        let Some(listener) = &mut self.listener else {
            return match self.connect().await {
                Ok(listener) => {
                    self.listener = Some(listener);
                    self.is_lost = false;
                    Some(Heard::Again)
                }
                Err(why) => self.lost(why).await,
            };
        };
        let why = match timeout(PROVED_EVERY, listener.try_recv()).await {
            Ok(Ok(Some(told))) => return read(told.payload()).map(Heard::News),
            Ok(Ok(None)) => "the connection was closed".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => match timeout(ANSWER_TIME_MAX, listener.execute("SELECT 1")).await {
                Ok(Ok(_)) => return None,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it does not answer".to_owned(),
            },
        };
        self.lost(why).await
    }
}

#[async_trait]
impl RunListener for Ear {
    async fn hear(&mut self) -> Heard {
        loop {
            if let Some(heard) = self.step().await {
                return heard;
            }
        }
    }
}

/// Where there is no other process.
pub(crate) struct Deaf;

#[async_trait]
impl RunListener for Deaf {
    async fn hear(&mut self) -> Heard {
        pending().await
    }
}

/// What `append_commit` tells. Anybody who may write the database may tell something else: that is no news.
fn read(told: &str) -> Option<RunNews> {
    let mut words = told.split(' ');
    let owned = Owned { organization: words.next()?.parse().ok()?, owner: words.next()?.parse().ok()? };
    let (run, revision) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let news = RunNews { owned, run, revision, last_seq: words.next()?.parse().ok()? };
    words.next().is_none().then_some(news)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_reads_back_and_nothing_else_is_news() {
        let id = "00000000-0000-7000-8000-000000000001";
        let news = read(&format!("{id} {id} {id} 3 8")).unwrap();
        assert_eq!((news.run.to_string().as_str(), news.revision, news.last_seq), (id, 3, 8));
        for wrong in ["", "a b c 1 2", &format!("{id} {id} {id} 3"), &format!("{id} {id} {id} 3 8 9")] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
