//! Where the engines differ. Nowhere else.

use sqlx::migrate::Migrator;
use std::fmt;

/// Where the processes on one PostgreSQL tell each other of commits of runs.
pub(crate) const RUNS_CHANNEL: &str = "vobio_runs";

/// Keeps what a commit of a run brought; its status, events and state are what is handed in, whose it is says the run's row.
macro_rules! append_commit {
    () => {
        "INSERT INTO run_commits (organization_id, owner_id, run_id, revision, id, at, status, events, last_seq, \
         state_name, state_version, body, digest) \
         SELECT r.organization_id, r.owner_id, r.id, $2, $3, $4, $5, $6, r.last_seq, $7, $8, $9, $10 \
         FROM runs r WHERE r.id = $1"
    };
}

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file on this machine.
    Sqlite,
    /// A server, 15 or newer.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

impl Engine {
    /// What every connection is told first.
    ///
    /// SQLite: `synchronous = FULL` makes a commit survive a power cut; the log file shrinks back to 64 MB after a burst; what undoes
    /// a savepoint is kept in memory and not in a file (each unit of work in a commit copies the pages that it touches there).
    /// PostgreSQL: limits on the server's side, for the day this process hangs in the middle of a transaction; and every statement of
    /// ours goes through an index, which a planner must not doubt because it knows nothing yet of a table that is filling up.
    pub(crate) const fn greeting(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; \
                 PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF"
            }
            Self::Postgres => {
                "SET application_name = 'vobio'; SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
                 SET idle_in_transaction_session_timeout = '30s'; \
                 SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
            }
        }
    }

    /// What a connection that only reads is told besides.
    pub(crate) const fn read_only(self) -> &'static str {
        match self {
            Self::Sqlite => "PRAGMA query_only = ON",
            Self::Postgres => "SET default_transaction_read_only = on",
        }
    }

    /// What the connection that migrates is told besides: a large table may take its time.
    pub(crate) const fn patient(self) -> &'static str {
        match self {
            Self::Sqlite => "PRAGMA busy_timeout = 60000",
            Self::Postgres => "SET statement_timeout = 0; SET lock_timeout = 0",
        }
    }

    /// What the last connection is told before it closes.
    pub(crate) const fn farewell(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("PRAGMA wal_checkpoint(TRUNCATE)"),
            Self::Postgres => None,
        }
    }

    /// Opens a transaction that writes. SQLite takes the write lock at once, or an upgrade in the middle could fail.
    pub(crate) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Is there a network between this process and the data?
    pub(crate) const fn is_remote(self) -> bool {
        matches!(self, Self::Postgres)
    }

    /// Opens the transaction around the migrations. PostgreSQL needs none: there the driver takes an advisory lock, and
    /// each migration is a transaction.
    pub(crate) const fn begin_migrations(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("BEGIN EXCLUSIVE"),
            Self::Postgres => None,
        }
    }

    /// The migrations that this binary knows.
    pub(crate) fn migrations(self) -> &'static Migrator {
        match self {
            Self::Sqlite => &SQLITE_MIGRATIONS,
            Self::Postgres => &POSTGRES_MIGRATIONS,
        }
    }

    /// Asks for the setting that proves the engine is fit for the house, with what it must at least be.
    pub(crate) const fn proof(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT CASE journal_mode WHEN 'wal' THEN '' ELSE 'its file system allows no write-ahead log' END FROM pragma_journal_mode"
            }
            Self::Postgres => {
                "SELECT CASE WHEN CAST(current_setting('server_version_num') AS BIGINT) >= 150000 THEN '' ELSE 'PostgreSQL 15 or newer is needed' END"
            }
        }
    }

    /// How many tables there are, and how many of them keep the list of applied migrations.
    pub(crate) const fn count_tables(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT COUNT(*), COUNT(CASE WHEN name = '_sqlx_migrations' THEN 1 END) FROM sqlite_master \
                 WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
            }
            Self::Postgres => {
                "SELECT COUNT(*), COUNT(CASE WHEN table_name = '_sqlx_migrations' THEN 1 END) \
                 FROM information_schema.tables WHERE table_schema = current_schema()"
            }
        }
    }

    /// Keeps what a commit of a run brought. PostgreSQL tells every process of it in the same statement, with the commit: ids and
    /// numbers, no text. On SQLite there is no other process.
    pub(crate) const fn append_commit(self) -> &'static str {
        match self {
            Self::Sqlite => append_commit!(),
            Self::Postgres => concat!(
                append_commit!(),
                // The driver knows no type for what tells.
                " RETURNING CAST(pg_notify('vobio_runs', \
                 organization_id || ' ' || owner_id || ' ' || run_id || ' ' || revision || ' ' || last_seq) AS TEXT)"
            ),
        }
    }

    /// Takes the end of the audit's chain until the commit. On PostgreSQL a process that finds another one at it goes on without:
    /// nobody waits, so nobody waits for each other. On SQLite whoever writes is alone.
    pub(crate) const fn hold_audit_head(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT position, hash, sealed_at FROM audit_head WHERE id = 1",
            Self::Postgres => {
                "SELECT position, hash, sealed_at FROM audit_head WHERE id = 1 FOR UPDATE SKIP LOCKED"
            }
        }
    }

    /// What an error code of the engine means. SQLite gives extended codes in decimal, PostgreSQL an SQLSTATE.
    pub(crate) fn meaning(self, code: &str) -> Meaning {
        match self {
            Self::Sqlite => sqlite_meaning(code),
            Self::Postgres => postgres_meaning(code),
        }
    }
}

/// What an error means for the one who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The schema refused it.
    Refused,
    /// No room.
    Full,
    /// Not now.
    Unavailable,
    /// The stored data are damaged.
    Damaged,
    /// A mistake of ours.
    Fault,
}

fn sqlite_meaning(code: &str) -> Meaning {
    let Ok(code) = code.parse::<i32>() else { return Meaning::Fault };
    // The shared-memory file that cannot grow: SQLite has no other word for "full" there.
    const IOERR_SHMSIZE: i32 = 4874;
    match (code, code & 0xff) {
        (IOERR_SHMSIZE, _) | (_, 13) => Meaning::Full,
        (_, 19) => Meaning::Refused,
        // busy, locked, out of memory, read-only, interrupted, input/output, cannot open, lock protocol, authorisation
        (_, 5 | 6 | 7 | 8 | 9 | 10 | 14 | 15 | 23) => Meaning::Unavailable,
        // malformed, not a database
        (_, 11 | 26) => Meaning::Damaged,
        _ => Meaning::Fault,
    }
}

fn postgres_meaning(code: &str) -> Meaning {
    match code {
        "53100" => Meaning::Full,
        "XX001" | "XX002" => Meaning::Damaged,
        // deadlock and serialization, lock not available, cancelled, idle too long, read-only after a fail-over
        "40001" | "40P01" | "55P03" | "25P03" | "25P04" | "25006" => Meaning::Unavailable,
        _ => match code.get(..2) {
            Some("23") => Meaning::Refused,
            // connection, sign-in, catalogue, resources, operator, system
            Some("08" | "28" | "3D" | "53" | "57" | "58") => Meaning::Unavailable,
            _ => Meaning::Fault,
        },
    }
}

/// The name of the index or constraint behind SQLite's words, as PostgreSQL names it.
///
/// SQLite says `UNIQUE constraint failed: answers.conversation_id`: columns, even where the index has a name. Only
/// unique indexes that are not primary keys need a line here; a test compares this list with the schema.
pub(crate) fn sqlite_conflict(message: &str) -> String {
    let Some((rule, what)) = message.split_once(" constraint failed") else { return message.to_owned() };
    let what = what.trim_start_matches(": ");
    match rule {
        "FOREIGN KEY" => FOREIGN_KEY.to_owned(),
        "UNIQUE" => match what {
            "answers.conversation_id" => "answers_one_active".to_owned(),
            "audit.position" => "audit_position".to_owned(),
            "run_commits.id" => "run_commits_id".to_owned(),
            "messages.conversation_id, messages.id" => "messages_conversation".to_owned(),
            "setup_codes.digest" => "setup_codes_digest".to_owned(),
            "providers.organization_id, providers.name" => "providers_name".to_owned(),
            "invites.digest" => "invites_digest".to_owned(),
            "tokens.digest" => "tokens_digest".to_owned(),
            "refusals.owner_id, refusals.organization_id, refusals.gate, refusals.rule, refusals.operation, refusals.minute" => {
                "refusals_minute".to_owned()
            }
            _ => match what.split_once('.') {
                Some((table, _)) => format!("{table}_pkey"),
                None => what.to_owned(),
            },
        },
        _ => what.to_owned(),
    }
}

/// SQLite does not say which foreign key it was; so PostgreSQL does not either.
pub(crate) const FOREIGN_KEY: &str = "foreign_key";
