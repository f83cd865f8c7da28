//! The screen of texts, in this process: how long it computes for a kilobyte of prose.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
};
use anyhow::Result;
use safety::{Place as Of, screen};
use std::{hint::black_box, time::Instant};

/// Of words as people write them, with what makes a reader look twice.
const PROSE: &str =
    "The quick brown fox (or was it a dog?) jumps over the lazy dog's back at 12:30, ünïcode и кириллица. ";
/// Texts of one run.
const TEXTS: u32 = 2_000;

/// The group.
pub(super) struct Screen;

#[async_trait::async_trait(?Send)]
impl Group for Screen {
    fn figures(&self) -> &'static [Figure] {
        const { &[Figure::at_most("screen_us_per_kb", "µs", 150.0)] }
    }

    fn on(&self) -> &'static str {
        "the crate alone, one thread, 2,000 texts of 1 kB of prose a run, the automata built before"
    }

    async fn measure(&self, _: &Place) -> Result<Runs> {
        let text: String = PROSE.chars().cycle().take(PROSE.chars().count() * 9).collect();
        black_box(screen(&text, Of::Prompt));
        let mut runs = Runs::default();
        for _ in 0..RUNS {
            let begun = Instant::now();
            for _ in 0..TEXTS {
                black_box(screen(black_box(&text), Of::Prompt));
            }
            let micros = begun.elapsed().as_secs_f64() * 1e6 / f64::from(TEXTS);
            runs.add("screen_us_per_kb", micros * 1_000.0 / text.len() as f64);
        }
        Ok(runs)
    }
}
