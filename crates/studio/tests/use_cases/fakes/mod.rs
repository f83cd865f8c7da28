//! The world of a test: it does what it is told and remembers what it was asked. The store has no fake.

mod chance;
mod finder;
mod flags;
mod models;
mod passkeys;
mod vault;

pub(crate) use chance::{FakeClock, FakeIds};
pub(crate) use finder::FakeFinder;
pub(crate) use flags::FakeFlags;
pub(crate) use models::{FakeModels, usage};
pub(crate) use passkeys::{FakePasskeys, YUBI, faulty, key};
pub(crate) use vault::FakeVault;
