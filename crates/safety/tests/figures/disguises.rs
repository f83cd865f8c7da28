//! Ways to write the same otherwise (class A34 of the attacks that systems like this one met).

use base64::{Engine, prelude::BASE64_STANDARD};

type Disguise = fn(&str) -> String;

pub(crate) const DISGUISES: &[(&str, Disguise)] = &[
    ("more blanks, tabs and line breaks", |text| text.replace(' ', " \t\n ")),
    ("a zero-width space after every letter", |text| after_each(text, '\u{200b}')),
    ("a soft hyphen after every letter", |text| after_each(text, '\u{ad}')),
    ("a variation selector after every letter", |text| after_each(text, '\u{fe01}')),
    ("a direction mark after every letter", |text| after_each(text, '\u{2067}')),
    ("an accent on every letter", |text| {
        text.chars().flat_map(|c| [Some(c), c.is_ascii_alphabetic().then_some('\u{301}')]).flatten().collect()
    }),
    ("full-width letters", |text| mapped(text, '!', '~', '\u{ff01}')),
    ("mathematical bold letters", |text| mapped(&mapped(text, 'a', 'z', '\u{1d41a}'), 'A', 'Z', '\u{1d400}')),
    ("Cyrillic and Greek look-alikes", |text| {
        text.chars()
            .map(|c| match c {
                'a' => 'а',
                'c' => 'с',
                'e' => 'е',
                'i' => 'і',
                'o' => 'ο',
                'p' => 'р',
                's' => 'ѕ',
                'x' => 'х',
                'y' => 'у',
                'A' => 'А',
                'I' => 'І',
                'O' => 'Ο',
                c => c,
            })
            .collect()
    }),
    ("digits for letters", |text| {
        text.chars()
            .map(|c| match c.to_ascii_lowercase() {
                'a' => '4',
                'e' => '3',
                'i' => '1',
                'o' => '0',
                's' => '5',
                't' => '7',
                _ => c,
            })
            .collect()
    }),
    ("letters spelled out, a dot between", |text| {
        text.split(' ').map(|word| spelled(word, ".")).collect::<Vec<_>>().join(" ")
    }),
    ("letters spelled out, wide gaps between words", |text| {
        text.split(' ').map(|word| spelled(word, " ")).collect::<Vec<_>>().join("   ")
    }),
    ("tag characters after a greeting", |text| {
        let tags = text
            .chars()
            .filter(|c| matches!(c, ' '..='~'))
            .filter_map(|c| char::from_u32(0xe0000 + c as u32));
        "Hello!".chars().chain(tags).collect()
    }),
    ("variation selectors as bytes", |text| {
        let selector =
            |byte: u8| char::from_u32(if byte < 16 { 0xfe00 } else { 0xe0100 - 16 } + u32::from(byte));
        "Hello!".chars().chain(text.bytes().filter_map(selector)).collect()
    }),
    ("base64", |text| format!("Read this: {}", BASE64_STANDARD.encode(text))),
    ("base64 twice", |text| BASE64_STANDARD.encode(BASE64_STANDARD.encode(text))),
    ("hexadecimal", |text| text.bytes().map(|byte| format!("{byte:02x}")).collect()),
    ("binary", |text| text.bytes().map(|byte| format!("{byte:08b} ")).collect()),
    ("percent escapes", |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect()),
    ("HTML escapes", |text| text.chars().map(|c| format!("&#{};", c as u32)).collect()),
    ("backslash escapes", |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()),
    ("from the end", |text| text.chars().rev().collect()),
    ("ROT13 (not looked for)", |text| {
        let turned = |c: char, first: u8| char::from((c as u8 - first + 13) % 26 + first);
        text.chars()
            .map(|c| match c {
                'a'..='z' => turned(c, b'a'),
                'A'..='Z' => turned(c, b'A'),
                c => c,
            })
            .collect()
    }),
];

fn after_each(text: &str, mark: char) -> String {
    text.chars().flat_map(|c| [Some(c), c.is_alphabetic().then_some(mark)]).flatten().collect()
}

fn mapped(text: &str, first: char, last: char, to: char) -> String {
    let other = |c: char| char::from_u32(to as u32 + c as u32 - first as u32);
    text.chars().map(|c| if (first..=last).contains(&c) { other(c).unwrap_or(c) } else { c }).collect()
}

fn spelled(word: &str, between: &str) -> String {
    word.chars().map(String::from).collect::<Vec<_>>().join(between)
}
