//! A process says that it lives, hears what is wanted of its runs, and takes up what is due.

use super::{Engine, EngineError, Ticket, locked};
use crate::{Author, Claim, Epoch, Loaded, Opens, RunId, StoreError, Timestamp, run::Book};
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// A process says so often that it lives, and asks so often what is due.
pub const BEAT_EVERY: Duration = Duration::from_secs(1);

/// Between two looks for work is at least so long, whatever is asked for.
const PAUSE_BETWEEN_CLAIMS: Duration = Duration::from_millis(5);

/// A run that the store says this process holds, and that it has not known of for so long, is taken up. Longer than
/// [`TICKET_LASTS`](super::TICKET_LASTS): nothing is driven twice.
pub const STRAY_AFTER: Duration = Duration::from_secs(15);

impl<W: Send + Sync + 'static> Engine<W> {
    /// Never returns.
    ///
    /// # Design
    /// A run that comes to rest is no reason to ask the store: only what somebody wrote, a wait that is over, and a place that
    /// became free while more was due. So a busy process asks no more often than an idle one.
    pub(super) async fn keep_up(&self) {
        let mut beaten: Option<Instant> = None;
        loop {
            let is_beat = beaten.is_none_or(|at| at.elapsed() >= BEAT_EVERY);
            if is_beat || self.is_claim_due() {
                if is_beat {
                    beaten = Some(Instant::now());
                }
                let worked = self.keep_up_once(is_beat).await;
                locked(&self.trouble).note(worked.as_ref().err());
                tokio::time::sleep(PAUSE_BETWEEN_CLAIMS).await;
            }
            let beat = BEAT_EVERY.saturating_sub(beaten.map_or(BEAT_EVERY, |at| at.elapsed()));
            let now = self.host.now();
            let soonest = locked(&self.soonest).map_or(BEAT_EVERY, |at| at.since(now));
            tokio::select! {
                () = tokio::time::sleep(soonest.min(beat)) => {}
                () = self.due.notified() => {}
            }
        }
    }

    fn is_claim_due(&self) -> bool {
        let now = self.host.now();
        let is_over = locked(&self.soonest).take_if(|at| *at <= now).is_some();
        self.is_asked.swap(false, Ordering::Relaxed) || is_over
    }

    async fn keep_up_once(&self, is_beat: bool) -> Result<(), EngineError> {
        let epoch = match self.at_work() {
            Ok(epoch) => epoch,
            Err(_) if self.closing.is_cancelled() => return Ok(()),
            Err(_) => self.enter().await?,
        };
        let mut worked = if is_beat { self.beat(epoch).await } else { Ok(()) };
        if worked.is_ok() && !self.closing.is_cancelled() {
            worked = self.claim(epoch).await;
        }
        if is_beat && worked.is_ok() && !self.closing.is_cancelled() {
            worked = self.leave_strangers_aside(epoch).await;
        }
        if worked == Err(EngineError::Store(StoreError::Superseded)) {
            tracing::warn!("this process was taken for dead; it lets go of everything and begins again");
            self.lose(epoch);
        }
        worked
    }

    async fn beat(&self, epoch: Epoch) -> Result<(), EngineError> {
        for run in self.store.beat(epoch, self.host.now()).await? {
            match self.tell(run).await {
                // It is driven from what this process remembers of it, and what others want of theirs is not to wait for it.
                Err(EngineError::Store(StoreError::Unreadable(why))) => {
                    tracing::debug!(%run, why, "what is wanted of a run cannot be read");
                }
                told => told?,
            }
        }
        if self.closing.is_cancelled() { Ok(()) } else { self.take_up_strays(epoch).await }
    }

    async fn claim(&self, epoch: Epoch) -> Result<(), EngineError> {
        let (now, room) = (self.host.now(), locked(&self.turns).room());
        // Where nobody else can be there, it matters neither when they were seen nor what the clock did since.
        let dead_after = self.settings.dead_after;
        let dead_before = if dead_after.is_zero() { Timestamp(i64::MAX) } else { now.before(dead_after) };
        let claim = Claim { epoch, now, dead_before, room };
        let taken = self.store.claim(&claim).await?;
        let of = |kind: &str| taken.iter().filter(|loaded| loaded.head.kind == *kind).count();
        let is_full = claim.room.iter().any(|(kind, room)| *room > 0 && of(kind) >= *room);
        self.may_be_more.store(is_full, Ordering::Relaxed);
        for loaded in taken {
            self.take_up(loaded, epoch).await;
        }
        Ok(())
    }

    /// Takes up what the store says this process holds, and it does not know of: a claim or an opening whose answer was
    /// lost, a ticket that was dropped, a task that panicked.
    async fn take_up_strays(&self, epoch: Epoch) -> Result<(), EngineError> {
        let held = self.store.held(epoch).await?;
        let lost: Vec<RunId> = {
            let live = locked(&self.live);
            let mut strays = locked(&self.strays);
            let unknown = held.into_iter().filter(|run| !live.contains_key(run));
            let since: HashMap<RunId, Instant> =
                unknown.map(|run| (run, strays.get(&run).copied().unwrap_or_else(Instant::now))).collect();
            *strays = since;
            strays.iter().filter(|(_, since)| since.elapsed() >= STRAY_AFTER).map(|(run, _)| *run).collect()
        };
        for run in lost {
            tracing::warn!(%run, "a run that this process holds and did not know of is taken up");
            match self.store.load(run).await {
                Ok(Some(loaded)) => self.take_up(loaded, epoch).await,
                Ok(None) => {}
                Err(StoreError::Unreadable(why)) => self.put_aside(epoch, run, &why).await,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Tells a run what somebody wants of it.
    pub(super) async fn tell(&self, run: RunId) -> Result<(), EngineError> {
        let drive = locked(&self.live).get(&run).cloned();
        if let Some(drive) = drive
            && let Some(loaded) = self.store.load(run).await?
        {
            drive.hear(loaded.answers);
            if loaded.head.cancel_requested {
                drive.cancel();
            }
        }
        Ok(())
    }

    /// Where it fails for now, the run is a stray, and taken up later.
    async fn take_up(&self, loaded: Loaded, epoch: Epoch) {
        let run = loaded.head.run;
        let restored = self.kind(&loaded.head.kind).and_then(|kind| {
            let sealed = loaded.checkpoint.as_ref().map_err(Clone::clone)?;
            let body = kind.restore(sealed)?;
            Ok((kind, body))
        });
        match restored {
            Ok((kind, body)) => {
                let head = loaded.head.clone();
                let opens = Opens { kind: head.kind, owner: head.owner, forked_from: head.forked_from };
                let drive = self.drive(run, opens, kind.schema(), epoch, Book::loaded(body, loaded));
                self.enqueue(Ticket::new(kind, Arc::new(drive)), true);
            }
            Err(error) => {
                self.lay_aside(&loaded.head, Author::Worker(epoch), epoch, &error.to_string()).await;
            }
        }
    }

    /// This life of the process is over: whatever it drives would be refused.
    fn lose(&self, epoch: Epoch) {
        locked(&self.epoch).take_if(|own| *own == epoch);
        let mut live = locked(&self.live);
        for drive in live.values().filter(|drive| drive.epoch == epoch) {
            drive.lose();
        }
        live.retain(|_, drive| drive.epoch != epoch);
        locked(&self.strays).clear();
    }
}
