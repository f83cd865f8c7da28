//! A certificate authority of the test's own, and a studio with an https address.

use super::{Studio, builder};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::blocking::ClientBuilder;
use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

/// Where the studio of these tests is.
pub(crate) const HOST: &str = "studio.example.test";

/// Signs certificates that its own clients trust, and nobody else's.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Arc<Self> {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Arc::new(Self(issuer))
    }

    /// A certificate for a name, and its key: PEM.
    pub(crate) fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    /// A browser for [`HOST`] on this machine.
    pub(crate) fn client(&self, port: u16) -> ClientBuilder {
        let trusted = reqwest::Certificate::from_pem(self.0.pem().as_bytes()).unwrap();
        let here = SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port);
        builder().tls_certs_only([trusted]).resolve(HOST, here)
    }
}

impl Studio {
    /// The same at an https address of [`HOST`], with TLS of its own.
    pub(crate) fn with_tls(self, authority: &Arc<Authority>) -> Self {
        let url = format!("https://{HOST}:{}", self.port);
        let (cert, key) = self.tls_files();
        let mut studio = self
            .with("VOBIO_URL", &url)
            .with("TLS_CERT", cert.to_str().unwrap())
            .with("TLS_KEY", key.to_str().unwrap());
        studio.write_certificate(&authority.issue(HOST));
        studio.authority = Some(Arc::clone(authority));
        studio
    }

    fn tls_files(&self) -> (PathBuf, PathBuf) {
        (self.folder.path().join("cert.pem"), self.folder.path().join("key.pem"))
    }

    /// Puts these into the place of the certificate and its key.
    pub(crate) fn write_certificate(&self, (cert, key): &(String, String)) {
        use std::os::unix::fs::PermissionsExt as _;
        let files = self.tls_files();
        fs::write(&files.0, cert).unwrap();
        fs::write(&files.1, key).unwrap();
        fs::set_permissions(&files.1, fs::Permissions::from_mode(0o600)).unwrap();
    }
}
