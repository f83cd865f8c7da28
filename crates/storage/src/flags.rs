//! The switches of administrators.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::{Flag, FlagMode, OrganizationId, PersonId};
use async_trait::async_trait;
use studio::ports::store::{FlagReads, FlagWrites, ListedSwitch, StoreError, SwitchRow};

/// The columns of a switch, in the order of [`switch`].
macro_rules! switch_columns {
    () => {
        "flag_switches.organization_id, flag, person_id, mode, percent, changed_by, changed_at"
    };
}

/// `None` for a flag that this version does not know.
fn switch(cells: &mut Cells<'_>) -> Result<Option<SwitchRow>, StoreError> {
    let organization = cells.take()?;
    let (flag, person): (String, String) = (cells.take()?, cells.take()?);
    let (mode, percent): (String, i64) = (cells.take()?, cells.take()?);
    let (changed_by, changed_at) = (cells.take()?, cells.take()?);
    let wrong = || StoreError::Corrupt(format!("flag_switches, {flag}: nobody knows where it stands"));
    let person = (!person.is_empty()).then(|| person.parse().map_err(|_| wrong())).transpose()?;
    let mode = FlagMode::of(&mode, percent).ok_or_else(wrong)?;
    let switch = |flag| SwitchRow { organization, flag, person, mode, changed_by, changed_at };
    Ok(Flag::parse(&flag).map(switch))
}

/// Whose a switch is, as it is stored.
fn whose(person: Option<PersonId>) -> String {
    person.map_or_else(String::new, |person| person.to_string())
}

#[async_trait]
impl<L: Line> FlagReads for Statements<L> {
    async fn switches(&self) -> Result<Vec<SwitchRow>, StoreError> {
        let asked = Statement::new(concat!("SELECT ", switch_columns!(), " FROM flag_switches"));
        let rows = self.0.rows(asked).await?;
        rows.iter().filter_map(|row| switch(&mut Cells::new(row, "flag_switches")).transpose()).collect()
    }

    async fn listed_switches(&self, organization: OrganizationId) -> Result<Vec<ListedSwitch>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            switch_columns!(),
            ", b.name, p.name FROM flag_switches \
             JOIN people b ON b.id = changed_by AND b.organization_id = flag_switches.organization_id \
             LEFT JOIN people p ON p.id = person_id AND p.organization_id = flag_switches.organization_id \
             WHERE flag_switches.organization_id = $1 ORDER BY flag, p.name, person_id"
        ));
        let rows = self.0.rows(asked.bind(organization)).await?;
        let listed =
            rows.iter().filter_map(|row| {
                let mut cells = Cells::new(row, "flag_switches");
                let switch = switch(&mut cells).transpose()?;
                let names = cells.of("people");
                Some(switch.and_then(|switch| {
                    Ok(ListedSwitch { switch, by: names.take()?, name: names.take_opt()? })
                }))
            });
        listed.collect()
    }
}

#[async_trait]
impl FlagWrites for Statements<Unit> {
    async fn set_switch(&mut self, row: &SwitchRow) -> Result<(), StoreError> {
        let set = Statement::new(
            "INSERT INTO flag_switches (organization_id, flag, person_id, mode, percent, changed_by, changed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organization_id, flag, person_id) DO UPDATE SET \
             mode = excluded.mode, percent = excluded.percent, changed_by = excluded.changed_by, \
             changed_at = excluded.changed_at",
        );
        let set = set
            .bind(row.organization)
            .text(row.flag.as_str())
            .text(&whose(row.person))
            .text(row.mode.as_str())
            .bind(i64::from(row.mode.percent()))
            .bind(row.changed_by)
            .bind(row.changed_at);
        self.0.change(set).await.map(drop)
    }

    async fn remove_switch(
        &mut self,
        organization: OrganizationId,
        flag: Flag,
        person: Option<PersonId>,
    ) -> Result<(), StoreError> {
        let removed = Statement::new(
            "DELETE FROM flag_switches WHERE organization_id = $1 AND flag = $2 AND person_id = $3",
        );
        let removed = removed.bind(organization).text(flag.as_str()).text(&whose(person));
        self.0.change(removed).await.map(drop)
    }
}
