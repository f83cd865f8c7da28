//! Chance that can be had again: its seed is printed.

/// SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Of `VOBIO_TEST_SEED`, or of a seed that nobody knows yet; it is printed.
    #[expect(clippy::disallowed_methods, reason = "whoever repeats a failure says the seed")]
    pub(crate) fn new(what: &str) -> (Self, u64) {
        let told = std::env::var("VOBIO_TEST_SEED").ok();
        let seed = told.map_or_else(|| getrandom::u64().unwrap(), |seed| seed.parse().unwrap());
        println!("{what}: VOBIO_TEST_SEED={seed}");
        (Self(seed), seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than this.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of so many times.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Another, for somebody who runs beside this.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }
}
