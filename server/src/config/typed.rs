//! Settings with their types.

use super::{
    ConfigError, RawConfig,
    address::{TlsFiles, public_url, service_address, tls, trusted_proxies},
    flags::{RemoteFlagsSetting, flags, remote_flags},
    prices,
};
use api_types::ModelRef;
use ipnet::IpNet;
use secrecy::SecretString;
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};
use studio::{AMOUNT_MAX, FlagSettings, ports::store::SpendingLimits};

/// The configuration, understood.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Scheme and host (and port), no slash at the end: `http://localhost:8000`.
    pub(crate) url: String,
    /// The studio's own TLS.
    pub(crate) tls: Option<TlsFiles>,
    /// Only what they forward is believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) database_url: Option<SecretString>,
    pub(crate) log_level: tracing::Level,
    pub(crate) log_format: LogFormat,
    pub(crate) jwt_secret: Option<SecretString>,
    /// Where the key is that seals keys of model servers, when it is not in the state folder.
    pub(crate) provider_key: Option<PathBuf>,
    pub(crate) session_idle: Duration,
    pub(crate) session_life: Duration,
    pub(crate) sign_ins_per_minute: u32,
    /// Operations of a person.
    pub(crate) calls_per_minute: u32,
    /// Requests from one address.
    pub(crate) requests_per_minute: u32,
    pub(crate) request_timeout: Duration,
    /// Anybody may make an account.
    pub(crate) open_registration: bool,
    /// What is said of flags.
    pub(crate) flags: FlagSettings,
    /// Who decides flags in place of administrators.
    pub(crate) remote_flags: Option<RemoteFlagsSetting>,
    /// What a person may spend.
    pub(crate) spending: SpendingLimits,
    /// Where the price sheet is.
    pub(crate) prices: Option<PathBuf>,
    pub(crate) default_model: Option<ModelRef>,
    pub(crate) mock: bool,
    pub(crate) local_model: LocalModelSetting,
    pub(crate) remotes: Vec<RemoteSetting>,
}

/// The built-in model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalModelSetting {
    /// Switched off by `LOCAL_MODEL=none`.
    pub(crate) on: bool,
    pub(crate) path: Option<PathBuf>,
    pub(crate) threads: usize,
    pub(crate) idle: Duration,
}

/// A model server from the configuration.
#[derive(Debug, Clone)]
pub(crate) struct RemoteSetting {
    /// `openai`, `anthropic`, `gemini`, `ollama`: source name and dialect.
    pub(crate) name: &'static str,
    pub(crate) base_url: String,
    pub(crate) api_key: Option<SecretString>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Pretty on a terminal.
    Auto,
    Json,
    Pretty,
}

impl Config {
    /// Understands the settings.
    ///
    /// # Errors
    /// A sentence that names the first setting that makes no sense.
    pub(crate) fn new(raw: &RawConfig) -> Result<Self, ConfigError> {
        let port: u16 = number(raw, "PORT", 1, 65_535)?;
        let host: IpAddr = parsed(raw, "VOBIO_HOST", "an IP address like 127.0.0.1 or 0.0.0.0")?;
        let url = match raw.get("VOBIO_URL") {
            Some(text) => public_url(text)?,
            None => format!("http://localhost:{port}"),
        };
        let jwt_secret = raw.get("JWT_SECRET");
        if jwt_secret.is_some_and(|secret| secret.len() < 32) {
            return Err(ConfigError(
                "JWT_SECRET is too short: give it at least 32 bytes, or remove it and a key is made for you."
                    .to_owned(),
            ));
        }
        let database_url = raw.get("DATABASE_URL");
        if database_url
            .is_some_and(|url| !url.starts_with("postgres://") && !url.starts_with("postgresql://"))
        {
            return Err(ConfigError(
                "DATABASE_URL has to begin with postgres://. For SQLite, leave it out and set VOBIO_DATA."
                    .to_owned(),
            ));
        }
        Ok(Self {
            tls: tls(raw, &url)?,
            trusted_proxies: trusted_proxies(raw)?,
            url,
            listen: SocketAddr::new(host, port),
            data: PathBuf::from(raw.get("VOBIO_DATA").unwrap_or("data")),
            database_url: database_url.map(SecretString::from),
            log_level: parsed(raw, "LOG_LEVEL", "ERROR, WARN, INFO, DEBUG or TRACE")?,
            log_format: choice(
                raw,
                "LOG_FORMAT",
                &[("auto", LogFormat::Auto), ("json", LogFormat::Json), ("pretty", LogFormat::Pretty)],
            )?,
            jwt_secret: jwt_secret.map(SecretString::from),
            provider_key: raw.get("PROVIDER_KEY_FILE").map(PathBuf::from),
            session_idle: days(raw, "SESSION_IDLE_DAYS")?,
            session_life: days(raw, "SESSION_LIFE_DAYS")?,
            sign_ins_per_minute: number(raw, "SIGN_INS_PER_MINUTE", 1, 1_000_000)?,
            calls_per_minute: number(raw, "MAX_API_CALLS_PER_MINUTE", 1, 1_000_000)?,
            // A page with its stream and a form are a handful.
            requests_per_minute: number(raw, "MAX_REQUESTS_PER_MINUTE", 10, 1_000_000)?,
            request_timeout: Duration::from_secs(number(raw, "REQUEST_TIMEOUT_SECONDS", 1, 600)?),
            open_registration: choice(raw, "OPEN_REGISTRATION", &[("true", true), ("false", false)])?,
            flags: flags(raw)?,
            remote_flags: remote_flags(raw)?,
            spending: SpendingLimits {
                hour: dollars(raw, "HOURLY_COST_LIMIT")?,
                day: dollars(raw, "DAILY_COST_LIMIT")?,
            },
            prices: raw.get("PRICES").map(PathBuf::from),
            default_model: raw
                .get("DEFAULT_MODEL")
                .map(|text| {
                    text.parse().map_err(|why| ConfigError(format!("DEFAULT_MODEL is {text}, but {why}.")))
                })
                .transpose()?,
            mock: choice(raw, "MOCK_MODE", &[("true", true), ("false", false)])?,
            local_model: LocalModelSetting {
                on: raw.get("LOCAL_MODEL") != Some("none"),
                path: raw.get("LOCAL_MODEL").filter(|path| *path != "none").map(PathBuf::from),
                threads: number(raw, "LOCAL_MODEL_THREADS", 1, 256)?,
                idle: Duration::from_secs(number(raw, "LOCAL_MODEL_IDLE_SECONDS", 1, 31_536_000)?),
            },
            remotes: remotes(raw)?,
        })
    }

    /// The host of the public address, without its port: what passkeys are bound to.
    pub(crate) fn host(&self) -> &str {
        let (_, name) = self.url.split_once("://").unwrap_or(("", &self.url));
        name.split(':').next().unwrap_or(name)
    }

    /// Whether people reach it by https.
    pub(crate) fn is_https(&self) -> bool {
        self.url.starts_with("https://")
    }
}

pub(super) fn wrong(key: &str, text: &str, wanted: &str) -> ConfigError {
    // What stands before an @ may be a name and a password.
    let (hidden, shown) = text.rsplit_once('@').map_or(("", text), |(_, host)| ("…@", host));
    ConfigError(format!("{key} is {hidden}{shown}, but it has to be {wanted}."))
}

fn parsed<T: FromStr>(raw: &RawConfig, key: &'static str, wanted: &str) -> Result<T, ConfigError> {
    let text = raw.get(key).unwrap_or_default();
    text.parse().map_err(|_| wrong(key, text, wanted))
}

fn number<T>(raw: &RawConfig, key: &'static str, min: T, max: T) -> Result<T, ConfigError>
where
    T: FromStr + PartialOrd + std::fmt::Display + Copy,
{
    let wanted = format!("a whole number from {min} to {max}");
    let value: T = parsed(raw, key, &wanted)?;
    if value < min || value > max {
        return Err(wrong(key, raw.get(key).unwrap_or_default(), &wanted));
    }
    Ok(value)
}

/// Micro-dollars, of a decimal number of dollars with at most six places.
fn dollars(raw: &RawConfig, key: &'static str) -> Result<i64, ConfigError> {
    let text = raw.get(key).unwrap_or_default();
    prices::micros(text).ok_or_else(|| {
        let most = AMOUNT_MAX / 1_000_000;
        wrong(key, text, &format!("dollars from 0 to {most}, like 2 or 2.50, with at most six places"))
    })
}

fn days(raw: &RawConfig, key: &'static str) -> Result<Duration, ConfigError> {
    Ok(Duration::from_secs(24 * 3600 * number::<u64>(raw, key, 1, 400)?))
}

pub(super) fn choice<T: Copy>(
    raw: &RawConfig,
    key: &'static str,
    choices: &[(&str, T)],
) -> Result<T, ConfigError> {
    let text = raw.get(key).unwrap_or_default();
    choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, value)| *value).ok_or_else(
        || {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            wrong(key, text, &names.join(" or "))
        },
    )
}

fn remotes(raw: &RawConfig) -> Result<Vec<RemoteSetting>, ConfigError> {
    const REMOTES: [(&str, &str, Option<&str>, Option<&str>); 4] = [
        ("openai", "OPENAI_BASE_URL", Some("OPENAI_API_KEY"), Some("https://api.openai.com/v1/")),
        ("anthropic", "ANTHROPIC_BASE_URL", Some("ANTHROPIC_API_KEY"), Some("https://api.anthropic.com/v1/")),
        (
            "gemini",
            "GEMINI_BASE_URL",
            Some("GEMINI_API_KEY"),
            Some("https://generativelanguage.googleapis.com/v1beta/"),
        ),
        ("ollama", "OLLAMA_BASE_URL", None, None),
    ];
    let mut found = Vec::new();
    for (name, url_key, key_key, default_url) in REMOTES {
        let api_key = key_key.and_then(|key| raw.get(key)).map(SecretString::from);
        let given = raw.get(url_key);
        let Some(url) = given.or(default_url.filter(|_| api_key.is_some())) else { continue };
        found.push(RemoteSetting { name, base_url: service_address(url_key, url)?, api_key });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read;

    fn with(env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        Config::new(&read(folder.path(), env.iter().map(|(k, v)| (k.into(), v.into())))?)
    }

    #[test]
    fn nothing_has_to_be_set() {
        let config = with(&[]).unwrap();
        assert_eq!((config.url.as_str(), config.host()), ("http://localhost:8000", "localhost"));
        assert_eq!(config.listen.to_string(), "127.0.0.1:8000");
        assert_eq!(config.spending, SpendingLimits { hour: 2_000_000, day: 10_000_000 });
        assert!(config.flags == FlagSettings::default() && config.prices.is_none());
        assert_eq!((config.calls_per_minute, config.requests_per_minute), (10, 600));
        assert!(!config.mock && config.remotes.is_empty() && config.local_model.on);
    }

    #[test]
    fn nonsense_is_named_with_what_would_make_sense() {
        for (key, value) in [
            ("PORT", "0"),
            ("PORT", "nan"),
            ("PORT", "-1"),
            ("PORT", "70000"),
            ("LOG_LEVEL", "loud"),
            ("MOCK_MODE", "maybe"),
            ("SESSION_IDLE_DAYS", "0"),
            ("SESSION_LIFE_DAYS", "401"),
            ("SIGN_INS_PER_MINUTE", "0"),
            ("MAX_API_CALLS_PER_MINUTE", "0"),
            ("MAX_API_CALLS_PER_MINUTE", "-1"),
            ("MAX_API_CALLS_PER_MINUTE", "nan"),
            ("MAX_API_CALLS_PER_MINUTE", "1e3"),
            ("MAX_REQUESTS_PER_MINUTE", "9"),
            ("MAX_REQUESTS_PER_MINUTE", "inf"),
            ("HOURLY_COST_LIMIT", "nan"),
            ("HOURLY_COST_LIMIT", "-1"),
            ("DAILY_COST_LIMIT", "inf"),
            ("DAILY_COST_LIMIT", "1e9"),
            ("DAILY_COST_LIMIT", "0.0000001"),
            ("ENABLE_COST_TRACKING", "no"),
            ("ENABLE_CHAT", "1"),
            ("OFREP_URL", "ftp://a.example"),
            ("OFREP_TOKEN", "alone"),
            ("OPEN_REGISTRATION", "yes"),
            ("REQUEST_TIMEOUT_SECONDS", "nan"),
            ("REQUEST_TIMEOUT_SECONDS", "-5"),
            ("LOCAL_MODEL_THREADS", "0"),
            ("VOBIO_HOST", "localhost"),
            ("VOBIO_URL", "localhost:8000"),
            ("VOBIO_URL", "https://a.example/path"),
            ("VOBIO_URL", "https://user@a.example"),
            ("VOBIO_URL", "http://a.example"),
            ("VOBIO_URL", "https://127.0.0.1"),
            ("DEFAULT_MODEL", "gpt"),
            ("DATABASE_URL", "mysql://x"),
            ("JWT_SECRET", "short"),
            ("OPENAI_BASE_URL", "file:///etc/passwd"),
        ] {
            let text = with(&[(key, value)]).unwrap_err().to_string();
            assert!(text.starts_with(key), "{key}={value}: {text}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        for key in ["VOBIO_URL", "OPENAI_BASE_URL", "OLLAMA_BASE_URL", "PORT", "DATABASE_URL"] {
            for address in
                ["https://ana:classified@a.example", "ana:classi@fied@a.example", "x://:classified@"]
            {
                let text = with(&[(key, address)]).unwrap_err().to_string();
                assert!(text.starts_with(key) && !text.contains("classi"), "{text}");
            }
        }
    }

    #[test]
    fn a_key_alone_is_enough_for_a_well_known_server() {
        let config =
            with(&[("ANTHROPIC_API_KEY", "k"), ("OLLAMA_BASE_URL", "http://localhost:11434")]).unwrap();
        let seen: Vec<_> = config.remotes.iter().map(|r| (r.name, r.base_url.as_str())).collect();
        assert_eq!(
            seen,
            [("anthropic", "https://api.anthropic.com/v1/"), ("ollama", "http://localhost:11434/")]
        );
        assert!(!format!("{config:?}").contains("\"k\""));
    }
}
