//! Where a test lets this process die: right before or right after a COMMIT that holds a commit of the engine of runs. Of debug
//! builds alone: a release has nothing of it.

use std::{env, fs, path::PathBuf, process::Command, thread, time::Duration};

/// Names a file. While there is none, nothing happens. While it is there, transactions with a commit of the engine are
/// counted; where it says `before 3` or `after 3`, the process kills itself at the third. A file and not a value: a test arms a
/// process that has come to rest, and nothing of its start is counted.
const PLACE: &str = "VOBIO_TEST_CRASH";

/// What the writer knows of it.
#[derive(Debug)]
pub(crate) struct Points {
    file: Option<PathBuf>,
    /// A unit of work that is kept in the open transaction has a commit of the engine.
    is_of_runs: bool,
    /// Transactions with one since the file is there.
    counted: u64,
}

impl Points {
    #[expect(clippy::disallowed_methods, reason = "a test tells a process from outside where to die")]
    pub(crate) fn new() -> Self {
        Self { file: env::var(PLACE).ok().map(PathBuf::from), is_of_runs: false, counted: 0 }
    }

    /// A unit of work of the engine is kept in the open transaction.
    pub(crate) fn kept(&mut self) {
        self.is_of_runs = true;
    }

    /// The transaction is gone.
    pub(crate) fn lost(&mut self) {
        self.is_of_runs = false;
    }

    pub(crate) fn before_commit(&mut self) {
        if !self.is_of_runs {
            return;
        }
        let Some(told) = self.told() else {
            self.counted = 0;
            return;
        };
        self.counted += 1;
        tracing::debug!(number = self.counted, "a commit of the engine");
        if told == format!("before {}", self.counted) {
            die();
        }
    }

    pub(crate) fn after_commit(&mut self) {
        if !std::mem::take(&mut self.is_of_runs) {
            return;
        }
        if self.told().is_some_and(|told| told == format!("after {}", self.counted)) {
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
