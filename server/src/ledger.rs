//! `vobio ledger verify`: computes the ledger anew and names what does not add up.

use crate::{audit::opened, config::Config, print};
use std::process::ExitCode;
use studio::ports::store::LedgerReads as _;

/// So many differences are named.
const NAMED_MAX: u32 = 100;

/// Verifies the ledger, also while the studio serves: each check is one look at one moment. Ends with 1 where something differs.
pub(crate) async fn verify(config: &Config) -> anyhow::Result<ExitCode> {
    let database = opened(config).await?;
    let found = database.ledger_differences(NAMED_MAX).await;
    database.close().await;
    let found = found?;
    if found.is_empty() {
        print("The ledger adds up: every window, every open hold, every hold that ended.");
        return Ok(ExitCode::SUCCESS);
    }
    for difference in &found {
        print(&format!("{}: {}", difference.owner, difference.what));
    }
    if found.len() == NAMED_MAX as usize {
        print("There may be more.");
    }
    Ok(ExitCode::FAILURE)
}
