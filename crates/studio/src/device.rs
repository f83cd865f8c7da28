//! What a browser says about itself, in a few words for its person.

use crate::ports::store::{API_CLIENT, SessionRow};

/// What a session is called: its device, or its program.
pub fn session_name(session: &SessionRow) -> String {
    if session.browser == API_CLIENT {
        return program(&session.user_agent);
    }
    device(&session.user_agent).unwrap_or_else(|| "A browser".to_owned())
}

/// A small readable name: `Chrome on Linux`, `Safari on an iPhone`; none where nothing is known.
///
/// The words come from outside and prove nothing; they only help somebody to tell their own devices apart.
pub(crate) fn device(user_agent: &str) -> Option<String> {
    let has = |word: &str| user_agent.contains(word);
    // Each browser also names those it descends from, so the order matters.
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Vivaldi/", "Vivaldi"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "a Mac"),
        ("Linux", "Linux"),
        ("FreeBSD", "FreeBSD"),
    ];
    let named =
        |list: &[(&str, &'static str)]| list.iter().find(|(word, _)| has(word)).map(|(_, name)| *name);
    match (named(&browsers), named(&systems)) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(browser), None) => Some(browser.to_owned()),
        (None, Some(system)) => Some(format!("A browser on {system}")),
        (None, None) => None,
    }
}

/// The name of a program that signs in: the first word of what it says, `curl`.
fn program(user_agent: &str) -> String {
    let word = user_agent.split(['/', ' ']).next().unwrap_or_default();
    let is_plain =
        !word.is_empty() && word.chars().count() <= 30 && word.chars().all(|c| c.is_ascii_graphic());
    if is_plain { format!("A program ({word})") } else { "A program".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart_though_each_names_the_others() {
        const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (words, name) in [
            (format!("Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36"), "Chrome on Linux"),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"),
                "Edge on Windows",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(), "Firefox on Linux"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"
                    .to_owned(),
                "Safari on a Mac",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1"
                    .to_owned(),
                "Chrome on an iPhone",
            ),
            ("Dillo/3.0 (FreeBSD)".to_owned(), "A browser on FreeBSD"),
        ] {
            assert_eq!(device(&words).as_deref(), Some(name), "{words}");
        }
        for nothing in ["", "Firefox", "<script>alert(1)</script>"] {
            assert_eq!(device(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_program_is_called_by_its_first_word() {
        assert_eq!(program("curl/8.5.0"), "A program (curl)");
        assert_eq!(program("python-requests/2.32"), "A program (python-requests)");
        assert_eq!(program(""), "A program");
        assert_eq!(program(&"x".repeat(300)), "A program");
        assert_eq!(program("\u{202e}evil"), "A program");
    }
}
