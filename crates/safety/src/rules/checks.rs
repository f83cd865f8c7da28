//! Second looks: whether what has the form of a number or a key can be one.

/// The digits alone.
fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// The check digit of ISO/IEC 7812 (Luhn), and not one digit over and over.
pub(super) fn is_card(text: &str) -> bool {
    let digits = digits(text);
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            1 if *digit > 4 => digit * 2 - 9,
            1 => digit * 2,
            _ => *digit,
        })
        .sum();
    (13..=19).contains(&digits.len())
        && sum.is_multiple_of(10)
        && digits.iter().any(|digit| *digit != digits[0])
}

/// The check digits of ISO 13616: the number, moved and read in base 36, is 1 modulo 97.
pub(super) fn is_iban(text: &str) -> bool {
    let letters: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if !(15..=34).contains(&letters.len()) {
        return false;
    }
    let moved = letters[4..].iter().chain(&letters[..4]);
    let rest = moved
        .filter_map(|c| c.to_digit(36))
        .fold(0, |rest, value| if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 });
    rest == 1
}

/// A number that the Social Security Administration gives out: area not 000, 666 or from 900, group not 00, serial not 0000.
pub(super) fn is_ssn(text: &str) -> bool {
    let digits = digits(text);
    let number = |range: std::ops::Range<usize>| {
        digits.get(range).unwrap_or_default().iter().fold(0, |sum, digit| sum * 10 + digit)
    };
    let area = number(0..3);
    digits.len() == 9 && area != 0 && area != 666 && area < 900 && number(3..5) != 0 && number(5..9) != 0
}

/// As many digits as a telephone number has (ITU-T E.164: 15 at most).
pub(super) fn is_phone(text: &str) -> bool {
    (8..=15).contains(&digits(text).len())
}

/// Not what stands in documentation in the place of a key.
pub(super) fn is_no_placeholder(text: &str) -> bool {
    const STAND_INS: [&str; 10] = [
        "example",
        "your",
        "xxxx",
        "placeholder",
        "changeme",
        "redacted",
        "****",
        "....",
        "1234567890",
        "abcdefghij",
    ];
    let lower = text.to_ascii_lowercase();
    !STAND_INS.iter().any(|word| lower.contains(word))
}

/// Chance rather than a word: at least ten different characters, digits and letters both, and no placeholder.
pub(super) fn is_by_chance(text: &str) -> bool {
    let value = text.rsplit(['=', ':', ' ', '"', '\'']).find(|part| !part.is_empty()).unwrap_or(text);
    let mut seen: Vec<char> = value.chars().collect();
    seen.sort_unstable();
    seen.dedup();
    let has = |kind: fn(&char) -> bool| value.chars().any(|c| kind(&c));
    seen.len() >= 10 && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic) && is_no_placeholder(text)
}

/// Anything of the form.
pub(super) fn any(_: &str) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_tell_numbers_from_digits() {
        // The numbers that card networks and the IBAN registry publish as examples.
        assert!(
            is_card("4111 1111 1111 1111") && is_card("378282246310005") && is_card("5555-5555-5555-4444")
        );
        assert!(!is_card("4111 1111 1111 1112") && !is_card("0000 0000 0000 0000") && !is_card("4242"));
        assert!(is_iban("DE89 3704 0044 0532 0130 00") && is_iban("GB29NWBK60161331926819"));
        assert!(!is_iban("DE88 3704 0044 0532 0130 00") && !is_iban("DE89"));
        assert!(
            is_ssn("123-45-6789")
                && !is_ssn("000-45-6789")
                && !is_ssn("900-45-6789")
                && !is_ssn("123-00-6789")
        );
    }

    #[test]
    fn chance_is_told_from_words_and_placeholders() {
        assert!(is_by_chance("api_key = 'q8Zt3Lw9Xk2Vb7Nm4'"));
        assert!(
            !is_by_chance("password: correcthorsebattery") && !is_by_chance("token=YOUR_TOKEN_1a2b3c4d5e")
        );
        assert!(!is_no_placeholder("AKIAIOSFODNN7EXAMPLE"));
    }
}
