//! `vobio backup`: one tar file with the database and the keys.

use crate::{boot::database, config::Config, folder::Folder, print};
use anyhow::{Context, anyhow, bail, ensure};
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};
use storage::BackupError;

/// The names in the file.
pub(crate) const DATABASE: &str = "vobio.db";
pub(crate) const SESSION_KEY: &str = "keys/session.key";
pub(crate) const PROVIDER_KEY: &str = "keys/providers.key";

/// A new file that only its owner can read.
pub(crate) fn create(path: &Path) -> io::Result<File> {
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
    if config.database_url.is_none() {
        // Before anything is made: the folder may be mistyped.
        let database = Folder::at(config).database();
        ensure!(database.exists(), "there is no database in {} yet", config.data.display());
    }
    let folder = Folder::open(config)?;
    let database = database(config, &folder).await?;
    let copy = file.with_extension("part.db");
    let copied = database.backup(&copy).await;
    database.close().await;
    match copied {
        Ok(()) => {}
        Err(BackupError::UsePgDump(line)) => {
            print("The data are in PostgreSQL, which makes its own copies. Run:");
            print(&format!("  {line}"));
            let (signs, seals) = (folder.session_key(), folder.provider_key(config));
            bail!(
                "and keep a copy of {} beside it, which signs the sessions, and of {}, which opens the keys of model servers",
                signs.display(),
                seals.display()
            );
        }
        // By the name that was asked for; the copy beside it has another.
        Err(BackupError::Io { source, .. }) => {
            return Err(anyhow!("{} cannot be made: {source}", file.display()));
        }
        Err(error) => return Err(error.into()),
    }
    let seals = folder.provider_key(config);
    let is_elsewhere = config.provider_key.is_some();
    let written = write(&folder, &copy, file, is_elsewhere);
    let _gone = fs::remove_file(&copy);
    if written.is_err() {
        let _gone = fs::remove_file(file);
    }
    written?;
    print(&format!(
        "{} holds the database and the keys. Keep it as safe as the studio itself.",
        file.display()
    ));
    if is_elsewhere {
        print(&format!(
            "{} (PROVIDER_KEY_FILE) is not in it: without that file the keys of model servers in it open nowhere.",
            seals.display()
        ));
    }
    Ok(())
}

fn write(folder: &Folder, copy: &Path, file: &Path, is_elsewhere: bool) -> anyhow::Result<()> {
    let out = create(file).with_context(|| format!("{} cannot be made", file.display()))?;
    let mut tar = tar::Builder::new(out);
    // Holes are written out: a restore takes plain files only.
    tar.sparse(false);
    tar.append_path_with_name(copy, DATABASE)?;
    if folder.session_key().exists() {
        tar.append_path_with_name(folder.session_key(), SESSION_KEY)?;
    }
    // Kept elsewhere on purpose: so that a backup opens nothing.
    if folder.own_provider_key().exists() && !is_elsewhere {
        tar.append_path_with_name(folder.own_provider_key(), PROVIDER_KEY)?;
    }
    tar.into_inner()?.sync_all()?;
    Ok(())
}
