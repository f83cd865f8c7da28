//! What was asked with an `Idempotency-Key`, and the run that was opened for it.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{Owned, RequestReads, RequestRow, RequestWrites, StoreError},
};

#[async_trait]
impl<L: Line> RequestReads for Statements<L> {
    async fn request(&self, owned: Owned, key: &str) -> Result<Option<RequestRow>, StoreError> {
        let asked = Statement::new(
            "SELECT organization_id, owner_id, key, digest, run_id, created_at FROM requests \
             WHERE organization_id = $1 AND owner_id = $2 AND key = $3",
        );
        let row = self.0.row(asked.owned(owned).text(key)).await?;
        let request = |row| {
            let mut cells = Cells::new(&row, "requests");
            Ok(RequestRow {
                owned: cells.take_owned()?,
                key: cells.take()?,
                digest: cells.take()?,
                run: cells.take()?,
                created_at: cells.take()?,
            })
        };
        row.map(request).transpose()
    }
}

#[async_trait]
impl RequestWrites for Statements<Unit> {
    async fn insert_request(&mut self, request: &RequestRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO requests (organization_id, owner_id, key, digest, run_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .owned(request.owned)
        .text(&request.key)
        .text(&request.digest)
        .bind(request.run)
        .bind(request.created_at);
        self.0.later(new).await
    }

    async fn purge_requests(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let gone = Statement::new(
            "DELETE FROM requests WHERE created_at < $1 AND run_id IN \
             (SELECT run_id FROM requests WHERE created_at < $1 ORDER BY created_at LIMIT 1000)",
        );
        self.0.change(gone.bind(before)).await
    }
}
