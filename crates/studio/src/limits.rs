//! Every limit of the domain, by name. docs/limits.md repeats this table for people.

use std::time::Duration;

/// Rows of the ledger in one part of its list.
pub const LEDGER_SHOWN: u32 = 50;
/// Operations of a person, and requests from an address, are counted within any so long a time.
pub const RATE_WITHIN: Duration = Duration::from_secs(60);
/// What was refused is kept for so long.
pub const REFUSAL_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Refusals in the list on the page Usage.
pub const REFUSALS_SHOWN: u32 = 10;
/// Where several processes count together, one takes so many requests of an address at once out of what they share: this part of
/// what the address may send in a minute.
pub const REQUESTS_TAKEN_PART: u32 = 20;

/// Model servers that administrators may add.
pub const PROVIDERS_MAX: usize = 50;
/// Longest name of one, in characters.
pub const PROVIDER_NAME_CHARS_MAX: usize = 40;
/// Longest address of one, in bytes.
pub const BASE_URL_BYTES_MAX: usize = 2_000;
/// Longest key of one, in bytes.
pub const API_KEY_BYTES_MAX: usize = 4_000;
/// Prices of one model that begin later.
pub const PRICES_COMING_MAX: usize = 100;
/// What administrators set in another process is looked for this often.
pub const SETTINGS_LOOKED_AT_EVERY: Duration = Duration::from_millis(500);

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
/// Requests of one person that wait for the end of an answer at once, in each process; one more is told how it stands.
pub const WAITS_OF_ONE_PERSON_MAX: usize = 8;
/// Runs in one part of their list.
pub const RUNS_PER_PAGE: u32 = 50;
/// Commits of runs that a stream of events reads at once; it has no more of them in memory.
pub const RUN_COMMITS_AT_ONCE: u32 = 100;
/// News of runs that wait for a stream; one that falls further behind looks at rows instead.
pub const RUN_NEWS_WAITING_MAX: usize = 1_024;
/// Runs that a stream keeps in mind at once: where it stands in each, and which of them to look at.
pub const RUNS_FOLLOWED_MAX: usize = 1_000;
/// Runs that the id of an event names, so that whoever comes back with it is told nothing twice.
pub const RUNS_IN_AN_EVENT_ID_MAX: usize = 64;
/// A commit is there for everybody at the latest so long after its time, where the database is.
pub const RUN_COMMIT_SETTLES: Duration = Duration::from_secs(60);
/// Longest `Idempotency-Key`, in characters.
pub const REQUEST_KEY_CHARS_MAX: usize = 128;
/// What was opened with a key is known by it for at least so long.
pub const REQUEST_KEPT: Duration = Duration::from_secs(24 * 3600);
/// Longest note, in bytes.
pub const MEMORY_BYTES_MAX: usize = 8_192;
/// Longest metadata of a note as JSON, in bytes.
pub const METADATA_BYTES_MAX: usize = 4_096;
/// Most entries of the metadata of a note.
pub const METADATA_KEYS_MAX: usize = 16;
/// Notes of one person.
pub const MEMORIES_MAX: u32 = 10_000;
/// Memories that are shown, the newest …
pub const MEMORIES_SHOWN: u32 = 20;
/// … and how long their text is for programs, in bytes.
pub const MEMORY_CONTEXT_BYTES_MAX: usize = 8_192;
/// Text that is not in the database yet is written after this …
pub const FLUSH_EVERY: Duration = Duration::from_millis(250);
/// … or as soon as one answer has so many bytes of it.
pub const FLUSH_BYTES: usize = 2_048;
/// An owner code is good for this long.
pub const SETUP_CODE_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// Recovery codes a person is given at once.
pub const RECOVERY_CODES: usize = 10;
/// Longest name of a passkey, in characters.
pub const KEY_NAME_CHARS_MAX: usize = 60;
/// A passkey ceremony is good for this long.
pub const CEREMONY_LIFE: Duration = Duration::from_secs(5 * 60);
/// Passkey ceremonies under way at the same time before the door, and as many of people who are signed in, whom strangers
/// cannot push out; a new one takes the place of the oldest.
pub const CEREMONIES_MAX: usize = 4_000;
/// A session lives this long, whatever happens, where the operator sets nothing else …
pub const SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// … and this long without a request.
pub const SESSION_IDLE: Duration = Duration::from_secs(7 * 24 * 3600);
/// The token of a session is replaced by a newer one when it is this old …
pub const ROTATE_EVERY: Duration = Duration::from_secs(3600);
/// … and the one before is taken for so long after the newer one came back: requests of other tabs are under way with it.
pub const OLDER_TOKEN_GRACE: Duration = Duration::from_secs(60);
/// A session that a program opened lives this long at most: nothing replaces its token.
pub const API_SESSION_LIFE: Duration = Duration::from_secs(24 * 3600);
/// A session's row is kept for so long after the latest time at which it could have been used.
pub const SESSION_KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
/// Living sessions of one person that are listed.
pub const SESSIONS_SHOWN_MAX: u32 = 100;
/// A personal token is good for at most so many days.
pub const TOKEN_DAYS_MAX: u32 = 365;
/// Living personal tokens of one person.
pub const TOKENS_MAX: u32 = 50;
/// Passkeys of one person; a recovery code makes one more all the same.
pub const PASSKEYS_MAX: usize = 50;
/// Account events on one page.
pub const ACCOUNT_EVENTS_PER_PAGE: u32 = 40;
/// Rows of the audit log on one page.
pub const AUDIT_ROWS_PER_PAGE: u32 = 50;
/// Rows of the audit log that are not sealed are looked for this often …
pub const AUDIT_SEALED_EVERY: Duration = Duration::from_millis(500);
/// … and sealed so many at once.
pub const AUDIT_SEALED_AT_ONCE: u32 = 500;
/// A row of the audit log that is not sealed after this is told.
pub const AUDIT_SEALED_WITHIN: Duration = Duration::from_secs(10);
/// Rows of the audit log that a look along the chain, or an export, reads at once.
pub const AUDIT_READ_AT_ONCE: u32 = 500;
/// Switches of flags there can be, those of single people among them: every process knows all of them.
pub const SWITCHES_MAX: usize = 1_000;
/// A session's last request is noted to this precision.
pub const SESSION_SEEN_EVERY: Duration = Duration::from_secs(60);
/// What matters most needs a passkey touched in the same session within this time.
pub const TOUCH_LIFE: Duration = Duration::from_secs(5 * 60);
/// Wrong keys, codes and tokens in an hour, of one person and from one address; more wrong ones are slowed, a right one never.
pub const FAILURES_PER_HOUR: u32 = 10;
/// People, addresses or browsers that a limit keeps in mind.
pub const LIMITED_MAX: usize = 10_000;
/// Largest JSON of a credential a browser may send, in bytes.
pub const CREDENTIAL_BYTES_MAX: usize = 32_768;
/// A deleted conversation can be restored for this long.
pub const BIN_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// What is written of somebody so long after their deletion is looked for: far longer than any request lives.
pub const WRITTEN_LATE_MAX: Duration = Duration::from_secs(24 * 3600);
/// A process that was not heard of for so long is dead: its runs go on elsewhere, or are put to a person.
pub const DEAD_AFTER: Duration = Duration::from_secs(12);
/// When the process goes down, runs have so long to come to rest.
pub const GRACE: Duration = Duration::from_secs(8);
/// The longest that a model may take for one answer.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(2 * 3600);
/// What another process did to people is looked at this often.
pub const SHUT_OUT_LOOKED_AT_EVERY: Duration = Duration::from_secs(3);
/// Longest note of an invitation, in characters.
pub const INVITE_NOTE_CHARS_MAX: usize = 80;
/// An invitation is good for so many days at most …
pub const INVITE_DAYS_MAX: u32 = 30;
/// … and for this many where nothing else is said.
pub const INVITE_DAYS_DEFAULT: u32 = 7;
/// Invitations in one part of their list.
pub const INVITES_PER_PAGE: u32 = 20;
/// People in one part of their list.
pub const PEOPLE_PER_PAGE: u32 = 50;
/// Exports of one person at the same time.
pub const EXPORTS_OF_ONE_PERSON_MAX: usize = 1;
/// Conversations an export reads at once.
pub const EXPORT_CONVERSATIONS_AT_ONCE: u32 = 50;
/// Messages an export reads at once; it has no more of them in memory.
pub const EXPORT_MESSAGES_AT_ONCE: u32 = 20;
/// Memories that an export reads at once.
pub const EXPORT_MEMORIES_AT_ONCE: u32 = 50;
/// Sessions, tokens and events in an export, the newest of each.
pub const EXPORT_ROWS_MAX: u32 = 1_000;
/// Conversations of deleted people go so long after their answers were stopped.
pub const BIN_AFTER_DELETION: Duration = Duration::from_secs(5);
