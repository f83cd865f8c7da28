//! How many requests come from one address in a minute.
//!
//! # Design
//! One bucket an address, which empties evenly ([`Limiter`]). A process that is alone has them in memory. Several share a row an
//! address, and would have to ask the database for every request: so each takes a part of what the address may send out of the row,
//! and gives that out from memory. The first such part in a minute is lent, and paid with the next one: an address that asks for
//! little has no row and costs no statement. So what several processes let through together is what the limit says and what they
//! have lent: at most a twentieth of it for each process.
//!
//! Where the database cannot be asked each process counts by itself. A refusal would say that an address asks for too much, which
//! nobody knows; what the request is for will be refused with the true reason, or needs no database.

use crate::{
    LIMITED_MAX, Limiter, RATE_WITHIN, REQUESTS_TAKEN_PART, Studio, digest,
    ports::{
        Timestamp,
        store::{Rate, StoreError},
    },
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What this process knows of addresses.
pub(crate) struct Allowances {
    rate: Rate,
    /// Where this process counts alone.
    alone: Limiter<IpAddr>,
    /// What it has taken out of what all share.
    taken: Mutex<HashMap<IpAddr, Allowance>>,
}

/// What an address may send through this process without asking.
#[derive(Debug, Clone)]
struct Allowance {
    left: u32,
    /// Of what was given out so much is not paid.
    lent: u32,
    /// What is left then is void.
    until: Timestamp,
    /// There is no room in what all share before then.
    full_until: Option<Timestamp>,
    /// Held by who asks for more.
    asking: Arc<tokio::sync::Mutex<()>>,
}

/// What memory says of a request.
enum Known {
    Taken,
    Wait(Duration),
    /// The next part has to be asked for, and so much is owed.
    Ask {
        owed: u32,
        asking: Arc<tokio::sync::Mutex<()>>,
    },
}

impl Allowances {
    /// With nobody counted yet.
    pub(crate) fn new(most: u32) -> Self {
        let rate = Rate { most, within: RATE_WITHIN };
        Self { rate, alone: Limiter::new(most, RATE_WITHIN), taken: Mutex::default() }
    }

    /// What is lent, and how much is taken at once.
    fn part(&self) -> u32 {
        self.rate.most / REQUESTS_TAKEN_PART
    }

    fn take(&self, address: IpAddr, now: Timestamp) -> Known {
        let mut all = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= LIMITED_MAX && !all.contains_key(&address) {
            all.retain(|_, known| known.is_of(now));
            if all.len() >= LIMITED_MAX {
                // What counts is in the rows.
                all.clear();
            }
        }
        let fresh = || Allowance::lent(self.part(), now);
        let known = all.entry(address).and_modify(|known| known.renew(now, fresh)).or_insert_with(fresh);
        if let Some(full) = known.full_until.filter(|full| *full > now) {
            return Known::Wait(full.since(now));
        }
        match known.left.checked_sub(1) {
            Some(left) => {
                known.left = left;
                Known::Taken
            }
            None => Known::Ask { owed: known.lent, asking: known.asking.clone() },
        }
    }

    /// What came of asking for a part: it was paid for with what was owed, or there is no room for so long.
    fn asked(&self, address: IpAddr, now: Timestamp, came: Result<u32, Duration>) {
        let mut all = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = all.get_mut(&address) else { return };
        match came {
            Ok(part) => {
                (known.left, known.lent) = (known.left.saturating_add(part), 0);
                (known.until, known.full_until) = (now + RATE_WITHIN, None);
            }
            Err(wait) => known.full_until = Some(now + wait),
        }
    }
}

impl Allowance {
    fn lent(part: u32, now: Timestamp) -> Self {
        Self { left: part, lent: part, until: now + RATE_WITHIN, full_until: None, asking: Arc::default() }
    }

    /// Whether it counts now: neither over, nor made by a clock that was set back since.
    fn is_of(&self, now: Timestamp) -> bool {
        self.until > now && self.until <= now + RATE_WITHIN
    }

    fn renew(&mut self, now: Timestamp, fresh: impl FnOnce() -> Self) {
        if !self.is_of(now) {
            *self = Self { asking: self.asking.clone(), ..fresh() };
        }
    }
}

impl Studio {
    /// Counts a request from an address, or a network that counts as one.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub async fn take_request(&self, address: IpAddr) -> Result<(), Duration> {
        let now = self.now();
        if self.settings.alone {
            return self.allowances.alone.take(address, now);
        }
        let asking = match self.allowances.take(address, now) {
            Known::Taken => return Ok(()),
            Known::Wait(wait) => return Err(wait),
            Known::Ask { asking, .. } => asking,
        };
        // One asks for all who wait here.
        let _asking = asking.lock().await;
        let owed = match self.allowances.take(address, now) {
            Known::Taken => return Ok(()),
            Known::Wait(wait) => return Err(wait),
            Known::Ask { owed, .. } => owed,
        };
        let (rate, part) = (self.allowances.rate, self.allowances.part().max(1));
        let (key, count) = (digest(&address.to_string()), owed + part);
        let taken = self.store.write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { tx.take_requests(&key, count, now, rate).await })
        });
        match taken.await {
            Ok(Ok(())) => {
                // One of them is this one's.
                self.allowances.asked(address, now, Ok(part - 1));
                Ok(())
            }
            Ok(Err(wait)) => {
                self.allowances.asked(address, now, Err(wait));
                Err(wait)
            }
            Err(error) => {
                tracing::debug!(%error, "requests of an address are counted in this process alone");
                self.allowances.alone.take(address, now)
            }
        }
    }
}
