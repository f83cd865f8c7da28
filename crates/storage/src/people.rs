//! Organizations and people.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::OrganizationId;
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{PeopleReads, PeopleWrites, PersonRow, StoreError},
};

/// The columns of a person, in the order of [`person`]; `p` is the table.
macro_rules! person_columns {
    () => {
        "p.organization_id, p.id, p.name, p.role, p.reviewer, p.created_at, p.disabled_at, p.deleted_at"
    };
}
pub(crate) use person_columns;

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
}
