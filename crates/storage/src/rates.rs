//! How often: operations of a person, and requests of an address that asks a lot.

use crate::{
    database::Statements,
    dialect::Engine,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use async_trait::async_trait;
use std::time::Duration;
use studio::ports::{
    Timestamp,
    store::{Owned, Rate, RateReads, RateWrites, StoreError},
};

/// What an address owes at $3, where that is believed: what is further away than twice the time $5 was said by a clock that was
/// set back since.
macro_rules! owed_until {
    () => {
        "CASE WHEN rate_addresses.free_at > $3 AND rate_addresses.free_at <= $3 + 2 * $5 THEN rate_addresses.free_at ELSE $3 END"
    };
}

/// Adds $2 to what the address $1 owes, where it owes no more than until $4 then.
const TAKE_REQUESTS: &str = concat!(
    "INSERT INTO rate_addresses (address, free_at) VALUES ($1, CAST($3 AS BIGINT) + $2) ON CONFLICT (address) DO UPDATE SET free_at = ",
    owed_until!(),
    " + $2 WHERE ",
    owed_until!(),
    " + $2 <= $4"
);

#[async_trait]
impl<L: Line> RateReads for Statements<L> {
    async fn call_before(&self, owned: Owned, most: u32) -> Result<Option<Timestamp>, StoreError> {
        let asked = Statement::new(
            "SELECT c.at FROM rates r JOIN rate_calls c ON c.owner_id = r.owner_id AND c.organization_id = r.organization_id \
             AND c.place = r.calls + 1 - $3 WHERE r.organization_id = $1 AND r.owner_id = $2",
        );
        let row = self.0.row(asked.owned(owned).bind(most)).await?;
        row.map(|row| Cells::new(&row, "rate_calls").take()).transpose()
    }
}

#[async_trait]
impl RateWrites for Statements<Unit> {
    async fn take_call(&mut self, owned: Owned, at: Timestamp, rate: Rate) -> Result<(), StoreError> {
        // Whoever else begins something waits here; and what looks is sent when it has waited, or it would not see for whom.
        let counted = Statement::new(
            "INSERT INTO rates (organization_id, owner_id, calls) VALUES ($1, $2, 1) \
             ON CONFLICT (owner_id, organization_id) DO UPDATE SET calls = rates.calls + 1",
        );
        self.0.later(counted.owned(owned)).await?;
        if self.0.engine() == Engine::Postgres {
            self.0.flush().await?;
        }
        let taken = Statement::new(
            "INSERT INTO rate_calls (organization_id, owner_id, place, at, fits) \
             SELECT r.organization_id, r.owner_id, r.calls, $3, CASE WHEN EXISTS (SELECT 1 FROM rate_calls c \
             WHERE c.owner_id = r.owner_id AND c.organization_id = r.organization_id \
             AND c.place = r.calls - $4 AND c.at > $5 AND c.at <= $6) THEN 0 ELSE 1 END \
             FROM rates r WHERE r.organization_id = $1 AND r.owner_id = $2",
        )
        .owned(owned)
        .bind(at)
        .bind(rate.most)
        .bind(at.0.saturating_sub(rate.micros()))
        .bind(at.0.saturating_add(rate.micros()));
        self.0.later(taken).await
    }

    async fn forget_calls(&mut self, owned: Owned, rate: Rate) -> Result<(), StoreError> {
        let gone = Statement::new(
            "DELETE FROM rate_calls WHERE organization_id = $1 AND owner_id = $2 AND place <= \
             (SELECT r.calls - $3 FROM rates r WHERE r.organization_id = $1 AND r.owner_id = $2)",
        );
        self.0.later(gone.owned(owned).bind(rate.most)).await
    }

    async fn take_requests(
        &mut self,
        address: &str,
        count: u32,
        at: Timestamp,
        rate: Rate,
    ) -> Result<Result<(), Duration>, StoreError> {
        let cost = rate.micros() / i64::from(rate.most.max(1)) * i64::from(count);
        let taken = Statement::new(TAKE_REQUESTS)
            .text(address)
            .bind(cost)
            .bind(at)
            .bind(at.0.saturating_add(rate.micros()))
            .bind(rate.micros());
        if self.0.change(taken).await? == 1 {
            return Ok(Ok(()));
        }
        let owes = Statement::new("SELECT free_at FROM rate_addresses WHERE address = $1").text(address);
        let free_at: Option<i64> = match self.0.row(owes).await? {
            Some(row) => Some(Cells::new(&row, "rate_addresses").take()?),
            None => None,
        };
        let over = free_at.unwrap_or(at.0).saturating_add(cost).saturating_sub(at.0 + rate.micros());
        Ok(Err(Duration::from_micros(u64::try_from(over.max(1)).unwrap_or(u64::MAX))))
    }

    async fn purge_addresses(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let gone = Statement::new(
            "DELETE FROM rate_addresses WHERE free_at < $1 AND address IN \
             (SELECT address FROM rate_addresses WHERE free_at < $1 ORDER BY free_at LIMIT 1000)",
        );
        self.0.change(gone.bind(before)).await
    }
}
