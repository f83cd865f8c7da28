//! The studio's own TLS: rustls on ring, HTTP/2 and HTTP/1.1, a certificate that may be replaced while it serves.

mod pair;
mod watch;

pub(crate) use pair::Pair;
pub(crate) use watch::watch;

use crate::config::TlsFiles;
use rustls::{
    ServerConfig,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};
use tokio_rustls::TlsAcceptor;

/// What every handshake is answered with, whatever name it asks for: there is one public address.
pub(crate) struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Tls {
    /// Reads the files, and says what may be wrong with what is in them.
    pub(crate) fn open(files: &TlsFiles) -> anyhow::Result<(Arc<Self>, Pair)> {
        let pair = Pair::read(files)?;
        let tls = Self { files: files.clone(), current: RwLock::new(pair.certified.clone()) };
        Ok((Arc::new(tls), pair))
    }

    /// Takes connections.
    pub(crate) fn acceptor(self: &Arc<Self>) -> TlsAcceptor {
        let mut config =
            ServerConfig::builder().with_no_client_auth().with_cert_resolver(Arc::<Self>::clone(self));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    fn replace(&self, pair: &Pair) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = pair.certified.clone();
    }
}

impl ResolvesServerCert for Tls {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Without the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}
