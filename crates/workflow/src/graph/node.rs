//! What may be a node's code: an `async fn` of state and context, with or without something of the product's in front.

use crate::{Ctx, NodeError, Step};
use futures::future::BoxFuture;
use std::sync::Arc;

pub(crate) type CodeFn<S, W> =
    Arc<dyn for<'a> Fn(&'a mut S, &'a Ctx<W>) -> BoxFuture<'a, Result<Step, NodeError>> + Send + Sync>;

/// `async fn(&mut S, &Ctx<W>) -> Result<Step, NodeError>`.
///
/// # Design
/// `AsyncFn` cannot say that its future may be sent to another thread. Naming the future as an associated type can.
pub trait Code<'a, S: 'a, W: 'a>: Fn(&'a mut S, &'a Ctx<W>) -> Self::Future {
    /// What it does, not done yet.
    type Future: Future<Output = Result<Step, NodeError>> + Send + 'a;
}

impl<'a, S: 'a, W: 'a, F, R> Code<'a, S, W> for F
where
    F: Fn(&'a mut S, &'a Ctx<W>) -> R,
    R: Future<Output = Result<Step, NodeError>> + Send + 'a,
{
    type Future = R;
}

/// `async fn(E, &mut S, &Ctx<W>) -> Result<Step, NodeError>`, where `E` is what the product gives its nodes: an `Arc` of it.
pub trait CodeWith<'a, E, S: 'a, W: 'a>: Fn(E, &'a mut S, &'a Ctx<W>) -> Self::Future {
    /// What it does, not done yet.
    type Future: Future<Output = Result<Step, NodeError>> + Send + 'a;
}

impl<'a, E, S: 'a, W: 'a, F, R> CodeWith<'a, E, S, W> for F
where
    F: Fn(E, &'a mut S, &'a Ctx<W>) -> R,
    R: Future<Output = Result<Step, NodeError>> + Send + 'a,
{
    type Future = R;
}
