//! Times in words.

use leptos::prelude::*;
use studio::ports::Timestamp;

/// How long ago: `just now`, `5 minutes ago`, `yesterday`, `3 May 2026`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(then).as_secs();
    let count =
        |n: u64, unit: &str| if n == 1 { format!("1 {unit} ago") } else { format!("{n} {unit}s ago") };
    match seconds {
        0..45 => "just now".to_owned(),
        45..3_600 => count((seconds / 60).max(1), "minute"),
        3_600..86_400 => count(seconds / 3_600, "hour"),
        86_400..172_800 => "yesterday".to_owned(),
        172_800..604_800 => count(seconds / 86_400, "day"),
        _ => day(then),
    }
}

/// The same on a page: which moment it was is told where one points at it.
pub fn moment(then: Timestamp, now: Timestamp) -> impl IntoView {
    let at = jiff::Timestamp::from_microsecond(then.0).unwrap_or_default();
    let exact = at.strftime("%-d %B %Y, %H:%M UTC").to_string();
    view! { <time datetime=at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() title=exact>{ago(then, now)}</time> }
}

/// How long until then, rounded: `6 days`, `3 hours`, `less than an hour`.
pub fn left(until: Timestamp, now: Timestamp) -> String {
    let hours = (until.since(now).as_secs() + 1_800) / 3_600;
    let count = |n: u64, unit: &str| if n == 1 { format!("1 {unit}") } else { format!("{n} {unit}s") };
    match hours {
        0 => "less than an hour".to_owned(),
        1..48 => count(hours, "hour"),
        _ => count((hours + 12) / 24, "day"),
    }
}

/// The heading of a group in the list of conversations.
pub fn group(then: Timestamp, now: Timestamp) -> &'static str {
    match now.since(then).as_secs() / 86_400 {
        0 => "Last 24 hours",
        1..=6 => "Last 7 days",
        7..=29 => "Last 30 days",
        _ => "Older",
    }
}

/// The day: `3 May 2026`.
pub fn day(then: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(then.0)
        .map(|t| t.strftime("%-d %B %Y").to_string())
        .unwrap_or_else(|_| "long ago".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let now = Timestamp(1_780_000_000_000_000);
        let before = |seconds: i64| ago(Timestamp(now.0 - seconds * 1_000_000), now);
        assert_eq!(before(0), "just now");
        assert_eq!(before(60), "1 minute ago");
        assert_eq!(before(3 * 3_600 + 5), "3 hours ago");
        assert_eq!(before(90_000), "yesterday");
        assert_eq!(before(4 * 86_400), "4 days ago");
        assert_eq!(before(60 * 86_400), "29 March 2026");
        assert_eq!(ago(Timestamp(now.0 + 5_000_000), now), "just now");
        let after = |seconds: i64| left(Timestamp(now.0 + seconds * 1_000_000), now);
        assert_eq!((after(60).as_str(), after(3_600).as_str()), ("less than an hour", "1 hour"));
        assert_eq!((after(86_400).as_str(), after(7 * 86_400 - 1).as_str()), ("24 hours", "7 days"));
    }
}
