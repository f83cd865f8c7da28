//! The chain: each row is given the next place and a hash over itself and the hash before.
//!
//! # Design
//! Rows are written without a place: with several processes on one PostgreSQL their ids become visible in another order than they
//! were given, and a place that was taken in the transaction would make all writers wait for each other. The sealer gives places to
//! what it sees, in the order of ids; a row that becomes visible later gets a later place. Nothing is ever waited for, and no gap
//! is left to be filled. See docs/decisions/0020-the-sealer-gives-the-place.md.

use crate::{
    AUDIT_SEALED_AT_ONCE, Studio,
    ports::{
        Timestamp,
        store::{AuditHead, AuditLine, AuditSeal, Store, StoreError},
    },
};
use api_types::Problem;
use sha2::{Digest, Sha256};

/// The hash before the first row.
pub const AUDIT_GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// SHA-256 (hex) of a row at a place behind a hash; the form is in docs/audit.md, with vectors.
///
/// `vobio audit 1` and a line feed, then every value: a byte 0 where there is none, else a byte 1, the length in bytes (8 bytes,
/// most significant first) and the text in UTF-8. Numbers are decimal text.
pub fn audit_hash(line: &AuditLine, position: u64, before: &str) -> String {
    let (position, at) = (position.to_string(), line.at.to_string());
    let values = [
        Some(before),
        Some(&position),
        Some(&line.id),
        Some(&line.organization),
        Some(&at),
        Some(&line.who),
        line.who_id.as_deref(),
        line.via.as_deref(),
        Some(&line.action),
        Some(&line.target),
        line.target_id.as_deref(),
        line.why.as_deref(),
        line.change.as_deref(),
        line.run.as_deref(),
        line.trace.as_deref(),
    ];
    let mut hash = Sha256::new();
    hash.update(format!("vobio audit {}\n", line.form));
    for value in values {
        match value {
            None => hash.update([0]),
            Some(text) => {
                hash.update([1]);
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text);
            }
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Seals what is there and not sealed, one part of it; how many rows. Writes nothing where there is nothing, or while another
/// process is at it.
///
/// # Errors
/// As of any write; nothing was sealed.
pub async fn seal_audit(store: &(dyn Store + 'static), now: Timestamp) -> Result<u64, StoreError> {
    // An idle studio writes nothing.
    if store.unsealed_audit(1).await?.is_empty() {
        return Ok(0);
    }
    if store.audit_head().await?.is_none() {
        return Err(StoreError::Corrupt("audit_head has no row: the end of the chain is gone".to_owned()));
    }
    store
        .write(move |tx| {
            Box::pin(async move {
                let Some(head) = tx.hold_audit_head().await? else { return Ok(0) };
                // Read behind the lock: what another sealer did before is there.
                let rows = tx.unsealed_audit(AUDIT_SEALED_AT_ONCE).await?;
                if rows.is_empty() {
                    return Ok(0);
                }
                let (seals, head) = chained(&rows, head, now);
                tx.seal_audit(&seals, &head).await?;
                Ok(seals.len() as u64)
            })
        })
        .await
}

/// The seals of rows behind a head, and the new head.
fn chained(rows: &[AuditLine], mut head: AuditHead, now: Timestamp) -> (Vec<AuditSeal>, AuditHead) {
    let mut seals = Vec::with_capacity(rows.len());
    for row in rows {
        head.position += 1;
        head.hash = audit_hash(row, head.position, &head.hash);
        seals.push(AuditSeal { id: row.id.clone(), position: head.position, hash: head.hash.clone() });
    }
    (seals, AuditHead { sealed_at: Some(now), ..head })
}

impl Studio {
    /// Seals one part of what is not sealed; how many rows. For the worker, again and again.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn seal_audit(&self) -> Result<u64, Problem> {
        Ok(seal_audit(&*self.store, self.now()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// The vectors stand in the paper, where they were made by the program that stands there too.
    #[test]
    fn the_hashes_of_the_paper_are_ours_and_an_export_has_its_form() {
        let paper = include_str!("../../../../docs/audit.md");
        let vectors: Vec<&str> = paper.lines().filter(|line| line.starts_with("{\"position\":")).collect();
        assert_eq!(vectors.len(), 2);
        let mut before = AUDIT_GENESIS.to_owned();
        for vector in vectors {
            let row: Value = serde_json::from_str(vector).unwrap();
            let text = |name: &str| row[name].as_str().map(str::to_owned);
            let full = |name: &str| text(name).unwrap();
            let line = AuditLine {
                position: row["position"].as_u64(),
                id: full("id"),
                form: row["form"].as_i64().unwrap(),
                organization: full("organization"),
                at: row["at"].as_i64().unwrap(),
                who: full("who"),
                who_id: text("who_id"),
                via: text("via"),
                action: full("action"),
                target: full("target"),
                target_id: text("target_id"),
                why: text("why"),
                change: text("change"),
                run: text("run"),
                trace: text("trace"),
                hash: text("hash"),
                wrong: None,
            };
            before = audit_hash(&line, line.position.unwrap(), &before);
            assert_eq!(line.hash.as_ref(), Some(&before));
            assert_eq!(line.json(), vector);
        }
    }
}
