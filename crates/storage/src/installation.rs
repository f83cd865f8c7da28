//! The installation's facts and owner codes.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    people::{person, person_columns},
    row::Cells,
    unit::Unit,
};
use api_types::SetupCodeId;
use async_trait::async_trait;
use sqlx::any::AnyRow;
use studio::ports::{
    Timestamp,
    store::{InstallationReads, InstallationWrites, Owned, PersonRow, StoreError},
};

#[async_trait]
impl<L: Line> InstallationReads for Statements<L> {
    async fn fact(&self, key: &str) -> Result<Option<String>, StoreError> {
        let asked = Statement::new("SELECT value FROM installation WHERE key = $1").text(key);
        written(self.0.row(asked).await?)
    }

    async fn passkey_count(&self) -> Result<(u32, u32), StoreError> {
        let asked = Statement::new("SELECT COUNT(*), COUNT(DISTINCT owner_id) FROM passkeys");
        let Some(row) = self.0.row(asked).await? else { return Ok((0, 0)) };
        let mut cells = Cells::new(&row, "passkeys");
        Ok((cells.take()?, cells.take()?))
    }

    async fn person_of_setup_code(
        &self,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<PersonRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            person_columns!(),
            " FROM setup_codes c JOIN people p ON p.organization_id = c.organization_id AND p.id = c.person_id \
             WHERE c.digest = $1 AND c.used_at IS NULL AND c.expires_at >= $2"
        ));
        let row = self.0.row(asked.text(digest).bind(now)).await?;
        row.map(|row| person(&mut Cells::new(&row, "people"))).transpose()
    }
}

/// The value of a fact. A row without one says only that it was held.
fn written(row: Option<AnyRow>) -> Result<Option<String>, StoreError> {
    let value: Option<String> = row.map(|row| Cells::new(&row, "installation").take()).transpose()?;
    Ok(value.filter(|value| !value.is_empty()))
}

#[async_trait]
impl InstallationWrites for Statements<Unit> {
    async fn hold_fact(&mut self, key: &str) -> Result<Option<String>, StoreError> {
        // There has to be a row before it can be locked: of two who hold what was never written, the second waits for the first.
        let held = Statement::new(
            "INSERT INTO installation (key, value, updated_at) VALUES ($1, '', 0) \
             ON CONFLICT (key) DO UPDATE SET value = installation.value RETURNING value",
        );
        written(self.0.row(held.text(key)).await?)
    }

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
        owner: Option<Owned>,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let earlier = match owner {
            Some(owned) => Statement::new(
                "DELETE FROM setup_codes WHERE used_at IS NULL AND organization_id = $1 AND person_id = $2",
            )
            .owned(owned),
            None => Statement::new("DELETE FROM setup_codes WHERE used_at IS NULL AND person_id IS NULL"),
        };
        self.0.change(earlier).await?;
        let new = Statement::new(
            "INSERT INTO setup_codes (id, digest, created_at, expires_at, organization_id, person_id) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let (organization, person) = owner.map(|owned| (owned.organization, owned.owner)).unzip();
        let new = new.bind(id).text(digest).bind(now).bind(expires).bind_opt(organization).bind_opt(person);
        self.0.change(new).await.map(drop)
    }

    async fn setup_code_is_open(&mut self, digest: &str, now: Timestamp) -> Result<bool, StoreError> {
        let asked = Statement::new(
            "SELECT id FROM setup_codes \
             WHERE digest = $1 AND person_id IS NULL AND used_at IS NULL AND expires_at >= $2",
        );
        Ok(self.0.row(asked.text(digest).bind(now)).await?.is_some())
    }

    async fn use_setup_code(&mut self, digest: &str, now: Timestamp) -> Result<bool, StoreError> {
        let used = Statement::new(
            "UPDATE setup_codes SET used_at = $2 \
             WHERE digest = $1 AND person_id IS NULL AND used_at IS NULL AND expires_at >= $2",
        );
        Ok(self.0.change(used.text(digest).bind(now)).await? == 1)
    }

    async fn use_setup_code_of(
        &mut self,
        owned: Owned,
        digest: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let used = Statement::new(
            "UPDATE setup_codes SET used_at = $4 WHERE organization_id = $1 AND person_id = $2 AND digest = $3 \
             AND used_at IS NULL AND expires_at >= $4",
        );
        Ok(self.0.change(used.owned(owned).text(digest).bind(now)).await? == 1)
    }
}
