//! The writer's connection as a unit of work sees it.

use crate::{
    database::Statements,
    dialect::Engine,
    exec::{self, Counters, Line, Statement},
};
use sqlx::{AnyConnection, any::AnyRow};
use std::sync::Arc;
use studio::ports::store::{StoreError, Tx};
use tokio::sync::Mutex;

/// The writer's connection.
pub struct Unit {
    session: Mutex<Session>,
    engine: Engine,
    counters: Arc<Counters>,
    /// The engine has a commit in this unit of work.
    #[cfg(debug_assertions)]
    is_of_run: std::sync::atomic::AtomicBool,
}

struct Session {
    conn: AnyConnection,
    /// The first statement that failed in this unit of work.
    ///
    /// # Design
    /// After an error PostgreSQL refuses every further statement of the transaction, and SQLite may have rolled it back
    /// already, so that further statements would commit by themselves. Here it is the same for both: the first error
    /// ends the unit of work, whatever it makes of it.
    spoiled: Option<StoreError>,
}

impl Unit {
    pub(crate) fn new(conn: AnyConnection, engine: Engine, counters: Arc<Counters>) -> Self {
        Self {
            session: Mutex::new(Session { conn, spoiled: None }),
            engine,
            counters,
            #[cfg(debug_assertions)]
            is_of_run: false.into(),
        }
    }

    /// The bare connection, for the writer between two units of work.
    pub(crate) fn conn(&mut self) -> &mut AnyConnection {
        &mut self.session.get_mut().conn
    }

    /// The error that ended the unit of work; forgotten for the next one.
    pub(crate) fn take_spoiled(&mut self) -> Option<StoreError> {
        self.session.get_mut().spoiled.take()
    }

    /// The engine has a part in this unit of work.
    pub(crate) fn note_commit_of_run(&self) {
        #[cfg(debug_assertions)]
        self.is_of_run.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Whether it had; forgotten for the next one.
    #[cfg(debug_assertions)]
    pub(crate) fn take_commit_of_run(&self) -> bool {
        self.is_of_run.swap(false, std::sync::atomic::Ordering::Relaxed)
    }

    /// Which engine it is on.
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// Gives the connection away.
    pub(crate) fn into_conn(self) -> AnyConnection {
        self.session.into_inner().conn
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) async fn change(&self, statement: Statement) -> Result<u64, StoreError> {
        let mut session = self.session.lock().await;
        session.check()?;
        let result = exec::change(&mut session.conn, statement, self.engine, &self.counters).await;
        session.note(result)
    }
}

impl Session {
    fn check(&self) -> Result<(), StoreError> {
        self.spoiled.clone().map_or(Ok(()), Err)
    }

    fn note<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result {
            self.spoiled = Some(error.clone());
        }
        result
    }
}

impl Line for Unit {
    async fn rows(&self, statement: Statement) -> Result<Vec<AnyRow>, StoreError> {
        let mut session = self.session.lock().await;
        session.check()?;
        let result = exec::rows(&mut session.conn, statement, self.engine, &self.counters).await;
        session.note(result)
    }
}

impl Tx for Statements<Unit> {}
