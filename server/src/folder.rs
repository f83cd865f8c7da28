//! The state folder: where things lie in it, that it is its owner's alone, and that one studio at a time serves from it.

use crate::config::Config;
use anyhow::Context;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};
use studio::{Life, ports::Timestamp};

/// The state folder.
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The state folder of a configuration, whether it is there or not.
    pub(crate) fn at(config: &Config) -> Self {
        Self { root: config.data.clone() }
    }

    /// The state folder of a configuration; made, for its owner alone, when it is not there.
    pub(crate) fn open(config: &Config) -> anyhow::Result<Self> {
        let root = config.data.clone();
        let made = |what: &Path| -> anyhow::Result<()> {
            fs::create_dir_all(what)
                .with_context(|| format!("the state folder {} cannot be made", what.display()))
        };
        ensure_own(&root)?;
        made(&root)?;
        make_private(&root)?;
        let keys = root.join("keys");
        made(&keys)?;
        make_private(&keys)?;
        Ok(Self { root })
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("vobio.db")
    }

    pub(crate) fn session_key(&self) -> PathBuf {
        self.root.join("keys").join("session.key")
    }

    /// The key that seals keys of model servers: in a file that the configuration names, else beside the other.
    pub(crate) fn provider_key(&self, config: &Config) -> PathBuf {
        config.provider_key.clone().unwrap_or_else(|| self.own_provider_key())
    }

    /// Where that key is when no setting says otherwise.
    pub(crate) fn own_provider_key(&self) -> PathBuf {
        self.root.join("keys").join("providers.key")
    }

    pub(crate) fn backups(&self) -> PathBuf {
        self.root.join("backups")
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.root.join("lock")
    }

    fn life_file(&self) -> PathBuf {
        self.root.join("life")
    }

    /// The life of the process that served from this folder before, where that is known.
    pub(crate) fn former_life(&self) -> Option<Life> {
        let text = fs::read_to_string(self.life_file()).ok()?;
        let (life, of) = text.trim().split_once(" of ")?;
        let (epoch, entered_at) = life.split_once(' ')?;
        // Of a folder that was copied the former process may live: it is not this one's to bury.
        let is_here = of == self.place()?;
        is_here
            .then_some(Life { epoch: epoch.parse().ok()?, entered_at: Timestamp(entered_at.parse().ok()?) })
    }

    /// This very folder on this start of this machine, as far as the system says: no copy of it is the same. The lock is in it, and
    /// who holds the lock is the only process here.
    fn place(&self) -> Option<String> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let lock = fs::metadata(self.lock_file()).ok()?;
            let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
            Some(format!("{}:{} {}", lock.dev(), lock.ino(), boot.trim()).trim_end().to_owned())
        }
        #[cfg(not(unix))]
        None
    }

    /// For the next one.
    pub(crate) fn remember_life(&self, life: Life) -> anyhow::Result<()> {
        let path = self.life_file();
        let Some(place) = self.place() else { return Ok(()) };
        fs::write(&path, format!("{} {} of {place}\n", life.epoch, life.entered_at.0))
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Held while a studio serves from this folder: a second one would take the first one's answers for orphans.
    pub(crate) fn lock(&self) -> anyhow::Result<File> {
        let path = self.lock_file();
        let file = File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        file.try_lock().map_err(|_| {
            anyhow::anyhow!(
                "another studio is serving from {}; stop it, or set VOBIO_DATA to another folder",
                self.root.display()
            )
        })?;
        Ok(file)
    }
}

/// A folder that others use is not made private: whoever names one (`/tmp`) has mistaken it.
fn ensure_own(root: &Path) -> anyhow::Result<()> {
    // What cannot be looked into cannot be used either, and says so later.
    let Ok(entries) = fs::read_dir(root) else { return Ok(()) };
    let ours = ["vobio.db", "keys", "backups", "lock"];
    // The root of a disk of one's own has the first from the start.
    let names = entries.flatten().map(|entry| entry.file_name()).filter(|name| name != "lost+found");
    let mut names = names.peekable();
    anyhow::ensure!(
        names.peek().is_none() || names.any(|name| ours.iter().any(|own| name == *own)),
        "{} holds something else; set VOBIO_DATA to a folder of the studio's own",
        root.display()
    );
    Ok(())
}

#[cfg(unix)]
fn make_private(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        .with_context(|| format!("{} cannot be made private", folder.display()))
}

#[cfg(not(unix))]
fn make_private(_folder: &Path) -> anyhow::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_folder_knows_its_former_life_and_a_copy_of_it_knows_none() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let [folder, copy] = [&here, &there].map(|dir| Folder { root: dir.path().to_owned() });
        let life = Life { epoch: 3, entered_at: Timestamp(7) };
        let lock = folder.lock().unwrap();
        assert_eq!(folder.former_life(), None);
        folder.remember_life(life).unwrap();
        drop(lock);
        let _lock = folder.lock().unwrap();
        assert_eq!(folder.former_life(), Some(life), "the same folder, however often its lock is taken");
        for file in ["lock", "life"] {
            fs::copy(here.path().join(file), there.path().join(file)).unwrap();
        }
        let _lock = copy.lock().unwrap();
        assert_eq!(copy.former_life(), None, "the process of the other may live");
        for wrong in ["", "3 7", "3 7 of", "x 7 of y", "3 7 of nowhere"] {
            fs::write(copy.life_file(), wrong).unwrap();
            assert_eq!(copy.former_life(), None, "{wrong}");
        }
    }
}
