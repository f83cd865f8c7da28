//! A state folder of its own on the disk that is measured, and the server that is started on it.

use super::{Seed, free_port};
use crate::{Place, clock, machine};
use anyhow::{Context, Result, bail, ensure};
use secrecy::SecretString;
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use storage::{Database, StoreConfig, StoreUrl};
use tempfile::TempDir;
use tokio::time::sleep;

/// A server has so long to answer, and to end.
const START_TIME_MAX: Duration = Duration::from_secs(60);
/// How often it is looked whether it answers: fine enough for a figure in milliseconds.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Where a studio lives: its state, its port, its settings.
pub(crate) struct Home {
    folder: TempDir,
    port: u16,
    vobio: PathBuf,
    settings: BTreeMap<&'static str, String>,
}

impl Home {
    /// On SQLite, with the mock models and without the built-in one.
    pub(crate) fn new(place: &Place) -> Result<Self> {
        let beside = place.out.parent().context("the file of figures has no folder")?;
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(beside)?;
        // Many people come from this one address, and each asks as fast as it goes. Both are counted all the same.
        let settings = [
            ("SIGN_INS_PER_MINUTE", "1000000"),
            ("MAX_API_CALLS_PER_MINUTE", "1000000"),
            ("MAX_REQUESTS_PER_MINUTE", "1000000"),
            ("MOCK_MODE", "true"),
            ("LOCAL_MODEL", "none"),
            ("LOG_FORMAT", "json"),
        ];
        let settings = settings.map(|(key, value)| (key, value.to_owned())).into();
        fs::create_dir_all(folder.path().join("data/keys"))?;
        Ok(Self { folder, port: free_port()?, vobio: place.server.clone(), settings })
    }

    /// On a new database of a PostgreSQL.
    pub(crate) fn on_postgres(place: &Place) -> Result<Self> {
        let name = format!("bench_{}", clock::new_id().simple());
        let made = Command::new("createdb")
            .args(["--maintenance-db", &format!("{}/postgres", place.postgres), &name])
            .status()
            .context("cannot start createdb")?;
        ensure!(made.success(), "no database could be made");
        Ok(Self::new(place)?.with("DATABASE_URL", &format!("{}/{name}", place.postgres)))
    }

    /// With one more setting.
    pub(crate) fn with(mut self, key: &'static str, value: &str) -> Self {
        self.settings.insert(key, value.to_owned());
        self
    }

    /// As people type it; passkeys and tokens are bound to it.
    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Opens its state to put people and rows into it, before the server starts.
    pub(crate) async fn seed(&self) -> Result<Seed> {
        let key = adapters::load_or_create_key(&self.folder.path().join("data/keys/session.key"))?;
        Seed::open(self.database().await?, &key, self.origin())
    }

    /// Opens (and makes, where it is new) its database, while no server has it.
    pub(crate) async fn database(&self) -> Result<Arc<Database>> {
        let data = self.folder.path().join("data");
        let url = match self.settings.get("DATABASE_URL") {
            Some(url) => StoreUrl::Postgres(SecretString::from(url.clone())),
            None => StoreUrl::Sqlite(data.join("vobio.db")),
        };
        let config = StoreConfig { url, backup_dir: data.join("backups"), version: "bench" };
        Ok(Arc::new(storage::open(config).await?))
    }

    /// Starts the server, without waiting for it.
    pub(crate) fn spawn(&self) -> Result<Server> {
        let log = self.folder.path().join("log");
        let child = Command::new(&self.vobio)
            .arg("serve")
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PORT", self.port.to_string())
            .env("VOBIO_DATA", self.folder.path().join("data"))
            .envs(&self.settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", self.vobio.display()))?;
        Ok(Server { child, log, address: self.origin() })
    }

    /// Starts the server and waits until it answers.
    pub(crate) async fn start(&self) -> Result<Server> {
        let mut server = self.spawn()?;
        let client = super::browser()?;
        let health = format!("{}/health", server.address);
        server.answers(|| async { client.get(&health).send().await.map(drop).map_err(Into::into) }).await?;
        Ok(server)
    }
}

/// A server that runs; killed when dropped.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
    pub(crate) address: String,
}

impl Server {
    /// Asks again and again until there is an answer.
    pub(crate) async fn answers<F: Future<Output = Result<()>>>(
        &mut self,
        ask: impl Fn() -> F,
    ) -> Result<()> {
        let begun = Instant::now();
        while let Err(error) = ask().await {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}: {}", self.last_lines());
            }
            if begun.elapsed() > START_TIME_MAX {
                return Err(error.context(format!("the server does not answer: {}", self.last_lines())));
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// What it holds in memory now.
    pub(crate) fn resident_mb(&self) -> Result<f64> {
        machine::resident_mb(self.child.id())
    }

    /// Asks it to end, as a service manager would, and waits: what it knows is in its rows then.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(asked.success(), "the server is gone: {}", self.last_lines());
        let begun = Instant::now();
        while self.child.try_wait()?.is_none() {
            ensure!(begun.elapsed() < START_TIME_MAX, "the server does not end: {}", self.last_lines());
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn last_lines(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n  ")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}
