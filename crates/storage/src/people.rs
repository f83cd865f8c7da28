//! Organizations and people.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::{OrganizationId, PersonId, Role};
use async_trait::async_trait;
use sqlx::any::AnyRow;
use studio::ports::{
    Timestamp,
    store::{ListedPerson, Owned, PeopleReads, PeopleWrites, PersonRow, SessionEnd, StoreError},
};

/// The columns of a person, in the order of [`person`]; `p` is the table.
macro_rules! person_columns {
    () => {
        "p.organization_id, p.id, p.name, p.role, p.reviewer, p.created_at, p.disabled_at, p.deleted_at"
    };
}
pub(crate) use person_columns;

/// A person with their last request.
macro_rules! listed {
    () => {
        concat!(
            "SELECT ",
            person_columns!(),
            ", (SELECT MAX(s.last_seen_at) FROM sessions s \
             WHERE s.organization_id = p.organization_id AND s.owner_id = p.id) \
             FROM people p WHERE p.organization_id = $1 AND p.deleted_at IS NULL AND "
        )
    };
}

fn listed(row: &AnyRow) -> Result<ListedPerson, StoreError> {
    let mut cells = Cells::new(row, "people");
    Ok(ListedPerson { person: person(&mut cells)?, last_seen_at: cells.of("sessions").take_opt()? })
}

/// Reads `person_columns!`.
pub(crate) fn person(cells: &mut Cells<'_>) -> Result<PersonRow, StoreError> {
    let cells = cells.of("people");
    Ok(PersonRow {
        organization: cells.take()?,
        id: cells.take()?,
        name: cells.take()?,
        role: cells.take()?,
        reviewer: cells.take()?,
        created_at: cells.take()?,
        disabled_at: cells.take_opt()?,
        deleted_at: cells.take_opt()?,
    })
}

#[async_trait]
impl<L: Line> PeopleReads for Statements<L> {
    async fn has_owner(&self) -> Result<bool, StoreError> {
        let asked = Statement::new("SELECT organization_id FROM people WHERE role = 'owner' LIMIT 1");
        Ok(self.0.row(asked).await?.is_some())
    }

    async fn owners(&self) -> Result<Vec<PersonRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            person_columns!(),
            " FROM people p WHERE p.role = 'owner' AND p.disabled_at IS NULL AND p.deleted_at IS NULL \
             ORDER BY p.name, p.id"
        ));
        let rows = self.0.rows(asked).await?;
        rows.iter().map(|row| person(&mut Cells::new(row, "people"))).collect()
    }

    async fn people_called(&self, called: &str) -> Result<Vec<PersonRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            person_columns!(),
            " FROM people p WHERE (p.name = $1 OR p.id = $1) \
             AND p.disabled_at IS NULL AND p.deleted_at IS NULL ORDER BY p.created_at, p.id LIMIT 10"
        ));
        let rows = self.0.rows(asked.text(called)).await?;
        rows.iter().map(|row| person(&mut Cells::new(row, "people"))).collect()
    }

    async fn first_organization(&self) -> Result<Option<OrganizationId>, StoreError> {
        let asked = Statement::new("SELECT id FROM organizations ORDER BY created_at, id LIMIT 1");
        self.0.row(asked).await?.map(|row| Cells::new(&row, "organizations").take()).transpose()
    }

    async fn person(
        &self,
        organization: OrganizationId,
        id: PersonId,
    ) -> Result<Option<ListedPerson>, StoreError> {
        let asked = Statement::new(concat!(listed!(), "p.id = $2"));
        self.0.row(asked.bind(organization).bind(id)).await?.map(|row| listed(&row)).transpose()
    }

    async fn people(
        &self,
        organization: OrganizationId,
        after: Option<(Timestamp, PersonId)>,
        limit: u32,
    ) -> Result<Vec<ListedPerson>, StoreError> {
        let asked = Statement::new(concat!(
            listed!(),
            "(p.created_at, p.id) > ($2, $3) ORDER BY p.created_at, p.id LIMIT $4"
        ));
        // Nobody came before the beginning of time.
        let (at, id) = after.map_or((Timestamp(i64::MIN), String::new()), |(at, id)| (at, id.to_string()));
        let rows = self.0.rows(asked.bind(organization).bind(at).text(&id).bind(limit)).await?;
        rows.iter().map(listed).collect()
    }
}

#[async_trait]
impl PeopleWrites for Statements<Unit> {
    async fn insert_organization(
        &mut self,
        id: OrganizationId,
        name: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let new = Statement::new("INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)");
        self.0.change(new.bind(id).text(name).bind(now)).await.map(drop)
    }

    async fn insert_person(&mut self, person: &PersonRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO people (organization_id, id, name, role, reviewer, created_at, disabled_at, deleted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(person.organization)
        .bind(person.id)
        .text(&person.name)
        .bind(person.role)
        .bind(person.reviewer)
        .bind(person.created_at)
        .bind_opt(person.disabled_at)
        .bind_opt(person.deleted_at);
        self.0.change(new).await.map(drop)
    }

    async fn hold_organization(&mut self, id: OrganizationId) -> Result<(), StoreError> {
        // Takes the row's lock: PostgreSQL may be shared by processes, each with a writer of its own.
        let held = Statement::new("UPDATE organizations SET name = name WHERE id = $1");
        self.0.change(held.bind(id)).await.map(drop)
    }

    async fn hold_person(&mut self, who: Owned) -> Result<Option<PersonRow>, StoreError> {
        // The same, and what it returns is the row as the one who held it before has left it.
        let held = Statement::new(
            "UPDATE people SET name = name WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL \
             RETURNING organization_id, id, name, role, reviewer, created_at, disabled_at, deleted_at",
        );
        self.0.row(held.owned(who)).await?.map(|row| person(&mut Cells::new(&row, "people"))).transpose()
    }

    async fn has_other_owner(&mut self, besides: Owned) -> Result<bool, StoreError> {
        let asked = Statement::new(
            "SELECT id FROM people WHERE organization_id = $1 AND role = 'owner' AND id <> $2 \
             AND disabled_at IS NULL AND deleted_at IS NULL LIMIT 1",
        );
        Ok(self.0.row(asked.owned(besides)).await?.is_some())
    }

    async fn rename_person(&mut self, who: Owned, name: &str) -> Result<(), StoreError> {
        let renamed = Statement::new(
            "UPDATE people SET name = $3 WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL",
        );
        self.0.change(renamed.owned(who).text(name)).await.map(drop)
    }

    async fn set_role(&mut self, who: Owned, role: Role, reviewer: bool) -> Result<bool, StoreError> {
        let set = Statement::new(
            "UPDATE people SET role = $3, reviewer = $4 \
             WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL",
        );
        Ok(self.0.change(set.owned(who).bind(role).bind(reviewer)).await? == 1)
    }

    async fn set_disabled(&mut self, who: Owned, disabled_at: Option<Timestamp>) -> Result<bool, StoreError> {
        let set = Statement::new(
            "UPDATE people SET disabled_at = $3 WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL \
             AND (disabled_at IS NULL) = ($4 = 1)",
        );
        let set = set.owned(who).bind_opt(disabled_at).bind(disabled_at.is_some());
        if self.0.change(set).await? == 0 {
            return Ok(false);
        }
        if let Some(now) = disabled_at {
            self.end_sessions_of(who, SessionEnd::Disabled, now).await?;
            let revoked = Statement::new(
                "UPDATE tokens SET revoked_at = $3 WHERE organization_id = $1 AND owner_id = $2 AND revoked_at IS NULL",
            );
            self.0.change(revoked.owned(who).bind(now)).await?;
        }
        Ok(true)
    }

    async fn erase_person(&mut self, who: Owned, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let erased = Statement::new(
            "UPDATE people SET name = $3, role = 'member', reviewer = 0, disabled_at = $4, deleted_at = $4 \
             WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL",
        );
        if self.0.change(erased.owned(who).text(name).bind(now)).await? == 0 {
            return Ok(false);
        }
        self.erase_rows_of(who).await?;
        self.end_sessions_of(who, SessionEnd::Deleted, now).await?;
        Ok(true)
    }

    async fn erase_late(&mut self, since: Timestamp) -> Result<(), StoreError> {
        let deleted = Statement::new("SELECT organization_id, id FROM people WHERE deleted_at >= $1");
        for row in self.0.rows(deleted.bind(since)).await? {
            let who = Cells::new(&row, "people").take_owned()?;
            self.erase_rows_of(who).await?;
        }
        Ok(())
    }
}

impl Statements<Unit> {
    /// All that is somebody's goes, or is on its way.
    async fn erase_rows_of(&mut self, who: Owned) -> Result<(), StoreError> {
        for gone in [
            // At the head of the bin's line, whenever it is emptied. Before what is in them, as whoever empties it does.
            "UPDATE conversations SET deleted_at = 0 WHERE organization_id = $1 AND owner_id = $2",
            "DELETE FROM passkeys WHERE organization_id = $1 AND owner_id = $2",
            "DELETE FROM recovery_codes WHERE organization_id = $1 AND owner_id = $2",
            "DELETE FROM tokens WHERE organization_id = $1 AND owner_id = $2",
            "DELETE FROM account_events WHERE organization_id = $1 AND owner_id = $2",
            "DELETE FROM memories WHERE organization_id = $1 AND owner_id = $2",
            "DELETE FROM requests WHERE organization_id = $1 AND owner_id = $2",
            "DELETE FROM rate_calls WHERE organization_id = $1 AND owner_id = $2",
            "DELETE FROM rates WHERE organization_id = $1 AND owner_id = $2",
            "DELETE FROM refusals WHERE organization_id = $1 AND owner_id = $2",
            "DELETE FROM setup_codes WHERE organization_id = $1 AND person_id = $2",
            "DELETE FROM flag_switches WHERE organization_id = $1 AND person_id = $2",
            "DELETE FROM invites WHERE organization_id = $1 AND owner_id = $2 AND used_at IS NULL",
            // Whom an invitation was for may be a name.
            "UPDATE invites SET note = '' WHERE organization_id = $1 AND used_by = $2",
            "UPDATE sessions SET user_agent = '', browser = '', credential_id = NULL WHERE organization_id = $1 AND owner_id = $2",
        ] {
            self.0.change(Statement::new(gone).owned(who)).await?;
        }
        Ok(())
    }

    async fn end_sessions_of(
        &mut self,
        who: Owned,
        reason: SessionEnd,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let ended = Statement::new(
            "UPDATE sessions SET ended_at = $3, end_reason = $4 \
             WHERE organization_id = $1 AND owner_id = $2 AND ended_at IS NULL",
        );
        self.0.change(ended.owned(who).bind(now).bind(reason)).await.map(drop)
    }
}
