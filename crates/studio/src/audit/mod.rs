//! The audit log: who did what, to what, why, when, for which run; rows of the transaction that does it, chained by hash.
//!
//! `record.rs` makes rows, `seal.rs` chains them, `verify.rs` looks whether the chain is whole, `find.rs` is what administrators
//! read. What it proves and what it does not: docs/audit.md.

mod find;
mod line;
mod record;
mod seal;
mod verify;

pub use find::{AuditFilter, AuditPage, AuditState};
pub(crate) use record::action_of;
pub use seal::{AUDIT_GENESIS, audit_hash, seal_audit};
pub use verify::{Finding, KnownHead, Verified, verify_audit};
