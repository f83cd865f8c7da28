//! One's own settings, a file each.

mod account;
mod activity;
mod passkeys;
mod sessions;
mod tokens;

pub(crate) use account::account;
pub(crate) use activity::activity;
pub(crate) use passkeys::passkeys;
pub(crate) use sessions::sessions;
pub(crate) use tokens::tokens;
