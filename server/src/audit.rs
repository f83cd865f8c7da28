//! `vobio audit`: whether the audit log is whole, where its chain ends, and all of it for others to look at.

use crate::{
    boot::{database, named, store_url},
    clock::SystemClock,
    config::Config,
    folder::Folder,
    print,
};
use anyhow::{Context, bail, ensure};
use clap::Subcommand;
use std::{fs, path::Path, process::ExitCode, sync::Arc};
use storage::{Condition, Database};
use studio::{AUDIT_READ_AT_ONCE, Finding, KnownHead, ports::Clock as _, ports::store::AuditReads as _};

/// What is asked of the log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Looks at every row; names the first that was changed, removed or reordered, and fails then.
    Verify {
        /// An end of the chain that you kept: what `head` printed, or a file with it.
        #[arg(long, value_name = "FILE or HASH")]
        head: Option<String>,
    },
    /// Prints the end of the chain: keep it elsewhere, and a log that was written anew is found.
    Head,
    /// Prints every sealed row with its hash, one line of JSON each.
    Export {
        /// Only rows behind this place.
        #[arg(long, default_value_t = 0, value_name = "POSITION")]
        after: u64,
    },
}

/// Does it, also while the studio serves.
pub(crate) async fn audit(config: &Config, what: Audit) -> anyhow::Result<ExitCode> {
    // Before the database is opened: a head that cannot be read is a mistake of typing.
    let known = match &what {
        Audit::Verify { head: Some(text) } => Some(known(text)?),
        _ => None,
    };
    let database = opened(config).await?;
    let done = match what {
        Audit::Verify { .. } => verify(&database, known.as_ref()).await,
        Audit::Head => head(&database).await,
        Audit::Export { after } => export(&database, after).await,
    };
    database.close().await;
    done
}

/// A head as it was typed, or as a file has it.
fn known(text: &str) -> anyhow::Result<KnownHead> {
    if let Some(known) = KnownHead::parse(text) {
        return Ok(known);
    }
    ensure!(
        Path::new(text).exists(),
        "{text} is neither a file nor the hash of a row (64 signs, 0 to 9 and a to f)"
    );
    let read = fs::read_to_string(text).with_context(|| format!("{text} cannot be read"))?;
    KnownHead::parse(&read).with_context(|| format!("{text} does not hold what `vobio audit head` prints"))
}

/// The database of a studio that is there: looking at it changes nothing.
pub(crate) async fn opened(config: &Config) -> anyhow::Result<Arc<Database>> {
    let folder = Folder::at(config);
    let (_, condition) = named(config, storage::look(&store_url(config, &folder)).await)?;
    match condition {
        Condition::Absent => bail!("there is no database in {} yet", config.data.display()),
        Condition::Behind => {
            bail!("the database has the schema of an earlier version; the next start migrates it")
        }
        Condition::Current => database(config, &folder).await,
    }
}

async fn verify(database: &Database, known: Option<&KnownHead>) -> anyhow::Result<ExitCode> {
    match studio::verify_audit(database, known, SystemClock.now()).await? {
        Ok(verified) => {
            let (head, waiting) = (verified.head, verified.waiting);
            print(&format!(
                "The audit log is whole: {} rows, the last with the hash {}.",
                head.position, head.hash
            ));
            if waiting > 0 {
                print(&format!("{waiting} more were written a moment ago and are not sealed yet."));
            }
            print(match known {
                Some(_) => "The end that you kept is in it.",
                None => {
                    "Whether it was written anew as a whole only an end that you keep elsewhere can tell: vobio audit head."
                }
            });
            Ok(ExitCode::SUCCESS)
        }
        Err(finding) => {
            print(&format!("THE AUDIT LOG IS NOT WHOLE: {finding}."));
            if !matches!(finding, Finding::Unsealed { .. }) {
                print("What is behind it was not looked at.");
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn head(database: &Database) -> anyhow::Result<ExitCode> {
    let head = database.audit_head().await?;
    let head = head.context("the end of the chain is gone; vobio audit verify says more")?;
    print(&format!("{} {}", head.position, head.hash));
    Ok(ExitCode::SUCCESS)
}

async fn export(database: &Database, mut after: u64) -> anyhow::Result<ExitCode> {
    loop {
        let part = database.sealed_audit(after, AUDIT_READ_AT_ONCE).await?;
        for line in &part {
            print(&line.json());
        }
        match part.last().and_then(|last| last.position) {
            Some(last) => after = last,
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}
