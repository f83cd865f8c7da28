//! State: plain data with a name, a version, and a way from each version to the next.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What a graph works on.
///
/// # Design
/// A stored state is data and nothing else: no type names that choose code, no bytes of the language's own memory. It is
/// closed: a field nobody asked for is an error, whether its author wrote `deny_unknown_fields` or not.
pub trait State: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it is called where it is stored. Never changes.
    const NAME: &'static str;
    /// Of its shape, from 1. Goes up by one whenever the shape changes.
    const VERSION: u32;

    /// Brings a value of version `from` to version `from + 1`.
    ///
    /// # Errors
    /// A sentence, where there is no way.
    fn migrate(from: u32, value: Value) -> Result<Value, String> {
        let _unused = value;
        Err(format!("there is no way from version {from}"))
    }
}

/// Why what was stored is no state of this graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// It was stored under another name.
    #[error("this is a state of `{found}`, not of `{wanted}`")]
    UnknownSchema {
        /// The name it has.
        found: String,
        /// The name the graph's state has.
        wanted: &'static str,
    },
    /// A later version of the program stored it.
    #[error("version {found} was stored by a newer program; this one knows {known}")]
    Newer {
        /// The version it has.
        found: u32,
        /// The newest one that is known here.
        known: u32,
    },
    /// There is no way from its version to this one.
    #[error("version {from} could not be brought to {to}: {why}", to = from + 1)]
    NoMigration {
        /// The version it stopped at.
        from: u32,
        /// The sentence of `migrate`.
        why: String,
    },
    /// There is none.
    #[error("it has no checkpoint")]
    Missing,
    /// The store has one, and cannot read it.
    #[error("it cannot be read: {0}")]
    Unread(String),
    /// It was changed after it was sealed, or stands in another's place.
    #[error("its digest does not fit: it was changed, or stands in another's place")]
    Tampered,
    /// It has a field that nobody asked for.
    #[error("nobody asked for the field `{0}`")]
    UnknownField(String),
    /// It names a node that the graph does not have.
    #[error("the graph has no node `{0}`")]
    UnknownNode(String),
    /// It is not the JSON it should be.
    #[error("it does not have its shape: {0}")]
    Shape(String),
    /// It is longer than [`CHECKPOINT_BYTES_MAX`](crate::CHECKPOINT_BYTES_MAX).
    #[error("{0} bytes are more than a checkpoint may have")]
    TooLong(usize),
}

/// Reads a state of version `from`.
pub(crate) fn read<S: State>(from: u32, mut value: Value) -> Result<S, StateError> {
    if from > S::VERSION {
        return Err(StateError::Newer { found: from, known: S::VERSION });
    }
    for version in from..S::VERSION {
        value = S::migrate(version, value).map_err(|why| StateError::NoMigration { from: version, why })?;
    }
    closed(value)
}

/// Reads a value, and refuses fields that nobody asked for.
pub(crate) fn closed<T: DeserializeOwned>(value: Value) -> Result<T, StateError> {
    let mut unknown = None;
    let read = serde_ignored::deserialize(value, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    match (read, unknown) {
        (Ok(_), Some(field)) => Err(StateError::UnknownField(field)),
        (Ok(read), None) => Ok(read),
        (Err(error), _) => Err(refused(&error)),
    }
}

/// `deny_unknown_fields` says it in words.
fn refused(error: &serde_json::Error) -> StateError {
    let words = error.to_string();
    let named = words.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    named.map_or(StateError::Shape(words.clone()), |field| StateError::UnknownField(field.to_owned()))
}

/// Writes a state.
pub(crate) fn write<S: State>(state: &S) -> Result<Value, StateError> {
    serde_json::to_value(state).map_err(|error| StateError::Shape(error.to_string()))
}
