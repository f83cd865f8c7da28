//! Whose run is next: round and round between owners, with a cap for each kind of run.

use crate::OwnerId;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Runs that wait for their turn in this process.
pub(super) struct Turns<T> {
    /// Those that only come to their end: they wait for nobody.
    urgent: VecDeque<(&'static str, T)>,
    kinds: BTreeMap<&'static str, Kind<T>>,
}

struct Kind<T> {
    cap: usize,
    running: usize,
    /// Of those that wait, how many were taken up from the store.
    claimed: usize,
    waiting: usize,
    /// Owners who have something waiting, the next one first.
    ring: VecDeque<OwnerId>,
    of_owner: HashMap<OwnerId, VecDeque<(bool, T)>>,
}

impl<T> Turns<T> {
    pub(super) fn new(caps: impl IntoIterator<Item = (&'static str, usize)>) -> Self {
        let kind = |cap| Kind {
            cap,
            running: 0,
            claimed: 0,
            waiting: 0,
            ring: VecDeque::new(),
            of_owner: HashMap::new(),
        };
        let kinds = caps.into_iter().map(|(name, cap)| (name, kind(cap))).collect();
        Self { urgent: VecDeque::new(), kinds }
    }

    /// Waits behind whatever else its owner has waiting.
    pub(super) fn push(&mut self, name: &str, owner: OwnerId, is_claimed: bool, run: T) {
        let Some(kind) = self.kinds.get_mut(name) else { return };
        let own = kind.of_owner.entry(owner.clone()).or_default();
        if own.is_empty() {
            kind.ring.push_back(owner);
        }
        own.push_back((is_claimed, run));
        kind.waiting += 1;
        kind.claimed += usize::from(is_claimed);
    }

    /// A run that waits does so no longer, whatever the caps say.
    pub(super) fn hurry(&mut self, is_it: impl Fn(&T) -> bool) {
        for (name, kind) in &mut self.kinds {
            let mut found = None;
            for (owner, own) in &mut kind.of_owner {
                if let Some(place) = own.iter().position(|(_, run)| is_it(run)) {
                    found = own.remove(place).map(|taken| (owner.clone(), own.is_empty(), taken));
                    break;
                }
            }
            if let Some((owner, is_last, (is_claimed, run))) = found {
                if is_last {
                    kind.of_owner.remove(&owner);
                    kind.ring.retain(|other| *other != owner);
                }
                kind.waiting -= 1;
                kind.claimed -= usize::from(is_claimed);
                self.urgent.push_back((name, run));
                return;
            }
        }
    }

    /// The next run that there is room for; it runs from now on.
    pub(super) fn pop(&mut self) -> Option<T> {
        if let Some((name, run)) = self.urgent.pop_front() {
            if let Some(kind) = self.kinds.get_mut(name) {
                kind.running += 1;
            }
            return Some(run);
        }
        let kind = self.kinds.values_mut().find(|kind| kind.running < kind.cap && !kind.ring.is_empty())?;
        kind.running += 1;
        kind.next()
    }

    /// All that wait, whether there is room or not; they run from now on.
    pub(super) fn pop_all(&mut self) -> Vec<T> {
        let mut all = Vec::new();
        while !self.urgent.is_empty() {
            all.extend(self.pop());
        }
        for kind in self.kinds.values_mut() {
            while let Some(run) = kind.next() {
                kind.running += 1;
                all.push(run);
            }
        }
        all
    }

    /// A run of this kind rests.
    pub(super) fn done(&mut self, name: &str) {
        if let Some(kind) = self.kinds.get_mut(name) {
            kind.running -= 1;
        }
    }

    /// How many runs of each kind may be taken up: as many as there is room for, and one more where none waits that was taken
    /// up, so that who comes from the store has a turn among those who are opened here without end.
    pub(super) fn room(&self) -> Vec<(String, usize)> {
        let room = |kind: &Kind<T>| {
            let free = kind.cap.saturating_sub(kind.running + kind.waiting);
            free.max(usize::from(kind.claimed == 0 && kind.cap > 0))
        };
        self.kinds.iter().map(|(name, kind)| ((*name).to_owned(), room(kind))).collect()
    }
}

impl<T> Kind<T> {
    fn next(&mut self) -> Option<T> {
        let owner = self.ring.pop_front()?;
        let own = self.of_owner.get_mut(&owner)?;
        let (is_claimed, run) = own.pop_front()?;
        if own.is_empty() {
            self.of_owner.remove(&owner);
        } else {
            self.ring.push_back(owner);
        }
        self.waiting -= 1;
        self.claimed -= usize::from(is_claimed);
        Some(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(cap: usize) -> Turns<u32> {
        Turns::new([("chat", cap)])
    }

    #[test]
    fn who_has_a_hundred_runs_waits_for_who_has_one() {
        let mut turns = turns(1000);
        for run in 0..100 {
            turns.push("chat", OwnerId::new("eager"), false, run);
        }
        turns.push("chat", OwnerId::new("modest"), false, 777);
        assert_eq!((turns.pop(), turns.pop(), turns.pop()), (Some(0), Some(777), Some(1)));
    }

    #[test]
    fn no_more_run_than_the_cap_and_a_place_is_given_on() {
        let mut turns = turns(2);
        for run in 0..4 {
            turns.push("chat", OwnerId::new("one"), false, run);
        }
        assert_eq!((turns.pop(), turns.pop(), turns.pop()), (Some(0), Some(1), None));
        turns.done("chat");
        assert_eq!((turns.pop(), turns.pop()), (Some(2), None));
    }

    #[test]
    fn who_is_in_a_hurry_waits_for_no_cap_and_nobody_else_loses_a_turn() {
        let mut turns = turns(1);
        for run in 0..3 {
            turns.push("chat", OwnerId::new("one"), false, run);
        }
        turns.push("chat", OwnerId::new("other"), true, 9);
        assert_eq!(turns.pop(), Some(0));
        turns.hurry(|run| *run == 2);
        turns.hurry(|run| *run == 9);
        turns.hurry(|run| *run == 77);
        assert_eq!((turns.pop(), turns.pop(), turns.pop()), (Some(2), Some(9), None));
        for _ in 0..3 {
            turns.done("chat");
        }
        assert_eq!((turns.pop(), turns.pop()), (Some(1), None));
        turns.done("chat");
        assert_eq!(turns.room(), [("chat".to_owned(), 1)]);
    }

    #[test]
    fn who_comes_from_the_store_has_a_turn_while_others_open_without_end() {
        let mut turns = turns(1);
        for run in 0..50 {
            turns.push("chat", OwnerId::new("here"), false, run);
        }
        assert_eq!(turns.room(), [("chat".to_owned(), 1)]);
        turns.push("chat", OwnerId::new("there"), true, 777);
        assert_eq!(turns.room(), [("chat".to_owned(), 0)]);
        assert_eq!(turns.pop(), Some(0));
        turns.done("chat");
        assert_eq!(turns.pop(), Some(777));
    }
}
