//! Every group of figures, in the order of docs/bench.md. To add one: a file here, and its line in [`GROUPS`].

mod chat_page;
mod chats;
mod durable;
mod first_token;
mod health;
mod local_model;
mod session_end;
mod sign_in;
mod size;
mod start;
mod streams;

use crate::figure::Group;

/// All of them.
pub(crate) const GROUPS: [&dyn Group; 11] = [
    &start::Start,
    &size::Size,
    &chat_page::ChatPage,
    &first_token::FirstToken,
    &streams::Streams,
    &local_model::LocalModel,
    &health::Health,
    &sign_in::SignIn,
    &session_end::SessionEnd,
    &chats::Chats,
    &durable::Durable,
];
