//! Every limit of the domain, by name. docs/limits.md repeats this table for people.

use std::time::Duration;

/// Longest message of a person, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 100_000;
/// Longest system prompt, in bytes.
pub const SYSTEM_PROMPT_BYTES_MAX: usize = 20_000;
/// Longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 120;
/// Longest name of a person, in characters.
pub const NAME_CHARS_MAX: usize = 80;
/// Temperature, from 0 to this.
pub const TEMPERATURE_MAX: f64 = 2.0;
/// Longest answer a conversation may ask for, in tokens.
pub const ANSWER_TOKENS_MAX: u32 = 32_000;
/// Longest answer where nothing is set, in tokens.
pub const ANSWER_TOKENS_DEFAULT: u32 = 1_024;
/// Longest answer that is kept, in bytes; a model that never ends is ended here.
pub const ANSWER_BYTES_MAX: usize = 1_000_000;
/// Turns of a conversation a model is given at most.
pub const PROMPT_TURNS_MAX: u32 = 10_000;
/// Messages of a conversation on one page.
pub const MESSAGES_PER_PAGE: u32 = 40;
/// Bytes of messages on one page, where it has more than one: a page is made in one go.
pub const PAGE_BYTES_MAX: usize = 400_000;
/// Conversations in one part of the list.
pub const CONVERSATIONS_PER_PAGE: u32 = 30;
/// Deleted conversations that are listed; the others are at their addresses.
pub const DELETED_SHOWN_MAX: u32 = 100;
/// What is searched for is cut after this, in characters.
pub const SEARCH_CHARS_MAX: usize = 200;
/// Answers a process writes at the same time; the next ones are refused with `TryLater`.
pub const RUNS_AT_ONCE_MAX: usize = 512;
/// Answers of one person at the same time.
pub const RUNS_OF_ONE_PERSON_MAX: usize = 32;
/// Text that is not in the database yet is written after this …
pub const FLUSH_EVERY: Duration = Duration::from_millis(250);
/// … or as soon as one answer has so many bytes of it.
pub const FLUSH_BYTES: usize = 2_048;
/// An owner code is good for this long.
pub const SETUP_CODE_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// A passkey ceremony is good for this long.
pub const CEREMONY_LIFE: Duration = Duration::from_secs(5 * 60);
/// Passkey ceremonies under way at the same time; a new one takes the place of the oldest.
pub const CEREMONIES_MAX: usize = 2_000;
/// A session lives this long, whatever happens …
pub const SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// … and this long without a request.
pub const SESSION_IDLE: Duration = Duration::from_secs(7 * 24 * 3600);
/// A session's last request is noted to this precision.
pub const SESSION_SEEN_EVERY: Duration = Duration::from_secs(60);
/// Largest JSON of a credential a browser may send, in bytes.
pub const CREDENTIAL_BYTES_MAX: usize = 32_768;
/// A deleted conversation can be restored for this long.
pub const BIN_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// A process says that it lives this often …
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(3);
/// … and its runs are interrupted when it has not for this long.
pub const HEARTBEAT_STALE: Duration = Duration::from_secs(12);
/// A run that rows say this process writes, and it does not know, is interrupted when it is older than this.
pub const LOST_AFTER: Duration = Duration::from_secs(30);
