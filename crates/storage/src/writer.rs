//! The writer: one task, one connection, and many units of work in one commit.
//!
//! A commit costs a disk flush; what waits together shares it. The first unit of a transaction needs no savepoint, since
//! rolling it back is rolling back everything; each later one gets its own. Nobody hears "done" before the commit.

#[cfg(debug_assertions)]
use crate::crash::Points;
use crate::{
    connect::Connector,
    database::Statements,
    exec::{self, Counters},
    unit::Unit,
};
use futures::FutureExt as _;
use sqlx::AnyConnection;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use studio::ports::store::{StoreError, Tx, Work};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

/// Units of work that wait; who comes after them waits for a place first.
pub const UNITS_WAITING_MAX: usize = 1024;

/// Units of work in one commit.
pub const BATCH_UNITS_MAX: usize = 64;

/// How long a unit of work may take before it is rolled back.
pub const UNIT_TIME_MAX: Duration = Duration::from_secs(10);

/// A transaction that has lasted this long takes no further unit in: those inside wait for their answer.
const BATCH_TIME_MAX: Duration = Duration::from_millis(100);

/// Longest BEGIN, SAVEPOINT or ROLLBACK. Longer than the 5 s that SQLite waits for another process's lock.
const CONTROL_TIME_MAX: Duration = Duration::from_secs(10);

/// Longest COMMIT: a slow disk may take its time, and giving up leaves open what was kept.
const COMMIT_TIME_MAX: Duration = Duration::from_secs(30);

type Answer = oneshot::Sender<Result<(), StoreError>>;

enum Order {
    Work(Work, Answer),
    Close,
}

/// The way to the writer.
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
    task: tokio::sync::Mutex<Option<JoinHandle<Option<AnyConnection>>>>,
}

impl Writer {
    /// Starts the writer on a connection that is there already.
    pub(crate) fn start(connector: Connector, conn: AnyConnection, counters: Arc<Counters>) -> Self {
        let (orders, queue) = mpsc::channel(UNITS_WAITING_MAX);
        let engine = connector.engine();
        let unit = Some(Statements(Unit::new(conn, engine, Arc::clone(&counters))));
        let task = Task {
            connector,
            counters,
            queue,
            unit,
            open: false,
            kept: Vec::new(),
            #[cfg(debug_assertions)]
            points: Points::new(),
        };
        #[expect(clippy::disallowed_methods, reason = "Writer keeps the handle, and close() waits for it")]
        let task = tokio::spawn(task.run());
        Self { orders, task: tokio::sync::Mutex::new(Some(task)) }
    }

    /// Hands a unit of work over and waits for its commit. Dropped before its turn came, it is not run.
    pub(crate) async fn write(&self, work: Work) -> Result<(), StoreError> {
        let closed = || StoreError::Unavailable("it is closed".to_owned());
        let (answer, answered) = oneshot::channel();
        match timeout(UNIT_TIME_MAX, self.orders.send(Order::Work(work, answer))).await {
            Ok(Ok(())) => answered.await.unwrap_or_else(|_| Err(closed())),
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(StoreError::Unavailable("too many writes are waiting".to_owned())),
        }
    }

    /// Is there still a writer?
    pub(crate) fn is_open(&self) -> bool {
        !self.orders.is_closed()
    }

    /// Takes no more work, finishes what waits, and gives the connection back if there is one. `None` the second time.
    pub(crate) async fn close(&self) -> Option<AnyConnection> {
        let mut task = self.task.lock().await;
        let handle = task.take()?;
        let _ended_already = self.orders.send(Order::Close).await;
        match handle.await {
            Ok(conn) => conn,
            Err(error) => {
                tracing::error!(%error, "the database writer ended badly");
                None
            }
        }
    }
}

struct Task {
    connector: Connector,
    counters: Arc<Counters>,
    queue: mpsc::Receiver<Order>,
    /// The connection; gone after it failed, until the next unit of work needs one.
    unit: Option<Statements<Unit>>,
    /// Is a transaction open?
    open: bool,
    /// Who is done in the open transaction and waits for the commit.
    kept: Vec<Answer>,
    /// Where a test lets the process die.
    #[cfg(debug_assertions)]
    points: Points,
}

impl Task {
    async fn run(mut self) -> Option<AnyConnection> {
        while let Some(order) = self.queue.recv().await {
            let mut next = Some(order);
            let mut taken = 0;
            let since = Instant::now();
            while let Some(order) = next {
                match order {
                    // What was sent before is still in the queue; it gets its turn.
                    Order::Close => self.queue.close(),
                    Order::Work(_, answer) if answer.is_closed() => {}
                    Order::Work(work, answer) => self.work(work, answer).await,
                }
                taken += 1;
                let room = taken < BATCH_UNITS_MAX && since.elapsed() < BATCH_TIME_MAX;
                next = if room { self.queue.try_recv().ok() } else { None };
            }
            self.commit().await;
        }
        self.unit.map(|unit| unit.0.into_conn())
    }

    /// Runs one unit of work inside the open transaction, or in a new one.
    async fn work(&mut self, work: Work, answer: Answer) {
        if let Err(error) = self.enter().await {
            self.lose(&error);
            self.refuse_waiting(&error);
            let _gone = answer.send(Err(error));
            return;
        }
        let Some(unit) = &mut self.unit else { return };
        let working = AssertUnwindSafe(async { work(unit as &mut dyn Tx).await }).catch_unwind();
        let result = match timeout(UNIT_TIME_MAX, working).await {
            Ok(Ok(result)) => result,
            Ok(Err(_panic)) => {
                tracing::error!("a unit of work panicked and was rolled back");
                Err(StoreError::Fault("a unit of work panicked".to_owned()))
            }
            Err(_) => Err(StoreError::Unavailable("a unit of work took too long".to_owned())),
        };
        let result = unit.0.take_spoiled().map_or(result, Err);
        #[cfg(debug_assertions)]
        if unit.0.take_commit_of_run() && result.is_ok() {
            self.points.kept();
        }
        match result {
            Ok(()) => self.kept.push(answer),
            Err(error) => {
                self.leave(&error).await;
                let _gone = answer.send(Err(error));
            }
        }
    }

    /// Makes a place for a unit of work: a transaction, or a savepoint if others are in it already.
    async fn enter(&mut self) -> Result<(), StoreError> {
        if self.open {
            return if self.kept.is_empty() { Ok(()) } else { self.control("SAVEPOINT unit").await };
        }
        let engine = self.connector.engine();
        let rested = self.unit.is_some();
        self.connect().await?;
        if let Err(error) = self.control(engine.begin()).await {
            // A connection over the network can die while it rests. Nothing was begun, so a new one may try.
            if !(rested && engine.is_remote()) {
                return Err(error);
            }
            self.connect().await?;
            self.control(engine.begin()).await?;
        }
        self.open = true;
        Ok(())
    }

    async fn connect(&mut self) -> Result<(), StoreError> {
        if self.unit.is_none() {
            let conn = self.connector.connect().await?;
            let unit = Unit::new(conn, self.connector.engine(), Arc::clone(&self.counters));
            self.unit = Some(Statements(unit));
        }
        Ok(())
    }

    /// Undoes the last unit of work.
    async fn leave(&mut self, error: &StoreError) {
        let undone = if self.kept.is_empty() {
            self.open = false;
            self.control("ROLLBACK").await
        } else {
            // Savepoints of the same name lie on each other; this goes back to the last.
            self.control("ROLLBACK TO SAVEPOINT unit").await
        };
        // Where that fails, `control` has thrown everything away; whoever was in it hears the reason, not the symptom.
        if undone.is_err() {
            self.lose(error);
        }
    }

    /// Commits what is open and answers everybody in it.
    ///
    /// Where a network swallows the answer to COMMIT, they hear an error although PostgreSQL may have kept the work.
    async fn commit(&mut self) {
        if !self.open {
            return;
        }
        #[cfg(debug_assertions)]
        self.points.before_commit();
        let committed = self.control_within("COMMIT", COMMIT_TIME_MAX).await;
        #[cfg(debug_assertions)]
        self.points.after_commit();
        self.open = false;
        match committed {
            Ok(()) => {
                self.counters.committed();
                for answer in self.kept.drain(..) {
                    let _gone = answer.send(Ok(()));
                }
            }
            Err(error) => self.lose(&error),
        }
    }

    /// Runs a statement of the house. When it fails the connection is in no state to go on with.
    async fn control(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.control_within(sql, CONTROL_TIME_MAX).await
    }

    async fn control_within(&mut self, sql: &'static str, limit: Duration) -> Result<(), StoreError> {
        let Some(unit) = &mut self.unit else {
            return Err(StoreError::Unavailable("the connection is lost".to_owned()));
        };
        let engine = self.connector.engine();
        let result = timeout(limit, exec::control(unit.0.conn(), sql, engine))
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the database does not answer".to_owned())));
        if let Err(error) = &result {
            tracing::warn!(%error, sql, "the database writer drops its connection");
            // Dropping it rolls back and closes.
            self.unit = None;
        }
        result
    }

    /// The transaction is gone with all that was in it.
    fn lose(&mut self, error: &StoreError) {
        self.unit = None;
        self.open = false;
        #[cfg(debug_assertions)]
        self.points.lost();
        for answer in self.kept.drain(..) {
            let _gone = answer.send(Err(error.clone()));
        }
    }

    /// There is no database: those who wait now hear it at once, not one time-out after the other.
    fn refuse_waiting(&mut self, error: &StoreError) {
        for _ in 0..self.queue.len() {
            match self.queue.try_recv() {
                Ok(Order::Work(_, answer)) => {
                    let _gone = answer.send(Err(error.clone()));
                }
                Ok(Order::Close) => self.queue.close(),
                Err(_) => return,
            }
        }
    }
}
