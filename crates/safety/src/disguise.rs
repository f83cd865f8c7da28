//! Words that are written so that a person still reads them: digits for letters, letters one by one, from the end.

use crate::view::View;

/// Letters that are spelled one by one are joined, then digits and signs inside words become the letters they stand for.
/// None where that changes nothing.
pub(crate) fn undisguised(words: &View) -> Option<View> {
    let joined = joined(words);
    let lettered = lettered(joined.as_ref().unwrap_or(words));
    lettered.or(joined)
}

/// How many letters in a row, each alone, are taken for one word. Where there is such a word, shorter ones with the same sign between
/// their letters are words too.
const SPELLED_MIN: usize = 4;

/// How many words with digits among their letters make it likely that digits alone are a word as well.
const LETTERED_MIN: usize = 3;

type Char = (char, (u32, u32));

/// A run of letters, each alone, with one and the same sign between them.
struct Run {
    start: usize,
    letters: usize,
    sign: char,
}

/// `i g n o r e`, `i.g.n.o.r.e`, `a.l.l`.
fn joined(words: &View) -> Option<View> {
    let chars: Vec<Char> = words.chars().collect();
    let runs = runs(&chars);
    let signs: Vec<char> = runs.iter().filter(|run| run.letters >= SPELLED_MIN).map(|run| run.sign).collect();
    if signs.is_empty() {
        return None;
    }
    let mut out = View::with_room(words.text().len());
    let mut at = 0;
    for run in runs.iter().filter(|run| signs.contains(&run.sign)) {
        chars[at..run.start].iter().for_each(|(c, from)| out.push(*c, *from));
        at = run.start + 2 * run.letters - 1;
        chars[run.start..at].iter().step_by(2).for_each(|(c, from)| out.push(*c, *from));
    }
    chars[at..].iter().for_each(|(c, from)| out.push(*c, *from));
    Some(out)
}

/// All runs of two letters and more. No character is looked at more than a few times.
fn runs(chars: &[Char]) -> Vec<Run> {
    const SIGNS: &str = " .,-_*/|+~\n";
    let at = |at: usize| chars.get(at).map(|(c, _)| *c);
    let is_in_word = |place: usize| at(place).is_some_and(char::is_alphanumeric);
    let mut runs = Vec::new();
    let mut start = 0;
    while start < chars.len() {
        let mut letters = 1;
        let is_alone = at(start).is_some_and(is_letter) && (start == 0 || !is_in_word(start - 1));
        if let Some(sign) = at(start + 1).filter(|sign| is_alone && SIGNS.contains(*sign)) {
            let goes_on = |place: usize| {
                at(place) == Some(sign) && at(place + 1).is_some_and(is_letter) && !is_in_word(place + 2)
            };
            while goes_on(start + 2 * letters - 1) {
                letters += 1;
            }
            if letters > 1 {
                runs.push(Run { start, letters, sign });
            }
        }
        start += 2 * letters - 1;
    }
    runs
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '@' | '$')
}

/// `1gn0r3`: digits and signs beside letters; where there are several such words, digits alone too (`4` as a).
fn lettered(words: &View) -> Option<View> {
    let chars: Vec<Char> = words.chars().collect();
    let tokens: Vec<&[Char]> = chars.chunk_by(|(a, _), (b, _)| is_in_token(*a) && is_in_token(*b)).collect();
    // An exclamation mark at the end of a word is one.
    let letter_at = |token: &[Char], at: usize| {
        token.get(at).and_then(|(c, _)| letter_of(*c).filter(|_| *c != '!' || at + 1 < token.len()))
    };
    let is_mixed = |token: &[Char]| {
        token.iter().any(|(c, _)| c.is_ascii_lowercase())
            && (0..token.len()).any(|at| letter_at(token, at).is_some())
    };
    let mixed = tokens.iter().filter(|token| is_mixed(token)).count();
    if mixed == 0 {
        return None;
    }
    let mut out = View::with_room(words.text().len());
    for token in tokens {
        let is_read = is_mixed(token) || mixed >= LETTERED_MIN;
        for (at, (c, from)) in token.iter().enumerate() {
            let letter = letter_at(token, at).filter(|_| is_read);
            out.push(letter.unwrap_or(*c), *from);
        }
    }
    Some(out)
}

fn is_in_token(c: char) -> bool {
    is_letter(c) || c == '!'
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        undisguised(&View::of(text)).map(|view| view.text().to_owned())
    }

    #[test]
    fn letters_that_are_spelled_out_are_joined_and_lists_stay_as_they_are() {
        assert_eq!(read("i g n o r e all").as_deref(), Some("ignore all"));
        assert_eq!(read("i.g.n.o.r.e a.l.l r-u-l-e").as_deref(), Some("ignore all rule"));
        assert_eq!(read("i g n o r e  a l l").as_deref(), Some("ignore  all"));
        for same in ["a, b, c", "e.g. i.e.", "plan a b", "", "x"] {
            assert_eq!(read(same), None, "{same}");
        }
    }

    #[test]
    fn digits_in_words_are_letters_and_numbers_stay_until_there_are_many_such_words() {
        assert_eq!(read("1gn0r3 p@$t! 2025").as_deref(), Some("ignore past! 2025"));
        assert_eq!(read("1gn0r3 7h3 rul35 4 5").as_deref(), Some("ignore the rules a s"));
        assert_eq!(read("call 112 now!"), None);
    }
}
