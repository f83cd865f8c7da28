//! Whether the chain is whole, and if not, which row is the first that is wrong and how.

use super::seal::{AUDIT_GENESIS, audit_hash};
use crate::{
    AUDIT_READ_AT_ONCE, AUDIT_SEALED_WITHIN,
    ports::{
        Timestamp,
        store::{AUDIT_FORM, AuditHead, AuditLine, Store, StoreError},
    },
};
use std::fmt;

/// Rows in one piece that may be missing and are still counted, where those behind were given new places.
const MISSING_COUNTED_MAX: u64 = 1_000;

/// An end of the chain that somebody kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownHead {
    /// Its place, where it was written down.
    pub position: Option<u64>,
    /// Its hash.
    pub hash: String,
}

impl KnownHead {
    /// Reads `POSITION HASH` as `vobio audit head` prints it, or a hash alone.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (first, second) = (words.next()?, words.next());
        let (position, hash) = match second {
            Some(hash) => (Some(first.parse().ok()?), hash),
            None => (None, first),
        };
        let is_hash = hash.len() == AUDIT_GENESIS.len()
            && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (is_hash && words.next().is_none()).then(|| Self { position, hash: hash.to_owned() })
    }
}

/// The chain is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its last row.
    pub head: AuditHead,
    /// Rows that were written a moment ago and are not sealed yet.
    pub waiting: u64,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A row is not what was sealed at its place.
    Changed {
        /// Its place.
        position: u64,
        /// Its id.
        id: String,
        /// The column that cannot be read at all, where there is one.
        column: Option<String>,
    },
    /// The row of a place stands at another one.
    Reordered {
        /// The place.
        position: u64,
        /// The row that was sealed there.
        id: String,
        /// Where it stands; `None` where it has no place any more.
        stands_at: Option<u64>,
    },
    /// Rows are missing.
    Removed {
        /// The first place.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// Two rows stand at one place.
    Twice {
        /// The place.
        position: u64,
        /// The second of them.
        id: String,
    },
    /// What is kept beside the chain says another end than the chain has.
    HeadDiffers {
        /// The place it names.
        position: u64,
    },
    /// Nothing is kept beside the chain any more.
    HeadGone,
    /// What the operator kept elsewhere is not in the chain.
    NotTheKnown {
        /// The place, where it was written down.
        position: Option<u64>,
    },
    /// A row should have been sealed long ago.
    Unsealed {
        /// Its id.
        id: String,
        /// How old it is, in seconds.
        seconds: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { position, id, column: None } => {
                write!(f, "row {position} ({id}) was changed: it is not what was sealed there")
            }
            Self::Changed { position, id, column: Some(column) } => {
                write!(f, "row {position} ({id}) was changed: {column}")
            }
            Self::Reordered { position, id, stands_at: Some(at) } => {
                write!(f, "rows were reordered: {id}, which was sealed as row {position}, stands at {at}")
            }
            Self::Reordered { position, id, stands_at: None } => {
                write!(
                    f,
                    "rows were reordered: {id}, which was sealed as row {position}, has no place any more"
                )
            }
            Self::Removed { first, last } if first == last => write!(f, "row {first} was removed"),
            Self::Removed { first, last } => write!(f, "rows {first} to {last} were removed"),
            Self::Twice { position, id } => {
                write!(f, "two rows stand at {position}; {id} was put there")
            }
            Self::HeadDiffers { position } => {
                write!(f, "the end of the chain that is kept beside it has another hash for row {position}")
            }
            Self::HeadGone => write!(f, "the end of the chain that is kept beside it was removed"),
            Self::NotTheKnown { position: Some(position) } => {
                write!(f, "row {position} has not the hash that you kept: the chain was written anew, or cut")
            }
            Self::NotTheKnown { position: None } => {
                write!(f, "no row has the hash that you kept: the chain was written anew, or cut")
            }
            Self::Unsealed { id, seconds } => write!(
                f,
                "{id} is {seconds} s old and not sealed: the studio is not running, or cannot write"
            ),
        }
    }
}

/// Reads the whole chain. `known` is an end of it that was kept elsewhere.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify_audit(
    store: &dyn Store,
    known: Option<&KnownHead>,
    now: Timestamp,
) -> Result<Result<Verified, Finding>, StoreError> {
    // Before the rows: what is sealed while they are read lies behind it.
    let Some(head) = store.audit_head().await? else { return Ok(Err(Finding::HeadGone)) };
    let mut walk = Walk { store, before: AUDIT_GENESIS.to_owned(), next: 1, last: String::new() };
    let mut has_known = known.is_none_or(|known| known.hash == AUDIT_GENESIS);
    let mut has_head = head.position == 0 && head.hash == AUDIT_GENESIS;
    loop {
        // From the last row on, once more: another one at its place lies beside it.
        let part = store.sealed_audit(walk.next.saturating_sub(2), AUDIT_READ_AT_ONCE).await?;
        let new: Vec<_> = part.into_iter().filter(|line| line.id != walk.last).collect();
        if new.is_empty() {
            break;
        }
        for line in new {
            if let Err(finding) = walk.step(&line).await? {
                return Ok(Err(finding));
            }
            let (position, hash) = (walk.next - 1, &walk.before);
            has_head = has_head || (position == head.position && *hash == head.hash);
            if let Some(known) = known.filter(|known| known.hash == *hash) {
                has_known = has_known || known.position.is_none_or(|at| at == position);
            }
        }
    }
    let last = walk.next - 1;
    if head.position > last {
        return Ok(Err(Finding::Removed { first: last + 1, last: head.position }));
    }
    if !has_head {
        return Ok(Err(Finding::HeadDiffers { position: head.position }));
    }
    if !has_known {
        return Ok(Err(Finding::NotTheKnown { position: known.and_then(|known| known.position) }));
    }
    let waiting = store.unsealed_audit(AUDIT_READ_AT_ONCE).await?;
    let late = waiting.iter().find(|line| now.since(Timestamp(line.at)) > AUDIT_SEALED_WITHIN);
    if let Some(line) = late {
        let seconds = now.since(Timestamp(line.at)).as_secs();
        return Ok(Err(Finding::Unsealed { id: line.id.clone(), seconds }));
    }
    Ok(Ok(Verified { head, waiting: waiting.len() as u64 }))
}

/// On the way along the chain.
struct Walk<'s> {
    store: &'s dyn Store,
    /// The hash of the last row that was right …
    before: String,
    /// … and its id.
    last: String,
    /// The place of the next one.
    next: u64,
}

impl Walk<'_> {
    /// Looks at the row that comes next.
    async fn step(&mut self, line: &AuditLine) -> Result<Result<(), Finding>, StoreError> {
        let position = line.position.unwrap_or(0);
        if position < self.next {
            return Ok(Err(Finding::Twice { position, id: line.id.clone() }));
        }
        let hash = audit_hash(line, position, &self.before);
        let is_right = position == self.next && line.form == AUDIT_FORM && line.wrong.is_none();
        if is_right && line.hash.as_deref() == Some(hash.as_str()) {
            (self.before, self.next) = (hash, self.next + 1);
            self.last.clone_from(&line.id);
            return Ok(Ok(()));
        }
        Ok(Err(self.wrong(line, position).await?))
    }

    /// What is wrong where `line` is the first that is not right.
    async fn wrong(&self, line: &AuditLine, position: u64) -> Result<Finding, StoreError> {
        if let Some(moved) = self.moved(line).await? {
            return Ok(Finding::Reordered { position: self.next, id: moved.id, stands_at: moved.position });
        }
        if position > self.next {
            return Ok(Finding::Removed { first: self.next, last: position - 1 });
        }
        if let Some(column) = &line.wrong {
            return Ok(Finding::Changed { position, id: line.id.clone(), column: Some(column.clone()) });
        }
        if let Some(missing) = self.missing(line).await? {
            return Ok(Finding::Removed { first: self.next, last: self.next + missing - 1 });
        }
        Ok(Finding::Changed { position, id: line.id.clone(), column: None })
    }

    /// The row that was sealed at the place that comes next, where it is found at another: its hash there is one that the chain
    /// has, its own or that of the row which stands there now, or the row behind was sealed on it.
    async fn moved(&self, line: &AuditLine) -> Result<Option<AuditLine>, StoreError> {
        let behind = self.store.sealed_audit(self.next, 1).await?.pop();
        let behind = behind.filter(|behind| behind.position == Some(self.next + 1));
        let is_it = |other: &AuditLine| {
            if other.id == line.id && line.position == Some(self.next) {
                return false;
            }
            let hash = audit_hash(other, self.next, &self.before);
            let is_own = other.hash.as_deref() == Some(&hash);
            let is_here = line.position == Some(self.next) && line.hash.as_deref() == Some(&hash);
            let carries = behind.as_ref().is_some_and(|behind| {
                behind.hash.as_deref() == Some(&audit_hash(behind, self.next + 1, &hash))
            });
            is_own || is_here || carries
        };
        let mut after = self.next - 1;
        loop {
            let part = self.store.sealed_audit(after, AUDIT_READ_AT_ONCE).await?;
            if let Some(found) = part.iter().find(|other| is_it(other)) {
                return Ok(Some(found.clone()));
            }
            match part.last().and_then(|last| last.position) {
                Some(last) => after = last,
                None => break,
            }
        }
        let loose = self.store.unsealed_audit(AUDIT_READ_AT_ONCE).await?;
        Ok(loose.into_iter().find(is_it))
    }

    /// How many rows are missing before `line`, where those behind were given new places: the row behind was sealed on it, so
    /// many places further on.
    async fn missing(&self, line: &AuditLine) -> Result<Option<u64>, StoreError> {
        let Some(before) = line.hash.as_deref() else { return Ok(None) };
        let Some(behind) = self.store.sealed_audit(self.next, 1).await?.pop() else { return Ok(None) };
        let was_at =
            |missing: &u64| Some(audit_hash(&behind, self.next + 1 + missing, before)) == behind.hash;
        Ok((1..=MISSING_COUNTED_MAX).find(was_at))
    }
}
