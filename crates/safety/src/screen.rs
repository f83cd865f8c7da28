//! The screen itself: which views of a text are made, and which verdict a finding asks for.

use crate::{
    Class, Finding, Layer, Place, Rule, Screening, Verdict,
    disguise::{reversed, undisguised},
    fold::{clean, words},
    layers::{self, DECODED_BYTES_PER_BYTE, LAYERS_DEEP_MAX},
    rules::{DIRECTION, Hit, Matcher, RULES_VERSION, SELECTORS, TAGS, TOO_LONG},
    view::View,
};

/// A longer text is not read: it waits for a person. Twice the largest body that the server takes; reading takes some sixty bytes of
/// memory for each byte.
pub const SCREENED_BYTES_MAX: usize = 2_000_000;

/// More findings than these are not told; the gravest are.
pub const FINDINGS_MAX: usize = 32;

/// Looks at a text. Any text will do; the work grows with its length and with nothing else: some 0.1 ms of computing for 1 kB, 15 ms
/// for 100 kB (docs/safety.md), so that long ones do not belong on a thread that serves others.
pub fn screen(text: &str, place: Place) -> Screening {
    let mut work = Work {
        place,
        found: Vec::new(),
        bytes: 0,
        decoded_left: text.len().saturating_mul(DECODED_BYTES_PER_BYTE),
    };
    if text.len() > SCREENED_BYTES_MAX {
        let end = (0..=64).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        work.add(&TOO_LONG, (0, end as u32), Layer::Plain);
    } else {
        let whole = View::of(text);
        work.unseen(&whole);
        work.look(&whole, Layer::Plain, 0);
    }
    work.screening()
}

struct Work {
    place: Place,
    found: Vec<Finding>,
    bytes: usize,
    decoded_left: usize,
}

impl Work {
    /// What nobody sees, in the text as it was given.
    fn unseen(&mut self, whole: &View) {
        self.bytes += whole.text().len();
        for (c, from) in whole.chars() {
            if matches!(c, '\u{202d}' | '\u{202e}') {
                self.add(&DIRECTION, from, Layer::Plain);
                break;
            }
        }
        for (rule, view) in [(&TAGS, layers::tags(whole)), (&SELECTORS, layers::selectors(whole))] {
            if let Some(view) = view {
                self.add(rule, view.source(0..view.text().len()), Layer::Hidden);
                self.deeper(&view, Layer::Hidden, 1);
            }
        }
    }

    /// A text and the texts inside it.
    fn look(&mut self, view: &View, layer: Layer, depth: usize) {
        let clean = clean(view);
        let words = words(&clean);
        self.scan(Matcher::exact(), &clean, layer);
        self.scan(Matcher::words(), &words, layer);
        if let Some(view) = undisguised(&words) {
            self.scan(Matcher::words(), &view, if layer == Layer::Plain { Layer::Disguised } else { layer });
        }
        if layer == Layer::Plain {
            self.scan(Matcher::words(), &reversed(&words), Layer::Reversed);
        }
        for (inner, view) in layers::inside(&clean) {
            // What is hidden stays hidden, and what is encoded encoded, whatever lies in it.
            let inner = if matches!(layer, Layer::Hidden | Layer::Encoded) { layer } else { inner };
            self.deeper(&view, inner, depth + 1);
        }
    }

    fn deeper(&mut self, view: &View, layer: Layer, depth: usize) {
        let bytes = view.text().len();
        if depth <= LAYERS_DEEP_MAX && bytes <= self.decoded_left {
            self.decoded_left -= bytes;
            self.look(view, layer, depth);
        }
    }

    fn scan(&mut self, matcher: &Matcher, view: &View, layer: Layer) {
        self.bytes += view.text().len();
        for Hit { rule, range } in matcher.hits(view.text()) {
            // Code that reads the same backwards is no code; words are read by a model.
            if layer != Layer::Reversed || rule.class == Class::PromptInjection {
                self.add(rule, view.source(range), layer);
            }
        }
    }

    fn add(&mut self, rule: &'static Rule, from: (u32, u32), layer: Layer) {
        let range = from.0 as usize..from.1 as usize;
        let verdict = verdict(rule, self.place, layer);
        let is_known = |known: &Finding| {
            known.rule == rule
                && known.verdict >= verdict
                && known.range.start < range.end
                && range.start < known.range.end
        };
        if !self.found.iter().any(is_known) {
            self.found.push(Finding { rule, verdict, range, layer });
        }
    }

    fn screening(mut self) -> Screening {
        let verdict = self.found.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Allow);
        self.found.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
        self.found.truncate(FINDINGS_MAX);
        self.found.sort_by_key(|finding| (finding.range.start, finding.range.end));
        Screening { verdict, findings: self.found, rules: RULES_VERSION, work_bytes: self.bytes }
    }
}

/// What a rule asks for, and more where somebody took pains that nobody should read it.
fn verdict(rule: &Rule, place: Place, layer: Layer) -> Verdict {
    let asked = rule.verdict(place);
    let is_attack = !matches!(rule.class, Class::PersonalData | Class::Secret | Class::Hidden);
    match layer {
        Layer::Hidden if is_attack => Verdict::Block,
        Layer::Encoded if rule.class == Class::PromptInjection => asked.max(Verdict::Review),
        _ => asked,
    }
}
