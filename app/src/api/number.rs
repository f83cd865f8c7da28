//! Numbers in forms: an empty field is "not set".

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};
use std::{fmt, marker::PhantomData, str::FromStr};

/// A number that may be left empty: `""` and `null` are `None`; a number may come as a number or as text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct MaybeNumber<T>(pub Option<T>);

impl<'de, T> Deserialize<'de> for MaybeNumber<T>
where
    T: FromStr,
{
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
                    return Ok(MaybeNumber(None));
                }
                // A comma is a decimal point in much of the world.
                let number = text.replace(',', ".").parse();
                number.map(|n| MaybeNumber(Some(n))).map_err(|_| E::custom(format!("{text} is not a number")))
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
                Ok(MaybeNumber(None))
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_as_number_or_text_or_not_at_all() {
        let read = |json: &str| serde_json::from_str::<MaybeNumber<f64>>(json).map(|n| n.0);
        assert_eq!(read("0.5").unwrap(), Some(0.5));
        assert_eq!(read("\" 0,5 \"").unwrap(), Some(0.5));
        assert_eq!(read("\"\"").unwrap(), None);
        assert_eq!(read("null").unwrap(), None);
        assert!(read("\"warm\"").is_err());
        assert!(serde_json::from_str::<MaybeNumber<u32>>("-1").is_err());
    }
}
