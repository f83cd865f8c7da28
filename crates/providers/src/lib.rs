//! Clients of model servers, and the mock.
//!
//! Each is a [`studio::ports::ModelSource`]: [`Remote`] speaks to a server in one of four dialects, [`Mock`] plays a
//! script, and [`Finder`] looks for servers on this machine.
//!
//! Never here: a rule of the studio (who may ask, what it may cost), SQL, the environment, a task that nobody waits for.
//!
//! To add a dialect: one file in `dialect/` that says how to ask, how to hear one frame and how to read the list of
//! models, a line for it in each match of `dialect/mod.rs`, and its streamed answer in `tests/aimock.rs`.

mod client;
mod dialect;
mod discovery;
mod guard;
mod limits;
mod mock;
mod remote;
mod wire;

pub use client::{ClientError, guarded_http_client, http_client};
pub use dialect::{CONTINUE, Dialect};
pub use discovery::{Finder, Found, Ports, discover, discover_at};
pub use limits::{
    ANSWER_BYTES_MAX, BYTES_PER_TOKEN_MAX, DETAIL_CHARS_MAX, LINE_BYTES_MAX, MODELS_KEPT, MODELS_MAX,
    Timeouts,
};
pub use mock::{Failure, Finish, MOCK_PRICE, Mock, Script};
pub use remote::{ConfigError, Remote, RemoteConfig};
