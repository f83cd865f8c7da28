//! The host that passkeys are bound to, and how it is reached, as the operator meets it.

use crate::{
    boot::{Booted, boot},
    config::Config,
    folder::Folder,
    print,
};
use anyhow::{bail, ensure};
use studio::{BoundHost, Studio};

/// For the start: binds the studio to `host`, or says why it must not serve there.
pub(crate) async fn bind(studio: &Studio, host: &str) -> anyhow::Result<()> {
    let before = studio.bind_host(host).await?;
    match (refusal(&before, host), before.host) {
        (Some(sentence), _) => bail!("{sentence}"),
        (None, Some(from)) if from != host => {
            tracing::info!(from, to = host, "the studio has moved; it had no passkeys to lose");
        }
        _ => {}
    }
    Ok(())
}

/// Why a studio that is bound like this must not serve under `host`, and what to do.
pub(crate) fn refusal(bound: &BoundHost, host: &str) -> Option<String> {
    let stored = bound.host.as_deref().filter(|_| bound.forbids(host))?;
    Some(format!(
        "Its passkeys are bound to {stored}, and VOBIO_URL is at {host}: {bound} would be orphaned. Give VOBIO_URL the host \
         {stored} again. Or, if the studio has really moved: vobio move-host {host} (docs/deploy.md says how people come \
         back in)."
    ))
}

/// What an https address lacks when the studio neither speaks TLS nor knows who does.
pub(crate) fn no_tls(config: &Config) -> Option<String> {
    let is_missing = config.is_https() && config.tls.is_none() && config.trusted_proxies.is_empty();
    is_missing.then(|| {
        format!(
            "people open {}, but neither TLS_CERT nor TRUSTED_PROXIES is set: only a proxy on this machine is let in, and all \
             people seem to come from it. Name it: TRUSTED_PROXIES=127.0.0.1,::1",
            config.url
        )
    })
}

/// `vobio move-host`.
pub(crate) async fn move_host(config: &Config, host: &str) -> anyhow::Result<()> {
    let here = config.host();
    ensure!(host == here, "VOBIO_URL is at {here}: set it to the address with {host} first");
    let folder = Folder::open(config)?;
    let _lock = folder.lock()?;
    let Booted { studio, database, .. } = boot(config, &folder).await?;
    let before = studio.move_host(host).await?;
    database.close().await;
    match before.host.as_deref() {
        Some(from) if from != host && before.passkeys > 0 => print(&format!(
            "The studio has moved from {from} to {host}. Orphaned: {before}. They work again if it moves back."
        )),
        Some(from) if from == host => print(&format!("The studio is at {host} already.")),
        _ => print(&format!("The studio is at {host} now. No passkey was orphaned.")),
    }
    Ok(())
}
