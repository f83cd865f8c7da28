//! Every group of figures, in the order of docs/bench.md. To add one: a file here, and its line in [`GROUPS`].

mod chat_page;
mod chats;
mod durable;
mod first_token;
mod gate;
mod health;
mod local_model;
mod screen;
mod session_end;
mod sign_in;
mod size;
mod start;
mod streams;
mod usage;

use crate::figure::Group;

/// All of them.
pub(crate) const GROUPS: [&dyn Group; 14] = [
    &start::Start,
    &size::Size,
    &chat_page::ChatPage,
    &first_token::FirstToken,
    &streams::Streams,
    &local_model::LocalModel,
    &health::Health,
    &sign_in::SignIn,
    &session_end::SessionEnd,
    &screen::Screen,
    &usage::UsagePage,
    &gate::Gate,
    &chats::Chats,
    &durable::Durable,
];
