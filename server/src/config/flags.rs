//! What is said of flags.

use super::{ConfigError, RawConfig, SETTINGS, address::service_address, read::VOBIO_TOML, typed::choice};
use api_types::Flag;
use secrecy::SecretString;
use studio::FlagSettings;

/// A remote flag service.
#[derive(Debug, Clone)]
pub(crate) struct RemoteFlagsSetting {
    pub(crate) base_url: String,
    pub(crate) token: Option<SecretString>,
}

/// What is said of flags: in `vobio.toml` a default, anywhere else the last word.
pub(super) fn flags(raw: &RawConfig) -> Result<FlagSettings, ConfigError> {
    let mut said = FlagSettings::default();
    for flag in Flag::ALL {
        let key = format!("ENABLE_{}", flag.as_str().to_uppercase());
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else { continue };
        if raw.get(setting.key).is_none() {
            continue;
        }
        let is_on = choice(raw, setting.key, &[("true", true), ("false", false)])?;
        let layer =
            if raw.origin(setting.key) == VOBIO_TOML { &mut said.file } else { &mut said.environment };
        layer.insert(*flag, is_on);
    }
    Ok(said)
}

pub(super) fn remote_flags(raw: &RawConfig) -> Result<Option<RemoteFlagsSetting>, ConfigError> {
    let token = raw.get("OFREP_TOKEN").map(SecretString::from);
    let Some(url) = raw.get("OFREP_URL") else {
        return match token {
            Some(_) => {
                Err(ConfigError("OFREP_TOKEN is set, but OFREP_URL is not: whom is it for?".to_owned()))
            }
            None => Ok(None),
        };
    };
    let base_url = service_address("OFREP_URL", url)?;
    Ok(Some(RemoteFlagsSetting { base_url, token }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, read};

    #[test]
    fn a_flag_of_the_environment_is_fixed_and_one_of_the_file_is_a_default() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("vobio.toml"), "enable_chat = false\nenable_safety_checks = false")
            .unwrap();
        std::fs::write(folder.path().join(".env"), "ENABLE_COST_TRACKING=false").unwrap();
        let environment = [("ENABLE_CHAT".into(), "true".into())];
        let flags = Config::new(&read(folder.path(), environment.into_iter()).unwrap()).unwrap().flags;
        assert_eq!(flags.file, [(Flag::SafetyChecks, false)].into());
        assert_eq!(flags.environment, [(Flag::Chat, true), (Flag::CostTracking, false)].into());
    }
}
