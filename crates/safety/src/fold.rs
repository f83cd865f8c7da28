//! Normalisation: what a text says, whatever its characters are dressed as.
//!
//! Two forms. *Clean* keeps upper and lower case: compatibility forms taken apart (NFKD), accents and everything unseen left out,
//! white space made one blank, two, or one line break. *Words* is clean in lower case, with look-alikes as the Latin letter that
//! they look like. Both work a character at a time, so each byte knows where it comes from, and both are their own normal form.

use crate::view::View;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use unicode_security::skeleton;

/// The clean form.
pub(crate) fn clean(view: &View) -> View {
    let mut out = View::with_room(view.text().len());
    let mut gap = Gap::default();
    for (c, from) in view.chars() {
        if c.is_ascii() {
            take(c, from, &mut gap, &mut out);
        } else {
            decompose_compatible(c, |part| take(part, from, &mut gap, &mut out));
        }
    }
    out
}

fn take(c: char, from: (u32, u32), gap: &mut Gap, out: &mut View) {
    if is_blank(c) {
        gap.widen(c, from);
    } else if !is_unseen(c) && !is_combining_mark(c) {
        gap.close(out);
        out.push(c, from);
    }
}

/// White space that was met and not yet written.
#[derive(Default)]
struct Gap {
    from: Option<(u32, u32)>,
    blanks: usize,
    has_line_break: bool,
}

impl Gap {
    fn widen(&mut self, c: char, from: (u32, u32)) {
        self.from = Some(self.from.map_or(from, |known| (known.0, from.1)));
        self.blanks += 1;
        self.has_line_break |= matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    }

    /// One line break; or a blank, or two where there were more: letters spelled one by one have wider gaps between words.
    fn close(&mut self, out: &mut View) {
        let Some(from) = self.from else { return };
        if !out.text().is_empty() {
            let blanks = if self.has_line_break { "\n" } else { &"  "[..self.blanks.min(2)] };
            blanks.chars().for_each(|blank| out.push(blank, from));
        }
        *self = Self::default();
    }
}

/// The words form of a clean view.
pub(crate) fn words(clean: &View) -> View {
    let mut out = View::with_room(clean.text().len());
    for (c, from) in clean.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase(), from);
        } else {
            latin(c, &mut |letter| out.push(letter, from));
        }
    }
    out
}

/// The Latin letters that a character looks like; itself in lower case where it looks like none. Lower case is tried first:
/// a capital I looks like an l, and is meant as an i.
fn latin(c: char, push: &mut impl FnMut(char)) {
    let mut lower = c.to_lowercase();
    if let (Some(small), None) = (lower.next(), lower.next()) {
        for letter in [small, c] {
            let mut buffer = [0; 4];
            let looks: String = skeleton(letter.encode_utf8(&mut buffer)).collect();
            if looks.is_ascii() && !looks.contains(|c: char| c.is_ascii_control()) && !looks.is_empty() {
                return looks.chars().for_each(|c| push(c.to_ascii_lowercase()));
            }
        }
        return push(small);
    }
    push(c);
}

/// White space, and the two letters of other scripts that are drawn as nothing.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{2800}' | '\u{3164}')
}

/// Characters that are not drawn: Unicode's Default_Ignorable_Code_Point, and control characters that are no white space.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn both(text: &str) -> (String, String) {
        let clean = clean(&View::of(text));
        (clean.text().to_owned(), words(&clean).text().to_owned())
    }

    #[test]
    fn what_is_dressed_up_reads_as_what_it_looks_like() {
        for (text, word) in [
            ("ＩＧＮＯＲＥ", "ignore"),
            ("іgnоrе", "ignore"),
            ("Іgnore", "ignore"),
            ("𝓲𝓰𝓷𝓸𝓻𝓮", "ignore"),
            ("ígńörê", "ignore"),
            ("ig\u{ad}no\u{200b}re", "ignore"),
            ("a \t b\u{3000}c", "a  b c"),
            ("a \r\n b", "a\nb"),
        ] {
            assert_eq!(both(text).1, word, "{text}");
        }
        assert_eq!(both("A\u{200d}B  c").0, "AB  c");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn a_normal_form_is_its_own(text in any::<String>()) {
            let (clean, words) = both(&text);
            prop_assert_eq!(&both(&clean).0, &clean);
            prop_assert_eq!(&both(&words).1, &words);
        }
    }

    #[test]
    fn every_character_has_one_normal_form() {
        for c in '\0'..=char::MAX {
            let (clean, words) = both(&format!("a{c}b"));
            assert_eq!(both(&clean).0, clean, "{c:?}");
            assert_eq!(both(&words).1, words, "{c:?}");
        }
    }
}
