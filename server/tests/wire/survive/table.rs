//! What was counted, as lines of a table in docs/crash-matrix.md.

use super::{stage::long, verdict::Tally};
use std::{fs::OpenOptions, io::Write as _};

/// Adds a line to a table. In the long version it is kept for the paper; it is printed always.
pub(crate) fn line(table: &str, cells: &[String]) {
    let line = format!("| {} |", cells.join(" | "));
    println!("{table} {line}");
    if let Some(folder) = long() {
        let mut file = OpenOptions::new().create(true).append(true).open(folder.join(table)).unwrap();
        writeln!(file, "{line}").unwrap();
    }
}

/// The numbers of a tally: asked, answered, runs, done, stopped, failed, unknown, calls.
pub(crate) fn numbers(tally: Tally) -> Vec<String> {
    let Tally { asked, answered, runs, done, stopped, failed, unknown, calls } = tally;
    [asked, answered, runs, done, stopped, failed, unknown, calls].map(|number| number.to_string()).into()
}
