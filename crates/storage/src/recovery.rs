//! Recovery codes.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    people::{person, person_columns},
    row::Cells,
    unit::Unit,
};
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{Owned, PersonRow, RecoveryReads, RecoveryWrites, StoreError},
};

#[async_trait]
impl<L: Line> RecoveryReads for Statements<L> {
    async fn recovery_codes(&self, owned: Owned) -> Result<Option<(u32, Timestamp)>, StoreError> {
        let asked = Statement::new(
            "SELECT COUNT(*) - COUNT(used_at), MAX(created_at) FROM recovery_codes \
             WHERE organization_id = $1 AND owner_id = $2",
        );
        let Some(row) = self.0.row(asked.owned(owned)).await? else { return Ok(None) };
        let mut cells = Cells::new(&row, "recovery_codes");
        let left = cells.take()?;
        Ok(cells.take_opt()?.map(|made| (left, made)))
    }

    async fn person_of_recovery_code(&self, digest: &str) -> Result<Option<PersonRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            person_columns!(),
            " FROM recovery_codes c JOIN people p ON p.organization_id = c.organization_id AND p.id = c.owner_id \
             WHERE c.digest = $1 AND c.used_at IS NULL"
        ));
        let row = self.0.row(asked.text(digest)).await?;
        row.map(|row| person(&mut Cells::new(&row, "people"))).transpose()
    }
}

#[async_trait]
impl RecoveryWrites for Statements<Unit> {
    async fn replace_recovery_codes(
        &mut self,
        owned: Owned,
        digests: &[String],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let earlier =
            Statement::new("DELETE FROM recovery_codes WHERE organization_id = $1 AND owner_id = $2");
        self.0.change(earlier.owned(owned)).await?;
        for digest in digests {
            let new = Statement::new(
                "INSERT INTO recovery_codes (organization_id, owner_id, digest, created_at) VALUES ($1, $2, $3, $4)",
            );
            self.0.change(new.owned(owned).text(digest).bind(now)).await?;
        }
        Ok(())
    }

    async fn use_recovery_code(
        &mut self,
        owned: Owned,
        digest: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let used = Statement::new(
            "UPDATE recovery_codes SET used_at = $4 \
             WHERE organization_id = $1 AND owner_id = $2 AND digest = $3 AND used_at IS NULL",
        );
        Ok(self.0.change(used.owned(owned).text(digest).bind(now)).await? == 1)
    }
}
