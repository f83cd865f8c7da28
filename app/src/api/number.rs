//! Numbers in forms: an empty field is "not set", and what is no number is refused by the name of its field.

use api_types::{Micros, Problem};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};
use std::{fmt, marker::PhantomData, str::FromStr};

/// A number that may be left empty; a number may come as a number or as text. What is none is kept until
/// [`MaybeNumber::read`] says so: a parser could not name the field.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MaybeNumber<T> {
    /// `""`, `null`, or not sent.
    #[default]
    Empty,
    /// A number.
    Number(T),
    /// Something else, as it was written.
    Other(String),
}

impl<T> MaybeNumber<T> {
    /// The number, if there is one.
    ///
    /// # Errors
    /// `Invalid` naming `field`.
    pub fn read(self, field: &str) -> Result<Option<T>, Problem> {
        match self {
            Self::Empty => Ok(None),
            Self::Number(number) => Ok(Some(number)),
            Self::Other(text) => {
                let shown: String = text.chars().take(40).collect();
                let sentence =
                    format!("“{shown}” is not a number that can stand here. Change it, or leave this empty.");
                Err(Problem::field(field, sentence))
            }
        }
    }
}

/// Dollars, as people write them.
///
/// # Errors
/// `Invalid` naming `field`, with what it has to be.
pub fn dollars(field: &str, text: &str, says: &str) -> Result<Micros, Problem> {
    let amount = Micros::from_dollars(text.trim().trim_start_matches('$'));
    amount.ok_or_else(|| Problem::field(field, says))
}

impl<'de, T: FromStr> Deserialize<'de> for MaybeNumber<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: FromStr> Visitor<'de> for Any<T> {
            type Value = MaybeNumber<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or nothing")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let text = text.trim();
                if text.is_empty() {
                    return Ok(MaybeNumber::Empty);
                }
                // A comma is a decimal point in much of the world; where none can be, it may part the thousands.
                let number = text.replace(',', ".").parse().ok().or_else(|| ungrouped(text)?.parse().ok());
                Ok(number.map_or_else(|| MaybeNumber::Other(text.to_owned()), MaybeNumber::Number))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(MaybeNumber::Empty)
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

/// The digits of a number whose thousands are parted by commas or spaces: `32,000`, `32 000`.
fn ungrouped(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split([',', ' ', '\u{a0}', '\u{202f}']).collect();
    let is_digits = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = groups.split_first()?;
    let is_grouped = (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
    (is_grouped && groups.iter().all(is_digits)).then(|| groups.concat())
}

/// Two fields of a form, read together: what is wrong with both is said at once.
///
/// # Errors
/// `Invalid` naming each.
pub fn both<A, B>(a: Result<A, Problem>, b: Result<B, Problem>) -> Result<(A, B), Problem> {
    match (a, b) {
        (Err(Problem::Invalid { mut fields, .. }), Err(Problem::Invalid { fields: more, .. })) => {
            fields.extend(more);
            Err(Problem::fields(fields))
        }
        (a, b) => Ok((a?, b?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: FromStr>(json: &str) -> Result<Option<T>, Problem> {
        serde_json::from_str::<MaybeNumber<T>>(json).unwrap().read("this")
    }

    #[test]
    fn a_number_comes_as_number_or_text_or_not_at_all() {
        assert_eq!(read("0.5"), Ok(Some(0.5)));
        assert_eq!(read("\" 0,5 \""), Ok(Some(0.5)));
        assert_eq!(read::<f64>("\"\""), Ok(None));
        assert_eq!(read::<f64>("null"), Ok(None));
        assert!(serde_json::from_str::<MaybeNumber<f64>>("true").is_err());
    }

    #[test]
    fn thousands_may_be_parted_in_a_whole_number() {
        for (written, number) in
            [("32,000", 32_000), ("1 000", 1_000), ("1\u{a0}000,000", 1_000_000), ("512", 512)]
        {
            assert_eq!(read::<u32>(&format!("\"{written}\"")), Ok(Some(number)), "{written}");
        }
        for wrong in ["1,5", "1,0000", "1000,000", ",000", "1,,000", "1,00a"] {
            assert!(read::<u32>(&format!("\"{wrong}\"")).is_err(), "{wrong}");
        }
        assert_eq!(read("\"1,000\""), Ok(Some(1.0)), "of a real number it is the decimal point");
    }

    #[test]
    fn two_wrong_fields_are_named_at_once() {
        let (a, b) = (Problem::field("a", "x"), Problem::field("b", "y"));
        let Err(Problem::Invalid { fields, .. }) = both::<(), ()>(Err(a), Err(b)) else {
            panic!("nothing is wrong")
        };
        assert_eq!(fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(both(Ok(1), Ok(2)), Ok((1, 2)));
    }

    #[test]
    fn what_is_no_number_names_its_field() {
        for refused in
            [read::<f64>("\"warm\"").map(drop), read::<u32>("-1").map(drop), read::<u32>("1.5").map(drop)]
        {
            let Err(Problem::Invalid { fields, .. }) = refused else { panic!("{refused:?}") };
            assert_eq!(fields[0].field, "this");
        }
    }
}
