//! A graph whose state's type is forgotten, so that one engine drives many.

use crate::{
    Graph, Sealed, State, StateError, Timestamp,
    run::{self, Drive},
    thread::Body,
};
use futures::future::BoxFuture;
use std::sync::Arc;

pub(super) trait Kind<W>: Send + Sync {
    /// Name and version of its state.
    fn schema(&self) -> (&'static str, u32);
    /// Reads a checkpoint.
    fn restore(&self, sealed: &Sealed) -> Result<Body, StateError>;
    /// Drives a run until it rests. When it rests: at its next wait.
    fn drive(self: Arc<Self>, drive: Arc<Drive<W>>) -> BoxFuture<'static, Option<Timestamp>>;
}

impl<S: State, W: Send + Sync + 'static> Kind<W> for Graph<S, W> {
    fn schema(&self) -> (&'static str, u32) {
        (S::NAME, S::VERSION)
    }

    fn restore(&self, sealed: &Sealed) -> Result<Body, StateError> {
        self.read(sealed)
    }

    fn drive(self: Arc<Self>, drive: Arc<Drive<W>>) -> BoxFuture<'static, Option<Timestamp>> {
        Box::pin(run::run(self, drive))
    }
}
