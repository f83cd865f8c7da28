//! Model servers that administrators add: an address and a key, changed, tested, removed.

mod key;
mod shut;
mod typed;

use crate::{
    Admin, PROVIDERS_MAX, Studio, TouchedAdmin,
    ports::{
        AddressRefused, ModelSource, SourceAddress, Timestamp,
        store::{AuditTarget, AuditValue, ProviderRow, Tx},
    },
    refresh::Provided,
};
use api_types::{AuditAction, OrganizationId, Problem, ProviderId, ProviderKind, ProviderTested};
use secrecy::SecretString;
use std::sync::Arc;

/// A model server as somebody adds it.
#[derive(Debug, Clone)]
pub struct NewProvider {
    /// The part before the slash in its models' names. It stays.
    pub name: String,
    /// How it speaks.
    pub kind: ProviderKind,
    /// Where it is.
    pub base_url: String,
    /// Its key; servers at home have none.
    pub key: Option<SecretString>,
}

/// What is changed of one.
#[derive(Debug, Clone)]
pub struct ProviderChange {
    /// How it speaks.
    pub kind: ProviderKind,
    /// Where it is.
    pub base_url: String,
    /// What becomes of its key.
    pub key: KeyChange,
}

/// What becomes of a key that nobody can see again.
#[derive(Debug, Clone)]
pub enum KeyChange {
    /// It stays, where the address stays too.
    Keep,
    /// Another one takes its place.
    Replace(SecretString),
    /// It goes.
    Remove,
}

/// A model server that was added, as administrators see it. Its key is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderView {
    /// The part before the slash in its models' names.
    pub name: String,
    /// How it speaks.
    pub kind: ProviderKind,
    /// Where it is.
    pub base_url: String,
    /// Whether it has a key.
    pub has_key: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// Another source has its name, so it is not asked.
    pub is_set_aside: bool,
}

fn address(row: &ProviderRow) -> SourceAddress {
    SourceAddress {
        name: row.name.clone(),
        label: row.name.clone(),
        dialect: row.kind.as_str().to_owned(),
        base_url: row.base_url.clone(),
    }
}

fn refused(refused: AddressRefused) -> Problem {
    match refused {
        AddressRefused::Name(why) => Problem::field("name", why),
        AddressRefused::Address(why) => Problem::field("base_url", why),
        AddressRefused::Key(why) => Problem::field("key", why),
    }
}

/// All of an organization, and the one of a name, in the unit of work that changes it.
async fn found(
    tx: &mut dyn Tx,
    organization: OrganizationId,
    name: &str,
) -> Result<(ProviderRow, Vec<ProviderRow>), Problem> {
    let all = tx.providers(organization).await?;
    let there = all.iter().find(|row| row.name == name).cloned().ok_or(Problem::NotFound)?;
    Ok((there, all))
}

fn key_word(has_key: bool) -> AuditValue {
    AuditValue::Word(if has_key { "sealed" } else { "none" })
}

impl Studio {
    /// The source of a row: the one of before where nothing has changed, else a new one; where its key cannot be opened one that
    /// says so.
    pub(crate) fn provided(&self, row: ProviderRow, before: &[Provided]) -> Provided {
        let same = before.iter().find(|known| known.row == row && known.source.shut().is_none());
        if let Some(known) = same {
            return known.clone();
        }
        let made = key::opened(&*self.vault, &row).and_then(|key| {
            self.finder.provide(&address(&row), key).map_err(|refused| match refused {
                AddressRefused::Name(why) | AddressRefused::Address(why) | AddressRefused::Key(why) => why,
            })
        });
        let source: Arc<dyn ModelSource> = made.unwrap_or_else(|why| {
            tracing::error!(source = row.name, why, "a model server cannot be asked");
            Arc::new(shut::Shut { name: row.name.clone(), why })
        });
        Provided { row, source }
    }

    /// The model servers that administrators added.
    pub fn providers(&self, by: &Admin<'_>) -> Vec<ProviderView> {
        let organization = by.signed_in().owned().organization;
        let known = self.known();
        let own = known.providers.iter().filter(|known| known.row.owned.organization == organization);
        own.map(|known| self.view(&known.row)).collect()
    }

    fn view(&self, row: &ProviderRow) -> ProviderView {
        ProviderView {
            name: row.name.clone(),
            kind: row.kind,
            base_url: row.base_url.clone(),
            has_key: row.key.is_some(),
            created_at: row.created_at,
            changed_at: row.changed_at,
            is_set_aside: self.catalog.is_taken(&row.name),
        }
    }

    /// Adds a model server. Its key is sealed, and no page shows it again.
    ///
    /// # Errors
    /// `Invalid` naming the field, `Changed` for one too many or where this process has another key file than the others.
    pub async fn add_provider(&self, by: &TouchedAdmin<'_>, new: NewProvider) -> Result<(), Problem> {
        let (by, now) = (by.signed_in(), self.now());
        let key = typed::key(new.key)?;
        let row = ProviderRow {
            id: ProviderId(self.ids.next()),
            owned: by.owned(),
            name: typed::name(&new.name)?,
            kind: new.kind,
            base_url: typed::base_url(&new.base_url)?,
            key: None,
            created_at: now,
            changed_at: now,
        };
        if self.catalog.is_taken(&row.name) {
            return Err(name_taken(&row.name));
        }
        self.finder.provide(&address(&row), key.clone()).map_err(refused)?;
        let name = row.name.clone();
        let audit = self
            .audit_by(by, AuditAction::ProviderAdded, AuditTarget::source(&name))
            .changing("kind", AuditValue::Absent, AuditValue::Word(row.kind.as_str()))
            .changing("key", AuditValue::Absent, key_word(key.is_some()));
        let (vault, alone, admin) = (self.vault.clone(), self.settings.alone, by.person());
        self.change_settings(by, move |tx, _| {
            Box::pin(async move {
                let all = tx.providers(row.owned.organization).await?;
                if all.iter().any(|other| other.name == row.name) {
                    return Err(name_taken(&row.name));
                }
                if all.len() >= PROVIDERS_MAX {
                    return Err(too_many());
                }
                let place = (row.owned, row.id, row.base_url.as_str());
                let key = key.map(|key| key::sealed(&*vault, &key, place, &all, alone)).transpose()?;
                tx.insert_provider(&ProviderRow { key, ..row }).await?;
                Ok(tx.insert_audit(&audit).await?)
            })
        })
        .await?;
        tracing::info!(source = name, by = %admin, "a model server was added");
        Ok(())
    }

    /// Changes kind, address or key of one that was added. A key was given for its address: another address takes it anew.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` naming the field, `Changed` where this process has another key file than the others.
    pub async fn change_provider(
        &self,
        by: &TouchedAdmin<'_>,
        name: &str,
        change: ProviderChange,
    ) -> Result<(), Problem> {
        let (by, now) = (by.signed_in(), self.now());
        let base_url = typed::base_url(&change.base_url)?;
        let key = match change.key {
            KeyChange::Replace(key) => typed::key(Some(key))?.map_or(KeyChange::Keep, KeyChange::Replace),
            other => other,
        };
        let given = match &key {
            KeyChange::Replace(key) => Some(key.clone()),
            KeyChange::Keep | KeyChange::Remove => None,
        };
        let tried = SourceAddress {
            name: name.to_owned(),
            label: name.to_owned(),
            dialect: change.kind.as_str().to_owned(),
            base_url: base_url.clone(),
        };
        let organization = by.owned().organization;
        let audit = self.audit_by(by, AuditAction::ProviderChanged, AuditTarget::source(name));
        let (vault, alone, admin) = (self.vault.clone(), self.settings.alone, by.person());
        // Who names nothing is told so, and not what is wrong with the rest.
        if !self.store.providers(organization).await?.iter().any(|row| row.name == name) {
            return Err(Problem::NotFound);
        }
        self.finder.provide(&tried, given).map_err(refused)?;
        let (of, kind) = (name.to_owned(), change.kind);
        let is_changed = self
            .change_settings(by, move |tx, _| {
                Box::pin(async move {
                    let (before, all) = found(tx, organization, &of).await?;
                    let mut audit = audit
                        .changing(
                            "kind",
                            AuditValue::Word(before.kind.as_str()),
                            AuditValue::Word(kind.as_str()),
                        )
                        .changing("moved", false, before.base_url != base_url);
                    let place = (before.owned, before.id, base_url.as_str());
                    let new = match key {
                        KeyChange::Keep if before.key.is_some() && before.base_url != base_url => {
                            return Err(key_of_another_address());
                        }
                        KeyChange::Keep => before.key.clone(),
                        KeyChange::Remove => None,
                        KeyChange::Replace(key) => Some(key::sealed(&*vault, &key, place, &all, alone)?),
                    };
                    audit = audit.changing(
                        "key",
                        key_word(before.key.is_some()),
                        match &new {
                            Some(new) if before.key.as_ref().is_some_and(|old| old != new) => {
                                AuditValue::Word("replaced")
                            }
                            new => key_word(new.is_some()),
                        },
                    );
                    if audit.change.is_empty() {
                        return Ok(false);
                    }
                    let row = ProviderRow { kind, base_url, key: new, changed_at: now, ..before };
                    if !tx.change_provider(&row).await? {
                        return Err(Problem::NotFound);
                    }
                    tx.insert_audit(&audit).await?;
                    Ok(true)
                })
            })
            .await?;
        if is_changed {
            tracing::info!(source = name, by = %admin, "a model server was changed");
        }
        Ok(())
    }

    /// Removes one that was added, and its key. Prices that were set for its models stay, for one that is added by its name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn remove_provider(&self, by: &TouchedAdmin<'_>, name: &str) -> Result<(), Problem> {
        let (by, of) = (by.signed_in(), name.to_owned());
        let (organization, admin) = (by.owned().organization, by.person());
        let audit = self.audit_by(by, AuditAction::ProviderRemoved, AuditTarget::source(name));
        self.change_settings(by, move |tx, _| {
            Box::pin(async move {
                let (row, _) = found(tx, organization, &of).await?;
                if !tx.remove_provider(row.owned, row.id).await? {
                    return Err(Problem::NotFound);
                }
                let audit = audit
                    .changing("kind", AuditValue::Word(row.kind.as_str()), AuditValue::Absent)
                    .changing("key", key_word(row.key.is_some()), AuditValue::Absent);
                Ok(tx.insert_audit(&audit).await?)
            })
        })
        .await?;
        tracing::info!(source = name, by = %admin, "a model server was removed");
        Ok(())
    }

    /// Asks any model server which models it has: whether it answers, how long that took, how many there are.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn test_provider(&self, _by: &Admin<'_>, name: &str) -> Result<ProviderTested, Problem> {
        let begun = self.now();
        let status = self.catalog.status(name).await.ok_or(Problem::NotFound)?;
        let took = self.now().since(begun).as_millis();
        let (works, words) = match status.state {
            Ok(words) => (true, words),
            Err(why) => (false, why),
        };
        let milliseconds = u64::try_from(took).unwrap_or(u64::MAX);
        Ok(ProviderTested { name: name.to_owned(), works, words, milliseconds })
    }
}

fn name_taken(name: &str) -> Problem {
    Problem::field(
        "name",
        format!("There is a model server called {name} already. Give this one another name."),
    )
}

fn too_many() -> Problem {
    Problem::Changed {
        detail: format!("There are {PROVIDERS_MAX} model servers already. Remove one that is not needed."),
    }
}

fn key_of_another_address() -> Problem {
    Problem::field(
        "key",
        "The key that is kept was given for the earlier address, and goes to no other. Type the key for this address, or remove it.",
    )
}
