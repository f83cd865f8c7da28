//! A person's journeys, by Playwright in end2end.

use super::{conclude, count, count::Count, scratch};
use crate::{place, setup::Browsing};
use anyhow::{Context, Result};
use std::{fs, path::Path, process::Command};

/// Runs the journeys against a server binary.
pub(super) fn run(browsing: &Browsing, vobio: &Path) -> Result<Count> {
    playwright(browsing, "journeys", &[("VOBIO_BIN", &vobio.display().to_string())])
}

/// Runs one project of playwright.config.ts and counts.
pub(crate) fn playwright(browsing: &Browsing, project: &str, environment: &[(&str, &str)]) -> Result<Count> {
    let report = scratch("playwright")?.join(format!("{project}.json"));
    let _ = fs::remove_file(&report);
    let status = Command::new(browsing.node_bin.join("playwright"))
        .args(["test", "--reporter=list,json", "--project", project])
        .env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report)
        .env("PATH", &browsing.path)
        .env("CHROMIUM", &browsing.browser)
        .env("NGINX", &browsing.nginx)
        .envs(environment.iter().copied())
        .current_dir(place::root().join("end2end"))
        .status()
        .context("cannot start Playwright")?;
    let text = fs::read_to_string(&report).context("Playwright left no report")?;
    let count =
        count::playwright(&serde_json::from_str(&text)?).context("Playwright's report has no stats")?;
    conclude(count, status.success(), &format!("Playwright's project {project}"))
}
