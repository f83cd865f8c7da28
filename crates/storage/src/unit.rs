//! The writer's connection as a unit of work sees it.

use crate::{
    database::Statements,
    dialect::Engine,
    exec::{self, Counters, Line, Outcome, Statement},
    together::together,
};
use async_trait::async_trait;
use sqlx::{AnyConnection, any::AnyRow};
use std::sync::Arc;
use studio::ports::store::{StoreError, Tx};
use tokio::sync::Mutex;

/// So many statements go to the database together: PostgreSQL takes 65,535 parameters in one.
const WAITING_MAX: usize = 16;

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
    /// Handed over by [`Unit::later`], and not sent.
    waiting: Vec<Statement>,
    savepoint: Savepoint,
}

/// What the unit of work goes back to when it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Savepoint {
    /// The beginning of the transaction.
    None,
    /// It goes with the first statement, which was not sent: there is nothing to undo.
    Owed,
    /// The first statement is under way, and nobody heard what became of it.
    Unheard,
    /// It is set.
    Set,
}

impl Unit {
    pub(crate) fn new(conn: AnyConnection, engine: Engine, counters: Arc<Counters>) -> Self {
        Self {
            session: Mutex::new(Session {
                conn,
                spoiled: None,
                waiting: Vec::new(),
                savepoint: Savepoint::None,
            }),
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

    /// Begins a unit of work.
    pub(crate) fn begin(&mut self, savepoint: Savepoint) {
        let session = self.session.get_mut();
        (session.spoiled, session.savepoint) = (None, savepoint);
        session.waiting.clear();
    }

    /// What undoes this unit of work.
    pub(crate) fn savepoint(&mut self) -> Savepoint {
        self.session.get_mut().savepoint
    }

    /// The error that ended the unit of work.
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
        if self.engine == Engine::Postgres {
            session.send_waiting(self).await?;
        }
        Ok(session.send(self, statement).await?.changed)
    }

    /// The same, for a statement that does not look at what was handed over with [`Unit::later`]: on PostgreSQL too it goes
    /// together with it.
    pub(crate) async fn change_beside(&self, statement: Statement) -> Result<u64, StoreError> {
        Ok(self.session.lock().await.send(self, statement).await?.changed)
    }

    /// The same, for a statement that gives rows.
    pub(crate) async fn rows_beside(&self, statement: Statement) -> Result<Vec<AnyRow>, StoreError> {
        Ok(self.session.lock().await.send(self, statement).await?.rows)
    }

    /// Takes a statement that nobody waits for. It goes with the next one that somebody does, or at the end of the unit of
    /// work, and an error of it is an error there. It must not look at what else was handed over and not yet sent, nor touch the
    /// same rows; what a foreign key points at may be among it.
    pub(crate) async fn later(&self, statement: Statement) -> Result<(), StoreError> {
        let mut session = self.session.lock().await;
        session.check()?;
        session.waiting.push(statement);
        if session.waiting.len() < WAITING_MAX { Ok(()) } else { session.send_waiting(self).await }
    }

    /// Sends what was handed over.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        self.session.lock().await.send_waiting(self).await
    }
}

impl Session {
    fn check(&self) -> Result<(), StoreError> {
        self.spoiled.clone().map_or(Ok(()), Err)
    }

    async fn send_waiting(&mut self, unit: &Unit) -> Result<(), StoreError> {
        match self.waiting.pop() {
            Some(last) => self.send(unit, last).await.map(drop),
            None => self.check(),
        }
    }

    /// What goes to the database next: this statement, and all that waits before it.
    fn next(&mut self, unit: &Unit, last: Statement) -> Statement {
        let mut first = std::mem::take(&mut self.waiting);
        let is_owed = self.savepoint == Savepoint::Owed;
        if is_owed || !first.is_empty() {
            first.iter().chain([&last]).for_each(|part| unit.counters.see(part));
        }
        if is_owed {
            first.insert(0, Statement::new("SAVEPOINT unit"));
        }
        together(unit.engine, first, last)
    }

    async fn send(&mut self, unit: &Unit, last: Statement) -> Result<Outcome, StoreError> {
        self.check()?;
        let owed = self.savepoint == Savepoint::Owed;
        let statement = self.next(unit, last);
        if owed {
            self.savepoint = Savepoint::Unheard;
        }
        let mut outcome = Outcome::default();
        let result = exec::run(&mut self.conn, statement, unit.engine, &unit.counters, &mut outcome).await;
        if owed {
            self.savepoint = if outcome.done == 0 { Savepoint::Owed } else { Savepoint::Set };
        }
        self.note(result).map(|()| outcome)
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
        // Rows may be of what was handed over, and on PostgreSQL no part of a statement sees the others.
        if self.engine == Engine::Postgres {
            session.send_waiting(self).await?;
        }
        Ok(session.send(self, statement).await?.rows)
    }
}

#[async_trait]
impl Tx for Statements<Unit> {
    async fn flush(&mut self) -> Result<(), StoreError> {
        self.0.flush().await
    }
}
