//! target/bench.json: one object a figure, and the machine.

use crate::{clock, figure::Figure, figure::Goal, machine};
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What stands behind a figure's name.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    value: f64,
    unit: &'static str,
    goal: Option<String>,
    runs: Vec<f64>,
    on: &'static str,
    /// Before it was measured.
    load_average: [f64; 3],
    measured_at: String,
}

impl Record {
    pub(crate) fn new(figure: &Figure, runs: &[f64], on: &'static str, load_average: [f64; 3]) -> Self {
        Self {
            value: rounded(figure.value(runs)),
            unit: figure.unit,
            goal: (figure.goal != Goal::Report).then(|| figure.goal.to_string()),
            runs: runs.iter().copied().map(rounded).collect(),
            on,
            load_average,
            measured_at: clock::now_text(),
        }
    }

    pub(crate) fn value(&self) -> f64 {
        self.value
    }

    /// `name value unit`.
    pub(crate) fn line(&self, figure: &Figure) -> String {
        format!("{} {} {}", figure.name, self.value, self.unit)
    }
}

/// Three places after the point say more than any of these measurements knows.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The file.
pub(crate) struct Report {
    path: PathBuf,
    figures: Map<String, Value>,
}

impl Report {
    /// What the file holds already stays, figure by figure, until it is measured again.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut figures: Map<String, Value> = match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is not a file of figures; delete it", path.display()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Map::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        figures.insert("machine".to_owned(), machine::describe()?);
        Ok(Self { path: path.to_owned(), figures })
    }

    /// Puts a figure in, in the place of an older one.
    pub(crate) fn put(&mut self, name: &str, record: &Record) -> Result<()> {
        self.figures.insert(name.to_owned(), serde_json::to_value(record)?);
        Ok(())
    }

    /// Writes the file anew, whole or not at all.
    pub(crate) fn write(&self) -> Result<()> {
        let part = self.path.with_extension("part");
        let written = fs::write(&part, serde_json::to_string_pretty(&self.figures)? + "\n");
        written
            .and_then(|()| fs::rename(&part, &self.path))
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Figure = Figure::at_most("start_ms", "ms", 120.0);
    const HEALTH: Figure = Figure::report("health_per_s", "1/s");

    fn written(path: &Path) -> Value {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn measuring_some_again_keeps_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bench.json");
        let mut report = Report::open(&path).unwrap();
        report.put("start_ms", &Record::new(&START, &[90.0, 80.0, 100.00049], "all", [0.0; 3])).unwrap();
        report.put("health_per_s", &Record::new(&HEALTH, &[5.0], "all", [0.0; 3])).unwrap();
        report.write().unwrap();

        let mut report = Report::open(&path).unwrap();
        report.put("health_per_s", &Record::new(&HEALTH, &[7.0], "all", [1.5; 3])).unwrap();
        report.write().unwrap();
        let file = written(&path);
        assert_eq!(file["start_ms"]["value"], 90.0);
        assert_eq!(file["start_ms"]["goal"], "≤ 120");
        assert_eq!(file["start_ms"]["runs"], serde_json::json!([90.0, 80.0, 100.0]));
        assert_eq!(file["health_per_s"]["value"], 7.0);
        assert_eq!(file["health_per_s"]["goal"], Value::Null);
        assert_eq!(file["health_per_s"]["load_average"][0], 1.5);
        assert!(file["machine"]["cores"].as_u64().unwrap() > 0);
    }

    #[test]
    fn a_file_of_something_else_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bench.json");
        fs::write(&path, "mine").unwrap();
        assert!(Report::open(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn a_line_is_name_value_and_unit() {
        let record = Record::new(&START, &[84.25], "all", [0.0; 3]);
        assert_eq!(record.line(&START), "start_ms 84.25 ms");
    }
}
