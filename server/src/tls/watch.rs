//! Looks whether the files were replaced, as `certbot` and its like do every few weeks.

use super::{Pair, Tls};
use crate::config::TlsFiles;
use std::{
    fs, io,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};
use studio::{Studio, ports::Timestamp};

/// The files are looked at this often. A change counts when the next look finds the same: both files are there by then.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What is wrong with a certificate is said again after this.
const REMIND_EVERY: i64 = 24 * 3600 * 1_000_000;

/// What tells that a file was replaced: when it was written, its length, and which file it is.
type Stamp = Option<[(SystemTime, u64, u64); 2]>;

fn stamp(files: &TlsFiles) -> Stamp {
    let of = |path: &Path| -> io::Result<(SystemTime, u64, u64)> {
        let about = fs::metadata(path)?;
        Ok((about.modified()?, about.len(), number(&about)))
    };
    Some([of(&files.cert).ok()?, of(&files.key).ok()?])
}

#[cfg(unix)]
fn number(about: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(about)
}

#[cfg(not(unix))]
fn number(_about: &fs::Metadata) -> u64 {
    0
}

/// Says what is wrong with a certificate.
fn warn(pair: &Pair, host: &str, now: Timestamp) {
    for complaint in pair.complaints(host, now) {
        tracing::warn!("TLS: {complaint}");
    }
}

/// Replaces the certificate when its files change, until the process goes down. Files that make no pair change nothing.
pub(crate) async fn watch(studio: Arc<Studio>, tls: Arc<Tls>, mut pair: Pair, host: String) {
    let mut used = stamp(&tls.files);
    let mut last = used;
    let mut reminded = studio.now();
    warn(&pair, &host, reminded);
    loop {
        tokio::select! {
            () = studio.live.closed() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let now = studio.now();
        let seen = stamp(&tls.files);
        let is_new = seen.is_some() && seen == last && seen != used;
        last = seen;
        if is_new {
            used = seen;
            match Pair::read(&tls.files) {
                Ok(new) => {
                    pair = new;
                    tls.replace(&pair);
                    tracing::info!(ends = pair.ends(), issuer = pair.issuer, "the certificate was replaced");
                    reminded = now;
                    warn(&pair, &host, now);
                }
                Err(fault) => tracing::warn!("TLS: the certificate stays as it was: {fault}"),
            }
        }
        if now.0 - reminded.0 > REMIND_EVERY {
            reminded = now;
            warn(&pair, &host, now);
        }
    }
}
