//! `vobio health`: asks the studio that runs beside it, for whoever looks after a container without a shell in it.

use crate::config::Config;
use anyhow::{Context, ensure};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

/// An answer has to be there by then.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(4);

/// Fails when the studio does not answer, or answers that it cannot work.
pub(crate) async fn health(config: &Config) -> anyhow::Result<()> {
    let address = match config.listen.ip() {
        IpAddr::V4(all) if all.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(all) if all.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        one => one,
    };
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(ANSWER_TIME_MAX)
        // The certificate is for the public name, and this is our own port: nothing is sent that somebody could steal.
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    let place = std::net::SocketAddr::new(address, config.listen.port());
    let answer = client.get(format!("{scheme}://{place}/health")).send().await;
    let status = answer.with_context(|| format!("no studio answers at {place}"))?.status();
    ensure!(status.is_success(), "the studio at {place} cannot work: {status}");
    Ok(())
}
