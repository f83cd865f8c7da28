//! Every setting there is, on one screen.

/// One setting. In `vobio.toml` its key is the same in lower case.
pub(crate) struct Setting {
    /// The variable's name.
    pub(crate) key: &'static str,
    /// As it is when nothing is said; `None` is "not set".
    pub(crate) default: Option<&'static str>,
    /// Never printed, and never empty.
    pub(crate) secret: bool,
    /// What it does, for `.env.example` and `vobio doctor`.
    pub(crate) what: &'static str,
}

const fn row(key: &'static str, default: Option<&'static str>, what: &'static str) -> Setting {
    Setting { key, default, secret: false, what }
}

const fn secret(key: &'static str, what: &'static str) -> Setting {
    Setting { key, default: None, secret: true, what }
}

/// All of them.
pub(crate) const SETTINGS: &[Setting] = &[
    row(
        "VOBIO_URL",
        None,
        "The one public address, as people type it. Default: http://localhost:PORT. Any other host needs https.",
    ),
    row(
        "TLS_CERT",
        None,
        "The certificate with its chain (PEM), for an https address without a proxy in front. Read again when it changes.",
    ),
    row("TLS_KEY", None, "Its key (PEM)."),
    row(
        "TRUSTED_PROXIES",
        None,
        "Proxies with TLS in front: addresses or networks between commas. What others forward is not believed.",
    ),
    row("VOBIO_HOST", Some("127.0.0.1"), "The address to listen on; 0.0.0.0 for all."),
    row("PORT", Some("8000"), "The port to listen on."),
    row("VOBIO_DATA", Some("data"), "The folder that holds all state: database, keys, backups."),
    secret("DATABASE_URL", "postgres://user:password@host/database. Not set: SQLite in VOBIO_DATA."),
    row("LOG_LEVEL", Some("INFO"), "ERROR, WARN, INFO, DEBUG or TRACE."),
    row("LOG_FORMAT", Some("auto"), "auto (pretty on a terminal, else json), json or pretty."),
    secret(
        "JWT_SECRET",
        "Signs session tokens; at least 32 bytes. Not set: a key is made in VOBIO_DATA, readable by its owner only.",
    ),
    row(
        "PROVIDER_KEY_FILE",
        None,
        "The file with the key that seals keys of model servers. Not set: keys/providers.key in VOBIO_DATA, made at first need.",
    ),
    row("SESSION_IDLE_DAYS", Some("7"), "A session ends after so many days without a request."),
    row("SESSION_LIFE_DAYS", Some("30"), "A session ends after so many days, whatever happens."),
    row(
        "SIGN_INS_PER_MINUTE",
        Some("30"),
        "Sign-ins and registrations that one address may begin in a minute.",
    ),
    row(
        "MAX_API_CALLS_PER_MINUTE",
        Some("10"),
        "Operations of a person (a message, an answer again, a run tried again) within any minute; in all processes together.",
    ),
    row(
        "MAX_REQUESTS_PER_MINUTE",
        Some("600"),
        "Requests from one address in a minute, static files and /health apart; in all processes together.",
    ),
    row("REQUEST_TIMEOUT_SECONDS", Some("30"), "A request that takes longer is answered 503."),
    row(
        "OPEN_REGISTRATION",
        Some("false"),
        "true lets anybody who reaches the studio make an account, as a member. Otherwise people are invited.",
    ),
    row(
        "ENABLE_CHAT",
        None,
        "true or false fixes the flag chat; in vobio.toml it is a default that administrators can switch. See docs/flags.md.",
    ),
    row(
        "ENABLE_SAFETY_CHECKS",
        None,
        "The same for safety_checks: false screens nothing of what goes to models, see docs/safety.md.",
    ),
    row(
        "ENABLE_COST_TRACKING",
        None,
        "The same for cost_tracking: false counts nothing and refuses nothing, and people spend without limit.",
    ),
    row(
        "OFREP_URL",
        None,
        "A remote flag service that speaks OFREP, in place of administrators' switches, like https://flags.example/",
    ),
    secret("OFREP_TOKEN", "What it wants to hear as a bearer token."),
    row("HOURLY_COST_LIMIT", Some("2.0"), "Dollars that a person may spend in a clock hour (UTC)."),
    row("DAILY_COST_LIMIT", Some("10.0"), "Dollars that a person may spend in a day (UTC)."),
    row(
        "PRICES",
        None,
        "A file of what models cost, see docs/costs.md. Models of other servers are refused until it, or an administrator, says their price.",
    ),
    row("DEFAULT_MODEL", None, "The model a new chat begins with, like openai/some-model."),
    row(
        "MOCK_MODE",
        Some("false"),
        "true offers the mock models: scripted answers for tests. The page says so.",
    ),
    row(
        "LOCAL_MODEL",
        None,
        "A GGUF file of the llama family that runs inside the studio. Set by make run; none switches it off.",
    ),
    row("LOCAL_MODEL_THREADS", Some("1"), "Threads of the built-in model."),
    row(
        "LOCAL_MODEL_IDLE_SECONDS",
        Some("600"),
        "The built-in model leaves memory after so long without a question.",
    ),
    row(
        "OPENAI_BASE_URL",
        None,
        "Any OpenAI-compatible server. Default with a key: https://api.openai.com/v1/",
    ),
    secret("OPENAI_API_KEY", "Its key."),
    row("ANTHROPIC_BASE_URL", None, "Default with a key: https://api.anthropic.com/v1/"),
    secret("ANTHROPIC_API_KEY", "Its key."),
    row("GEMINI_BASE_URL", None, "Default with a key: https://generativelanguage.googleapis.com/v1beta/"),
    secret("GEMINI_API_KEY", "Its key."),
    row("OLLAMA_BASE_URL", None, "An Ollama server, like http://localhost:11434/"),
];

/// Settings of the studio's plan that this version does not obey yet. Setting one is not an error, but it is said in the
/// log and by `vobio doctor`: nobody shall believe in a limit that is not kept.
pub(crate) const NOT_YET: &[&str] = &[
    "CODE_EXECUTION_TIMEOUT",
    "APPROVAL_TIMEOUT_HOURS",
    "QDRANT_URL",
    "LANGFUSE_HOST",
    "LANGFUSE_PUBLIC_KEY",
    "LANGFUSE_SECRET_KEY",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_SERVICE_NAME",
    "ENABLE_CODE_EXECUTION",
    "ENABLE_IMAGE_GENERATION",
    "ENABLE_VIDEO_GENERATION",
    "ENABLE_LIFESYNC",
    "ENABLE_HUMAN_APPROVAL",
];

/// The text of `.env.example`.
pub(crate) fn example() -> String {
    let mut text = String::from(
        "# Every setting, with its default. Copy this to .env, or set the variables, or write the same keys in lower case into\n# vobio.toml. The environment wins over .env, .env over vobio.toml. Unknown keys and nonsense stop the start.\n",
    );
    for setting in SETTINGS {
        let value = setting.default.unwrap_or("");
        text.push_str(&format!("\n# {}\n# {}={value}\n", setting.what, setting.key));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_in_the_repository_is_made_from_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            kept,
            example(),
            "write it again with: cargo run --bin vobio -- env-example > .env.example"
        );
    }
}
