//! Connections that only read, beside the writer.

use crate::{
    connect::Connector,
    exec::{self, Counters, Line, Outcome, Statement},
};
use sqlx::{AnyConnection, Connection as _, any::AnyRow};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use studio::ports::store::StoreError;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

/// Connections that read at the same time.
const READERS_MAX: usize = 4;

/// Longest wait for a free reader, and then for its answer.
const READ_TIME_MAX: Duration = Duration::from_secs(10);

/// A reader that rested longer than this is asked whether it is still there, when it is a network away.
const REST_MAX: Duration = Duration::from_secs(1);

/// The readers.
///
/// # Design
/// Not the driver's pool: that one asks the connection whether it lives before and after each use, which on SQLite is two
/// hops to another thread around a statement that is one.
pub(crate) struct Readers {
    connector: Connector,
    counters: Arc<Counters>,
    free: Mutex<Vec<Resting>>,
    permits: Semaphore,
}

struct Resting {
    conn: AnyConnection,
    since: Instant,
}

impl Readers {
    pub(crate) fn new(connector: &Connector, counters: Arc<Counters>) -> Self {
        let connector = connector.telling(connector.engine().read_only());
        Self { connector, counters, free: Mutex::new(Vec::new()), permits: Semaphore::new(READERS_MAX) }
    }

    /// Waits for reads under way, then closes every reader.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(READERS_MAX).unwrap_or(u32::MAX);
        let waited = timeout(READ_TIME_MAX, self.permits.acquire_many(all)).await;
        self.permits.close();
        drop(waited);
        for resting in self.take_all() {
            let _gone = resting.conn.close().await;
        }
    }

    async fn conn(&self) -> Result<AnyConnection, StoreError> {
        let remote = self.connector.engine().is_remote();
        while let Some(Resting { mut conn, since }) = self.take() {
            if !remote || since.elapsed() < REST_MAX {
                return Ok(conn);
            }
            if let Ok(Ok(())) = timeout(REST_MAX, conn.ping()).await {
                return Ok(conn);
            }
        }
        self.connector.connect().await
    }

    fn take(&self) -> Option<Resting> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn take_all(&self) -> Vec<Resting> {
        std::mem::take(&mut self.free.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn give_back(&self, conn: AnyConnection) {
        let resting = Resting { conn, since: Instant::now() };
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(resting);
    }
}

impl Line for Readers {
    async fn rows(&self, statement: Statement) -> Result<Vec<AnyRow>, StoreError> {
        let _permit = match timeout(READ_TIME_MAX, self.permits.acquire()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_closed)) => return Err(StoreError::Unavailable("it is closed".to_owned())),
            Err(_) => return Err(StoreError::Unavailable("every reader is busy".to_owned())),
        };
        let mut conn = self.conn().await?;
        let engine = self.connector.engine();
        let mut outcome = Outcome::default();
        let reading = exec::run(&mut conn, statement, engine, &self.counters, &mut outcome);
        // A connection that failed, or that nobody waits for any more, is not used again: dropping it closes it.
        let result = timeout(READ_TIME_MAX, reading)
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("reading took too long".to_owned())));
        if !matches!(result, Err(StoreError::Unavailable(_))) {
            self.give_back(conn);
        }
        result.map(|()| outcome.rows)
    }
}
