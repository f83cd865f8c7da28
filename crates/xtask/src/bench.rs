//! `make bench`: a release server, weights and a PostgreSQL that keeps what it commits; `crates/bench` measures.

use crate::{
    place,
    serve::{self, Profile},
    setup, sh, site,
    test::postgres::{Cluster, Keeps},
    weights,
};
use anyhow::Result;
use std::process::Command;

/// Measures the figures whose names begin with one of `only`, or all, into `bench.json` in the target folder.
pub(crate) fn run(only: &[String]) -> Result<()> {
    let vobio = serve::build(Profile::Release)?;
    // By itself: built together with the server it would change what the server's libraries are built with. Without LTO:
    // it waits for the server most of the time, and would be linked for minutes.
    sh::run(
        sh::cargo()
            .args(["build", "--release", "--package", "bench"])
            .env("CARGO_PROFILE_RELEASE_LTO", "off"),
    )?;
    let weights = weights::requantised(&vobio)?;
    let programs = setup::postgres::programs()?;
    let cluster = Cluster::start(&programs, Keeps::Everything)?;
    let path = place::env("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path)))?;
    let mut bench = Command::new(place::target().join("release").join("bench"));
    bench
        .arg("--server")
        .arg(&vobio)
        .arg("--weights")
        .arg(weights)
        .args(["--postgres", &cluster.url()])
        .args(["--browser-code-bytes", &site::manifest()?.browser_code_bytes()?.to_string()])
        .arg("--out")
        .arg(place::target().join("bench.json"))
        .args(only)
        // It asks PostgreSQL's own programs for databases.
        .env("PATH", path);
    sh::run(&mut bench)
}
