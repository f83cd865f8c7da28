//! The public address, its TLS, and the proxies in front of it.

use super::{ConfigError, RawConfig, typed::wrong};
use ipnet::IpNet;
use std::{net::IpAddr, path::PathBuf};

/// The two PEM files of `TLS_CERT` and `TLS_KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// Scheme, host and port of an address; nothing else may be in it.
pub(super) fn public_url(text: &str) -> Result<String, ConfigError> {
    let wanted = "an address like https://studio.example.org or http://localhost:8000, without a path";
    let url: http::Uri = text.parse().map_err(|_| wrong("VOBIO_URL", text, wanted))?;
    let (scheme, host) = (url.scheme_str().unwrap_or_default(), url.host().unwrap_or_default());
    let bare =
        matches!(url.path(), "" | "/") && url.query().is_none() && !text.contains('@') && !text.contains('#');
    if host.is_empty() || !bare || !matches!(scheme, "http" | "https") {
        return Err(wrong("VOBIO_URL", text, wanted));
    }
    if scheme == "http" && host != "localhost" {
        return Err(ConfigError(format!(
            "VOBIO_URL is {text}, but passkeys need https on every host except localhost. Give it the https address, and set \
             TLS_CERT and TLS_KEY, or put a proxy with TLS in front and name it in TRUSTED_PROXIES."
        )));
    }
    if host.parse::<IpAddr>().is_ok() || host.starts_with('[') {
        return Err(ConfigError(format!(
            "VOBIO_URL is {text}, but passkeys need a name, not an IP address."
        )));
    }
    Ok(text.trim_end_matches('/').to_ascii_lowercase())
}

/// Both files or none, and only where people come by https.
pub(super) fn tls(raw: &RawConfig, url: &str) -> Result<Option<TlsFiles>, ConfigError> {
    let (cert, key) = match (raw.get("TLS_CERT"), raw.get("TLS_KEY")) {
        (None, None) => return Ok(None),
        (Some(cert), Some(key)) => (cert.into(), key.into()),
        (Some(_), None) => return Err(ConfigError("TLS_CERT is set, but its TLS_KEY is not.".to_owned())),
        (None, Some(_)) => return Err(ConfigError("TLS_KEY is set, but its TLS_CERT is not.".to_owned())),
    };
    if !url.starts_with("https://") {
        return Err(ConfigError(format!(
            "TLS_CERT is set, but people open {url}: set VOBIO_URL to the https address that the certificate is for."
        )));
    }
    Ok(Some(TlsFiles { cert, key }))
}

/// Addresses and networks, between commas.
pub(super) fn trusted_proxies(raw: &RawConfig) -> Result<Vec<IpNet>, ConfigError> {
    let text = raw.get("TRUSTED_PROXIES").unwrap_or_default();
    let wanted = "addresses or networks between commas, like 127.0.0.1, ::1, 10.0.0.0/24";
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let networks: Result<Vec<IpNet>, ConfigError> = parts
        .map(|part| {
            let alone = part.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
            let network =
                alone.or_else(|_| part.parse()).map_err(|_| wrong("TRUSTED_PROXIES", text, wanted))?;
            match network.prefix_len() {
                // Whoever is trusted may say who they are.
                0 => Err(ConfigError(format!(
                    "TRUSTED_PROXIES has {part}, which is everybody. Name the proxies alone."
                ))),
                _ => Ok(network),
            }
        })
        .collect();
    networks
}

/// The address of a service that the studio asks, with a slash at its end.
pub(super) fn service_address(key: &str, url: &str) -> Result<String, ConfigError> {
    let parsed: Result<http::Uri, _> = url.parse();
    let fine = parsed.is_ok_and(|uri| {
        uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https")) && !url.contains('@')
    });
    if !fine {
        return Err(wrong(key, url, "an http or https address without a password in it"));
    }
    Ok(format!("{}/", url.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, ConfigError, read};

    fn with(env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        Config::new(&read(folder.path(), env.iter().map(|(k, v)| (k.into(), v.into())))?)
    }

    #[test]
    fn the_host_is_what_stands_before_the_port() {
        for (url, host) in [
            ("https://Studio.Example.org", "studio.example.org"),
            ("https://studio.example.org:8443/", "studio.example.org"),
            ("http://localhost:8000", "localhost"),
        ] {
            assert_eq!(with(&[("VOBIO_URL", url)]).unwrap().host(), host);
        }
    }

    #[test]
    fn tls_is_two_files_and_an_https_address() {
        let https = ("VOBIO_URL", "https://a.example");
        let (cert, key) = (("TLS_CERT", "c.pem"), ("TLS_KEY", "k.pem"));
        assert!(with(&[https, cert, key]).unwrap().tls.is_some());
        assert!(with(&[https]).unwrap().tls.is_none());
        for (settings, words) in [
            (vec![https, cert], "TLS_CERT is set, but its TLS_KEY is not"),
            (vec![https, key], "TLS_KEY is set, but its TLS_CERT is not"),
            (vec![cert, key], "people open http://localhost:8000"),
        ] {
            let said = with(&settings).unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks_and_never_everybody() {
        let proxies = |text| with(&[("TRUSTED_PROXIES", text)]);
        assert_eq!(proxies("127.0.0.1, ::1,10.0.0.0/24,").unwrap().trusted_proxies.len(), 3);
        for text in ["proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1;10.0.0.2"] {
            let said = proxies(text).unwrap_err().to_string();
            assert!(said.starts_with("TRUSTED_PROXIES"), "{text}: {said}");
        }
    }
}
