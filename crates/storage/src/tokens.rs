//! Personal API tokens.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    people::{person, person_columns},
    row::Cells,
    unit::Unit,
};
use api_types::TokenId;
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{Owned, PersonRow, StoreError, TokenReads, TokenRow, TokenWrites},
};

/// The columns of a token, in the order of [`token`]; `t` is the table.
macro_rules! token_columns {
    () => {
        "t.organization_id, t.owner_id, t.id, t.digest, t.name, t.scopes, t.created_at, t.expires_at, t.last_used_at, \
         t.revoked_at"
    };
}

fn token(cells: &mut Cells<'_>) -> Result<TokenRow, StoreError> {
    Ok(TokenRow {
        owned: cells.take_owned()?,
        id: cells.take()?,
        digest: cells.take()?,
        name: cells.take()?,
        scopes: cells.take()?,
        created_at: cells.take()?,
        expires_at: cells.take()?,
        last_used_at: cells.take_opt()?,
        revoked_at: cells.take_opt()?,
    })
}

#[async_trait]
impl<L: Line> TokenReads for Statements<L> {
    async fn token_with_person(&self, digest: &str) -> Result<Option<(TokenRow, PersonRow)>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            token_columns!(),
            ", ",
            person_columns!(),
            " FROM tokens t JOIN people p ON p.organization_id = t.organization_id AND p.id = t.owner_id \
             WHERE t.digest = $1"
        ));
        let Some(row) = self.0.row(asked.text(digest)).await? else { return Ok(None) };
        let mut cells = Cells::new(&row, "tokens");
        Ok(Some((token(&mut cells)?, person(&mut cells)?)))
    }

    async fn tokens(&self, owned: Owned, limit: u32) -> Result<Vec<TokenRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            token_columns!(),
            " FROM tokens t WHERE t.organization_id = $1 AND t.owner_id = $2 AND t.revoked_at IS NULL \
             ORDER BY t.id DESC LIMIT $3"
        ));
        let rows = self.0.rows(asked.owned(owned).bind(i64::from(limit))).await?;
        rows.iter().map(|row| token(&mut Cells::new(row, "tokens"))).collect()
    }
}

#[async_trait]
impl TokenWrites for Statements<Unit> {
    async fn insert_token(&mut self, token: &TokenRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO tokens \
             (organization_id, owner_id, id, digest, name, scopes, created_at, expires_at, last_used_at, revoked_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .owned(token.owned)
        .bind(token.id)
        .text(&token.digest)
        .text(&token.name)
        .bind(token.scopes)
        .bind(token.created_at)
        .bind(token.expires_at)
        .bind_opt(token.last_used_at)
        .bind_opt(token.revoked_at);
        self.0.change(new).await.map(drop)
    }

    async fn token_used(&mut self, owned: Owned, id: TokenId, now: Timestamp) -> Result<(), StoreError> {
        let used = Statement::new(
            "UPDATE tokens SET last_used_at = $4 WHERE organization_id = $1 AND owner_id = $2 AND id = $3",
        );
        self.0.change(used.owned(owned).bind(id).bind(now)).await.map(drop)
    }

    async fn revoke_token(&mut self, owned: Owned, id: TokenId, now: Timestamp) -> Result<bool, StoreError> {
        let revoked = Statement::new(
            "UPDATE tokens SET revoked_at = $4 \
             WHERE organization_id = $1 AND owner_id = $2 AND id = $3 AND revoked_at IS NULL",
        );
        Ok(self.0.change(revoked.owned(owned).bind(id).bind(now)).await? == 1)
    }
}
