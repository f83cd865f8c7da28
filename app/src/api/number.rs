//! Numbers in forms: an empty field is "not set", and what is no number is refused by the name of its field.

use api_types::Problem;
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
                // A comma is a decimal point in much of the world.
                let number = text.replace(',', ".").parse();
                Ok(number.map_or_else(|_| MaybeNumber::Other(text.to_owned()), MaybeNumber::Number))
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
    fn what_is_no_number_names_its_field() {
        for refused in
            [read::<f64>("\"warm\"").map(drop), read::<u32>("-1").map(drop), read::<u32>("1.5").map(drop)]
        {
            let Err(Problem::Invalid { fields }) = refused else { panic!("{refused:?}") };
            assert_eq!(fields[0].field, "this");
        }
    }
}
