//! Characters that nobody sees and that spell something: tag characters (U+E0020 to U+E007E are ASCII moved up), and variation
//! selectors, of which there are 256, one for each byte.

use crate::{fold::is_unseen, view::View};

/// Shorter than this it is an accident, not a text.
const CHARS_MIN: usize = 4;

/// What tag characters spell, all in the text as one. The flags of England, Scotland and Wales are made of them and are left out.
pub(crate) fn tags(text: &View) -> Option<View> {
    let mut out = View::default();
    let mut is_flag = false;
    for (c, from) in text.chars() {
        match c {
            '\u{1f3f4}' => is_flag = true,
            '\u{e0020}'..='\u{e007e}' => {
                let letter = char::from_u32(c as u32 - 0xe0000);
                if let Some(letter) = letter.filter(|_| !is_flag) {
                    out.push(letter, from);
                }
            }
            '\u{e007f}' => is_flag = false,
            _ if is_unseen(c) => {}
            _ => is_flag = false,
        }
    }
    (out.text().chars().count() >= CHARS_MIN).then_some(out)
}

/// What runs of variation selectors spell. One alone belongs to the character before it.
pub(crate) fn selectors(text: &View) -> Option<View> {
    let mut out = View::default();
    let mut run: Vec<(u8, (u32, u32))> = Vec::new();
    for (c, from) in text.chars() {
        match c {
            '\u{fe00}'..='\u{fe0f}' => run.push(((c as u32 - 0xfe00) as u8, from)),
            '\u{e0100}'..='\u{e01ef}' => run.push(((c as u32 - 0xe0100 + 16) as u8, from)),
            _ if is_unseen(c) => {}
            _ => end_run(&mut run, &mut out),
        }
    }
    end_run(&mut run, &mut out);
    (!out.text().is_empty()).then_some(out)
}

fn end_run(run: &mut Vec<(u8, (u32, u32))>, out: &mut View) {
    if run.len() >= CHARS_MIN {
        let bytes: Vec<u8> = run.iter().map(|(byte, _)| *byte).collect();
        let mut at = 0;
        for c in String::from_utf8_lossy(&bytes).chars() {
            // A replacement stands for at least one byte; the places of what follows are then a little early, never outside.
            let from = run[at.min(run.len() - 1)].1;
            at += if c == char::REPLACEMENT_CHARACTER { 1 } else { c.len_utf8() };
            out.push(c, (from.0, run[(at - 1).min(run.len() - 1)].1.1.max(from.1)));
        }
    }
    run.clear();
}
