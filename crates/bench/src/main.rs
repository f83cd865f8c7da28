//! The other process of `make bench`: it starts release servers, plays people, and writes what it measured.
//!
//! What this room is for: figures of the running product, taken from outside. It is not shipped.
//! What is never here: a rule of the product, SQL, an assertion on a time.
//! How to add a figure: a file in `groups/` with a [`figure::Group`], its line in `groups/mod.rs`, its line in docs/bench.md.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks on the terminal")]

mod clock;
mod figure;
mod groups;
mod machine;
mod play;
mod report;
mod statistics;

use anyhow::{Context, Result, bail};
use clap::Parser;
use figure::{Figure, Group};
use groups::GROUPS;
use report::{Record, Report};
use std::{path::PathBuf, process::ExitCode};

/// Where everything is; `cargo xtask bench` knows.
#[derive(Debug, Parser)]
pub(crate) struct Place {
    /// The release binary of the studio, with its site inside.
    #[arg(long)]
    server: PathBuf,
    /// Weights of the built-in model.
    #[arg(long)]
    weights: PathBuf,
    /// A PostgreSQL that keeps what it commits, without a database name.
    #[arg(long)]
    postgres: String,
    /// What all wasm and glue weigh with brotli.
    #[arg(long)]
    browser_code_bytes: u64,
    /// The file of figures; state folders lie beside it, on the same disk.
    #[arg(long)]
    out: PathBuf,
    /// Beginnings of the names to measure; none measures all.
    only: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Place::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(place: &Place) -> Result<()> {
    let chosen = chosen(&GROUPS, &place.only)?;
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let mut report = Report::open(&place.out)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut failed = Vec::new();
    for (group, figures) in chosen {
        if let Err(error) = runtime.block_on(measure(place, *group, &figures, &mut report)) {
            eprintln!("{}: {error:#}", names(&figures));
            failed.push(names(&figures));
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("not measured: {}", failed.join(", ")) }
}

/// Measures one group and writes it down at once: what fails later takes nothing with it.
async fn measure(
    place: &Place,
    group: &dyn Group,
    figures: &[&'static Figure],
    report: &mut Report,
) -> Result<()> {
    eprintln!("measuring {}", names(figures));
    let load_average = machine::load_average()?;
    let runs = group.measure(place).await?;
    for figure in figures {
        let runs = runs.of(figure.name).context("a group measured nothing")?;
        let record = Record::new(figure, runs, group.on(), load_average);
        println!("{}", record.line(figure));
        if !figure.goal.is_met(record.value()) {
            eprintln!("  misses its goal: {} {}", figure.goal, figure.unit);
        }
        report.put(figure.name, &record)?;
    }
    report.write()
}

fn names(figures: &[&Figure]) -> String {
    let names: Vec<&str> = figures.iter().map(|figure| figure.name).collect();
    names.join(", ")
}

type Chosen<'a> = Vec<(&'a &'static dyn Group, Vec<&'static Figure>)>;

/// The groups that hold a figure whose name begins with one of `only`, with those figures.
fn chosen<'a>(groups: &'a [&'static dyn Group], only: &[String]) -> Result<Chosen<'a>> {
    let is_in = |figure: &Figure| only.is_empty() || only.iter().any(|name| figure.name.starts_with(name));
    let all = || groups.iter().flat_map(|group| group.figures());
    if let Some(unknown) = only.iter().find(|name| !all().any(|figure| figure.name.starts_with(*name))) {
        let known: Vec<&Figure> = all().collect();
        bail!("no figure begins with `{unknown}`; there are: {}", names(&known));
    }
    let chosen = groups.iter().map(|group| (group, group.figures().iter().filter(|f| is_in(f)).collect()));
    Ok(chosen.filter(|(_, figures): &(_, Vec<_>)| !figures.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(words: &[&str]) -> Result<Vec<&'static str>> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let chosen = chosen(&GROUPS, &words)?;
        Ok(chosen.iter().flat_map(|(_, figures)| figures.iter().map(|figure| figure.name)).collect())
    }

    #[test]
    fn only_takes_every_figure_that_begins_with_one_of_the_names_and_no_other() {
        assert_eq!(only(&["start_ms"]).unwrap(), ["start_ms"], "not what is measured along with it");
        let found = only(&["chat_ttfb", "wasm"]).unwrap();
        assert_eq!(found, ["wasm_br_kb", "chat_ttfb_p50_ms", "chat_ttfb_p99_ms", "chat_ttfb_10k_p99_ms"]);
        assert_eq!(only(&[]).unwrap().len(), GROUPS.iter().map(|group| group.figures().len()).sum::<usize>());
    }

    #[test]
    fn a_name_that_nothing_begins_with_is_said_with_those_there_are() {
        let text = only(&["start_ms", "strat"]).unwrap_err().to_string();
        assert!(text.contains("`strat`") && text.contains("rss_idle_mb"), "{text}");
    }

    #[test]
    fn no_two_figures_have_the_same_name() {
        let mut all = only(&[]).unwrap();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
