//! `vobio doctor`: what was understood of the configuration, and what can be reached.

use crate::{
    boot::{self, Booted, boot},
    clock::SystemClock,
    config::{Config, RawConfig, SETTINGS},
    folder::Folder,
    host, print, site,
    sources::sources,
    tls::Pair,
};
use providers::{Timeouts, http_client};
use std::process::ExitCode;
use storage::Condition;
use studio::{Catalog, ports::Clock as _};

/// Prints it; fails when the studio could not work.
pub(crate) async fn doctor(raw: &RawConfig, config: &Config) -> anyhow::Result<ExitCode> {
    print("Settings");
    for setting in SETTINGS {
        let value = match raw.get(setting.key) {
            None => "not set".to_owned(),
            Some(_) if setting.secret => "set, not shown".to_owned(),
            Some(value) => value.to_owned(),
        };
        print(&format!("  {:<26} {value}  ({})", setting.key, raw.origin(setting.key)));
    }
    for key in &raw.not_yet {
        print(&format!("  {key:<26} set, but NOT obeyed by this version"));
    }
    print("\nAddresses");
    print(&format!("  people open                {}", config.url));
    print(&format!("  the studio listens on      {}", config.listen));
    let is_reachable = say_how_people_come(config);
    print(&format!(
        "  static files               {}",
        site::OUTPUT_NAME.unwrap_or("MISSING: build with make run")
    ));

    let folder = Folder::at(config);
    print("\nState");
    print(&format!("  folder                     {}", config.data.display()));
    let state = match state(config, &folder).await {
        Ok(state) => state,
        Err(error) => {
            print(&format!("  NOT WORKING                {error:#}"));
            return Ok(ExitCode::FAILURE);
        }
    };

    print("\nModels");
    let statuses = state.catalog().statuses().await;
    if statuses.is_empty() {
        print("  none: set LOCAL_MODEL or connect a server");
    }
    for (name, status) in statuses {
        let (mark, words) = match status.state {
            Ok(words) => ("ok", words),
            Err(why) => ("--", why),
        };
        print(&format!("  {mark} {name:<23} {}: {words}", status.label));
    }
    if let Some(model) = &config.default_model
        && state.catalog().find(model).await.is_none()
    {
        print(&format!("  -- DEFAULT_MODEL           {model} is not among the models of these servers"));
    }
    let will_start = is_reachable && state.is_at_home;
    state.close().await;
    Ok(if will_start { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// TLS and proxies; whether the start would take them.
fn say_how_people_come(config: &Config) -> bool {
    let mut is_fine = true;
    match config.tls.as_ref().map(Pair::read) {
        None => print("  TLS                        none of its own"),
        Some(Ok(pair)) => {
            let names = pair.names.join(", ");
            print(&format!(
                "  TLS                        for {names}, by {}, until {}",
                pair.issuer,
                pair.ends()
            ));
            for complaint in pair.complaints(config.host(), SystemClock.now()) {
                print(&format!("  -- TLS                     {complaint}"));
            }
        }
        Some(Err(fault)) => {
            is_fine = false;
            print(&format!("  NOT WORKING                {fault:#}"));
        }
    }
    let proxies: Vec<String> = config.trusted_proxies.iter().map(ToString::to_string).collect();
    let proxies = if proxies.is_empty() { "none".to_owned() } else { proxies.join(", ") };
    print(&format!("  trusted proxies            {proxies}"));
    if let Some(sentence) = host::no_tls(config) {
        print(&format!("  -- TLS                     {sentence}"));
    }
    is_fine
}

/// A studio that can be opened as it is, or the models of one that is not there yet: the doctor changes nothing.
struct State {
    what: What,
    /// Whether its passkeys work under this address.
    is_at_home: bool,
}

enum What {
    Whole(Box<Booted>),
    NotYet(Box<Catalog>),
}

impl State {
    fn catalog(&self) -> &Catalog {
        match &self.what {
            What::Whole(booted) => &booted.studio.catalog,
            What::NotYet(catalog) => catalog,
        }
    }

    async fn close(self) {
        if let What::Whole(booted) = self.what {
            booted.database.close().await;
        }
    }
}

async fn state(config: &Config, folder: &Folder) -> anyhow::Result<State> {
    let (engine, condition) = boot::named(config, storage::look(&boot::store_url(config, folder)).await)?;
    let words = match condition {
        Condition::Absent => "nothing yet; the first start makes it",
        Condition::Behind => "the schema of an earlier version; the next start migrates it",
        Condition::Current => "this version's schema",
    };
    print(&format!("  database                   {engine}: {words}"));
    if condition != Condition::Current {
        let client = http_client(&Timeouts::default())?;
        let what = What::NotYet(Box::new(Catalog::new(sources(config, &client)?)));
        return Ok(State { what, is_at_home: true });
    }
    let booted = boot(config, folder).await?;
    let owner = match booted.studio.has_owner().await? {
        true => "yes",
        false => "not yet; vobio setup-code prints a code",
    };
    print(&format!("  owner                      {owner}"));
    let bound = booted.studio.bound_host().await?;
    let host = bound.host.as_deref().unwrap_or("no host yet; the next start writes it down");
    print(&format!("  passkeys                   {bound}, bound to {host}"));
    let refusal = host::refusal(&bound, config.host());
    if let Some(sentence) = &refusal {
        print(&format!("  NOT WORKING                {sentence}"));
    }
    booted.studio.restore_sources().await?;
    Ok(State { what: What::Whole(Box::new(booted)), is_at_home: refusal.is_none() })
}
