//! Where a test lets this process die: right before or right after a COMMIT that holds a commit of the engine of runs. Of debug
//! builds alone: a release has nothing of it.

use std::{
    env, fs,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    thread,
    time::Duration,
};

/// Names a file. While there is none, nothing happens. While it is there, transactions with a commit of the engine are
/// counted; where it says `before 3` or `after 3`, the process kills itself at the third. A file and not a value: a test arms a
/// process that has come to rest, and nothing of its start is counted.
const PLACE: &str = "VOBIO_TEST_CRASH";

/// What the writers know of it.
#[derive(Debug)]
pub(crate) struct Points {
    file: Option<PathBuf>,
    /// Transactions with a commit of the engine since the file is there.
    counted: AtomicU64,
}

impl Points {
    #[expect(clippy::disallowed_methods, reason = "a test tells a process from outside where to die")]
    pub(crate) fn new() -> Self {
        Self { file: env::var(PLACE).ok().map(PathBuf::from), counted: AtomicU64::new(0) }
    }

    /// A transaction with a commit of the engine is about to be committed; its number.
    pub(crate) fn before_commit(&self) -> u64 {
        let Some(told) = self.told() else {
            self.counted.store(0, SeqCst);
            return 0;
        };
        let number = self.counted.fetch_add(1, SeqCst) + 1;
        tracing::debug!(number, "a commit of the engine");
        if told == format!("before {number}") {
            die();
        }
        number
    }

    /// The one with this number is committed.
    pub(crate) fn after_commit(&self, number: u64) {
        if self.told().is_some_and(|told| told == format!("after {number}")) {
            die();
        }
    }

    /// What the file says now.
    fn told(&self) -> Option<String> {
        Some(fs::read_to_string(self.file.as_ref()?).ok()?.trim().to_owned())
    }
}

/// SIGKILL: nothing is flushed, closed or rolled back. The runtime's thread stands still until the signal is here.
fn die() -> ! {
    loop {
        let _sent = Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status();
        thread::sleep(Duration::from_millis(100));
    }
}
