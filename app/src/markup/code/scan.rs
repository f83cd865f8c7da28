//! Cuts code into pieces, each with what it is. Every step goes forwards, and none looks at a byte more often than a
//! fixed number of times.

use super::Class;
use super::languages::{Kind, Language};

/// Names each piece of `code` in order; together they are `code`.
pub(super) fn pieces<'a>(language: &Language, code: &'a str, mut name: impl FnMut(Option<Class>, &'a str)) {
    if language.kind == Kind::Lines {
        for line in code.split_inclusive('\n') {
            name(of_line(line), line);
        }
        return;
    }
    let mut scan = Scan { language, code, at: 0, line: 0, in_tag: false, defines: false };
    while scan.at < code.len() {
        let from = scan.at;
        let class = scan.next();
        // A piece is never empty: were a rule to fail, the scan would still end.
        scan.at = scan.at.max(from + first(&code[from..]).len_utf8());
        let piece = &code[from..scan.at];
        scan.line = piece.rfind('\n').map_or(scan.line, |end| from + end + 1);
        name(class, piece);
    }
}

fn of_line(line: &str) -> Option<Class> {
    let is = |marks: &[&str]| marks.iter().any(|mark| line.starts_with(mark));
    match line.as_bytes().first() {
        _ if is(&["+++", "---", "@@", "diff ", "index "]) => Some(Class::Comment),
        Some(b'+') => Some(Class::Inserted),
        Some(b'-') => Some(Class::Deleted),
        Some(b'#') => Some(Class::Heading),
        _ => None,
    }
}

struct Scan<'a> {
    language: &'a Language,
    code: &'a str,
    at: usize,
    /// Where the line begins.
    line: usize,
    /// Between `<name` and `>`.
    in_tag: bool,
    /// The word before said that the next one is a function's name.
    defines: bool,
}

const DEFINING: [&str; 5] = ["fn", "def", "func", "function", "fun"];

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        &self.code[self.at..]
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Moves behind `close`, or to the end.
    fn take_through(&mut self, from: usize, close: &str) {
        let after = &self.rest()[from..];
        self.at += from + after.find(close).map_or(after.len(), |end| end + close.len());
    }

    /// Moves behind the next piece and says what it is.
    fn next(&mut self) -> Option<Class> {
        let rest = self.rest();
        let c = first(rest);
        if c.is_whitespace() {
            self.take_while(char::is_whitespace);
            return None;
        }
        let is_defined = std::mem::take(&mut self.defines);
        if let Some(class) = self.comment().or_else(|| self.string()) {
            return Some(class);
        }
        if self.language.kind == Kind::Tags && !self.in_tag {
            return self.outside_tags(c);
        }
        if c.is_ascii_digit() {
            self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%'));
            return Some(Class::Number);
        }
        if self.begins_word(c) {
            let class = self.word();
            return if is_defined && class.is_none() { Some(Class::Name) } else { class };
        }
        if self.language.sigils.contains(c) {
            self.at += c.len_utf8();
            let named = self.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
            let class = match (c, self.language.kind) {
                ('@', Kind::Rules) | ('#', Kind::Words) => Class::Word,
                ('@', _) => Class::Name,
                _ => Class::Type,
            };
            return (!named.is_empty()).then_some(class);
        }
        self.at += c.len_utf8();
        if self.in_tag && c == '>' {
            self.in_tag = false;
            return Some(Class::Operator);
        }
        matches!(c, '+' | '-' | '*' | '/' | '%' | '=' | '<' | '>' | '!' | '&' | '|' | '^' | '~' | '?')
            .then_some(Class::Operator)
    }

    fn comment(&mut self) -> Option<Class> {
        let rest = self.rest();
        if let Some((open, close)) = self.language.blocks.iter().find(|(open, _)| rest.starts_with(open)) {
            self.take_through(open.len(), close);
            return Some(Class::Comment);
        }
        let open = self.language.comments.iter().find(|open| rest.starts_with(**open))?;
        // No comments: `a#b`, `$#`, `https://`.
        let before = self.code[..self.at].chars().next_back();
        let inside = match *open {
            "#" => {
                before.is_some_and(|c| !c.is_whitespace() && !matches!(c, ';' | '(' | ')' | '{' | '}' | ','))
            }
            "//" => before == Some(':'),
            _ => false,
        };
        if inside {
            return None;
        }
        self.take_while(|c| c != '\n');
        Some(Class::Comment)
    }

    fn string(&mut self) -> Option<Class> {
        let rest = self.rest();
        let text = self.language.strings.iter().find(|text| rest.starts_with(text.open))?;
        let keys = self.language.kind == Kind::Keys;
        let outside = self.language.kind == Kind::Tags && !self.in_tag;
        let apostrophe = keys && self.code[..self.at].ends_with(char::is_alphanumeric);
        if outside || apostrophe {
            return None;
        }
        if !text.long && !is_letter(rest) {
            // No string: a lifetime, a type variable.
            self.at += 1;
            self.take_while(|c| c.is_alphanumeric() || c == '_');
            return Some(Class::Type);
        }
        let mut end = text.open.len();
        while end < rest.len() && (text.lines || !rest[end..].starts_with('\n')) {
            if rest[end..].starts_with(text.close) {
                end += text.close.len();
                break;
            }
            let c = first(&rest[end..]);
            end += c.len_utf8();
            if c == '\\' && text.escapes {
                end += rest[end..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
            }
        }
        self.at += end;
        let is_key = keys && self.rest().trim_start_matches(' ').starts_with(':');
        Some(if is_key { Class::Name } else { Class::String })
    }

    fn outside_tags(&mut self, c: char) -> Option<Class> {
        let rest = self.rest();
        if c == '<' && rest[1..].starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '!' | '?')) {
            self.at += 1;
            self.take_while(|c| matches!(c, '/' | '!' | '?'));
            self.take_while(|c| c.is_alphanumeric() || matches!(c, '-' | ':' | '_' | '.'));
            self.in_tag = true;
            return Some(Class::Tag);
        }
        self.at += c.len_utf8();
        if c == '&' {
            let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '#');
            return (!name.is_empty()).then_some(Class::Number);
        }
        self.take_while(|c| !matches!(c, '<' | '&'));
        None
    }

    fn begins_word(&self, c: char) -> bool {
        c.is_alphabetic()
            || c == '_'
            || (c == '-' && self.language.kind == Kind::Rules && self.rest()[1..].starts_with('-'))
    }

    fn word(&mut self) -> Option<Class> {
        let from = self.at;
        let dashes = matches!(self.language.kind, Kind::Rules | Kind::Keys) || self.in_tag;
        let word = self.take_while(|c| c.is_alphanumeric() || c == '_' || (dashes && matches!(c, '-' | '.')));
        if self.in_tag {
            return Some(Class::Name);
        }
        let after = self.rest();
        match self.language.kind {
            Kind::Keys if self.code[self.line..from].trim_start_matches([' ', '\t', '-']).is_empty() => {
                if after.trim_start_matches(' ').starts_with([':', '=']) {
                    return Some(Class::Name);
                }
            }
            Kind::Rules if after.trim_start_matches(' ').starts_with(':') && !after.starts_with("::") => {
                return Some(Class::Name);
            }
            Kind::Rules if word.starts_with("--") => return Some(Class::Type),
            _ => {}
        }
        if self.language.is(self.language.words, word) {
            self.defines = DEFINING.contains(&word);
            return Some(Class::Word);
        }
        if self.language.is(self.language.values, word) {
            return Some(Class::Number);
        }
        if self.language.is(self.language.types, word) {
            return Some(Class::Type);
        }
        if after.starts_with('(')
            || (self.language.bang && after.starts_with('!') && !after.starts_with("!="))
        {
            return Some(Class::Name);
        }
        if self.language.kind != Kind::Words || self.language.folds || !word.starts_with(char::is_uppercase) {
            return None;
        }
        // A name with a capital is a type, all in capitals a constant.
        let one = word.chars().nth(1).is_none();
        Some(if one || word.contains(char::is_lowercase) { Class::Type } else { Class::Number })
    }
}

/// Whether `'x'` or `'\n'` stands here, rather than a lone quote.
fn is_letter(text: &str) -> bool {
    let mut signs = text.chars().skip(1);
    match signs.next() {
        Some('\\') => signs.take(12).skip(1).take_while(|c| *c != '\n').any(|c| c == '\''),
        Some(c) => c != '\'' && signs.next() == Some('\''),
        None => false,
    }
}

fn first(text: &str) -> char {
    text.chars().next().unwrap_or('\n')
}
