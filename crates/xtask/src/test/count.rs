//! How many tests passed, read from what the runners print.

use std::{fmt, ops::Add};

/// Tests by result.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

/// An error that knows how many tests ran before it.
#[derive(Debug)]
pub(crate) struct TestsFailed(pub(super) Count);

impl fmt::Display for TestsFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for TestsFailed {}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// Reads a line such as `test result: ok. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out`.
pub(crate) fn cargo_line(line: &str) -> Option<Count> {
    let results = line.trim().strip_prefix("test result: ")?.split_once(". ")?.1;
    let number = |name: &str| {
        let part = results.split(';').find(|part| part.trim().ends_with(name))?;
        part.trim().split(' ').next()?.parse().ok()
    };
    Some(Count { passed: number("passed")?, failed: number("failed")?, skipped: number("ignored")? })
}

/// Reads the `stats` of Playwright's JSON report. A flaky test is a failed one: retries are off.
pub(crate) fn playwright(report: &serde_json::Value) -> Option<Count> {
    let number = |name: &str| report.get("stats")?.get(name)?.as_u64();
    Some(Count {
        passed: number("expected")?,
        failed: number("unexpected")? + number("flaky")?,
        skipped: number("skipped")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_cargo_test_is_read_and_others_are_not() {
        let line = "test result: FAILED. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.19s";
        assert_eq!(cargo_line(line), Some(Count { passed: 12, failed: 1, skipped: 2 }));
        assert_eq!(cargo_line("test a::b ... ok"), None);
        assert_eq!(cargo_line("test result: nonsense"), None);
    }

    #[test]
    fn playwrights_report_is_read() {
        let report = serde_json::json!({"stats": {"expected": 4, "unexpected": 1, "flaky": 1, "skipped": 2}});
        assert_eq!(playwright(&report), Some(Count { passed: 4, failed: 2, skipped: 2 }));
        assert_eq!(playwright(&serde_json::json!({})), None);
    }

    #[test]
    fn the_last_line_is_one_that_machines_know() {
        assert_eq!(Count { passed: 2, failed: 0, skipped: 0 }.to_string(), "2 passed, 0 failed");
        assert_eq!(Count { passed: 2, failed: 1, skipped: 3 }.to_string(), "2 passed, 1 failed, 3 skipped");
    }
}
