//! The one place where statements are made, run and counted.

use crate::{dialect::Engine, error, row::Cell};
use futures::TryStreamExt as _;
use sqlx::{
    Any, AnyConnection, Arguments as _, AssertSqlSafe, Either, Executor as _, SqlSafeStr, SqlStr,
    any::{AnyArguments, AnyRow},
    query::Query,
};
use std::sync::atomic::{AtomicU64, Ordering};
use studio::ports::store::{Owned, StoreError};

/// Rows in one multi-row statement.
pub(crate) const ROWS_MAX: usize = 100;

/// Multi-row statements up to this length are kept prepared; longer ones are rare, and each length is a text of its own.
const PREPARED_ROWS_MAX: usize = 8;

/// What the tests count. BEGIN, SAVEPOINT, COMMIT and what a new connection is told are not statements; what goes to the database
/// together counts once, as one way there and back.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    statements: AtomicU64,
    commits: AtomicU64,
    /// The text of every statement, for the test that looks at their plans.
    #[cfg(test)]
    pub(crate) seen: std::sync::Mutex<std::collections::BTreeSet<String>>,
}

impl Counters {
    pub(crate) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    #[cfg_attr(not(test), expect(unused_variables, reason = "the text is for tests"))]
    fn count(&self, statement: &Statement) {
        self.statements.fetch_add(1, Ordering::Relaxed);
        #[cfg(test)]
        if statement.parts == 0 {
            self.see(statement);
        }
    }

    /// A statement that goes together with others.
    #[cfg_attr(not(test), expect(clippy::unused_self, unused_variables, reason = "the text is for tests"))]
    pub(crate) fn see(&self, statement: &Statement) {
        #[cfg(test)]
        self.seen.lock().unwrap().insert(statement.sql.as_str().to_owned());
    }

    pub(crate) fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }
}

/// A way to the database: the readers, or the writer's connection inside a unit of work.
pub(crate) trait Line: Send + Sync {
    /// Runs a statement and gives its rows.
    fn rows(&self, statement: Statement) -> impl Future<Output = Result<Vec<AnyRow>, StoreError>> + Send;

    /// Runs a statement of which at most one row is expected.
    fn row(&self, statement: Statement) -> impl Future<Output = Result<Option<AnyRow>, StoreError>> + Send {
        async { Ok(self.rows(statement).await?.into_iter().next()) }
    }
}

/// A parameter: text, whole number or real number, all that both engines share; each may be empty.
pub(crate) enum Value {
    Text(Option<String>),
    Whole(Option<i64>),
    Real(Option<f64>),
}

/// What a parameter can be.
pub(crate) trait Bound: Sized {
    /// As a parameter, which may be empty; the engine is told the type of the emptiness.
    fn value(this: Option<Self>) -> Value;
}

impl Bound for String {
    fn value(this: Option<Self>) -> Value {
        Value::Text(this)
    }
}

impl Bound for i64 {
    fn value(this: Option<Self>) -> Value {
        Value::Whole(this)
    }
}

impl Bound for f64 {
    fn value(this: Option<Self>) -> Value {
        Value::Real(this)
    }
}

/// A statement with its parameters.
pub(crate) struct Statement {
    sql: SqlStr,
    values: Vec<Value>,
    /// How many others it was joined from.
    parts: usize,
    /// Is it kept prepared?
    persistent: bool,
    /// Why it must not be run.
    refused: Option<StoreError>,
}

impl Statement {
    /// A statement whose text stands in the source.
    pub(crate) fn new(sql: &'static str) -> Self {
        Self::made(sql, true)
    }

    fn made(sql: impl SqlSafeStr, persistent: bool) -> Self {
        Self { sql: sql.into_sql_str(), values: Vec::new(), parts: 0, persistent, refused: None }
    }

    /// What [`together`](crate::together::together) makes of several.
    pub(crate) fn joined(sql: String, first: Vec<Self>, last: Self) -> Self {
        // Safe: texts from the source, and numbers.
        let mut joined = Self::made(AssertSqlSafe(sql), true);
        for mut part in first.into_iter().chain([last]) {
            joined.values.append(&mut part.values);
            joined.parts += 1;
            joined.persistent &= part.persistent;
            joined.refused = joined.refused.or(part.refused);
        }
        joined
    }

    /// Its text.
    pub(crate) fn sql(&self) -> &str {
        self.sql.as_str()
    }

    /// How many parameters it has by now.
    pub(crate) fn values(&self) -> usize {
        self.values.len()
    }

    /// `head`, then `rows` groups of `columns` placeholders, then `tail`. Nothing else is ever pasted into SQL.
    pub(crate) fn with_rows(head: &'static str, rows: usize, columns: usize, tail: &'static str) -> Self {
        let mut sql = String::with_capacity(head.len() + rows * columns * 5 + tail.len());
        sql.push_str(head);
        for row in 0..rows {
            for column in 0..columns {
                sql.push_str(match (row, column) {
                    (0, 0) => " (",
                    (_, 0) => "), (",
                    _ => ", ",
                });
                sql.push('$');
                sql.push_str(&(row * columns + column + 1).to_string());
            }
        }
        sql.push_str(") ");
        sql.push_str(tail);
        // Safe: two texts from the source and numbers.
        Self::made(AssertSqlSafe(sql), rows <= PREPARED_ROWS_MAX)
    }

    /// As [`Self::with_rows`], and one more placeholder behind `tail`, which opens one bracket.
    pub(crate) fn with_rows_and_one(
        head: &'static str,
        rows: usize,
        columns: usize,
        tail: &'static str,
    ) -> Self {
        let this = Self::with_rows(head, rows, columns, tail);
        let sql = format!("{}{})", this.sql.as_str(), rows * columns + 1);
        // Safe: as above.
        Self::made(AssertSqlSafe(sql), rows <= PREPARED_ROWS_MAX)
    }

    /// `head`, then one group of `values` placeholders, then `tail`: for `… IN ($1, $2, …)`.
    pub(crate) fn with_list(head: &'static str, values: usize, tail: &'static str) -> Self {
        Self { persistent: false, ..Self::with_rows(head, 1, values, tail) }
    }

    /// As [`Self::with_list`], where `head` has a placeholder of its own before the list.
    pub(crate) fn with_one_and_list(head: &'static str, values: usize, tail: &'static str) -> Self {
        let list: Vec<String> = (0..values).map(|value| format!("${}", value + 2)).collect();
        // Safe: two texts from the source and numbers.
        Self::made(AssertSqlSafe(format!("{head} ({}) {tail}", list.join(", "))), false)
    }

    /// The next parameter.
    pub(crate) fn bind<T: Cell>(self, value: T) -> Self {
        self.bind_opt(Some(value))
    }

    /// The next parameter, which may be empty. The engine is told the type of the emptiness.
    pub(crate) fn bind_opt<T: Cell>(mut self, value: Option<T>) -> Self {
        self.values.push(Bound::value(value.map(|value| value.sql())));
        self
    }

    /// The next two parameters: whose.
    pub(crate) fn owned(self, owned: Owned) -> Self {
        self.bind(owned.organization).bind(owned.owner)
    }

    /// The next parameter, a text.
    ///
    /// U+0000 is refused for both engines: PostgreSQL cannot store it, and SQLite's functions end a text there.
    pub(crate) fn text(mut self, text: &str) -> Self {
        if text.contains('\0') {
            self.refused = Some(StoreError::Fault("a text with U+0000 cannot be stored".to_owned()));
        }
        self.bind(text.to_owned())
    }

    /// The next parameter, a text that may be empty.
    pub(crate) fn text_opt(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(text),
            None => self.bind_opt(None::<String>),
        }
    }
}

impl Statement {
    fn query(self) -> Result<Query<'static, Any, AnyArguments>, StoreError> {
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        let mut arguments = AnyArguments::default();
        for value in self.values {
            match value {
                Value::Text(text) => arguments.add(text),
                Value::Whole(number) => arguments.add(number),
                Value::Real(number) => arguments.add(number),
            }
            .map_err(|error| StoreError::Fault(error.to_string()))?;
        }
        Ok(sqlx::query_with(self.sql, arguments).persistent(self.persistent))
    }
}

/// What came of a statement: its rows, and how many it changed, or its last part.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<AnyRow>,
    pub(crate) changed: u64,
    /// How many of its parts are done.
    pub(crate) done: usize,
}

/// Runs a statement. What came of it stands in `outcome`, as far as it came.
pub(crate) async fn run(
    conn: &mut AnyConnection,
    statement: Statement,
    engine: Engine,
    counters: &Counters,
    outcome: &mut Outcome,
) -> Result<(), StoreError> {
    counters.count(&statement);
    let mut results = conn.fetch_many(statement.query()?);
    while let Some(result) = results.try_next().await.map_err(|error| error::from_sqlx(engine, &error))? {
        match result {
            Either::Left(result) => {
                outcome.changed = result.rows_affected();
                outcome.done += 1;
            }
            Either::Right(row) => outcome.rows.push(row),
        }
    }
    Ok(())
}

/// Runs a statement of the house: BEGIN, SAVEPOINT, PRAGMA. Not counted.
pub(crate) async fn control(
    conn: &mut AnyConnection,
    sql: &'static str,
    engine: Engine,
) -> Result<(), StoreError> {
    sqlx::raw_sql(sql).execute(conn).await.map(drop).map_err(|error| error::from_sqlx(engine, &error))
}

/// Copies a SQLite database into an empty file.
pub(crate) async fn vacuum_into(conn: &mut AnyConnection, path: &str) -> Result<(), StoreError> {
    let copying = sqlx::query("VACUUM INTO $1").bind(path.to_owned()).execute(conn).await;
    copying.map(drop).map_err(|error| error::from_sqlx(Engine::Sqlite, &error))
}
