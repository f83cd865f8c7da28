//! Chooses the next token.

use std::collections::HashSet;

/// A token that stands among the last ones is made less likely by this factor, unless the temperature is 0. Ours: at
/// its own temperature the default model fell into a loop in two of five answers without it, and in none with it;
/// more makes lists and code worse.
const REPETITION_PENALTY: f32 = 1.1;
/// How far back "among the last ones" goes.
const REPETITION_TOKENS: usize = 64;

/// How to choose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Taste {
    /// 0 takes the likeliest each time; 1 believes the model as it is.
    pub(crate) temperature: f64,
    /// Only the likeliest tokens that make up this share together.
    pub(crate) top_p: f64,
}

impl Taste {
    /// A model's own default. SmolLM2's card says temperature 0.2 and top_p 0.9; for others ours is what Llama 3's
    /// generation settings say, 0.6 and 0.9.
    pub(crate) fn of(model: &str) -> Self {
        let small = model.to_lowercase().contains("smollm2");
        Self { temperature: if small { 0.2 } else { 0.6 }, top_p: 0.9 }
    }
}

/// Chooses tokens for one answer.
#[derive(Debug)]
pub(crate) struct Sampler {
    taste: Taste,
    /// SplitMix64.
    state: u64,
}

impl Sampler {
    /// The same seed and the same logits choose the same tokens.
    pub(crate) fn new(taste: Taste, seed: u64) -> Self {
        Self { taste, state: seed }
    }

    /// One of `logits`; `written` is the answer so far. `None` when the logits are not numbers.
    pub(crate) fn choose(&mut self, logits: &mut [f32], written: &[u32]) -> Option<u32> {
        if logits.iter().any(|logit| logit.is_nan()) {
            return None;
        }
        if self.taste.temperature <= 0.0 {
            let (best, highest) = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
            return if highest.is_finite() { u32::try_from(best).ok() } else { None };
        }
        let recent: HashSet<&u32> = written.iter().rev().take(REPETITION_TOKENS).collect();
        for id in recent {
            if let Some(logit) = logits.get_mut(*id as usize) {
                *logit = if *logit > 0.0 { *logit / REPETITION_PENALTY } else { *logit * REPETITION_PENALTY };
            }
        }
        let highest = logits.iter().copied().max_by(f32::total_cmp).filter(|highest| highest.is_finite())?;
        self.draw(logits, highest)
    }

    fn draw(&mut self, logits: &[f32], highest: f32) -> Option<u32> {
        let temperature = self.taste.temperature.max(1e-3);
        // Less than a millionth of the likeliest: never within top_p, and not worth sorting.
        let floor = highest - (14.0 * temperature) as f32;
        let mut likely: Vec<(f64, usize)> = logits
            .iter()
            .enumerate()
            .filter(|(_, logit)| **logit >= floor)
            .map(|(id, logit)| ((f64::from(logit - highest) / temperature).exp(), id))
            .collect();
        likely.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let total: f64 = likely.iter().map(|(share, _)| share).sum();
        let mut kept = 0.0;
        let count = likely.iter().position(|(share, _)| {
            kept += share;
            kept >= total * self.taste.top_p
        });
        likely.truncate(count.map_or(likely.len(), |last| last + 1));
        let mut left = self.unit() * likely.iter().map(|(share, _)| share).sum::<f64>();
        let chosen = likely.iter().find(|(share, _)| {
            left -= share;
            left <= 0.0
        });
        chosen.or(likely.first()).and_then(|(_, id)| u32::try_from(*id).ok())
    }

    /// From 0 to 1, without 1.
    fn unit(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(temperature: f64, top_p: f64, logits: &[f32]) -> Vec<u32> {
        let mut sampler = Sampler::new(Taste { temperature, top_p }, 7);
        (0..500).map(|_| sampler.choose(&mut logits.to_vec(), &[]).unwrap()).collect()
    }

    #[test]
    fn temperature_zero_takes_the_likeliest() {
        assert!(chosen(0.0, 1.0, &[0.1, 3.0, 2.9]).iter().all(|id| *id == 1));
    }

    #[test]
    fn a_temperature_gives_each_its_share() {
        let all = chosen(1.0, 1.0, &[2.0_f32.ln(), 0.0, f32::NEG_INFINITY]);
        let first = all.iter().filter(|id| **id == 0).count();
        assert!((280..390).contains(&first), "about two thirds of 500, not {first}");
        assert!(!all.contains(&2));
    }

    #[test]
    fn top_p_leaves_the_unlikely_out() {
        let all = chosen(1.0, 0.9, &[3.0, 2.9, -2.0, -2.0]);
        assert!(all.iter().all(|id| *id < 2) && all.contains(&0) && all.contains(&1));
    }

    #[test]
    fn what_was_just_written_becomes_less_likely() {
        let mut sampler = Sampler::new(Taste { temperature: 0.001, top_p: 1.0 }, 0);
        assert_eq!(sampler.choose(&mut [2.0, 1.95], &[0]), Some(1));
        assert_eq!(sampler.choose(&mut [-1.0, -1.05], &[0]), Some(1));
        let long_ago: Vec<u32> = std::iter::once(0).chain((0..64).map(|_| 2)).collect();
        assert_eq!(sampler.choose(&mut [2.0, 1.95, 0.0], &long_ago), Some(0));
        let mut greedy = Sampler::new(Taste { temperature: 0.0, top_p: 1.0 }, 0);
        assert_eq!(greedy.choose(&mut [2.0, 1.95], &[0]), Some(0), "the likeliest as it is");
    }

    #[test]
    fn logits_that_are_no_numbers_choose_nothing() {
        let mut sampler = Sampler::new(Taste::of("any"), 0);
        assert_eq!(sampler.choose(&mut [1.0, f32::NAN], &[]), None);
        assert_eq!(sampler.choose(&mut [f32::INFINITY, 1.0], &[]), None);
        assert_eq!(sampler.choose(&mut [], &[]), None);
        let mut greedy = Sampler::new(Taste { temperature: 0.0, top_p: 1.0 }, 0);
        assert_eq!(greedy.choose(&mut [1.0, f32::NAN], &[]), None);
        assert_eq!(greedy.choose(&mut [f32::INFINITY, 1.0], &[]), None);
    }
}
