//! What can be switched off, or be on for some.
//!
//! To add a flag: one line below, its setting in `server/src/config/table.rs`, and the question in the gate or in the use case.

use serde::{Deserialize, Serialize};

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $title:literal, $says:literal, $default:literal, $built:literal;)+) => {
        /// A flag of the studio.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Flag {
            $($(#[$doc])* #[serde(rename = $key)] $name,)+
        }

        impl Flag {
            /// All of them, in the order in which people are shown them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its key, on the wire, in the database and at a remote flag service.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $key,)+
                }
            }

            /// Its name for people.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }

            /// What it decides, in a sentence.
            pub const fn says(self) -> &'static str {
                match self {
                    $(Self::$name => $says,)+
                }
            }

            /// What it is where nobody says anything.
            pub const fn default_on(self) -> bool {
                match self {
                    $(Self::$name => $default,)+
                }
            }

            /// Whether this version has what it switches. What is not there is never on, whoever says so.
            pub const fn is_built(self) -> bool {
                match self {
                    $(Self::$name => $built,)+
                }
            }

            /// Reads [`Flag::as_str`] back.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($key => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

flags! {
    /// Conversations with models.
    Chat = "chat", "Chat", "Conversations with models.", true, true;
    /// Pictures.
    ImageGeneration = "image_generation", "Images", "Making pictures.", true, false;
    /// Videos.
    VideoGeneration = "video_generation", "Videos", "Making videos.", true, false;
    /// Decisions.
    Lifesync = "lifesync", "LifeSync", "Thinking decisions through.", true, false;
    /// Code of models is run.
    CodeExecution = "code_execution", "Code", "Running code that models write.", false, false;
    /// What is risky waits for a reviewer.
    HumanApproval = "human_approval", "Approvals", "What is risky waits for a reviewer.", true, false;
    /// The ledger.
    CostTracking = "cost_tracking", "Costs and limits",
        "Holds what an operation may cost, books what it did cost, and refuses what is over a limit. Off: nothing is counted, and people spend without limit.",
        true, true;
    /// The screen.
    SafetyChecks = "safety_checks", "Safety screen",
        "Looks at every message, system prompt, name and title for secrets, hidden text, commands and personal data. Off: everything goes through.",
        true, true;
}

/// Why a flag is what it is: who had the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlagReason {
    /// This version does not have what it switches.
    NotBuilt,
    /// Nobody said anything.
    Default,
    /// `vobio.toml` says so.
    File,
    /// An administrator's switch, for everybody.
    Switch,
    /// An administrator's switch, for a share of the people.
    Share,
    /// An administrator's switch, for this person.
    Person,
    /// A remote flag service said so.
    Remote,
    /// The environment says so, and nobody can move it.
    Environment,
}

impl FlagReason {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::NotBuilt,
        Self::Default,
        Self::File,
        Self::Switch,
        Self::Share,
        Self::Person,
        Self::Remote,
        Self::Environment,
    ];

    /// A word for machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotBuilt => "not_built",
            Self::Default => "default",
            Self::File => "file",
            Self::Switch => "switch",
            Self::Share => "share",
            Self::Person => "person",
            Self::Remote => "remote",
            Self::Environment => "environment",
        }
    }

    /// Reads [`FlagReason::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// Where an administrator put a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlagMode {
    /// For everybody.
    On,
    /// For nobody.
    Off,
    /// For so many of a hundred people, always the same ones.
    Share(u8),
}

impl FlagMode {
    /// The word in the database and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Share(_) => "share",
        }
    }

    /// For how many of a hundred people it is on.
    pub const fn percent(self) -> u8 {
        match self {
            Self::On => 100,
            Self::Off => 0,
            Self::Share(percent) => percent,
        }
    }

    /// Of its word and share; `None` for another word, or a share that is none.
    pub fn of(word: &str, percent: i64) -> Option<Self> {
        match word {
            "on" => Some(Self::On),
            "off" => Some(Self::Off),
            "share" => u8::try_from(percent).ok().filter(|percent| *percent <= 100).map(Self::Share),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_flag_has_one_key_everywhere_and_no_two_have_the_same() {
        let keys: BTreeSet<_> = Flag::ALL.iter().map(|flag| flag.as_str()).collect();
        assert_eq!(keys.len(), Flag::ALL.len());
        for flag in Flag::ALL {
            assert_eq!(Flag::parse(flag.as_str()), Some(*flag));
            assert_eq!(serde_json::to_value(flag).unwrap(), flag.as_str());
        }
        for reason in FlagReason::ALL {
            assert_eq!(FlagReason::parse(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }

    #[test]
    fn the_flags_that_were_asked_for_are_there() {
        // The list of the architecture that the studio was ordered by.
        for key in [
            "code_execution",
            "image_generation",
            "video_generation",
            "lifesync",
            "human_approval",
            "cost_tracking",
            "safety_checks",
        ] {
            assert!(Flag::parse(key).is_some(), "{key}");
        }
    }

    #[test]
    fn a_mode_is_read_back_and_no_share_is_more_than_all() {
        for mode in [FlagMode::On, FlagMode::Off, FlagMode::Share(0), FlagMode::Share(37)] {
            assert_eq!(FlagMode::of(mode.as_str(), i64::from(mode.percent())), Some(mode));
        }
        for (word, percent) in [("share", 101), ("share", -1), ("maybe", 1), ("", 0)] {
            assert_eq!(FlagMode::of(word, percent), None);
        }
    }
}
