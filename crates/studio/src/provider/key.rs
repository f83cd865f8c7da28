//! The key of a model server: sealed for its row and its address, opened for asking it and for nothing else.

use crate::{
    broken,
    ports::{
        Sealed, Vault, VaultFault,
        store::{Owned, ProviderRow},
    },
};
use api_types::{Problem, ProviderId};
use secrecy::SecretString;

/// Where a sealed key belongs: to this row of this organization and to this address, so that neither another row nor another
/// address gets what was given for it.
fn place(owned: Owned, id: ProviderId, base_url: &str) -> String {
    format!("provider {} {id} {base_url}", owned.organization)
}

/// The key of a row, if it has one.
///
/// # Errors
/// A sentence that says why it cannot be opened and what to do.
pub(super) fn opened(vault: &dyn Vault, row: &ProviderRow) -> Result<Option<SecretString>, String> {
    let Some(sealed) = &row.key else { return Ok(None) };
    let opened = vault.open(sealed, &place(row.owned, row.id, &row.base_url));
    opened.map(Some).map_err(|fault| unopened(&row.name, &fault))
}

/// Seals a key for a row; `others` are the other rows of the organization.
///
/// # Errors
/// `Changed` where the others were sealed with a key that this process does not have, `Broken`.
pub(super) fn sealed(
    vault: &dyn Vault,
    key: &SecretString,
    (owned, id, base_url): (Owned, ProviderId, &str),
    others: &[ProviderRow],
    alone: bool,
) -> Result<Sealed, Problem> {
    let ours = vault.key_name().map_err(|fault| unusable(&fault))?;
    let is_others = |row: &&ProviderRow| {
        row.key.as_ref().is_some_and(|key| ours.as_ref() != Some(&key.with)) && row.id != id
    };
    // A process that would seal with a key of its own makes what the others cannot open.
    if !alone && let Some(row) = others.iter().find(is_others) {
        let name = &row.name;
        let detail = format!(
            "This process has another key file than the one that the key of {name} was sealed with, so no key is taken here. Give \
             all processes of the studio one key file (PROVIDER_KEY_FILE); where that file is lost, remove the keys that are there first."
        );
        return Err(Problem::Changed { detail });
    }
    vault.seal(key, &place(owned, id, base_url)).map_err(|fault| unusable(&fault))
}

fn unusable(fault: &VaultFault) -> Problem {
    match fault {
        VaultFault::Unusable(why) => {
            tracing::error!(why, "the key file of model servers cannot be used");
            Problem::TryLater { detail: format!("The key was not kept: {why} Nothing was changed.") }
        }
        fault => broken("a key could not be sealed", fault),
    }
}

/// Why a server cannot be asked, and what to do.
fn unopened(name: &str, fault: &VaultFault) -> String {
    let why = match fault {
        VaultFault::NoKey => "the key file of the studio is not there",
        VaultFault::AnotherKey => "it was sealed with another key file than this process has",
        VaultFault::Damaged => "its row was changed outside of the studio",
        VaultFault::Unusable(why) => why.trim_end_matches('.'),
    };
    let then = match fault {
        VaultFault::Damaged => "give its key once more",
        _ => "put the key file back and start the studio again, or give its key once more",
    };
    format!("The API key of {name} cannot be opened: {why}. An administrator has to {then}.")
}
