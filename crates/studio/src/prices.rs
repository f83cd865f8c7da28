//! The price sheet: what models cost, from when on.

use crate::{budget::AMOUNT_MAX, ports::Timestamp};
use api_types::{ModelKind, ModelRef, Price};

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

/// What models cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceSheet {
    lines: Vec<PriceLine>,
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
        Ok(Self { lines })
    }

    /// What a model costs now: by its own line, else by its source's, else what its source says, else nothing where it runs on this
    /// machine or near it. `None`: nobody knows.
    pub fn price(
        &self,
        model: &ModelRef,
        kind: ModelKind,
        said: Option<Price>,
        now: Timestamp,
    ) -> Option<Price> {
        const FREE: Price = Price { prompt_micros_per_million: 0, completion_micros_per_million: 0 };
        let all_of_it = format!("{}/*", model.source());
        let name = model.to_string();
        let is_near = matches!(kind, ModelKind::Local | ModelKind::Nearby);
        self.latest(&name, now).or_else(|| self.latest(&all_of_it, now)).or(said).or(is_near.then_some(FREE))
    }

    fn latest(&self, model: &str, now: Timestamp) -> Option<Price> {
        let begun = self.lines.iter().filter(|line| line.model == model && line.from <= now);
        begun.max_by_key(|line| line.from).map(|line| line.price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(model: &str, from: i64, micros: i64) -> PriceLine {
        let price = Price { prompt_micros_per_million: micros, completion_micros_per_million: micros };
        PriceLine { model: model.to_owned(), from: Timestamp(from), price }
    }

    fn asked(sheet: &PriceSheet, model: &str, kind: ModelKind, now: i64) -> Option<i64> {
        let price = sheet.price(&model.parse().unwrap(), kind, None, Timestamp(now))?;
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
}
