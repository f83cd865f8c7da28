//! `make dev`: serves, looks at the sources twice a second, and rebuilds and restarts on every change.

use crate::{
    place,
    serve::{self, Profile},
    sh,
};
use anyhow::Result;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread::sleep,
    time::{Duration, SystemTime},
};

const WATCHED: [&str; 7] = ["app", "server", "frontend", "crates", "style", "public", "Cargo.toml"];
const PAUSE: Duration = Duration::from_millis(500);

/// Runs until it is interrupted. What does not compile is said, and the last good server goes on.
pub(crate) fn run() -> Result<()> {
    let mut serving: Option<Child> = None;
    loop {
        let seen = times(place::root());
        match serve::build(Profile::Dev) {
            Ok(vobio) => {
                serve::fetch_weights(&vobio);
                stop(serving.take());
                serving = Some(serve::command(&vobio).arg("serve").spawn()?);
            }
            Err(error) => eprintln!("dev: {error:#}"),
        }
        while times(place::root()) == seen {
            sleep(PAUSE);
        }
        println!("dev: something changed");
    }
}

/// Asks the server to end, as Ctrl-C would, so that answers under way are kept.
fn stop(server: Option<Child>) {
    let Some(mut server) = server else { return };
    if sh::read(Command::new("sh").args(["-c", &format!("kill -INT {}", server.id())])).is_err() {
        let _ = server.kill();
    }
    let _ = server.wait();
}

/// When each source was written.
fn times(root: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut times = BTreeMap::new();
    for watched in WATCHED {
        collect(&root.join(watched), &mut times);
    }
    times
}

/// A file that vanishes while we look is simply not there.
fn collect(path: &Path, times: &mut BTreeMap<PathBuf, SystemTime>) {
    let Ok(data) = fs::metadata(path) else { return };
    if data.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            collect(&entry.path(), times);
        }
    } else if let Ok(time) = data.modified() {
        times.insert(path.to_path_buf(), time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_a_changed_and_a_deleted_file_are_all_changes() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("app/src/lib.rs");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let empty = times(root.path());
        fs::write(&file, "a").unwrap();
        let first = times(root.path());
        assert_ne!(empty, first);
        let later = fs::metadata(&file).unwrap().modified().unwrap() + Duration::from_secs(5);
        fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
        assert_ne!(first, times(root.path()));
        fs::remove_file(&file).unwrap();
        assert_eq!(empty, times(root.path()));
    }
}
