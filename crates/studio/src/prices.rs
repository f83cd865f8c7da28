//! The price sheet: what models cost, from when on.

use crate::{budget::AMOUNT_MAX, ports::Timestamp};
use api_types::{ModelKind, ModelRef, Price};
use std::collections::{BTreeMap, HashMap};

/// A line of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceLine {
    /// A model like `openai/some-model`, or all of a source: `openai/*`.
    pub model: String,
    /// From when on it holds; the latest that has begun counts.
    pub from: Timestamp,
    /// What it costs.
    pub price: Price,
}

/// Who says what a model costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceSaid {
    /// An administrator, on the page.
    OnPage,
    /// The operator's price sheet, of this model.
    InSheet,
    /// The operator's price sheet, of everything its source has.
    InSheetOfSource,
    /// The source itself.
    BySource,
    /// Nobody has to: it runs on this machine.
    Near,
}

/// What models cost: the operator's sheet, and what administrators set on the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceSheet {
    lines: HashMap<String, Vec<PriceLine>>,
    /// As they were set, one after the other.
    set: HashMap<String, Vec<PriceLine>>,
}

impl PriceSheet {
    /// A sheet of these lines.
    ///
    /// # Errors
    /// A sentence that names the first line that makes no sense.
    pub fn new(lines: Vec<PriceLine>) -> Result<Self, String> {
        for (at, line) in lines.iter().enumerate() {
            let PriceLine { model, price, .. } = line;
            let is_model = model.parse::<ModelRef>().is_ok();
            let is_source = model.strip_suffix("/*").is_some_and(|source| {
                !source.is_empty() && !source.contains('/') && ModelRef::new(source, "any").is_some()
            });
            if !is_model && !is_source {
                return Err(format!(
                    "entry {}: {model} is no model like openai/some-model or openai/*",
                    at + 1
                ));
            }
            for part in [price.prompt_micros_per_million, price.completion_micros_per_million] {
                if !(0..=AMOUNT_MAX).contains(&part) {
                    return Err(format!(
                        "entry {}: the price of {model} is below nothing or beyond all money",
                        at + 1
                    ));
                }
            }
            let is_twice = |other: &PriceLine| other.model == *model && other.from == line.from;
            if lines[..at].iter().any(is_twice) {
                return Err(format!("entry {}: {model} has two prices from the same moment on", at + 1));
            }
        }
        Ok(Self { lines: by_model(lines), set: HashMap::new() })
    }

    /// Puts these lines in the place of what was set on the page. Of two of one model that begin at the same time the later one of
    /// the list holds.
    pub(crate) fn put(&mut self, lines: Vec<PriceLine>) {
        self.set = by_model(lines);
    }

    /// What a model costs now, and who says so: of its own lines of sheet and page the one that began last, the page's where both
    /// began together; else its source's line of the sheet; else what its source says; else nothing where it runs on this machine or
    /// near it. `None`: nobody knows.
    pub fn price(
        &self,
        model: &ModelRef,
        kind: ModelKind,
        said: Option<Price>,
        now: Timestamp,
    ) -> Option<(Price, PriceSaid)> {
        const FREE: Price = Price { prompt_micros_per_million: 0, completion_micros_per_million: 0 };
        let of = |lines: &HashMap<_, Vec<PriceLine>>, model: &str, said| {
            let begun = lines.get(model)?.iter().filter(|line| line.from <= now);
            begun.max_by_key(|line| line.from).map(|line| (line.from, line.price, said))
        };
        let own = of(&self.lines, model.as_str(), PriceSaid::InSheet)
            .into_iter()
            .chain(of(&self.set, model.as_str(), PriceSaid::OnPage))
            .max_by_key(|(from, ..)| *from);
        let all_of_it = || of(&self.lines, &format!("{}/*", model.source()), PriceSaid::InSheetOfSource);
        let is_near = matches!(kind, ModelKind::Local | ModelKind::Nearby);
        own.or_else(all_of_it)
            .map(|(_, price, said)| (price, said))
            .or(said.map(|price| (price, PriceSaid::BySource)))
            .or(is_near.then_some((FREE, PriceSaid::Near)))
    }

    /// The lines of a model that begin later, on the page or in the sheet, the next one first.
    pub fn coming(&self, model: &ModelRef, now: Timestamp) -> Vec<PriceLine> {
        let mut coming: BTreeMap<Timestamp, PriceLine> = BTreeMap::new();
        for lines in [&self.lines, &self.set] {
            let later = lines.get(model.as_str()).into_iter().flatten().filter(|line| line.from > now);
            coming.extend(later.map(|line| (line.from, line.clone())));
        }
        coming.into_values().collect()
    }
}

fn by_model(lines: Vec<PriceLine>) -> HashMap<String, Vec<PriceLine>> {
    let mut by_model: HashMap<String, Vec<PriceLine>> = HashMap::new();
    for line in lines {
        by_model.entry(line.model.clone()).or_default().push(line);
    }
    by_model
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(model: &str, from: i64, micros: i64) -> PriceLine {
        let price = Price { prompt_micros_per_million: micros, completion_micros_per_million: micros };
        PriceLine { model: model.to_owned(), from: Timestamp(from), price }
    }

    fn asked(sheet: &PriceSheet, model: &str, kind: ModelKind, now: i64) -> Option<i64> {
        let (price, _) = sheet.price(&model.parse().unwrap(), kind, None, Timestamp(now))?;
        Some(price.prompt_micros_per_million)
    }

    #[test]
    fn the_latest_price_that_has_begun_holds() {
        let sheet =
            PriceSheet::new(vec![line("a/b", 10, 1), line("a/b", 30, 3), line("a/b", 20, 2)]).unwrap();
        let at = |now| asked(&sheet, "a/b", ModelKind::Remote, now);
        assert_eq!((at(9), at(10), at(29), at(30)), (None, Some(1), Some(2), Some(3)));
    }

    #[test]
    fn a_models_own_line_comes_before_its_sources() {
        let sheet = PriceSheet::new(vec![line("a/b", 0, 1), line("a/*", 0, 2)]).unwrap();
        assert_eq!(asked(&sheet, "a/b", ModelKind::Remote, 1), Some(1));
        assert_eq!(asked(&sheet, "a/c", ModelKind::Remote, 1), Some(2));
        assert_eq!(asked(&sheet, "d/b", ModelKind::Remote, 1), None);
    }

    #[test]
    fn what_runs_here_costs_nothing_unless_the_sheet_says_otherwise() {
        let sheet = PriceSheet::new(vec![line("local/*", 0, 7)]).unwrap();
        assert_eq!(asked(&PriceSheet::default(), "local/small", ModelKind::Local, 1), Some(0));
        assert_eq!(asked(&PriceSheet::default(), "ollama/big", ModelKind::Nearby, 1), Some(0));
        assert_eq!(asked(&sheet, "local/small", ModelKind::Local, 1), Some(7));
        assert_eq!(asked(&PriceSheet::default(), "openai/big", ModelKind::Remote, 1), None);
    }

    #[test]
    fn a_line_without_sense_is_named() {
        for (lines, what) in [
            (vec![line("a", 0, 1)], "entry 1: a is no model"),
            (vec![line("a/b", 0, 1), line("/*", 0, 1)], "entry 2: /* is no model"),
            (vec![line("a/b", 0, -1)], "entry 1: the price of a/b"),
            (vec![line("a/b", 0, i64::MAX)], "entry 1: the price of a/b"),
            (vec![line("a/b", 5, 1), line("a/b", 5, 2)], "entry 2: a/b has two prices"),
        ] {
            let said = PriceSheet::new(lines).unwrap_err();
            assert!(said.starts_with(what), "{said}");
        }
    }

    #[test]
    fn of_sheet_and_page_the_line_that_began_last_holds_and_the_pages_where_both_did() {
        let mut sheet =
            PriceSheet::new(vec![line("a/b", 0, 1), line("a/b", 20, 2), line("a/*", 40, 9)]).unwrap();
        sheet.put(vec![line("a/b", 10, 3), line("a/b", 20, 4), line("a/b", 20, 5), line("a/c", 30, 6)]);
        let at = |model: &str, now| {
            let found = sheet.price(&model.parse().unwrap(), ModelKind::Remote, None, Timestamp(now));
            found.map(|(price, said)| (price.prompt_micros_per_million, said))
        };
        assert_eq!(at("a/b", 9), Some((1, PriceSaid::InSheet)));
        assert_eq!(at("a/b", 19), Some((3, PriceSaid::OnPage)));
        assert_eq!(at("a/b", 20), Some((5, PriceSaid::OnPage)), "the last word");
        assert_eq!((at("a/c", 29), at("a/c", 30)), (None, Some((6, PriceSaid::OnPage))));
        assert_eq!(at("a/c", 40), Some((6, PriceSaid::OnPage)), "its own before its source's");
        assert_eq!(at("a/d", 40), Some((9, PriceSaid::InSheetOfSource)));
        let coming: Vec<_> =
            sheet.coming(&"a/b".parse().unwrap(), Timestamp(9)).into_iter().map(|l| l.price).collect();
        assert_eq!(coming.iter().map(|price| price.prompt_micros_per_million).collect::<Vec<_>>(), [3, 5]);
        sheet.put(Vec::new());
        let (price, _) =
            sheet.price(&"a/b".parse().unwrap(), ModelKind::Remote, None, Timestamp(20)).unwrap();
        assert_eq!(price.prompt_micros_per_million, 2);
    }
}
