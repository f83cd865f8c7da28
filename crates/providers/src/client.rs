//! The HTTP clients to model servers, made at boot: one for the operator's, one for what people type.

use crate::{Timeouts, guard::Guarded};
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{sync::Arc, time::Duration};

/// An idle connection is kept this long for the next question.
const IDLE_CONNECTION_KEPT: Duration = Duration::from_secs(90);

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// TLS is not usable.
    #[error("TLS cannot be set up for model servers: {0}")]
    Tls(#[from] rustls::Error),
    /// The HTTP client is not usable.
    #[error("the HTTP client for model servers cannot be made: {0}")]
    Http(#[from] reqwest::Error),
}

/// Makes the client that all sources share.
///
/// It follows no redirect (a model server has no reason to send a conversation elsewhere), reads no proxy from the
/// environment, decompresses nothing, and trusts the machine's certificates; on a machine without any, Mozilla's list
/// that is compiled in, so that a bare container starts.
///
/// # Errors
/// `Tls` or `Http` when the parts do not fit together.
pub fn http_client(timeouts: &Timeouts) -> Result<reqwest::Client, ClientError> {
    Ok(builder(timeouts)?.build()?)
}

/// The same for addresses that people type on a page: it connects to none at which clouds keep the secrets of their machines,
/// whatever a name leads to.
///
/// # Errors
/// As [`http_client`].
pub fn guarded_http_client(timeouts: &Timeouts) -> Result<reqwest::Client, ClientError> {
    Ok(builder(timeouts)?.dns_resolver(Arc::new(Guarded)).build()?)
}

fn builder(timeouts: &Timeouts) -> Result<reqwest::ClientBuilder, ClientError> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(timeouts.connect)
        .pool_idle_timeout(IDLE_CONNECTION_KEPT)
        .tcp_nodelay(true)
        .user_agent(concat!("vobio-ai-studio/", env!("CARGO_PKG_VERSION")));
    Ok(builder)
}

fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
