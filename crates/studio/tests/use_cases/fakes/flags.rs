//! Flags without OpenFeature: the studio's own rule on what it is told.

use api_types::Flag;
use async_trait::async_trait;
use std::sync::Mutex;
use studio::{
    FlagSettings, decide_flag,
    ports::{FlagContext, FlagDecision, Flags, RemoteFlags, Switches},
    switched,
};

#[derive(Default)]
pub(crate) struct FakeFlags(Mutex<Switches>);

#[async_trait]
impl Flags for FakeFlags {
    async fn decide(&self, flag: Flag, context: FlagContext) -> FlagDecision {
        let switches = self.0.lock().unwrap().clone();
        decide_flag(flag, &FlagSettings::default(), switched(flag, context, &switches))
    }

    fn set_switches(&self, switches: Switches) {
        *self.0.lock().unwrap() = switches;
    }

    async fn poll(&self) {}

    fn remote(&self) -> Option<RemoteFlags> {
        None
    }
}
