//! What people type, checked; each refusal names the field and says what to do.

use crate::{
    ANSWER_TOKENS_MAX, KEY_NAME_CHARS_MAX, MESSAGE_BYTES_MAX, NAME_CHARS_MAX, SEARCH_CHARS_MAX,
    SYSTEM_PROMPT_BYTES_MAX, TEMPERATURE_MAX, TITLE_CHARS_MAX, number::grouped,
};
use api_types::{ConversationSettings, FieldError, Problem};

/// A text without a NUL character, which PostgreSQL does not keep.
pub(crate) fn no_nul(field: &str, text: &str) -> Result<(), Problem> {
    if text.contains('\0') {
        return Err(Problem::field(field, "There is a NUL character in this text. Remove it and try again."));
    }
    Ok(())
}

/// A message: not empty, not over [`MESSAGE_BYTES_MAX`]; kept as typed.
pub(crate) fn message(text: &str) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::field("text", "Write something first."));
    }
    if text.len() > MESSAGE_BYTES_MAX {
        return Err(Problem::field(
            "text",
            format!(
                "This message is {} too long. Shorten it, or send it in parts.",
                beyond(text, MESSAGE_BYTES_MAX)
            ),
        ));
    }
    no_nul("text", text)
}

/// How much of a text lies beyond so many bytes, as who writes it counts.
fn beyond(text: &str, bytes_max: usize) -> String {
    let over = text.char_indices().filter(|(at, c)| at + c.len_utf8() > bytes_max).count();
    if over == 1 { "1 character".to_owned() } else { format!("{} characters", grouped(over)) }
}

/// A single line: a title or a name.
fn line(field: &str, text: &str, chars_max: usize, empty: &str) -> Result<String, Problem> {
    no_nul(field, text)?;
    let text: String = text.chars().filter(|c| !turns(*c)).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if is_blank(&text) {
        return Err(Problem::field(field, empty));
    }
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(Problem::field(
            field,
            format!("At most {chars_max} characters fit here; this has {chars}."),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::field(
            field,
            "There is a control character in this text. Remove it and try again.",
        ));
    }
    Ok(text)
}

/// Characters that turn the direction of what stands around them; a line of ours has none.
pub(crate) fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that nobody sees, white space apart. Among others they have their uses: some scripts and emoji need the
/// zero-width joiners. (Unicode's Default_Ignorable_Code_Point, and the blank of Braille.)
pub const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Nothing in it can be seen.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// What a token is called: one line.
pub(crate) fn token_name(text: &str) -> Result<String, Problem> {
    line("name", text, NAME_CHARS_MAX, "Give it a name, so that you know it later.")
}

/// A title: one line.
pub(crate) fn title(text: &str) -> Result<String, Problem> {
    line("title", text, TITLE_CHARS_MAX, "Give it a title.")
}

/// A person's name: one line.
pub(crate) fn name(text: &str) -> Result<String, Problem> {
    line("name", text, NAME_CHARS_MAX, "Tell us what to call you.")
}

/// What a passkey is called: one line.
pub(crate) fn name_of_key(text: &str) -> Result<String, Problem> {
    line("name", text, KEY_NAME_CHARS_MAX, "Give it a name that you will know it by.")
}

/// A note: one line, or nothing.
pub(crate) fn note(field: &str, text: &str, chars_max: usize) -> Result<String, Problem> {
    if text.trim().is_empty() {
        Ok(String::new())
    } else {
        line(field, text, chars_max, "Write something, or nothing at all.")
    }
}

/// What is searched for, without what no text has.
pub(crate) fn searched(words: &str) -> String {
    words.trim().chars().filter(|c| *c != '\0').take(SEARCH_CHARS_MAX).collect()
}

/// A title made from the first message: its first line, cut at a word.
pub(crate) fn title_from(message: &str) -> String {
    const CHARS: usize = 60;
    let first = message.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("New chat");
    let plain: String =
        first.chars().filter(|c| !turns(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let plain = plain.trim_start_matches(['#', '>', '*', '-', ' ', '`']).trim();
    if is_blank(plain) {
        return "New chat".to_owned();
    }
    if plain.chars().count() <= CHARS {
        return plain.to_owned();
    }
    let cut: String = plain.chars().take(CHARS).collect();
    let cut = cut.rfind(' ').filter(|at| *at > CHARS / 2).map_or(cut.as_str(), |at| &cut[..at]);
    format!("{}…", cut.trim_end())
}

/// A conversation's settings, the model apart. Everything that is wrong is said at once.
pub(crate) fn settings(settings: &ConversationSettings) -> Result<(), Problem> {
    let mut fields = Vec::new();
    let mut wrong =
        |field: &str, message: String| fields.push(FieldError { field: field.to_owned(), message });
    if let Some(t) = settings.temperature
        && !(t.is_finite() && (0.0..=TEMPERATURE_MAX).contains(&t))
    {
        wrong("temperature", format!("Temperature goes from 0 to {TEMPERATURE_MAX}."));
    }
    if let Some(n) = settings.max_tokens
        && !(1..=ANSWER_TOKENS_MAX).contains(&n)
    {
        wrong("max_tokens", format!("Length goes from 1 to {} tokens.", grouped(ANSWER_TOKENS_MAX as usize)));
    }
    if settings.system_prompt.len() > SYSTEM_PROMPT_BYTES_MAX {
        let over = beyond(&settings.system_prompt, SYSTEM_PROMPT_BYTES_MAX);
        wrong("system_prompt", format!("This is {over} too long. Shorten it."));
    }
    if let Err(Problem::Invalid { fields: more, .. }) = no_nul("system_prompt", &settings.system_prompt) {
        fields.extend(more);
    }
    if fields.is_empty() { Ok(()) } else { Err(Problem::fields(fields)) }
}

/// A text as it is shown, on one line, of so many characters at most; what is left out of it is said.
pub(crate) fn shown(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((at, _)) => one_line(&text[..at]) + "…",
        None => one_line(text),
    }
}

/// A text on one line, which turns nothing around and hides nothing: nobody's text makes a bullet of its own, and a program that
/// gives it to a model gives what its person could read.
pub(crate) fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    // Letters and emoji are made of them.
    let joins = |c: char| matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    let is_seen = |c: &char| joins(*c) || !is_invisible(*c);
    let flat: String = text.chars().filter(is_seen).map(|c| if breaks(c) { ' ' } else { c }).collect();
    flat.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field_of(problem: Problem) -> String {
        match problem {
            Problem::Invalid { fields, .. } => fields[0].field.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_message_is_not_empty_not_over_long_and_without_nul() {
        assert!(message("hello").is_ok());
        assert!(message(&"x".repeat(MESSAGE_BYTES_MAX)).is_ok());
        for wrong in ["", " \n\t", "a\0b", &"x".repeat(MESSAGE_BYTES_MAX + 1)] {
            assert_eq!(field_of(message(wrong).unwrap_err()), "text");
        }
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(title("  a\n b\t c ").unwrap(), "a b c");
        assert!(title(" ").is_err());
        assert!(title("\u{7}").is_err());
        assert!(title(&"x".repeat(TITLE_CHARS_MAX + 1)).is_err());
    }

    #[test]
    fn a_title_can_be_seen_and_turns_nothing_around() {
        for unseen in ["\u{200b}\u{200d}", "\u{2800}", "\u{202e}", "\u{3164} \u{e0041}"] {
            assert!(title(unseen).is_err() && name(unseen).is_err(), "{unseen:?}");
            assert_eq!(title_from(unseen), "New chat");
        }
        assert_eq!(title("a\u{202e}b").unwrap(), "ab");
        assert_eq!(title_from("\u{2067}a"), "a");
        // Needed: a family is one emoji, and Persian joins with care.
        for kept in ["\u{1f468}\u{200d}\u{1f469}", "می\u{200c}خواهم"] {
            assert_eq!(title(kept).unwrap(), kept);
        }
    }

    #[test]
    fn a_title_is_made_from_the_first_line_that_says_something() {
        assert_eq!(title_from("\n\n# Plan my week\nplease"), "Plan my week");
        assert_eq!(title_from("***"), "New chat");
        let long = title_from(&"word ".repeat(40));
        assert!(long.chars().count() <= 61 && long.ends_with("word…"), "{long}");
    }

    #[test]
    fn temperature_is_a_number_from_zero_to_two() {
        let with = |temperature| ConversationSettings {
            model: "mock/echo".parse().unwrap(),
            temperature: Some(temperature),
            max_tokens: None,
            system_prompt: String::new(),
        };
        assert!(settings(&with(0.0)).is_ok() && settings(&with(2.0)).is_ok());
        for wrong in [-0.1, 2.1, f64::NAN, f64::INFINITY] {
            assert_eq!(field_of(settings(&with(wrong)).unwrap_err()), "temperature");
        }
    }

    /// Anything at all, and letters of each width in numbers around a limit.
    fn typed(limit: usize) -> impl Strategy<Value = String> {
        let around = (any::<char>(), 0..4_usize)
            .prop_map(move |(letter, less)| letter.to_string().repeat(limit / letter.len_utf8() + 2 - less));
        prop_oneof![any::<String>(), "[ \\t\r\n#>*`a-z]{0,90}", around]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn a_message_is_measured_in_bytes(text in typed(MESSAGE_BYTES_MAX)) {
            let fits = !text.trim().is_empty() && text.len() <= MESSAGE_BYTES_MAX && !text.contains('\0');
            prop_assert_eq!(message(&text).is_ok(), fits);
        }

        #[test]
        fn a_title_is_measured_in_letters_and_is_its_own_title(text in typed(TITLE_CHARS_MAX)) {
            let straight: String = text.chars().filter(|c| !turns(*c)).collect();
            let words = straight.split_whitespace().collect::<Vec<_>>().join(" ");
            let fits = !is_blank(&words) && words.chars().count() <= TITLE_CHARS_MAX;
            let is_plain = !text.contains('\0') && !words.chars().any(char::is_control);
            prop_assert_eq!(title(&text).is_ok(), fits && is_plain);
            if let Ok(line) = title(&text) {
                prop_assert_eq!(title(&line), Ok(line));
            }
        }

        #[test]
        fn whatever_the_first_message_is_its_title_is_one_that_could_be_typed(text in typed(60)) {
            let made = title_from(&text);
            prop_assert!(made.chars().count() <= 61, "{}", made);
            prop_assert!(title(&made).is_ok(), "{:?}", made);
        }
    }

    #[test]
    fn a_text_is_shown_up_to_its_length_and_says_that_there_is_more() {
        let long = "é".repeat(7);
        assert_eq!(shown(&long, 7), long);
        assert_eq!(shown(&format!("{long}x"), 7), format!("{long}…"));
        assert_eq!(
            shown("a 👩\u{200d}🔬 \u{202e}b\u{85}c", 100),
            "a 👩\u{200d}🔬 b c",
            "what letters are made of stays"
        );
        assert_eq!(shown("a\u{200b}b\u{e0041}c\u{feff}", 100), "abc", "what nobody sees does not");
    }

    proptest! {
        #[test]
        fn whatever_is_remembered_is_one_line(text in ".*") {
            let line = one_line(&text);
            prop_assert!(line.lines().count() <= 1, "{:?}", line);
            prop_assert!(!line.chars().any(|c| c.is_control() || turns(c)), "{:?}", line);
            prop_assert_eq!(one_line(&line), line);
        }
    }
}
