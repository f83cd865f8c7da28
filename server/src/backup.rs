//! `vobio backup` and `vobio restore`: one tar file with the database and the keys.

use crate::{
    boot::{Folder, database},
    config::Config,
    print,
};
use anyhow::{Context, bail, ensure};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::Path,
};
use storage::BackupError;

const DATABASE: &str = "vobio.db";
const SESSION_KEY: &str = "keys/session.key";

/// A new file that only its owner can read.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Copies while the studio may be serving. The database is copied as of one moment (VACUUM INTO).
pub(crate) async fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    ensure!(!file.exists(), "{} exists already; a backup never writes over a file", file.display());
    let folder = Folder::open(config)?;
    if config.database_url.is_none() {
        ensure!(folder.database().exists(), "there is no database in {} yet", config.data.display());
    }
    let database = database(config, &folder).await?;
    let copy = file.with_extension("part.db");
    let copied = database.backup(&copy).await;
    database.close().await;
    match copied {
        Ok(()) => {}
        Err(BackupError::UsePgDump(line)) => {
            print("The data are in PostgreSQL, which makes its own copies. Run:");
            print(&format!("  {line}"));
            bail!("and keep a copy of {} beside it: it signs the sessions", folder.session_key().display());
        }
        Err(error) => return Err(error.into()),
    }
    let written = write(&folder, &copy, file);
    let _gone = fs::remove_file(&copy);
    if written.is_err() {
        let _gone = fs::remove_file(file);
    }
    written?;
    print(&format!(
        "{} holds the database and the keys. Keep it as safe as the studio itself.",
        file.display()
    ));
    Ok(())
}

fn write(folder: &Folder, copy: &Path, file: &Path) -> anyhow::Result<()> {
    let out = create(file).with_context(|| format!("{} cannot be made", file.display()))?;
    let mut tar = tar::Builder::new(out);
    tar.append_path_with_name(copy, DATABASE)?;
    if folder.session_key().exists() {
        tar.append_path_with_name(folder.session_key(), SESSION_KEY)?;
    }
    tar.into_inner()?.sync_all()?;
    Ok(())
}

/// Puts a backup into an empty state folder.
pub(crate) fn restore(config: &Config, file: &Path) -> anyhow::Result<()> {
    ensure!(
        config.database_url.is_none(),
        "DATABASE_URL is set: restore into PostgreSQL with pg_restore, and copy keys/session.key into {}",
        config.data.display()
    );
    let folder = Folder::open(config)?;
    for path in [folder.database(), folder.session_key()] {
        ensure!(!path.exists(), "{} exists already; restore only into an empty state folder", path.display());
    }
    let input = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut found = false;
    for entry in tar::Archive::new(input).entries()? {
        let mut entry = entry?;
        // Only what a backup holds, by name: nothing in the file decides where anything is written.
        let into = match entry.path()?.to_str() {
            Some(DATABASE) => folder.database(),
            Some(SESSION_KEY) => folder.session_key(),
            other => bail!("{} is not a backup of a studio: it holds {other:?}", file.display()),
        };
        found |= into == folder.database();
        let mut out = create(&into).with_context(|| format!("{} cannot be made", into.display()))?;
        io::copy(&mut entry.by_ref().take(u64::MAX), &mut out)?;
        out.sync_all()?;
    }
    ensure!(found, "{} is not a backup of a studio: there is no database in it", file.display());
    print(&format!("Restored into {}. Start the studio with: vobio serve", config.data.display()));
    Ok(())
}
