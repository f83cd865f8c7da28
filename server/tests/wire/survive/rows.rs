//! What the database says of runs: while a studio serves, and between two of its lives.

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _, any::AnyRow};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Where rows are.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// The file.
    Sqlite(PathBuf),
    /// The address.
    Postgres(String),
}

/// A run and what it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) run: String,
    pub(crate) status: String,
    /// Of its answer.
    pub(crate) state: String,
    pub(crate) conversation: String,
    pub(crate) prompt: String,
    /// Of the message.
    pub(crate) body: String,
    /// What is not in the message yet.
    pub(crate) parts: String,
    /// Whether what its call came to was kept.
    pub(crate) has_result: bool,
    pub(crate) changed_at: i64,
}

/// Everything about runs that a process could write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Print(Vec<String>);

impl Print {
    /// How many rows are not as they were, or were not there.
    pub(crate) fn changed_since(&self, before: &Self) -> usize {
        let gone = before.0.iter().filter(|row| !self.0.contains(row)).count();
        gone.max(self.0.iter().filter(|row| !before.0.contains(row)).count())
    }
}

impl Place {
    /// Runs whose prompt has this in it, oldest first, while a studio serves.
    pub(crate) fn kept(&self, of: &str) -> Vec<Kept> {
        block_on(async {
            let mut conn = self.connect(true).await;
            kept(&mut conn, of).await
        })
    }

    /// The same when nobody serves: of a copy, so that looking changes nothing. Of PostgreSQL when it has noticed that its
    /// client is gone.
    pub(crate) fn kept_at_rest(&self, of: &str) -> Vec<Kept> {
        let Self::Sqlite(file) = self else {
            block_on(self.let_go());
            return self.kept(of);
        };
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.db");
        for end in ["", "-wal"] {
            let (from, to) = (beside(file, end), beside(&copy, end));
            if from.exists() {
                fs::copy(from, to).unwrap();
            }
        }
        block_on(async {
            let mut conn = Self::Sqlite(copy).connect(false).await;
            kept(&mut conn, of).await
        })
    }

    /// How many runs and answers are not at rest, and how many runs have no answer.
    pub(crate) fn restless(&self) -> (i64, i64) {
        const ACTIVE: &str = "SELECT (SELECT COUNT(*) FROM runs WHERE status IN ('running', 'waiting', 'sleeping')) \
            + (SELECT COUNT(*) FROM answers WHERE ended_at IS NULL)";
        const LOST: &str =
            "SELECT COUNT(*) FROM runs r WHERE NOT EXISTS (SELECT 1 FROM answers a WHERE a.run_id = r.id)";
        block_on(async {
            let mut conn = self.connect(true).await;
            (number(&mut conn, ACTIVE).await, number(&mut conn, LOST).await)
        })
    }

    /// How many holds are open, and of how many answers something else was booked than their model said they used.
    pub(crate) fn held_and_misbooked(&self) -> (i64, i64) {
        const MISBOOKED: &str = "SELECT COUNT(*) FROM answers a WHERE COALESCE(a.cost_micros, 0) <> (SELECT COALESCE(SUM(l.amount), 0) \
            FROM ledger l WHERE l.run_id = a.run_id AND l.kind IN ('settle', 'overrun') AND l.estimated = 0)";
        block_on(async {
            let mut conn = self.connect(true).await;
            (number(&mut conn, "SELECT COUNT(*) FROM holds").await, number(&mut conn, MISBOOKED).await)
        })
    }

    /// Rows of this run, all of them.
    pub(crate) fn print(&self, run: &str) -> Print {
        const TABLES: [&str; 4] = [
            "SELECT id || ' ' || status || ' ' || COALESCE(reason, '') || ' ' || revision || ' ' || COALESCE(holder, 0) || ' ' \
             || changed_at FROM runs WHERE id = $1",
            "SELECT revision || ' ' || id || ' ' || events || ' ' || COALESCE(body, '') FROM run_commits WHERE run_id = $1 ORDER BY 1",
            "SELECT state || ' ' || COALESCE(ended_at, 0) || ' ' || m.body FROM answers a JOIN messages m ON m.id = a.message_id \
             WHERE run_id = $1",
            "SELECT seq || ' ' || body FROM answer_parts WHERE run_id = $1 ORDER BY 1",
        ];
        block_on(async {
            let mut conn = self.connect(true).await;
            let mut lines = Vec::new();
            for table in TABLES {
                let rows = sqlx::query(table).bind(run).fetch_all(&mut conn).await.unwrap();
                lines.extend(rows.iter().map(|row| row.get::<String, _>(0)));
            }
            Print(lines)
        })
    }

    async fn connect(&self, is_read: bool) -> AnyConnection {
        sqlx::any::install_default_drivers();
        let address = match self {
            // A reader alone never writes the log back into the file.
            Self::Sqlite(file) if is_read => format!("sqlite://{}?mode=ro", file.display()),
            Self::Sqlite(file) => format!("sqlite://{}", file.display()),
            Self::Postgres(address) => address.clone(),
        };
        AnyConnection::connect(&address).await.unwrap()
    }

    /// Waits until PostgreSQL has let go of everybody else: a commit under way when its client died may still be kept.
    async fn let_go(&self) {
        let mut conn = self.connect(true).await;
        const OTHERS: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
            AND backend_type = 'client backend'";
        while number(&mut conn, OTHERS).await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A file that lies beside the database.
pub(crate) fn beside(file: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", file.display()))
}

async fn number(conn: &mut AnyConnection, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(conn).await.unwrap().get(0)
}

async fn kept(conn: &mut AnyConnection, of: &str) -> Vec<Kept> {
    let like = format!("%{of}%");
    let runs = "SELECT r.id, r.status, a.state, a.conversation_id, q.body AS prompt, m.body, r.changed_at FROM runs r \
        JOIN answers a ON a.run_id = r.id JOIN messages m ON m.id = a.message_id JOIN messages q ON q.id = m.parent_id \
        WHERE q.body LIKE $1 ORDER BY r.opened_at, r.id";
    let ids = "SELECT a.run_id FROM answers a JOIN messages m ON m.id = a.message_id JOIN messages q ON q.id = m.parent_id \
        WHERE q.body LIKE $1";
    let rows = sqlx::query(runs).bind(&like).fetch_all(&mut *conn).await.unwrap();
    let mut parts = HashMap::<String, String>::new();
    let text = format!("SELECT run_id, body FROM answer_parts WHERE run_id IN ({ids}) ORDER BY run_id, seq");
    for row in sqlx::query(AssertSqlSafe(text)).bind(&like).fetch_all(&mut *conn).await.unwrap() {
        parts.entry(row.get(0)).or_default().push_str(row.get(1));
    }
    let events =
        format!("SELECT run_id, events FROM run_commits WHERE run_id IN ({ids}) ORDER BY run_id, revision");
    let mut results = HashMap::<String, bool>::new();
    for row in sqlx::query(AssertSqlSafe(events)).bind(&like).fetch_all(&mut *conn).await.unwrap() {
        has_result(row.get(1), results.entry(row.get(0)).or_default());
    }
    let kept = |row: &AnyRow| {
        let run: String = row.get(0);
        Kept {
            status: row.get(1),
            state: row.get(2),
            conversation: row.get(3),
            prompt: row.get(4),
            body: row.get(5),
            changed_at: row.get(6),
            parts: parts.remove(&run).unwrap_or_default(),
            has_result: results.remove(&run).unwrap_or_default(),
            run,
        }
    };
    rows.iter().map(kept).collect()
}

/// What events say of the call: it has a result, or is to be made (again).
fn has_result(events: &str, known: &mut bool) {
    let events: Vec<serde_json::Value> = serde_json::from_str(events).unwrap();
    for event in events {
        match event["what"]["kind"].as_str() {
            Some("begun") => *known = false,
            Some("known") => *known = matches!(event["what"]["word"].as_str(), Some("finished" | "failed")),
            _ => {}
        }
    }
}

/// Waits for it on this thread.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
