//! Where a test wants this process to die. Of debug builds alone: a release has nothing of it.
//!
//! `CRASH_AT=before:3` kills the process right before the third COMMIT of the writer that holds a commit of the engine of runs,
//! `after:3` right after it.

use std::{process::Command, sync::LazyLock, thread, time::Duration};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

#[expect(clippy::disallowed_methods, reason = "a test tells a process from outside where to die")]
static WANTED: LazyLock<Option<(Moment, u64)>> = LazyLock::new(|| parse(&std::env::var("CRASH_AT").ok()?));

fn parse(text: &str) -> Option<(Moment, u64)> {
    let (moment, count) = text.split_once(':')?;
    let moment = match moment {
        "before" => Moment::Before,
        "after" => Moment::After,
        _ => return None,
    };
    Some((moment, count.parse().ok()?))
}

/// Dies, if this is the moment.
pub(crate) fn here(moment: Moment, commits: u64) {
    if *WANTED == Some((moment, commits)) {
        let _killed = Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status();
        // The signal is on its way; nothing may happen until it is here.
        thread::sleep(Duration::from_secs(60));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_and_nothing_else_is_one() {
        assert_eq!(parse("before:3"), Some((Moment::Before, 3)));
        assert_eq!(parse("after:12"), Some((Moment::After, 12)));
        for wrong in ["", "before", "before:", "during:1", "after:x"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
