//! A certificate with its chain and its key, out of two PEM files.

use crate::config::TlsFiles;
use anyhow::{Context, anyhow, ensure};
use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use std::{path::Path, sync::Arc};
use studio::ports::Timestamp;
use x509_parser::{extensions::GeneralName, prelude::parse_x509_certificate};

/// A certificate that ends sooner than this is complained about; who renews by machine does so a month before.
const ENDS_SOON_SECONDS: i64 = 14 * 24 * 3600;

/// Largest file of a certificate or a key, in bytes.
const FILE_BYTES_MAX: u64 = 1_000_000;

/// Whether it is a file that can be read whole: not a device or a pipe, which may have no end.
fn is_small(file: &Path) -> anyhow::Result<()> {
    let seen = std::fs::metadata(file)?;
    ensure!(seen.is_file(), "it is no file");
    ensure!(seen.len() <= FILE_BYTES_MAX, "it has more than {FILE_BYTES_MAX} bytes");
    Ok(())
}

/// A pair that fits together.
pub(crate) struct Pair {
    pub(super) certified: Arc<CertifiedKey>,
    /// The names it is for.
    pub(crate) names: Vec<String>,
    /// Who signed it.
    pub(crate) issuer: String,
    /// Seconds since 1970.
    begins: i64,
    ends: i64,
    key_is_open: bool,
}

impl Pair {
    /// Reads the two files. The error is a sentence that names the file.
    pub(crate) fn read(files: &TlsFiles) -> anyhow::Result<Self> {
        let (cert, key) = (files.cert.display(), files.key.display());
        for (name, file) in [("TLS_CERT", &files.cert), ("TLS_KEY", &files.key)] {
            is_small(file).with_context(|| format!("{name} is {}, which cannot be read", file.display()))?;
        }
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.cert)
            .and_then(Iterator::collect)
            .map_err(|error| anyhow!("TLS_CERT is {cert}, which cannot be read: {error}"))?;
        let leaf = chain
            .first()
            .with_context(|| format!("TLS_CERT is {cert}, but there is no certificate in it"))?;
        let (_, seen) = parse_x509_certificate(leaf)
            .map_err(|error| anyhow!("TLS_CERT is {cert}, but its first certificate is none: {error}"))?;
        let names = seen.subject_alternative_name().ok().flatten().into_iter();
        let names = names.flat_map(|names| &names.value.general_names).filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        let (names, issuer) = (names.collect(), seen.issuer().to_string());
        let (begins, ends) = (seen.validity().not_before.timestamp(), seen.validity().not_after.timestamp());
        let secret = PrivateKeyDer::from_pem_file(&files.key)
            .map_err(|error| anyhow!("TLS_KEY is {key}, which cannot be read: {error}"))?;
        let signing = any_supported_type(&secret)
            .map_err(|_| anyhow!("TLS_KEY is {key}, a key of a kind that is not known"))?;
        let certified = CertifiedKey::new(chain, signing);
        ensure!(
            certified.keys_match().is_ok(),
            "TLS_KEY is {key}, which is not the key of the first certificate in {cert}"
        );
        let key_is_open = is_open(&files.key);
        Ok(Self { certified: Arc::new(certified), names, issuer, begins, ends, key_is_open })
    }

    /// The day it ends, for people.
    pub(crate) fn ends(&self) -> String {
        day(self.ends)
    }

    /// What is wrong with it for people who open `host` now, in sentences.
    pub(crate) fn complaints(&self, host: &str, now: Timestamp) -> Vec<String> {
        let now = now.0.div_euclid(1_000_000);
        let mut found = Vec::new();
        if !self.covers(host) {
            let names = self.names.join(", ");
            found.push(format!("the certificate is for {names}, not for {host}: browsers will refuse it"));
        }
        if now < self.begins {
            found.push(format!(
                "the certificate begins on {}: browsers refuse it until then",
                day(self.begins)
            ));
        }
        match self.ends - now {
            left if left <= 0 => found.push(format!("the certificate ended on {}", self.ends())),
            left if left < ENDS_SOON_SECONDS => {
                found.push(format!("the certificate ends on {}: renew it", self.ends()));
            }
            _ => {}
        }
        if self.key_is_open {
            found.push("TLS_KEY can be read by everybody on this machine: chmod o= on it".to_owned());
        }
        found
    }

    /// By the rules of browsers, wildcards among them.
    fn covers(&self, host: &str) -> bool {
        let Some(leaf) = self.certified.cert.first() else { return false };
        let (Ok(leaf), Ok(name)) = (ParsedCertificate::try_from(leaf), ServerName::try_from(host)) else {
            return false;
        };
        rustls::client::verify_server_name(&leaf, &name).is_ok()
    }
}

fn day(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| "?".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

#[cfg(unix)]
fn is_open(key: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(key).is_ok_and(|about| about.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_open(_key: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests;
