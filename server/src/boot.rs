//! From configuration to a serving studio. Read it top to bottom.

use crate::{
    clock::{SystemClock, SystemIds},
    config::{Config, price_sheet},
    connection::Connections,
    folder::Folder,
    host,
    http::{self, Cookies, Proxies, Pulse, Wiring},
    listen,
    places::Places,
    print, refresh, say, site,
    sources::sources,
    tls::{self, Tls},
    worker,
};
use adapters::{
    FileVault, OpenFeatureFlags, Tokens, WebauthnPasskeys,
    flags::{Remote, RemoteAddress},
    load_or_create_key,
};
use anyhow::Context as _;
use api_types::ModelRef;
use providers::{Finder, Timeouts, guarded_http_client, http_client};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use storage::{Database, StoreConfig, StoreUrl};
use studio::{Catalog, Life, Parts, Studio, StudioSettings};

/// So often is looked whether this process has another life.
const LIFE_LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

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
    Ok(Arc::new(named(config, storage::open(store).await)?))
}

/// An error of the database says which setting names it. SQLite's say the path themselves.
pub(crate) fn named<T>(config: &Config, tried: Result<T, impl Into<anyhow::Error>>) -> anyhow::Result<T> {
    let tried = tried.map_err(Into::into);
    match config.database_url {
        Some(_) => tried.context("the PostgreSQL that DATABASE_URL names cannot be used"),
        None => tried,
    }
}

/// Everything that works together.
pub(crate) struct Booted {
    pub(crate) studio: Arc<Studio>,
    pub(crate) database: Arc<Database>,
    pub(crate) tokens: Tokens,
}

/// Puts it together.
pub(crate) async fn boot(config: &Config, folder: &Folder) -> anyhow::Result<Booted> {
    let database = database(config, folder).await?;
    let client = http_client(&Timeouts::default())?;
    let key = match &config.jwt_secret {
        Some(secret) => secret.expose_secret().as_bytes().to_vec(),
        None => load_or_create_key(&folder.session_key())?,
    };
    let studio = Studio::new(Parts {
        store: database.clone(),
        runs: database.clone(),
        catalog: Catalog::new(sources(config, &client)?),
        flags: Arc::new(OpenFeatureFlags::new(config.flags.clone(), remote_flags(config, &client)?).await),
        passkeys: Box::new(WebauthnPasskeys::new(&config.url, "Vobio AI Studio")?),
        finder: Box::new(Finder::new(guarded_http_client(&Timeouts::default())?, Timeouts::default())),
        vault: Arc::new(FileVault::new(folder.provider_key(config))),
        clock: Box::new(SystemClock),
        ids: Box::new(SystemIds),
        settings: StudioSettings {
            default_model: config.default_model.clone(),
            open_registration: config.open_registration,
            alone: config.database_url.is_none(),
            spending: config.spending,
            prices: price_sheet(config.prices.as_deref())?,
            calls_per_minute: config.calls_per_minute,
            requests_per_minute: config.requests_per_minute,
            session_idle: config.session_idle,
            session_life: config.session_life,
        },
    });
    Ok(Booted { studio: Arc::new(studio), database, tokens: Tokens::new(&key, &config.url)? })
}

/// The service that decides flags, where the operator named one.
fn remote_flags(config: &Config, client: &reqwest::Client) -> anyhow::Result<Option<Remote>> {
    let Some(setting) = &config.remote_flags else { return Ok(None) };
    let base = setting.base_url.parse().context("OFREP_URL is no address")?;
    Ok(Some(Remote::new(client.clone(), RemoteAddress { base, token: setting.token.clone() })))
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
    let Booted { studio, database, tokens } = boot(&config, &folder).await?;
    host::bind(&studio, config.host()).await?;
    // The lock is ours: whoever served from this folder before is gone, and what they drove need not wait.
    let life = studio.start(folder.former_life()).await?;
    folder.remember_life(life)?;
    let folder = Arc::new(folder);
    studio.restore_sources().await?;
    studio.poll_flags().await;

    let pulse = Pulse::default();
    let cookies = Cookies { tokens, origin: config.url.clone(), is_https: config.is_https() };
    let proxies = Arc::new(Proxies(config.trusted_proxies.clone()));
    let places = Places::new(proxies.clone(), tls.is_some());
    let router = http::router(Wiring {
        studio: studio.clone(),
        cookies: Arc::new(cookies),
        leptos: http::leptos_options(),
        request_timeout: config.request_timeout,
        mock: config.mock,
        pulse: pulse.clone(),
        streams: http::Streams::default(),
        bodies: http::Bodies::default(),
        answers: http::Answers::default(),
        proxies: proxies.clone(),
        has_tls: tls.is_some(),
        limits: http::Limits::new(config.sign_ins_per_minute),
    })?;
    let connections = Connections::new(router, tls.as_ref().map(|(tls, _)| tls.acceptor()), proxies);
    let worker = worker::Worker::start(studio.clone(), pulse, database.listener());
    worker.also(refresh::keep_fresh(studio.clone()));
    worker.also(remember_lives(studio.clone(), folder.clone(), life));
    if let Some((tls, pair)) = tls {
        worker.also(tls::watch(studio.clone(), tls, pair, config.host().to_owned()));
    }

    if let Some(model) = config.default_model.clone() {
        worker.also(say_if_unknown(studio.clone(), model));
    }
    if config.listen.ip().is_unspecified() && config.url.starts_with("http://localhost") {
        tracing::warn!(
            "VOBIO_HOST opens the studio to other machines, but it answers under {} alone: set VOBIO_URL to the https \
             address that people use",
            config.url
        );
    }
    if config.open_registration {
        tracing::warn!("OPEN_REGISTRATION is on: whoever reaches {} can make an account", config.url);
    }
    if let Some(sentence) = host::no_tls(&config) {
        tracing::warn!("{sentence}");
    }
    say(&format!("Vobio AI Studio is at {}", config.url));
    say_owner_code(&studio, &config, alone).await?;
    tracing::info!(url = config.url, listen = %config.listen, engine = %database.engine(), "serving");

    listen::serve(listener, places, connections, shutdown(studio.clone())).await;
    tracing::info!("going down: answers under way are kept");
    worker.stop().await;
    database.close().await;
    Ok(())
}

/// A process that was taken for dead begins another life, and the next process here has to know of that one.
async fn remember_lives(studio: Arc<Studio>, folder: Arc<Folder>, mut known: Life) {
    loop {
        tokio::select! {
            () = studio.live.closed() => return,
            () = tokio::time::sleep(LIFE_LOOKED_AT_EVERY) => {}
        }
        let Some(life) = studio.life().filter(|life| *life != known) else { continue };
        match folder.remember_life(life) {
            Ok(()) => known = life,
            Err(error) => {
                tracing::warn!(%error, "the next process here will wait longer for what this one drives")
            }
        }
    }
}

/// A `DEFAULT_MODEL` that no server has would be passed over in silence.
async fn say_if_unknown(studio: Arc<Studio>, model: ModelRef) {
    let found = tokio::select! {
        found = studio.catalog.find(&model) => found,
        () = studio.live.closed() => return,
    };
    if found.is_none() {
        tracing::warn!(
            "DEFAULT_MODEL is {model}, and no model is called so now: new chats begin with another one"
        );
    }
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
    studio.close();
}

/// `vobio migrate`.
pub(crate) async fn migrate(config: &Config) -> anyhow::Result<()> {
    let folder = Folder::open(config)?;
    let database = database(config, &folder).await?;
    print(&format!("The database is at schema {}.", database.schema_version()));
    database.close().await;
    Ok(())
}

/// A studio without an owner prints the code that makes one. Of several processes the first does: a second code would void
/// what somebody is typing.
async fn say_owner_code(studio: &Studio, config: &Config, alone: bool) -> anyhow::Result<()> {
    if !alone && !studio.has_owner().await? && studio.has_company().await? {
        say(
            "It has no owner yet. Another process of this studio has printed the one-time owner code; a new one is printed by: \
             vobio setup-code",
        );
    } else if let Some(code) = studio.new_setup_code().await? {
        say(&format!(
            "It has no owner yet. Open {}/login and enter this one-time owner code: {code}",
            config.url
        ));
    }
    Ok(())
}

/// `vobio setup-code`.
pub(crate) async fn setup_code(config: &Config, name: Option<&str>) -> anyhow::Result<()> {
    let folder = Folder::open(config)?;
    let Booted { studio, database, .. } = boot(config, &folder).await?;
    let made = match studio.new_setup_code().await {
        Ok(None) => studio.new_personal_code(name).await.map(|code| (code.code, Some(code.name))),
        Ok(Some(code)) => Ok((code, None)),
        Err(problem) => Err(problem),
    };
    database.close().await;
    let (code, owner) = made?;
    let url = &config.url;
    say(&match owner {
        Some(name) => format!("At {url}/recover it makes a new passkey for {name}, once, within seven days:"),
        None => format!("At {url}/login it makes the first owner, once, within seven days:"),
    });
    print(&code);
    Ok(())
}
