//! A PostgreSQL of our own for one run: a fresh cluster in a temporary folder, on a free port, gone afterwards.

use crate::{apt, sh};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What of its commits would be left after a power cut.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Keeps {
    /// All, as PostgreSQL is by itself.
    Everything,
    /// Nothing: quick, for tests that throw it away.
    Nothing,
}

/// A running server; stopped and removed when dropped.
pub(crate) struct Cluster {
    server: Child,
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// Starts one with the programs in `programs`. PostgreSQL refuses root, so root starts it as another user.
    pub(crate) fn start(programs: &Path, keeps: Keeps) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("vobio-postgres-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let user = if apt::is_root() { Some(other_user()?) } else { None };
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid))?;
        }
        let program = |name: &str| {
            let mut command = Command::new(programs.join(name));
            command.current_dir(&folder);
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let data = folder.join("data");
        sh::read(
            program("initdb")
                .args([
                    "--username=postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--no-sync",
                    "-D",
                ])
                .arg(&data),
        )?;
        let port = free_port()?;
        let mut postgres = program("postgres");
        postgres.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-k", "", "-p", &port.to_string()]);
        // Many tests talk to it at once.
        postgres.args(["-c", "max_connections=400"]);
        if keeps == Keeps::Nothing {
            for setting in ["fsync=off", "full_page_writes=off", "synchronous_commit=off"] {
                postgres.args(["-c", setting]);
            }
        }
        let log = fs::File::create(folder.join("log"))?;
        let server = postgres
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start postgres")?;
        let mut cluster = Self { server, folder, port };
        cluster.wait(&programs.join("psql"))?;
        Ok(cluster)
    }

    /// Its address, without a database name.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}", self.port)
    }

    fn wait(&mut self, psql: &Path) -> Result<()> {
        let begun = Instant::now();
        loop {
            let address = format!("{}/postgres", self.url());
            if sh::read(Command::new(psql).args([&address, "-qAtc", "SELECT 1"])).is_ok() {
                return Ok(());
            }
            if self.server.try_wait()?.is_some() || begun.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("PostgreSQL did not start:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown: it ends its own children.
        let stop = format!("kill -INT {}", self.server.id());
        if sh::read(Command::new("sh").args(["-c", &stop])).is_err() {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// User and group id of `postgres`, else of `nobody`.
fn other_user() -> Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").context("no /etc/passwd")?;
    let ids = |wanted: &str| {
        let fields: Vec<&str> =
            users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|f| f[0] == wanted)?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    ids("postgres")
        .or_else(|| ids("nobody"))
        .context("root needs a user `postgres` or `nobody` to run PostgreSQL as")
}
