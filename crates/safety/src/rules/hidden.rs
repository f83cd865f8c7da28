//! What nobody sees. Zero-width characters alone are no finding: emoji and several scripts need them, and they are left out before
//! anything is matched, so they hide nothing.

use super::{LooksFor, Rule};
use crate::{Class, Verdict};

pub(super) const RULES: &[Rule] = &[TAGS, SELECTORS, DIRECTION, TOO_LONG];

/// Text in tag characters.
pub(crate) const TAGS: Rule = Rule {
    name: "hidden.tag_characters",
    class: Class::Hidden,
    in_prompt: Verdict::Review,
    in_name: Verdict::Block,
    says: "There is a text in characters that nobody sees (Unicode tags). Remove it, or look at what it says first.",
    looks_for: LooksFor::Unseen,
};

/// Text in variation selectors.
pub(crate) const SELECTORS: Rule = Rule {
    name: "hidden.variation_selectors",
    class: Class::Hidden,
    in_prompt: Verdict::Review,
    in_name: Verdict::Block,
    says: "There is a text in characters that nobody sees (variation selectors). Remove it, or look at what it says first.",
    looks_for: LooksFor::Unseen,
};

/// Characters that force the direction of letters. Isolates and embeddings are ordinary in texts of two directions.
pub(crate) const DIRECTION: Rule = Rule {
    name: "hidden.direction_override",
    class: Class::Hidden,
    in_prompt: Verdict::Flag,
    in_name: Verdict::Block,
    says: "A character in this text turns the letters after it around, so that it reads otherwise than it is. Remove it.",
    looks_for: LooksFor::Unseen,
};

/// More than is looked at.
pub(crate) const TOO_LONG: Rule = Rule {
    name: "hidden.too_long",
    class: Class::Hidden,
    in_prompt: Verdict::Review,
    in_name: Verdict::Block,
    says: "This text is longer than the screen reads. Send it in parts.",
    looks_for: LooksFor::Unseen,
};
