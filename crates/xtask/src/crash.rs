//! `make crash`: the long version of the tests that kill a studio (`server/tests/wire/survive`), and the tables of
//! docs/crash-matrix.md from what they counted.

use crate::{
    place, setup, sh, site,
    test::{
        postgres::{Cluster, Keeps},
        unit,
    },
};
use anyhow::{Context, Result};
use std::{fs, path::Path, process::Command};

/// What the tests count, each in a file of this name and between two marks of it in the paper.
const TABLES: [&str; 5] = ["points", "moments", "power", "stopped", "chaos"];

/// Kills studios for about 40 minutes. What fails leaves the paper as it was.
pub(crate) fn run() -> Result<()> {
    let tools = setup::tools()?;
    site::build()?;
    let vobio = unit::build()?;
    // A killed process is no power cut: PostgreSQL itself lives on.
    let cluster = Cluster::start(&tools.postgres, Keeps::Nothing)?;
    let folder = place::target().join("crash");
    let _was_not_there = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    sh::run(
        sh::cargo()
            .args(["test", "--workspace", "--test", "wire", "survive::", "--", "--nocapture"])
            // One after the other: how long a recovery takes is looked at.
            .arg("--test-threads=1")
            .env("PATH", &tools.browsing.path)
            .env("VOBIO_TEST_SERVER", &vobio)
            .env("VOBIO_TEST_POSTGRES", cluster.url())
            .env("VOBIO_TEST_SURVIVE", &folder),
    )?;
    drop(cluster);

    let paper = place::root().join("docs/crash-matrix.md");
    let mut text = fs::read_to_string(&paper)?;
    for table in TABLES {
        text = between(&text, table, &rows(&folder.join(table))?)?;
    }
    let date = sh::read(Command::new("date").args(["-u", "+%-d %B %Y"]))?;
    text = between(&text, "seen", &format!("Seen on {}, by `make crash`.\n", date.trim()))?;
    fs::write(&paper, text)?;
    println!("{} is new", paper.display());
    Ok(())
}

/// The lines of one table. Two databases wrote them in turn: here each has its own one after the other.
fn rows(file: &Path) -> Result<String> {
    let text = fs::read_to_string(file).with_context(|| format!("{} is missing", file.display()))?;
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_by_key(|line| !line.starts_with("| SQLite"));
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// Puts `new` between the two marks of this name.
fn between(text: &str, name: &str, new: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let (head, rest) = text.split_once(&begin).with_context(|| format!("the paper has no {begin}"))?;
    let (_, tail) = rest.split_once(&end).with_context(|| format!("the paper has no {end}"))?;
    Ok(format!("{head}{begin}{new}{end}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_two_marks_is_replaced_and_nothing_else() {
        let text = "a\n<!-- x -->\nold\nolder\n<!-- /x -->\nb\n";
        assert_eq!(between(text, "x", "new\n").unwrap(), "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n");
        assert!(between(text, "y", "new").is_err());
    }

    #[test]
    fn the_paper_has_a_place_for_each_table() {
        let paper = fs::read_to_string(place::root().join("docs/crash-matrix.md")).unwrap();
        for name in TABLES.iter().chain(&["seen"]) {
            assert!(between(&paper, name, "").is_ok(), "{name}");
        }
    }
}
