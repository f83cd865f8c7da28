//! `vobio doctor`: what was understood of the configuration, and what can be reached.

use crate::{
    boot::{Booted, Folder, boot},
    config::{Config, RawConfig, SETTINGS},
    print, site,
};
use std::process::ExitCode;

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

    let folder = Folder::open(config)?;
    print("\nState");
    print(&format!("  folder                     {}", config.data.display()));
    let Booted { studio, database, .. } = match boot(config, &folder).await {
        Ok(booted) => booted,
        Err(error) => {
            print(&format!("  NOT WORKING                {error:#}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    print(&format!(
        "  database                   {:?}, schema {}",
        database.engine(),
        database.schema_version()
    ));
    let has_owner = studio.has_owner().await.map_err(|problem| anyhow::anyhow!("{problem}"))?;
    print(&format!(
        "  owner                      {}",
        if has_owner { "yes" } else { "not yet; vobio setup-code prints a code" }
    ));
    studio.restore_sources().await.map_err(|problem| anyhow::anyhow!("{problem}"))?;

    print("\nModels");
    let statuses = studio.catalog.statuses().await;
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
    database.close().await;
    Ok(ExitCode::SUCCESS)
}
