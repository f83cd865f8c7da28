//! The writers: tasks with a connection each that take units of work from one queue. Nobody hears "done" before the commit.
//!
//! On SQLite there is one, and many units of work in one commit: a commit costs a disk flush; what waits together shares it. The
//! first unit of a transaction needs no savepoint, since rolling it back is rolling back everything; each later one gets its
//! own. On PostgreSQL there are [`WRITERS_POSTGRES`], and every unit is a transaction: the server lets them share its flushes, and
//! nobody waits for the way to it and back of somebody else.

#[cfg(debug_assertions)]
use crate::crash::Points;
use crate::{
    connect::Connector,
    database::Statements,
    dialect::Engine,
    exec::{self, Counters},
    unit::{Savepoint, Unit},
};
use futures::FutureExt as _;
use sqlx::AnyConnection;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use studio::ports::store::{StoreError, Tx, Work};
use tokio::{
    sync::{OwnedRwLockReadGuard, RwLock, mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

/// Units of work that wait; who comes after them waits for a place first.
pub const UNITS_WAITING_MAX: usize = 1024;

/// Units of work in one commit on SQLite. On PostgreSQL it is one: what shares a transaction would hold each other's rows.
pub const BATCH_UNITS_MAX: usize = 64;

/// Units of work under way at once on PostgreSQL, a connection each. On SQLite it is one, whatever one does.
pub const WRITERS_POSTGRES: usize = 4;

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
    /// Answered when everything before it has ended.
    Barrier(oneshot::Sender<()>),
    Close,
}

/// Who holds it waits for the next order.
type Queue = Arc<tokio::sync::Mutex<mpsc::Receiver<Order>>>;

/// The way to the writers.
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
    tasks: tokio::sync::Mutex<Vec<JoinHandle<Option<AnyConnection>>>>,
}

impl Writer {
    /// Starts the writers, the first of them on a connection that is there already.
    pub(crate) fn start(connector: &Connector, conn: AnyConnection, counters: &Arc<Counters>) -> Self {
        let (orders, queue) = mpsc::channel(UNITS_WAITING_MAX);
        let queue = Arc::new(tokio::sync::Mutex::new(queue));
        let at_work = Arc::new(RwLock::new(()));
        let engine = connector.engine();
        let (writers, batch_max) = match engine {
            Engine::Sqlite => (1, BATCH_UNITS_MAX),
            Engine::Postgres => (WRITERS_POSTGRES, 1),
        };
        #[cfg(debug_assertions)]
        let points = Arc::new(Points::new());
        let mut conn = Some(conn);
        let task = |_| Task {
            connector: connector.clone(),
            counters: Arc::clone(counters),
            queue: Arc::clone(&queue),
            at_work: Arc::clone(&at_work),
            batch_max,
            unit: conn.take().map(|conn| Statements(Unit::new(conn, engine, Arc::clone(counters)))),
            open: false,
            kept: Vec::new(),
            barriers: Vec::new(),
            #[cfg(debug_assertions)]
            points: Arc::clone(&points),
            #[cfg(debug_assertions)]
            is_of_runs: false,
        };
        #[expect(clippy::disallowed_methods, reason = "Writer keeps the handles, and close() waits for them")]
        let tasks = (0..writers).map(task).map(|task| tokio::spawn(task.run())).collect();
        Self { orders, tasks: tokio::sync::Mutex::new(tasks) }
    }

    /// Hands a unit of work over and waits for its commit. Dropped before its turn came, it is not run.
    pub(crate) async fn write(&self, work: Work) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.hand_over(Order::Work(work, answer)).await?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Waits until every unit of work that was handed over before has ended.
    pub(crate) async fn barrier(&self) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.hand_over(Order::Barrier(answer)).await?;
        answered.await.map_err(|_| closed())
    }

    async fn hand_over(&self, order: Order) -> Result<(), StoreError> {
        match timeout(UNIT_TIME_MAX, self.orders.send(order)).await {
            Ok(sent) => sent.map_err(|_| closed()),
            Err(_) => Err(StoreError::Unavailable("too many writes are waiting".to_owned())),
        }
    }

    /// Is there still a writer?
    pub(crate) fn is_open(&self) -> bool {
        !self.orders.is_closed()
    }

    /// Takes no more work, finishes what waits, and gives a connection back if there is one. `None` the second time.
    pub(crate) async fn close(&self) -> Option<AnyConnection> {
        let tasks = std::mem::take(&mut *self.tasks.lock().await);
        let _ended_already = self.orders.send(Order::Close).await;
        let mut last = None;
        for task in tasks {
            match task.await {
                Ok(conn) => last = conn.or(last),
                Err(error) => tracing::error!(%error, "a database writer ended badly"),
            }
        }
        last
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("it is closed".to_owned())
}

struct Task {
    connector: Connector,
    counters: Arc<Counters>,
    queue: Queue,
    /// Read by who is at work; who waits for all of them writes.
    at_work: Arc<RwLock<()>>,
    /// Units of work in one commit.
    batch_max: usize,
    /// The connection; gone after it failed, until the next unit of work needs one.
    unit: Option<Statements<Unit>>,
    /// Is a transaction open?
    open: bool,
    /// Who is done in the open transaction and waits for the commit.
    kept: Vec<Answer>,
    /// Who waits for the end of this transaction and of all before it.
    barriers: Vec<oneshot::Sender<()>>,
    /// Where a test lets the process die.
    #[cfg(debug_assertions)]
    points: Arc<Points>,
    /// A unit of work that is kept in the open transaction has a commit of the engine.
    #[cfg(debug_assertions)]
    is_of_runs: bool,
}

impl Task {
    async fn run(mut self) -> Option<AnyConnection> {
        while let Some((work, answer, at_work)) = self.next().await {
            let since = Instant::now();
            self.work(work, answer).await;
            for _ in 1..self.batch_max {
                if since.elapsed() >= BATCH_TIME_MAX {
                    break;
                }
                let Some((work, answer)) = self.waiting() else { break };
                self.work(work, answer).await;
            }
            self.commit().await;
            drop(at_work);
            self.answer_barriers().await;
        }
        self.unit.map(|unit| unit.0.into_conn())
    }

    /// The next unit of work that somebody waits for, and a sign that somebody is at work. `None`: there will be no more.
    async fn next(&self) -> Option<(Work, Answer, OwnedRwLockReadGuard<()>)> {
        let mut queue = self.queue.lock().await;
        loop {
            match queue.recv().await? {
                Order::Work(_, answer) if answer.is_closed() => {}
                // With the queue still held: nobody takes a barrier before this.
                Order::Work(work, answer) => {
                    return Some((work, answer, Arc::clone(&self.at_work).read_owned().await));
                }
                Order::Barrier(answer) => {
                    drop(self.at_work.write().await);
                    let _gone = answer.send(());
                }
                // What was sent before is still in the queue; it gets its turn.
                Order::Close => queue.close(),
            }
        }
    }

    /// The next unit of work of those that are there, for the open transaction. A barrier is for after it.
    fn waiting(&mut self) -> Option<(Work, Answer)> {
        let queue = Arc::clone(&self.queue);
        // Where another writer has it, nothing waits.
        let mut queue = queue.try_lock().ok()?;
        loop {
            match queue.try_recv().ok()? {
                Order::Work(_, answer) if answer.is_closed() => {}
                Order::Work(work, answer) => return Some((work, answer)),
                Order::Barrier(answer) => self.barriers.push(answer),
                Order::Close => queue.close(),
            }
        }
    }

    async fn answer_barriers(&mut self) {
        if !self.barriers.is_empty() {
            drop(self.at_work.write().await);
        }
        for answer in self.barriers.drain(..) {
            let _gone = answer.send(());
        }
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
        let working = AssertUnwindSafe(async {
            work(unit as &mut dyn Tx).await?;
            unit.0.flush().await
        })
        .catch_unwind();
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
            self.is_of_runs = true;
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
            let savepoint = if self.kept.is_empty() { Savepoint::None } else { Savepoint::Owed };
            self.begin(savepoint);
            return Ok(());
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
        self.begin(Savepoint::None);
        Ok(())
    }

    fn begin(&mut self, savepoint: Savepoint) {
        if let Some(unit) = &mut self.unit {
            unit.0.begin(savepoint);
        }
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
        let savepoint = self.unit.as_mut().map_or(Savepoint::None, |unit| unit.0.savepoint());
        match savepoint {
            Savepoint::None => {
                self.open = false;
                // Where that fails, `control` has thrown everything away; whoever was in it hears the reason, not the symptom.
                if self.control("ROLLBACK").await.is_err() {
                    self.lose(error);
                }
            }
            Savepoint::Owed => {}
            // Savepoints of the same name lie on each other; this goes back to the last.
            Savepoint::Set => {
                if self.control("ROLLBACK TO SAVEPOINT unit").await.is_err() {
                    self.lose(error);
                }
            }
            // Going back could undo the work of somebody else.
            Savepoint::Unheard => self.lose(error),
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
        let point = std::mem::take(&mut self.is_of_runs).then(|| self.points.before_commit());
        let committed = self.control_within("COMMIT", COMMIT_TIME_MAX).await;
        #[cfg(debug_assertions)]
        point.into_iter().for_each(|number| self.points.after_commit(number));
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
        {
            self.is_of_runs = false;
        }
        for answer in self.kept.drain(..) {
            let _gone = answer.send(Err(error.clone()));
        }
    }

    /// There is no database: those who wait now hear it at once, not one time-out after the other.
    fn refuse_waiting(&mut self, error: &StoreError) {
        for _ in 0..UNITS_WAITING_MAX {
            let Some((_, answer)) = self.waiting() else { return };
            let _gone = answer.send(Err(error.clone()));
        }
    }
}
