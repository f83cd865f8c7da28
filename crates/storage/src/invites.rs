//! Invitations.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    people::{person, person_columns},
    row::Cells,
    unit::Unit,
};
use api_types::{InviteId, OrganizationId, PersonId};
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{InviteReads, InviteRow, InviteWrites, ListedInvite, Owned, PersonRow, StoreError},
};

/// The columns of an invitation, in the order of [`invite`]; `i` is the table.
macro_rules! invite_columns {
    () => {
        "i.organization_id, i.owner_id, i.id, i.digest, i.note, i.role, i.reviewer, i.created_at, i.expires_at, \
         i.used_at, i.used_by, i.revoked_at"
    };
}

/// Neither used nor void.
macro_rules! is_open {
    () => {
        " WHERE digest = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at >= $2"
    };
}

fn invite(cells: &mut Cells<'_>) -> Result<InviteRow, StoreError> {
    Ok(InviteRow {
        owned: cells.take_owned()?,
        id: cells.take()?,
        digest: cells.take()?,
        note: cells.take()?,
        role: cells.take()?,
        reviewer: cells.take()?,
        created_at: cells.take()?,
        expires_at: cells.take()?,
        used_at: cells.take_opt()?,
        used_by: cells.take_opt()?,
        revoked_at: cells.take_opt()?,
    })
}

#[async_trait]
impl<L: Line> InviteReads for Statements<L> {
    async fn open_invite(
        &self,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<(InviteRow, PersonRow)>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            invite_columns!(),
            ", ",
            person_columns!(),
            " FROM invites i JOIN people p ON p.organization_id = i.organization_id AND p.id = i.owner_id",
            is_open!()
        ));
        let Some(row) = self.0.row(asked.text(digest).bind(now)).await? else { return Ok(None) };
        let mut cells = Cells::new(&row, "invites");
        Ok(Some((invite(&mut cells)?, person(&mut cells)?)))
    }

    async fn invites(
        &self,
        organization: OrganizationId,
        before: Option<InviteId>,
        limit: u32,
    ) -> Result<Vec<ListedInvite>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            invite_columns!(),
            ", p.name, j.name FROM invites i \
             JOIN people p ON p.id = i.owner_id AND p.organization_id = i.organization_id \
             LEFT JOIN people j ON j.id = i.used_by AND j.organization_id = i.organization_id \
             WHERE i.organization_id = $1 AND i.id < $2 ORDER BY i.id DESC LIMIT $3"
        ));
        // Every id begins with a digit or a letter to f.
        let before = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
        let rows = self.0.rows(asked.bind(organization).text(&before).bind(limit)).await?;
        rows.iter()
            .map(|row| {
                let mut cells = Cells::new(row, "invites");
                let invite = invite(&mut cells)?;
                let names = cells.of("people");
                Ok(ListedInvite { invite, by: names.take()?, joined: names.take_opt()? })
            })
            .collect()
    }
}

#[async_trait]
impl InviteWrites for Statements<Unit> {
    async fn insert_invite(&mut self, invite: &InviteRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO invites (organization_id, owner_id, id, digest, note, role, reviewer, created_at, expires_at, \
             used_at, used_by, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .owned(invite.owned)
        .bind(invite.id)
        .text(&invite.digest)
        .text(&invite.note)
        .bind(invite.role)
        .bind(invite.reviewer)
        .bind(invite.created_at)
        .bind(invite.expires_at)
        .bind_opt(invite.used_at)
        .bind_opt(invite.used_by)
        .bind_opt(invite.revoked_at);
        self.0.change(new).await.map(drop)
    }

    async fn use_invite(
        &mut self,
        digest: &str,
        by: PersonId,
        now: Timestamp,
    ) -> Result<Option<InviteRow>, StoreError> {
        let used = Statement::new(concat!(
            "UPDATE invites SET used_at = $2, used_by = $3",
            is_open!(),
            " RETURNING ",
            "organization_id, owner_id, id, digest, note, role, reviewer, created_at, expires_at, used_at, used_by, revoked_at"
        ));
        let row = self.0.row(used.text(digest).bind(now).bind(by)).await?;
        row.map(|row| invite(&mut Cells::new(&row, "invites"))).transpose()
    }

    async fn revoke_invite(
        &mut self,
        organization: OrganizationId,
        id: InviteId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let revoked = Statement::new(
            "UPDATE invites SET revoked_at = $3 \
             WHERE organization_id = $1 AND id = $2 AND used_at IS NULL AND revoked_at IS NULL",
        );
        Ok(self.0.change(revoked.bind(organization).bind(id).bind(now)).await? == 1)
    }

    async fn revoke_invites_of(&mut self, owned: Owned, now: Timestamp) -> Result<(), StoreError> {
        let revoked = Statement::new(
            "UPDATE invites SET revoked_at = $3 \
             WHERE organization_id = $1 AND owner_id = $2 AND used_at IS NULL AND revoked_at IS NULL",
        );
        self.0.change(revoked.owned(owned).bind(now)).await.map(drop)
    }
}
