//! The price sheet: a TOML file with a line for each price.

use super::ConfigError;
use api_types::{Micros, Price};
use serde::Deserialize;
use std::path::Path;
use studio::{AMOUNT_MAX, PriceLine, PriceSheet, ports::Timestamp};

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    #[serde(default)]
    price: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    model: String,
    /// A day, like 2026-01-01; left out: always.
    from: Option<String>,
    /// Dollars for a million tokens read, as a text: 2.50 is no float.
    prompt: String,
    /// Dollars for a million tokens written.
    completion: String,
}

/// Reads the price sheet. No file, no prices.
///
/// # Errors
/// A sentence that names the file and what is wrong in it.
pub(crate) fn price_sheet(path: Option<&Path>) -> Result<PriceSheet, ConfigError> {
    let Some(path) = path else { return Ok(PriceSheet::default()) };
    let wrong = |why: String| ConfigError(format!("PRICES is {}, and {why}.", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("it cannot be read: {error}")))?;
    parse(&text).map_err(wrong)
}

fn parse(text: &str) -> Result<PriceSheet, String> {
    let sheet: Sheet = toml::from_str(text).map_err(|error| {
        let line =
            error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("line {line} of it is wrong: {}", error.message())
    })?;
    let lines: Result<Vec<PriceLine>, String> = sheet.price.iter().map(line).collect();
    PriceSheet::new(lines?).map_err(|why| format!("of its prices {why}"))
}

fn line(line: &Line) -> Result<PriceLine, String> {
    let Line { model, from, prompt, completion } = line;
    let part = |what: &str, text: &str| {
        micros(text)
            .ok_or_else(|| format!("{what} of {model} is {text}, but it has to be dollars like \"2.50\""))
    };
    let price = Price {
        prompt_micros_per_million: part("prompt", prompt)?,
        completion_micros_per_million: part("completion", completion)?,
    };
    let from = match from {
        None => Timestamp(i64::MIN),
        Some(day) => {
            let midnight = format!("{day}T00:00:00Z").parse::<jiff::Timestamp>();
            let at = midnight
                .map_err(|_| format!("from of {model} is {day}, but it has to be a day like 2026-01-01"))?;
            Timestamp(at.as_microsecond())
        }
    };
    Ok(PriceLine { model: model.clone(), from, price })
}

/// An amount of dollars that can be one.
pub(super) fn micros(text: &str) -> Option<i64> {
    Micros::from_dollars(text).map(|micros| micros.0).filter(|micros| *micros <= AMOUNT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::ModelKind;

    #[test]
    fn no_amount_is_beyond_all_money() {
        assert_eq!(micros("1000000000"), Some(AMOUNT_MAX));
        assert_eq!(micros("1000000000.000001"), None);
    }

    #[test]
    fn a_sheet_says_what_a_model_costs_from_which_day_on() {
        let sheet = parse(
            "[[price]]\nmodel = \"openai/a\"\nprompt = \"2.50\"\ncompletion = \"10\"\n\
             [[price]]\nmodel = \"openai/a\"\nfrom = \"2026-11-29\"\nprompt = \"1\"\ncompletion = \"5\"\n",
        )
        .unwrap();
        let at = |now: &str| {
            let now = Timestamp(now.parse::<jiff::Timestamp>().unwrap().as_microsecond());
            sheet.price(&"openai/a".parse().unwrap(), ModelKind::Remote, None, now).unwrap().0
        };
        assert_eq!(at("2026-11-28T23:59:59Z").prompt_micros_per_million, 2_500_000);
        assert_eq!(at("2026-11-29T00:00:00Z").completion_micros_per_million, 5_000_000);
    }

    #[test]
    fn a_sheet_without_sense_says_where() {
        for (text, says) in [
            ("[[price]]\nmodel = \"a/b\"\nprompt = 2.5\ncompletion = \"1\"", "line 3"),
            ("[[price]]\nmodel = \"a/b\"\nprompt = \"-1\"\ncompletion = \"1\"", "prompt of a/b"),
            (
                "[[price]]\nmodel = \"a/b\"\nprompt = \"1\"\ncompletion = \"1\"\nfrom = \"soon\"",
                "from of a/b",
            ),
            ("[[price]]\nmodel = \"a\"\nprompt = \"1\"\ncompletion = \"1\"", "a is no model"),
            ("[[prices]]", "prices"),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(says), "{said}");
        }
    }
}
