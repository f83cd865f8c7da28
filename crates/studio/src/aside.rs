//! Long work, out of the way of what waits for the same thread.

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};

/// Work on fewer bytes is done where it stands: most answers are shorter, and moving the others is not free.
const ASIDE_BYTES_MIN: usize = 32 * 1024;

/// Does work whose time grows with a text of `bytes`. Where it is long, other requests and streams that wait for this thread
/// are first moved to another one.
pub fn aside<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let has_others =
        || Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes >= ASIDE_BYTES_MIN && has_others() { block_in_place(work) } else { work() }
}
