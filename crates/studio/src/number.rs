//! Numbers as people read them.

/// A whole number with a comma before each three digits: `32,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_stand_together() {
        let shown = [0, 12, 999, 1_000, 32_000, 4_294_967_295].map(grouped);
        assert_eq!(shown, ["0", "12", "999", "1,000", "32,000", "4,294,967,295"]);
    }
}
