//! `make test`: stages in order, the seconds of each, the first failure stops. The last line is `N passed, N failed`.

pub(crate) mod browser;
mod count;
pub(crate) mod postgres;
pub(crate) mod unit;

use crate::{place, rooms, setup, sh, site};
use anyhow::{Result, bail};
use count::Count;
use std::time::{Duration, Instant};

/// What all wasm and its glue may weigh with brotli, in bytes.
const BROWSER_CODE_BYTES_MAX: u64 = 200_000;

/// What `make test` does, in this order; `ONLY=unit,browser` does some of it.
const STAGES: [&str; 6] = ["format", "rooms", "lints", "unit", "weight", "browser"];

/// Runs the stages named in `only`, or all where none is named. What they need is set up first.
pub(crate) fn run(only: &[String]) -> Result<()> {
    if let Some(unknown) = only.iter().find(|name| !STAGES.contains(&name.as_str())) {
        bail!("there is no stage `{unknown}`; there are: {}", STAGES.join(", "));
    }
    let mut report = Report::default();
    let result = stages(&mut report, &|name| only.is_empty() || only.iter().any(|wanted| wanted == name));
    report.print();
    result
}

fn stages(report: &mut Report, is_wanted: &dyn Fn(&str) -> bool) -> Result<()> {
    let check = |result: Result<()>| result.map(|()| ((), Count::default()));
    if is_wanted("format") {
        report.stage("format", || check(sh::run(sh::cargo().args(["fmt", "--all", "--check"]))))?;
    }
    if is_wanted("rooms") {
        report.stage("rooms", || check(rooms::check()))?;
    }
    if is_wanted("lints") {
        report.stage("lints", || check(clippy()))?;
    }
    if !["unit", "weight", "browser"].into_iter().any(is_wanted) {
        return Ok(());
    }
    let tools = report.stage("setup", || Ok((setup::tools()?, Count::default())))?;
    report.stage("site", || Ok((site::build()?, Count::default())))?;
    if is_wanted("weight") {
        report.stage("weight", || weight().map(|count| ((), count)))?;
    }
    if !["unit", "browser"].into_iter().any(is_wanted) {
        return Ok(());
    }
    let vobio = report.stage("build", || Ok((unit::build()?, Count::default())))?;
    if is_wanted("unit") {
        report.stage("unit", || unit::run(&tools, &vobio).map(|count| ((), count)))?;
    }
    if is_wanted("browser") {
        report.stage("browser", || browser::run(&tools.browsing, &vobio).map(|count| ((), count)))?;
    }
    Ok(())
}

/// For this machine, and for the browser what only the browser compiles.
fn clippy() -> Result<()> {
    const STRICT: [&str; 3] = ["--", "-D", "warnings"];
    sh::run(sh::cargo().args(["clippy", "--quiet", "--workspace", "--all-targets"]).args(STRICT))?;
    // Path dependencies are linted along: app and api-types as the browser sees them.
    let browser = ["clippy", "--quiet", "--package", "frontend", "--target", "wasm32-unknown-unknown"];
    sh::run(sh::cargo().args(browser).args(STRICT))
}

/// The browser's code may not grow unnoticed.
fn weight() -> Result<Count> {
    let bytes = site::manifest()?.browser_code_bytes()?;
    println!("wasm_br_kb {:.1} kB (at most {})", bytes as f64 / 1000.0, BROWSER_CODE_BYTES_MAX / 1000);
    if bytes > BROWSER_CODE_BYTES_MAX {
        bail!("wasm and glue weigh {bytes} bytes with brotli, more than {BROWSER_CODE_BYTES_MAX}");
    }
    Ok(Count { passed: 1, ..Count::default() })
}

/// What ran, how long, and with what result.
#[derive(Default)]
struct Report {
    stages: Vec<(&'static str, Duration, Count)>,
}

impl Report {
    /// Runs one stage. A stage that fails without having counted a failed test is one itself.
    fn stage<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<(T, Count)>) -> Result<T> {
        println!("\n== {name}");
        let begun = Instant::now();
        let result = work();
        let count = match &result {
            Ok((_, count)) => *count,
            Err(error) => {
                let counted =
                    error.downcast_ref::<count::TestsFailed>().map_or(Count::default(), |found| found.0);
                Count { failed: counted.failed.max(1), ..counted }
            }
        };
        self.stages.push((name, begun.elapsed(), count));
        result.map(|(value, _)| value)
    }

    fn total(&self) -> Count {
        self.stages.iter().fold(Count::default(), |sum, (_, _, count)| sum + *count)
    }

    fn print(&self) {
        println!("\nstage        seconds   passed   failed");
        for (name, time, count) in &self.stages {
            println!("{name:<10} {:>9.1} {:>8} {:>8}", time.as_secs_f64(), count.passed, count.failed);
        }
        let seconds: f64 = self.stages.iter().map(|(_, time, _)| time.as_secs_f64()).sum();
        println!("together   {seconds:>9.1}\n");
        println!("{}", self.total());
    }
}

/// The result of one program whose tests we counted.
fn conclude(count: Count, is_success: bool, what: &str) -> Result<Count> {
    match is_success && count.failed == 0 {
        true => Ok(count),
        false => Err(anyhow::Error::new(count::TestsFailed(count)).context(format!("{what} failed"))),
    }
}

/// A folder of this run's own under the target folder.
fn scratch(name: &str) -> Result<std::path::PathBuf> {
    let folder = place::target().join("xtask").join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_breaks_counts_as_one_failure_and_counted_failures_stay_as_they_are() {
        let mut report = Report::default();
        report.stage("a", || Ok(((), Count { passed: 3, ..Count::default() }))).unwrap();
        assert!(report.stage::<()>("b", || bail!("broken")).is_err());
        let failed = Count { passed: 5, failed: 2, ..Count::default() };
        assert!(
            report.stage("c", || conclude(failed, false, "cargo test").map(|count| ((), count))).is_err()
        );
        assert_eq!(report.total().to_string(), "8 passed, 3 failed");
    }
}
