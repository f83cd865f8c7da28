//! From configuration to a serving studio. Read it top to bottom.

use crate::{
    clock::{SystemClock, SystemIds, new_id},
    config::Config,
    connection::Connections,
    host,
    http::{self, Cookies, Http, Proxies, Pulse},
    listen,
    places::Places,
    print, say, site,
    tls::{self, Tls},
    worker,
};
use adapters::{Tokens, WebauthnPasskeys, load_or_create_key};
use anyhow::Context;
use api_types::WorkerId;
use providers::{Dialect, Finder, Mock, Remote, RemoteConfig, Timeouts, http_client};
use secrecy::ExposeSecret;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};
use storage::{Database, StoreConfig, StoreUrl};
use studio::{Catalog, Parts, Studio, StudioSettings, Ticket, ports::ModelSource};
use tokio::sync::mpsc;

/// Where things lie in the state folder.
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

    fn backups(&self) -> PathBuf {
        self.root.join("backups")
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.root.join("lock")
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

/// Where the database is.
pub(crate) fn store_url(config: &Config, folder: &Folder) -> StoreUrl {
    match &config.database_url {
        Some(url) => StoreUrl::Postgres(url.clone()),
        None => StoreUrl::Sqlite(folder.database()),
    }
}

/// Opens the database, migrating it when it is behind.
pub(crate) async fn database(config: &Config, folder: &Folder) -> anyhow::Result<Arc<Database>> {
    let url = store_url(config, folder);
    let store = StoreConfig { url, backup_dir: folder.backups(), version: env!("CARGO_PKG_VERSION") };
    Ok(Arc::new(storage::open(store).await?))
}

/// The models of the configuration; each failure is said, and the rest is there all the same.
pub(crate) fn sources(
    config: &Config,
    client: &reqwest::Client,
) -> anyhow::Result<Vec<Arc<dyn ModelSource>>> {
    let mut sources: Vec<Arc<dyn ModelSource>> = Vec::new();
    for remote in &config.remotes {
        let (dialect, label) = match remote.name {
            "anthropic" => (Dialect::Anthropic, "Anthropic".to_owned()),
            "gemini" => (Dialect::Gemini, "Google Gemini".to_owned()),
            "ollama" => (Dialect::Ollama, format!("Ollama at {}", remote.base_url)),
            _ => (Dialect::OpenAi, format!("OpenAI-compatible server at {}", remote.base_url)),
        };
        let made = Remote::new(
            RemoteConfig {
                name: remote.name.to_owned(),
                label,
                dialect,
                base_url: remote.base_url.clone(),
                api_key: remote.api_key.clone(),
                prices: BTreeMap::new(),
            },
            client.clone(),
        )?;
        sources.push(Arc::new(made));
    }
    if config.local_model.on {
        sources.extend(local_model(config));
    }
    if config.mock {
        tracing::warn!("MOCK_MODE is on: the mock models answer with scripts");
        sources.push(Arc::new(Mock::new()));
    }
    Ok(sources)
}

/// The model that runs in this process.
#[cfg(feature = "local-model")]
fn local_model(config: &Config) -> Option<Arc<dyn ModelSource>> {
    use inference::{
        DEFAULT_LABEL, DEFAULT_NAME, DEFAULT_Q8_FILE, DEFAULT_WEIGHTS, LocalModel, LocalModelConfig,
    };
    let local = &config.local_model;
    if local.path.is_none() {
        tracing::warn!("no local model: LOCAL_MODEL is not set; make run fetches one");
    }
    if let Some(path) = local.path.as_ref().filter(|path| !path.exists()) {
        tracing::warn!("no local model: LOCAL_MODEL is {}, and there is no such file", path.display());
    }
    let own = local.path.as_ref().filter(|path| {
        path.file_name().is_some_and(|name| name != DEFAULT_Q8_FILE && name != DEFAULT_WEIGHTS.file)
    });
    let name = own
        .and_then(|path| path.file_stem()?.to_str())
        .map(|name| name.to_lowercase().replace(char::is_whitespace, "-"));
    let name = name.filter(|name| api_types::ModelRef::new("local", name).is_some());
    let label = name.as_ref().map_or(DEFAULT_LABEL.to_owned(), |name| format!("{name} (built in)"));
    Some(Arc::new(LocalModel::new(LocalModelConfig {
        path: local.path.clone(),
        threads: local.threads,
        idle_unload: local.idle,
        label,
        name: name.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
    })))
}

#[cfg(not(feature = "local-model"))]
fn local_model(_config: &Config) -> Option<Arc<dyn ModelSource>> {
    tracing::warn!("no local model: this binary was built without it");
    None
}

/// Everything that works together.
pub(crate) struct Booted {
    pub(crate) studio: Arc<Studio>,
    pub(crate) database: Arc<Database>,
    pub(crate) tokens: Tokens,
    tickets: mpsc::Receiver<Ticket>,
}

/// Puts it together.
pub(crate) async fn boot(config: &Config, folder: &Folder) -> anyhow::Result<Booted> {
    let database = database(config, folder).await?;
    let client = http_client(&Timeouts::default())?;
    let key = match &config.jwt_secret {
        Some(secret) => secret.expose_secret().as_bytes().to_vec(),
        None => load_or_create_key(&folder.session_key())?,
    };
    let (studio, tickets) = Studio::new(Parts {
        store: database.clone(),
        catalog: Catalog::new(sources(config, &client)?),
        passkeys: Box::new(WebauthnPasskeys::new(&config.url, "Vobio AI Studio")?),
        finder: Box::new(Finder::new(client, Timeouts::default())),
        clock: Box::new(SystemClock),
        ids: Box::new(SystemIds),
        settings: StudioSettings {
            default_model: config.default_model.clone(),
            open_registration: config.open_registration,
            worker: WorkerId(new_id()),
            session_idle: config.session_idle,
            session_life: config.session_life,
        },
    });
    Ok(Booted { studio: Arc::new(studio), database, tokens: Tokens::new(&key, &config.url)?, tickets })
}

/// `vobio serve`.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    let folder = Folder::open(&config)?;
    // SQLite belongs to one process; a PostgreSQL may be shared, and then each has a folder of its own.
    let _lock = folder.lock()?;
    let alone = config.database_url.is_none();
    if site::OUTPUT_NAME.is_none() {
        tracing::error!("this binary was built without its style sheet and scripts; build it with: make run");
    }
    let tls = config.tls.as_ref().map(Tls::open).transpose()?;
    let listener = listen::bind(config.listen).await?;
    let Booted { studio, database, tokens, tickets } = boot(&config, &folder).await?;
    host::bind(&studio, config.host()).await?;
    // Before the first page: answers that the last process left open are marked.
    worker::once(&studio, alone).await?;
    studio.restore_sources().await.map_err(|problem| anyhow::anyhow!("{problem}"))?;

    let pulse = Pulse::default();
    let cookies = Cookies { tokens, origin: config.url.clone(), is_https: config.is_https() };
    let proxies = Arc::new(Proxies(config.trusted_proxies.clone()));
    let places = Places::new(proxies.clone());
    let router = http::router(Http {
        studio: studio.clone(),
        cookies: Arc::new(cookies),
        leptos: http::leptos_options(),
        request_timeout: config.request_timeout,
        mock: config.mock,
        pulse: pulse.clone(),
        streams: http::Streams::default(),
        bodies: http::Bodies::default(),
        proxies: proxies.clone(),
        has_tls: tls.is_some(),
        limits: http::Limits::new(config.sign_ins_per_minute),
    })?;
    let connections = Connections::new(router, tls.as_ref().map(|(tls, _)| tls.acceptor()));
    let worker = worker::Worker::start(studio.clone(), tickets, pulse, alone);
    if let Some((tls, pair)) = tls {
        worker.also(tls::watch(studio.clone(), tls, pair, config.host().to_owned()));
    }

    if config.listen.ip().is_unspecified() && config.url.starts_with("http://localhost") {
        tracing::warn!(
            "VOBIO_HOST opens the studio to other machines, but it answers under {} alone: set VOBIO_URL to the https \
             address that people use",
            config.url
        );
    }
    if let Some(sentence) = host::no_tls(&config) {
        tracing::warn!("{sentence}");
    }
    say(&format!("Vobio AI Studio is at {}", config.url));
    if let Some(code) = studio.new_setup_code().await.map_err(|problem| anyhow::anyhow!("{problem}"))? {
        say(&format!(
            "It has no owner yet. Open {}/login and enter this one-time owner code: {code}",
            config.url
        ));
    }
    tracing::info!(url = config.url, listen = %config.listen, engine = %database.engine(), "serving");

    listen::serve(listener, places, connections, shutdown(studio.clone())).await;
    tracing::info!("going down: answers under way are kept");
    worker.stop().await;
    database.close().await;
    Ok(())
}

/// Completes at Ctrl-C or SIGTERM; streams end with it.
async fn shutdown(studio: Arc<Studio>) {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        _ = interrupted => {}
        () = terminated => {}
    }
    studio.live.close();
}

/// `vobio migrate`.
pub(crate) async fn migrate(config: &Config) -> anyhow::Result<()> {
    let folder = Folder::open(config)?;
    let database = database(config, &folder).await?;
    print(&format!("The database is at schema {}.", database.schema_version()));
    database.close().await;
    Ok(())
}

/// `vobio setup-code`.
pub(crate) async fn setup_code(config: &Config, name: Option<&str>) -> anyhow::Result<()> {
    let folder = Folder::open(config)?;
    let Booted { studio, database, .. } = boot(config, &folder).await?;
    let made = match studio.new_setup_code().await {
        Ok(None) => studio.new_owner_code(name).await.map(|code| (code.code, Some(code.name))),
        Ok(Some(code)) => Ok((code, None)),
        Err(problem) => Err(problem),
    };
    database.close().await;
    let (code, owner) = made.map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let url = &config.url;
    say(&match owner {
        Some(name) => format!("At {url}/recover it makes a new passkey for {name}, once, within seven days:"),
        None => format!("At {url}/login it makes the first owner, once, within seven days:"),
    });
    print(&code);
    Ok(())
}
