//! Holds candle to one thread.
//!
//! # Design
//! candle 0.11 multiplies on a pool of its own with a thread per physical core, whose threads wait by spinning. Where
//! another program wants one of the cores, every product waits for it: with two threads on two busy cores we measured
//! a fifth of the speed of one thread. The pool's size comes from the environment, which a safe Rust program cannot
//! set; but work that already *is* on a thread of the pool runs its parallel sections in line. So the work moves there
//! as a whole, and the caller sleeps meanwhile.
//! Rayon, which candle uses for the smaller steps, gets the same: that thread becomes a pool of one.
//! Nothing in here may use candle's flash attention: it enters the pool a second time and would wait for ever.

use candle_core::utils::barrier_pool;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The work panicked. The message is on standard error already; what the work had borrowed must not be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Runs `work` to its end, on one thread when `threads` is 1; otherwise here, and candle spreads it over all physical
/// cores (or `CANDLE_NUM_THREADS`).
///
/// Only one call in the process runs at a time, and candle outside of it waits: keep `work` under a second.
pub(crate) fn run<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> Result<R, Panicked> {
    if threads > 1 {
        return catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked);
    }
    let work = Mutex::new(Some(work));
    let (outcome, finished) = (Mutex::new(None), Condvar::new());
    let pool = barrier_pool();
    // The workers are 0..n, the caller is n; on a machine with one core it is 0.
    let caller = pool.n_workers();
    pool.execute(|number| {
        if number == 0
            && let Some(work) = held(&work).take()
        {
            let result = catch_unwind(AssertUnwindSafe(|| {
                alone_in_rayon();
                work()
            }));
            *held(&outcome) = Some(result.map_err(|_| Panicked));
            finished.notify_all();
        }
        if number == caller {
            let mut outcome = held(&outcome);
            while outcome.is_none() {
                outcome = finished.wait(outcome).unwrap_or_else(PoisonError::into_inner);
            }
        }
    });
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or(Err(Panicked))
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes this thread a rayon pool of one, once.
fn alone_in_rayon() {
    thread_local!(static ALONE: Cell<bool> = const { Cell::new(false) });
    if !ALONE.replace(true) {
        match rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build() {
            // Belongs to the thread from now on.
            Ok(pool) => std::mem::forget(pool),
            Err(error) => tracing::debug!(%error, "the model's thread is in a rayon pool already"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;
    use std::collections::HashSet;
    use std::thread::{ThreadId, current};

    #[test]
    fn parallel_sections_stay_on_the_one_thread() {
        let (here, rayon, candle) = run(1, || {
            let here = current().id();
            let rayon: HashSet<ThreadId> = (0..64).into_par_iter().map(|_| current().id()).collect();
            let seen = Mutex::new(HashSet::new());
            barrier_pool().execute_chunked(64, |_| {
                held(&seen).insert(current().id());
            });
            (here, rayon, seen.into_inner().unwrap())
        })
        .unwrap();
        assert_eq!(rayon, HashSet::from([here]));
        assert_eq!(candle, HashSet::from([here]));
    }

    #[test]
    fn a_panic_is_an_outcome_and_the_next_work_runs() {
        for threads in [1, 2] {
            assert_eq!(run::<u8>(threads, || panic!("on purpose")), Err(Panicked));
            assert_eq!(run(threads, || 7), Ok(7));
        }
    }

    #[test]
    fn callers_take_turns() {
        let sum: u64 = std::thread::scope(|scope| {
            let all: Vec<_> = (0..4_u64).map(|n| scope.spawn(move || run(1, || n).unwrap())).collect();
            all.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(sum, 6);
    }
}
