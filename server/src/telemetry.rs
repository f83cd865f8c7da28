//! Logs: one JSON object a line, pretty on a terminal. docs/logging.md says what is in them and what never is.

use crate::config::{Config, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Installs the subscriber, once.
pub(crate) fn install(config: &Config) -> anyhow::Result<()> {
    let level = config.log_level;
    // Libraries speak up from WARN on; SQL and HTTP internals would drown us, and may hold what nobody should log.
    // The parser of HTML says of a text what is no news to anybody, and the passkey library at ERROR what any stranger can send:
    // nothing at all from there. rustls warns of what any stranger can do in a handshake. Our own lines say why a key was refused.
    let filter = EnvFilter::try_new(format!(
        "warn,rustls=error,html5ever=off,ammonia=off,webauthn_rs=off,webauthn_rs_core=off,vobio={level},server={level},studio={level},storage={level},providers={level},inference={level},adapters={level},app={level}"
    ))?;
    let pretty = match config.log_format {
        LogFormat::Pretty => true,
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    let registry = tracing_subscriber::registry().with(filter);
    if pretty {
        registry.with(fmt::layer().with_writer(std::io::stderr).with_target(false).compact()).try_init()?;
    } else {
        let json = fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(std::io::stderr);
        registry.with(json).try_init()?;
    }
    Ok(())
}
