//! The installation's facts and owner codes.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::SetupCodeId;
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{InstallationReads, InstallationWrites, StoreError},
};

#[async_trait]
impl<L: Line> InstallationReads for Statements<L> {
    async fn fact(&self, key: &str) -> Result<Option<String>, StoreError> {
        let asked = Statement::new("SELECT value FROM installation WHERE key = $1").text(key);
        self.0.row(asked).await?.map(|row| Cells::new(&row, "installation").take()).transpose()
    }

    async fn passkey_count(&self) -> Result<(u32, u32), StoreError> {
        let asked = Statement::new("SELECT COUNT(*), COUNT(DISTINCT owner_id) FROM passkeys");
        let Some(row) = self.0.row(asked).await? else { return Ok((0, 0)) };
        let mut cells = Cells::new(&row, "passkeys");
        Ok((cells.take()?, cells.take()?))
    }
}

#[async_trait]
impl InstallationWrites for Statements<Unit> {
    async fn set_fact(&mut self, key: &str, value: &str, now: Timestamp) -> Result<(), StoreError> {
        let written = Statement::new(
            "INSERT INTO installation (key, value, updated_at) VALUES ($1, $2, $3) \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        );
        self.0.change(written.text(key).text(value).bind(now)).await.map(drop)
    }

    async fn replace_setup_code(
        &mut self,
        id: SetupCodeId,
        digest: &str,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.change(Statement::new("DELETE FROM setup_codes WHERE used_at IS NULL")).await?;
        let new = Statement::new(
            "INSERT INTO setup_codes (id, digest, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        );
        self.0.change(new.bind(id).text(digest).bind(now).bind(expires)).await.map(drop)
    }

    async fn setup_code_is_open(&mut self, digest: &str, now: Timestamp) -> Result<bool, StoreError> {
        let asked = Statement::new(
            "SELECT id FROM setup_codes WHERE digest = $1 AND used_at IS NULL AND expires_at >= $2",
        );
        Ok(self.0.row(asked.text(digest).bind(now)).await?.is_some())
    }

    async fn use_setup_code(&mut self, digest: &str, now: Timestamp) -> Result<bool, StoreError> {
        let used = Statement::new(
            "UPDATE setup_codes SET used_at = $2 WHERE digest = $1 AND used_at IS NULL AND expires_at >= $2",
        );
        Ok(self.0.change(used.text(digest).bind(now)).await? == 1)
    }
}
