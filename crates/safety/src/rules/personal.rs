//! What identifies a person. Marked, so that it can be counted and shown; a person may well mean to send it.

use super::{LooksFor, Rule, checks};
use crate::{Class, Verdict};

const fn rule(
    name: &'static str,
    says: &'static str,
    patterns: &'static [&'static str],
    accepts: fn(&str) -> bool,
) -> Rule {
    Rule {
        name,
        class: Class::PersonalData,
        in_prompt: Verdict::Flag,
        in_name: Verdict::Flag,
        says,
        looks_for: LooksFor::Exact(patterns, accepts),
    }
}

pub(super) const RULES: &[Rule] = &[
    rule(
        "personal_data.card_number",
        "There is the number of a payment card in this text. Take it out.",
        &[r"\b[2-6][0-9]{3}(?:[ -]?[0-9]){9,15}\b"],
        checks::is_card,
    ),
    rule(
        "personal_data.iban",
        "There is the number of a bank account (IBAN) in this text. Take it out if it is not needed.",
        &[r"\b[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]){11,30}\b"],
        checks::is_iban,
    ),
    rule(
        "personal_data.us_ssn",
        "There is what looks like a social security number in this text. Take it out.",
        &[r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b"],
        checks::is_ssn,
    ),
    rule(
        "personal_data.email",
        "There is an e-mail address in this text. Take it out if it is not needed.",
        &[r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}\b"],
        checks::any,
    ),
    rule(
        "personal_data.phone",
        "There is a telephone number in this text. Take it out if it is not needed.",
        &[r"\+[1-9][0-9]{0,2}[ ./-]?(?:\([0-9]{1,5}\)[ ./-]?)?[0-9](?:[ ./-]?[0-9]){5,13}\b"],
        checks::is_phone,
    ),
];

#[cfg(test)]
mod tests {
    use crate::rules::testing::{finds, finds_nothing};

    #[test]
    fn numbers_and_addresses_are_found_by_their_check_digits_and_forms() {
        finds("my card 4111 1111 1111 1111 exp 12/30", "personal_data.card_number");
        finds("pay to DE89 3704 0044 0532 0130 00 please", "personal_data.iban");
        finds("123-45-6789", "personal_data.us_ssn");
        finds("write to a.person@mail.example.org", "personal_data.email");
        finds("call +49 30 1234567", "personal_data.phone");
        for near in [
            "4111 1111 1111 1112",
            "ISBN 978-3-16-148410-0",
            "a @ b",
            "2 + 3 = 5",
            "version 1.2.3-45",
            "DE89 3704",
        ] {
            finds_nothing(near);
        }
    }
}
