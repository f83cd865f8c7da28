//! `cargo test --workspace` with a PostgreSQL, a llama-server and the real weights beside it.

use super::{
    conclude,
    count::{self, Count},
    postgres::{Cluster, Keeps},
};
use crate::{setup::Tools, sh, weights};
use anyhow::{Context, Result};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
};

/// Runs all unit and integration tests.
pub(super) fn run(tools: &Tools, vobio: &Path) -> Result<Count> {
    let requantised = weights::requantised(vobio)?;
    let cluster = Cluster::start(&tools.postgres, Keeps::Nothing)?;
    let mut cargo = sh::cargo();
    cargo
        .args(["test", "--workspace", "--no-fail-fast"])
        .env("PATH", &tools.browsing.path)
        .env("VOBIO_TEST_SERVER", vobio)
        .env("VOBIO_TEST_POSTGRES", cluster.url())
        .env("VOBIO_TEST_LLAMA_SERVER", &tools.llama_server)
        .env("VOBIO_TEST_WEIGHTS", &tools.weights)
        .env("VOBIO_TEST_WEIGHTS_Q8", requantised)
        .env("VOBIO_TEST_CORPORA", &tools.corpora)
        .env("VOBIO_TEST_FLAG_SERVICE", &tools.flag_service)
        .env("VOBIO_TEST_AIMOCK", tools.browsing.node_bin.join("llmock"));
    let (total, is_success) = counted(&mut cargo)?;
    drop(cluster);
    conclude(total, is_success, "cargo test")
}

/// Runs cargo, passes its lines on, and counts the tests in them.
fn counted(cargo: &mut std::process::Command) -> Result<(Count, bool)> {
    let mut child = cargo.stdout(Stdio::piped()).spawn().context("cannot start cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    let mut total = Count::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        total = total + count::cargo_line(&line).unwrap_or_default();
        println!("{line}");
    }

    Ok((total, child.wait()?.success()))
}

/// Compiles all tests, and finds the server among what cargo made: tests of its crate need it, so cargo builds it.
pub(crate) fn build() -> Result<PathBuf> {
    let arguments = ["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"];
    let output =
        sh::cargo().args(arguments).stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    if !output.status.success() {
        anyhow::bail!("the tests do not compile");
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    messages.lines().find_map(server_in).context("cargo built no `vobio`")
}

/// The path of the server, where one of cargo's messages is about it and not about its own unit tests.
fn server_in(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let is_server = message["reason"] == "compiler-artifact"
        && message["target"]["name"] == "vobio"
        && message["profile"]["test"] == false;
    if is_server { message["executable"].as_str().map(PathBuf::from) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_told_from_its_tests() {
        let message = |test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"name":"vobio"}},"profile":{{"test":{test}}},"executable":"/t/vobio"}}"#
            )
        };
        assert_eq!(server_in(&message(false)), Some("/t/vobio".into()));
        assert_eq!(server_in(&message(true)), None);
        assert_eq!(server_in("not JSON"), None);
    }
}
