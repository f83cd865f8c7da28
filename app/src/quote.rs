//! What is said of an answer's price before it is asked for; the same words from the server and in the browser.

use api_types::Price;

/// An answer as long as many are, in tokens.
const USUAL_ANSWER_TOKENS: u64 = 300;
/// As many bytes of text as a token mostly has.
const USUAL_BYTES_PER_TOKEN: u64 = 4;

/// What it mostly costs, and what is held: the most it can cost.
pub(crate) fn words(price: Price, bytes: u64, max_tokens: u32) -> String {
    let max_tokens = u64::from(max_tokens);
    let most = price.cost(bytes, max_tokens);
    let usual = price.cost(bytes.div_ceil(USUAL_BYTES_PER_TOKEN), USUAL_ANSWER_TOKENS.min(max_tokens));
    match (usual, most) {
        (Some(usual), Some(most)) => {
            format!("About {}, at most {}", rounded(usual), rounded(most))
        }
        _ => "More than can be counted".to_owned(),
    }
}

/// To four places, upwards, and always so many: a line whose length changes while one types would jump.
fn rounded(micros: i64) -> String {
    let tens = micros.saturating_add(99) / 100;
    format!("${}.{:04}", tens / 10_000, tens % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_it_mostly_costs_and_what_is_held() {
        let price = Price { prompt_micros_per_million: 2_500_000, completion_micros_per_million: 10_000_000 };
        assert_eq!(words(price, 400, 2_048), "About $0.0033, at most $0.0215");
        assert_eq!(words(price, 0, 10), "About $0.0001, at most $0.0001");
        assert_eq!(words(price, u64::MAX, 10), "More than can be counted");
    }
}
