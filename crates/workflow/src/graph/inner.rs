//! A graph inside another: the same nodes over a larger state.

use super::{Exit, Merge, Node, Work};
use std::sync::Arc;

impl<T: Clone + 'static, W: 'static> Node<T, W> {
    /// The same node over a larger state.
    pub(super) fn over<S: 'static>(
        mut self,
        within: &impl Fn(&str) -> String,
        get: fn(&S) -> &T,
        get_mut: fn(&mut S) -> &mut T,
    ) -> Node<S, W> {
        self.retarget(&|target| *target = within(target));
        let work = match self.work {
            Work::Code(code) => Work::Code(Arc::new(move |state, ctx| code(get_mut(state), ctx))),
            Work::Fork { branches, join } => Work::Fork { branches, join },
            Work::Join(merge) => Work::Join(over_merge(merge, get, get_mut)),
        };
        let (exit, done) = (self.exit.over(get), self.done.over(get));
        Node { work, exit, done, time_max: self.time_max, backoff: self.backoff }
    }
}

fn over_merge<S: 'static, T: Clone + 'static>(
    merge: Merge<T>,
    get: fn(&S) -> &T,
    get_mut: fn(&mut S) -> &mut T,
) -> Merge<S> {
    Arc::new(move |state, branches| {
        merge(get_mut(state), branches.iter().map(|branch| get(branch).clone()).collect())
    })
}

impl<T: 'static> Exit<T> {
    fn over<S: 'static>(self, get: fn(&S) -> &T) -> Exit<S> {
        match self {
            Self::Nowhere => Exit::Nowhere,
            Self::To(target) => Exit::To(target),
            Self::Route { choose, targets } => {
                Exit::Route { choose: Arc::new(move |state| choose(get(state))), targets }
            }
            Self::End => Exit::End,
        }
    }
}
