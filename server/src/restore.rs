//! `vobio restore`: a backup into an empty state folder, all of it or nothing.

use crate::{
    backup::{DATABASE, PROVIDER_KEY, SESSION_KEY, create},
    boot::database,
    config::Config,
    folder::Folder,
    host, print,
};
use anyhow::{Context, anyhow, bail, ensure};
use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use storage::{Condition, OpenError, StoreUrl};
use studio::BoundHost;

/// Puts a backup into an empty state folder.
pub(crate) async fn restore(config: &Config, file: &Path) -> anyhow::Result<()> {
    ensure!(
        config.database_url.is_none(),
        "DATABASE_URL is set: restore into PostgreSQL with pg_restore, and copy keys/session.key and keys/providers.key into {}",
        config.data.display()
    );
    let input = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let made = [config.data.join("keys"), config.data.clone()].into_iter().filter(|folder| !folder.exists());
    let made: Vec<PathBuf> = made.collect();
    let folder = Folder::open(config)?;
    let _lock = folder.lock()?;
    // The database last: where it is, there is a studio.
    let mut parts = [
        Part::of(SESSION_KEY, folder.session_key()),
        Part::of(PROVIDER_KEY, folder.own_provider_key()),
        Part::of(DATABASE, folder.database()),
    ];
    let database = folder.database();
    let mut kept = BESIDE.map(|suffix| beside(&database, suffix)).into_iter().chain([database]);
    let restored = match kept.find(|path| path.exists()) {
        Some(path) => Err(in_the_way(&path)),
        None => fill(&mut parts, input, file).await,
    };
    parts.iter().for_each(Part::remove);
    if restored.is_err() {
        if made.contains(&config.data) {
            let _gone = fs::remove_file(folder.lock_file());
        }
        // Only what is empty can be removed so.
        made.iter().for_each(|folder| drop(fs::remove_dir(folder)));
    }
    let condition = restored?;
    print(&format!("Restored into {}. Start the studio with: vobio serve", config.data.display()));
    // A schema of an earlier version is left as it is; the start says the same.
    if condition == Condition::Current {
        warn_of_another_host(config, &folder).await?;
    }
    Ok(())
}

/// Passkeys of another host would be found out only by the people before the door.
async fn warn_of_another_host(config: &Config, folder: &Folder) -> anyhow::Result<()> {
    let database = database(config, folder).await?;
    let bound = BoundHost::of(&*database).await;
    database.close().await;
    if let Some(sentence) = host::refusal(&bound?, config.host()) {
        print(&format!("But it will not start like this. {sentence}"));
    }
    Ok(())
}

/// What SQLite keeps beside a database; beside another one it would be played into that.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut beside = path.to_owned().into_os_string();
    beside.push(suffix);
    beside.into()
}

fn in_the_way(path: &Path) -> anyhow::Error {
    anyhow!("{} exists already; restore only into an empty state folder", path.display())
}

/// A file of a backup, on its way to its place.
struct Part {
    name: &'static str,
    place: PathBuf,
    /// Beside its place.
    path: PathBuf,
    is_whole: bool,
}

impl Part {
    fn of(name: &'static str, place: PathBuf) -> Self {
        Self { name, path: place.with_added_extension("part"), place, is_whole: false }
    }

    /// Writes it to the disk, whole.
    fn write(&mut self, content: &mut impl io::Read, size: u64, no_backup: &str) -> anyhow::Result<()> {
        let refused = |error: io::Error| anyhow!("{} cannot be written: {error}", self.path.display());
        let _left_by_a_crash = fs::remove_file(&self.path);
        let mut out = create(&self.path).map_err(refused)?;
        let (mut left, mut buffer) = (size, vec![0; 64 * 1024]);
        while left > 0 {
            let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = content.read(&mut buffer[..most]).map_err(|_| anyhow!("{no_backup}"))?;
            ensure!(read > 0, "{no_backup}");
            out.write_all(&buffer[..read]).map_err(refused)?;
            left -= read as u64;
        }
        out.sync_all().map_err(refused)?;
        self.is_whole = true;
        Ok(())
    }

    /// Moves it to its place, where nothing may be but the very same file: a restore that was killed between its two
    /// moves can be done again.
    fn moved(&self) -> anyhow::Result<()> {
        let failed = || format!("{} cannot be made", self.place.display());
        if self.place.exists() && fs::read(&self.place).with_context(failed)? != fs::read(&self.path)? {
            return Err(in_the_way(&self.place));
        }
        fs::rename(&self.path, &self.place).with_context(failed)
    }

    /// What is left of it beside its place, with what looking into a database may leave.
    fn remove(&self) {
        let _gone = fs::remove_file(&self.path);
        for suffix in BESIDE {
            let _gone = fs::remove_file(beside(&self.path, suffix));
        }
    }
}

/// Unpacks the file, looks at what is in it, and only then puts it into its place.
async fn fill(parts: &mut [Part; 3], input: File, file: &Path) -> anyhow::Result<Condition> {
    let no_backup = format!("{} is not a whole backup of a studio", file.display());
    unpack(parts, input, &no_backup)?;
    let [keys @ .., database] = parts;
    ensure!(database.is_whole, "{no_backup}");
    let looked = storage::look(&StoreUrl::Sqlite(database.path.clone())).await;
    let (_, condition) = looked.map_err(|error| match error {
        OpenError::Newer { .. } | OpenError::Changed(_) | OpenError::Dirty(_) => {
            anyhow!("{} cannot be restored: {error}", file.display())
        }
        _ => anyhow!("{no_backup}"),
    })?;
    ensure!(condition != Condition::Absent, "{no_backup}");
    let moved = keys.iter().try_for_each(|key| match key.is_whole {
        true => key.moved(),
        false if key.place.exists() => Err(in_the_way(&key.place)),
        false => Ok(()),
    });
    moved.and_then(|()| database.moved()).inspect_err(|_| {
        // What was moved lies no more beside its place.
        for key in keys.iter().filter(|key| key.is_whole && !key.path.exists()) {
            let _gone = fs::remove_file(&key.place);
        }
    })?;
    Ok(condition)
}

/// Nothing in the file decides where anything is written, and what is not expected in it is refused.
fn unpack(parts: &mut [Part; 3], input: File, no_backup: &str) -> anyhow::Result<()> {
    let mut archive = tar::Archive::new(input);
    // What the tar reader says of a file that is none repeats what is in it.
    for entry in archive.entries().map_err(|_| anyhow!("{no_backup}"))?.raw(true) {
        let mut entry = entry.map_err(|_| anyhow!("{no_backup}"))?;
        let header = entry.header();
        let size = header.entry_size().map_err(|_| anyhow!("{no_backup}"))?;
        let name = header.path_bytes().into_owned();
        let part = parts.iter_mut().find(|part| part.name.as_bytes() == name && !part.is_whole);
        match part {
            Some(part) if header.entry_type().is_file() => part.write(&mut entry, size, no_backup)?,
            _ => bail!("{no_backup}"),
        }
    }
    Ok(())
}
