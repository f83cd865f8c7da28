//! `vobio doctor`: what was understood of the configuration, and what can be reached.

use crate::{
    boot::{self, Booted, Folder, boot},
    config::{Config, RawConfig, SETTINGS},
    print, site,
};
use providers::{Timeouts, http_client};
use std::process::ExitCode;
use storage::Condition;
use studio::Catalog;

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
    state.close().await;
    Ok(ExitCode::SUCCESS)
}

/// A studio that can be opened as it is, or the models of one that is not there yet: the doctor changes nothing.
enum State {
    Whole(Box<Booted>),
    NotYet(Catalog),
}

impl State {
    fn catalog(&self) -> &Catalog {
        match self {
            Self::Whole(booted) => &booted.studio.catalog,
            Self::NotYet(catalog) => catalog,
        }
    }

    async fn close(self) {
        if let Self::Whole(booted) = self {
            booted.database.close().await;
        }
    }
}

async fn state(config: &Config, folder: &Folder) -> anyhow::Result<State> {
    let (engine, condition) = storage::look(&boot::store_url(config, folder)).await?;
    let words = match condition {
        Condition::Absent => "nothing yet; the first start makes it",
        Condition::Behind => "the schema of an earlier version; the next start migrates it",
        Condition::Current => "this version's schema",
    };
    print(&format!("  database                   {engine}: {words}"));
    if condition != Condition::Current {
        let client = http_client(&Timeouts::default())?;
        return Ok(State::NotYet(Catalog::new(boot::sources(config, &client)?)));
    }
    let booted = boot(config, folder).await?;
    let problem = |problem| anyhow::anyhow!("{problem}");
    let owner = match booted.studio.has_owner().await.map_err(problem)? {
        true => "yes",
        false => "not yet; vobio setup-code prints a code",
    };
    print(&format!("  owner                      {owner}"));
    booted.studio.restore_sources().await.map_err(problem)?;
    Ok(State::Whole(Box::new(booted)))
}
