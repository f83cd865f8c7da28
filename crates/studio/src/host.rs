//! The host that the studio's passkeys are bound to.
//!
//! # Design
//! A passkey works under one host alone (its *rp id*). That host is written into the database at the first start, so that a
//! start under another one is noticed before anybody meets a door that their key does not open. It is the host and
//! nothing else: scheme and port may change.

use crate::{
    Studio,
    ports::{
        Timestamp,
        store::{AuditTarget, AuditValue, AuditWho, Store, Tx},
    },
};
use api_types::{AuditAction, Problem};
use std::fmt;

/// Fact: the host.
const RP_ID: &str = "rp_id";

/// What a studio's passkeys are bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundHost {
    /// The host; `None` before the first start, and in a database of a version that did not write it down.
    pub host: Option<String>,
    /// Passkeys that are there. Those that an earlier move has orphaned are among them.
    pub passkeys: u32,
    /// People who have them.
    pub people: u32,
}

impl BoundHost {
    /// What a database says.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn of(store: &dyn Store) -> Result<Self, Problem> {
        let (passkeys, people) = store.passkey_count().await?;
        Ok(Self { host: store.fact(RP_ID).await?, passkeys, people })
    }

    /// Whether passkeys would be orphaned if the studio served under `host`.
    pub fn forbids(&self, host: &str) -> bool {
        self.passkeys > 0 && self.host.as_deref().is_some_and(|bound| bound != host)
    }
}

/// `3 passkeys of 2 people`.
impl fmt::Display for BoundHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = |count: u32, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {many}"),
        };
        let passkeys = many(self.passkeys, "passkey", "passkeys");
        write!(f, "{passkeys} of {}", many(self.people, "person", "people"))
    }
}

/// What a database says, held until the commit: of two that start under different hosts the second finds what the first has written.
async fn held(tx: &mut dyn Tx) -> Result<BoundHost, Problem> {
    let host = tx.hold_fact(RP_ID).await?;
    let (passkeys, people) = tx.passkey_count().await?;
    Ok(BoundHost { host, passkeys, people })
}

impl Studio {
    /// What the passkeys are bound to.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn bound_host(&self) -> Result<BoundHost, Problem> {
        BoundHost::of(&*self.store).await
    }

    /// Binds the studio to `host`, unless that orphaned a passkey; gives what it was bound to before. Where
    /// [`BoundHost::forbids`] says so, nothing was changed. For the start.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn bind_host(&self, host: &str) -> Result<BoundHost, Problem> {
        self.write_host(host.to_owned(), AuditWho::System, |bound, host| !bound.forbids(host)).await
    }

    /// Binds the studio to `host`, whatever that orphans; gives what it was bound to before. The passkeys stay in the
    /// database: a move back makes them work again.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn move_host(&self, host: &str) -> Result<BoundHost, Problem> {
        self.write_host(host.to_owned(), AuditWho::Operator, |_, _| true).await
    }

    async fn write_host(
        &self,
        host: String,
        who: AuditWho,
        may: fn(&BoundHost, &str) -> bool,
    ) -> Result<BoundHost, Problem> {
        let now: Timestamp = self.now();
        let home = self.store.first_organization().await?;
        // Before there is one, nobody's passkeys move.
        let moved = home.map(|home| self.audit(home, who, AuditAction::HostMoved, AuditTarget::studio()));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let before = held(tx).await?;
                    if before.host.as_deref() != Some(&*host) && may(&before, &host) {
                        if let Some(earlier) = &before.host {
                            tx.passkeys_made_for(earlier).await?;
                        }
                        tx.set_fact(RP_ID, &host, now).await?;
                        if let Some(moved) = moved {
                            let was = before.host.clone().map_or(AuditValue::Absent, AuditValue::Named);
                            tx.insert_audit(&moved.changing("host", was, AuditValue::Named(host))).await?;
                        }
                    }
                    Ok::<_, Problem>(before)
                })
            })
            .await
    }
}
