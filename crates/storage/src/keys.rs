//! Passkeys and their ceremonies.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    people::{person, person_columns},
    row::Cells,
    unit::Unit,
};
use api_types::CeremonyId;
use async_trait::async_trait;
use studio::{
    CEREMONIES_MAX,
    ports::{
        Timestamp,
        store::{CeremonyRow, KeyReads, KeyWrites, Owned, PasskeyRow, PersonRow, StoreError},
    },
};

/// The columns of a passkey, in the order of [`passkey`]; `k` is the table.
macro_rules! passkey_columns {
    () => {
        "k.organization_id, k.owner_id, k.credential_id, k.name, k.passkey, k.created_at, k.last_used_at, k.aaguid, \
         k.synced, k.cloned_at, k.rp_id"
    };
}

fn passkey(cells: &mut Cells<'_>) -> Result<PasskeyRow, StoreError> {
    Ok(PasskeyRow {
        owned: cells.take_owned()?,
        credential_id: cells.take()?,
        name: cells.take()?,
        passkey: cells.take()?,
        created_at: cells.take()?,
        last_used_at: cells.take_opt()?,
        aaguid: cells.take()?,
        synced: cells.take_opt()?,
        cloned_at: cells.take_opt()?,
        rp_id: cells.take_opt()?,
    })
}

fn ceremony(cells: &mut Cells<'_>) -> Result<CeremonyRow, StoreError> {
    Ok(CeremonyRow {
        id: cells.take()?,
        purpose: cells.take()?,
        state: cells.take()?,
        memo: cells.take()?,
        browser: cells.take()?,
        created_at: cells.take()?,
        expires_at: cells.take()?,
    })
}

#[async_trait]
impl<L: Line> KeyReads for Statements<L> {
    async fn passkeys(&self, owned: Owned) -> Result<Vec<PasskeyRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            passkey_columns!(),
            " FROM passkeys k WHERE k.organization_id = $1 AND k.owner_id = $2 \
             ORDER BY k.created_at, k.credential_id"
        ));
        let rows = self.0.rows(asked.owned(owned)).await?;
        rows.iter().map(|row| passkey(&mut Cells::new(row, "passkeys"))).collect()
    }

    async fn passkey_with_person(
        &self,
        credential_id: &str,
    ) -> Result<Option<(PasskeyRow, PersonRow)>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            passkey_columns!(),
            ", ",
            person_columns!(),
            " FROM passkeys k JOIN people p ON p.organization_id = k.organization_id AND p.id = k.owner_id \
             WHERE k.credential_id = $1"
        ));
        let Some(row) = self.0.row(asked.text(credential_id)).await? else { return Ok(None) };
        let mut cells = Cells::new(&row, "passkeys");
        Ok(Some((passkey(&mut cells)?, person(&mut cells)?)))
    }
}

#[async_trait]
impl KeyWrites for Statements<Unit> {
    async fn insert_passkey(&mut self, passkey: &PasskeyRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO passkeys \
             (organization_id, owner_id, credential_id, name, passkey, created_at, last_used_at, aaguid, synced, cloned_at, \
             rp_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .owned(passkey.owned)
        .text(&passkey.credential_id)
        .text(&passkey.name)
        .text(&passkey.passkey)
        .bind(passkey.created_at)
        .bind_opt(passkey.last_used_at)
        .text(&passkey.aaguid)
        .bind_opt(passkey.synced)
        .bind_opt(passkey.cloned_at)
        .text_opt(passkey.rp_id.as_deref());
        self.0.change(new).await.map(drop)
    }

    async fn passkey_used(
        &mut self,
        owned: Owned,
        credential_id: &str,
        (before, passkey): (&str, &str),
        synced: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let used = Statement::new(
            "UPDATE passkeys SET passkey = $4, synced = $5, last_used_at = $6 \
             WHERE organization_id = $1 AND owner_id = $2 AND credential_id = $3 AND passkey = $7",
        );
        let used = used.owned(owned).text(credential_id).text(passkey).bind(synced).bind(now).text(before);
        Ok(self.0.change(used).await? == 1)
    }

    async fn passkey_cloned(
        &mut self,
        owned: Owned,
        credential_id: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let cloned = Statement::new(
            "UPDATE passkeys SET cloned_at = $4 \
             WHERE organization_id = $1 AND owner_id = $2 AND credential_id = $3 AND cloned_at IS NULL",
        );
        Ok(self.0.change(cloned.owned(owned).text(credential_id).bind(now)).await? == 1)
    }

    async fn rename_passkey(
        &mut self,
        owned: Owned,
        credential_id: &str,
        name: &str,
    ) -> Result<bool, StoreError> {
        let renamed = Statement::new(
            "UPDATE passkeys SET name = $4 WHERE organization_id = $1 AND owner_id = $2 AND credential_id = $3",
        );
        Ok(self.0.change(renamed.owned(owned).text(credential_id).text(name)).await? == 1)
    }

    async fn passkeys_made_for(&mut self, host: &str) -> Result<(), StoreError> {
        let made = Statement::new("UPDATE passkeys SET rp_id = $1 WHERE rp_id IS NULL");
        self.0.change(made.text(host)).await.map(drop)
    }

    async fn remove_passkey(&mut self, owned: Owned, credential_id: &str) -> Result<bool, StoreError> {
        let removed = Statement::new(
            "DELETE FROM passkeys WHERE organization_id = $1 AND owner_id = $2 AND credential_id = $3",
        );
        Ok(self.0.change(removed.owned(owned).text(credential_id)).await? == 1)
    }

    async fn insert_ceremony(&mut self, ceremony: &CeremonyRow) -> Result<(), StoreError> {
        // Two statements and not a parameter: each has an index of its own.
        let over = Statement::new(match ceremony.purpose.is_own() {
            true => {
                "DELETE FROM ceremonies WHERE expires_at < $1 OR (purpose IN ('add', 'touch') AND id <= \
                 (SELECT id FROM ceremonies WHERE purpose IN ('add', 'touch') ORDER BY id DESC LIMIT 1 OFFSET $2))"
            }
            false => {
                "DELETE FROM ceremonies WHERE expires_at < $1 OR (purpose NOT IN ('add', 'touch') AND id <= \
                 (SELECT id FROM ceremonies WHERE purpose NOT IN ('add', 'touch') ORDER BY id DESC LIMIT 1 OFFSET $2))"
            }
        });
        let kept = i64::try_from(CEREMONIES_MAX).unwrap_or(i64::MAX) - 1;
        self.0.change(over.bind(ceremony.created_at).bind(kept)).await?;
        let new = Statement::new(
            "INSERT INTO ceremonies (id, purpose, state, memo, browser, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(ceremony.id)
        .bind(ceremony.purpose)
        .text(&ceremony.state)
        .text(&ceremony.memo)
        .text(&ceremony.browser)
        .bind(ceremony.created_at)
        .bind(ceremony.expires_at);
        self.0.change(new).await.map(drop)
    }

    async fn take_ceremony(&mut self, id: CeremonyId) -> Result<Option<CeremonyRow>, StoreError> {
        let taken = Statement::new(
            "DELETE FROM ceremonies WHERE id = $1 \
             RETURNING id, purpose, state, memo, browser, created_at, expires_at",
        );
        let row = self.0.row(taken.bind(id)).await?;
        row.map(|row| ceremony(&mut Cells::new(&row, "ceremonies"))).transpose()
    }
}
