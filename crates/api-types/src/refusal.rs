//! What the gate refused, and where that is explained.

use crate::RefusalId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Cow, fmt};

/// Which check of the gate said no, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// It is switched off.
    Flag,
    /// Too many operations within a minute.
    Rate,
    /// Nobody knows what it costs.
    Price,
    /// It could cost more than may still be spent.
    Budget,
    /// The screen of texts does not let it through.
    Screen,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Flag, Self::Rate, Self::Price, Self::Budget, Self::Screen];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Rate => "rate",
            Self::Price => "price",
            Self::Budget => "budget",
            Self::Screen => "screen",
        }
    }

    /// Reads [`Check::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.as_str() == text)
    }

    /// A few words for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Flag => "Switched off",
            Self::Rate => "Too many at once",
            Self::Price => "No known price",
            Self::Budget => "Over the budget",
            Self::Screen => "Stopped by the safety screen",
        }
    }
}

/// Where a refusal is explained: on the wire a path of the studio, `/refusals/ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefusalLink(pub RefusalId);

impl fmt::Display for RefusalLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/refusals/{}", self.0)
    }
}

impl Serialize for RefusalLink {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RefusalLink {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let id = text.strip_prefix("/refusals/").and_then(|id| id.parse().ok());
        id.map(Self).ok_or_else(|| de::Error::custom("not the path of a refusal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_read_back_from_its_word() {
        for check in Check::ALL {
            assert_eq!(Check::parse(check.as_str()), Some(check));
            assert_eq!(serde_json::to_value(check).unwrap(), check.as_str());
        }
        assert_eq!(Check::parse("luck"), None);
    }

    #[test]
    fn a_link_is_a_path_and_nothing_else_is_one() {
        let link: RefusalLink =
            serde_json::from_str("\"/refusals/0193a5b2-7c1e-7000-8000-000000000001\"").unwrap();
        assert_eq!(link.to_string(), "/refusals/0193a5b2-7c1e-7000-8000-000000000001");
        for wrong in
            ["\"0193a5b2-7c1e-7000-8000-000000000001\"", "\"//evil.example/x\"", "\"/refusals/\"", "1"]
        {
            assert!(serde_json::from_str::<RefusalLink>(wrong).is_err(), "{wrong}");
        }
    }
}
