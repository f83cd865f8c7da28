//! Words that are written so that a person still reads them: digits for letters, letters one by one, from the end.

use crate::view::View;

/// Letters that are spelled one by one are joined, then digits and signs inside words become the letters they stand for.
/// None where that changes nothing.
pub(crate) fn undisguised(words: &View) -> Option<View> {
    let joined = joined(words);
    let lettered = lettered(joined.as_ref().unwrap_or(words));
    lettered.or(joined)
}

/// How many letters in a row, each alone, are taken for one word.
const SPELLED_MIN: usize = 4;

/// `i g n o r e`, `i.g.n.o.r.e`: runs of single letters with one and the same sign between them.
fn joined(words: &View) -> Option<View> {
    let chars: Vec<(char, (u32, u32))> = words.chars().collect();
    let is_word = |at: usize| chars.get(at).is_some_and(|(c, _)| c.is_alphanumeric());
    let mut out = View::with_room(words.text().len());
    let mut has_joined = false;
    let mut at = 0;
    while let Some((c, from)) = chars.get(at) {
        let sign = chars.get(at + 1).map(|(c, _)| *c).filter(|c| " .,-_*/|+~\n".contains(*c));
        let mut letters = 1;
        if let Some(sign) = sign.filter(|_| is_letter(*c) && (at == 0 || !is_word(at - 1))) {
            let goes_on = |at: usize| {
                chars.get(at).is_some_and(|(c, _)| *c == sign)
                    && chars.get(at + 1).is_some_and(|(c, _)| is_letter(*c))
                    && !is_word(at + 2)
            };
            while goes_on(at + 2 * letters - 1) {
                letters += 1;
            }
        }
        if letters >= SPELLED_MIN {
            (0..letters).for_each(|n| out.push(chars[at + 2 * n].0, chars[at + 2 * n].1));
            has_joined = true;
        } else {
            // What was looked at is not looked at again: a run that is too short goes out as it is.
            (0..2 * letters - 1).for_each(|n| out.push(chars[at + n].0, chars[at + n].1));
        }
        at += 2 * letters - 1;
        let _ = from;
    }
    has_joined.then_some(out)
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '@' | '$')
}

/// `1gn0r3`: digits and signs beside letters.
fn lettered(words: &View) -> Option<View> {
    let chars: Vec<(char, (u32, u32))> = words.chars().collect();
    let mut out = View::with_room(words.text().len());
    let mut has_changed = false;
    let mut at = 0;
    while at < chars.len() {
        let end = at + chars[at..].iter().take_while(|(c, _)| is_letter(*c) || *c == '!').count();
        let token = &chars[at..end];
        let has_letters = token.iter().any(|(c, _)| c.is_ascii_lowercase());
        for (n, (c, from)) in token.iter().enumerate() {
            let letter = letter_of(*c).filter(|_| has_letters && (*c != '!' || n + 1 < token.len()));
            has_changed |= letter.is_some();
            out.push(letter.unwrap_or(*c), *from);
        }
        if token.is_empty() {
            out.push(chars[at].0, chars[at].1);
        }
        at = end.max(at + 1);
    }
    has_changed.then_some(out)
}

fn letter_of(c: char) -> Option<char> {
    Some(match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        '9' => 'g',
        _ => return None,
    })
}

/// The same from its end.
pub(crate) fn reversed(words: &View) -> View {
    let mut out = View::with_room(words.text().len());
    words.chars().rev().for_each(|(c, from)| out.push(c, from));
    out
}
