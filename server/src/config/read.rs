//! Where settings come from.

use super::{ConfigError, NOT_YET, SETTINGS};
use std::{collections::BTreeMap, ffi::OsString, path::Path};

/// The file of settings.
pub(super) const VOBIO_TOML: &str = "vobio.toml";

/// Settings as text, and where each came from.
#[derive(Debug, Default)]
pub(crate) struct RawConfig {
    values: BTreeMap<&'static str, (String, &'static str)>,
    /// Known settings that have no effect in this version.
    pub(crate) not_yet: Vec<&'static str>,
}

impl RawConfig {
    /// The text of a setting: as given, else its default.
    pub(crate) fn get(&self, key: &'static str) -> Option<&str> {
        let given = self.values.get(key).map(|(value, _)| value.as_str());
        given.or_else(|| {
            SETTINGS.iter().find(|setting| setting.key == key).and_then(|setting| setting.default)
        })
    }

    /// Where it came from.
    pub(crate) fn origin(&self, key: &str) -> &'static str {
        self.values.get(key).map_or("default", |(_, origin)| origin)
    }

    fn set(&mut self, key: &str, value: String, origin: &'static str) -> Result<bool, ConfigError> {
        if let Some(known) = NOT_YET.iter().find(|known| **known == key) {
            self.not_yet.push(known);
            return Ok(true);
        }
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else { return Ok(false) };
        if setting.secret && value.trim().is_empty() {
            return Err(ConfigError(format!(
                "{key} is set but empty ({origin}). Give it a value, or remove it."
            )));
        }
        // An empty value of anything else is the same as not set, as shells and compose files have it.
        if !value.trim().is_empty() {
            self.values.insert(setting.key, (value.trim().to_owned(), origin));
        }
        Ok(true)
    }
}

/// Reads `vobio.toml`, `.env` and the environment; later ones win.
pub(crate) fn read(
    folder: &Path,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<RawConfig, ConfigError> {
    let mut raw = RawConfig::default();
    if let Some(text) = file(&folder.join(VOBIO_TOML))? {
        from_toml(&mut raw, &text)?;
    }
    if let Some(text) = file(&folder.join(".env"))? {
        from_dotenv(&mut raw, &text)?;
    }
    for (key, value) in environment {
        let key = key.to_string_lossy();
        // Other programs' variables are none of our business, nor how they are spelled; ours are.
        if !is_known(&key) {
            if key.starts_with("VOBIO_") && !key.starts_with("VOBIO_TEST_") {
                return Err(unknown(&key, "the environment"));
            }
            continue;
        }
        let Some(value) = value.to_str() else {
            return Err(ConfigError(format!("{key} in the environment is not a text in UTF-8.")));
        };
        raw.set(&key, value.to_owned(), "environment")?;
    }
    raw.not_yet.dedup();
    Ok(raw)
}

fn is_known(key: &str) -> bool {
    NOT_YET.contains(&key) || SETTINGS.iter().any(|setting| setting.key == key)
}

fn file(path: &Path) -> Result<Option<String>, ConfigError> {
    // Reading a pipe would wait for whoever writes into it.
    if std::fs::metadata(path).is_ok_and(|about| !about.is_file()) {
        return Err(ConfigError(format!("{} is not a file.", path.display())));
    }
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(ConfigError(format!("{} cannot be read: {e}", path.display()))),
    }
}

fn from_toml(raw: &mut RawConfig, text: &str) -> Result<(), ConfigError> {
    let table: toml::Table = text.parse().map_err(|error| not_toml(text, &error))?;
    for (key, value) in table {
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(n) => n.to_string(),
            toml::Value::Float(n) => n.to_string(),
            toml::Value::Boolean(b) => b.to_string(),
            _ => {
                return Err(ConfigError(format!(
                    "{key} in vobio.toml has to be a text, a number, true or false."
                )));
            }
        };
        let upper = key.to_ascii_uppercase();
        if key != key.to_ascii_lowercase() || !raw.set(&upper, text, VOBIO_TOML)? {
            return Err(unknown(&key, VOBIO_TOML));
        }
    }
    Ok(())
}

/// The parser's own text repeats the line, and there may be a secret in it.
fn not_toml(text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigError(format!("Line {line} of vobio.toml is not valid TOML: {}.", error.message()))
}

fn from_dotenv(raw: &mut RawConfig, text: &str) -> Result<(), ConfigError> {
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.strip_prefix("export ").unwrap_or(line).split_once('=') else {
            return Err(ConfigError(format!("Line {} of .env is not KEY=value.", number + 1)));
        };
        let value = value.trim();
        let quoted = ['"', '\''].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q));
        if !raw.set(key.trim(), quoted.unwrap_or(value).to_owned(), ".env")? {
            return Err(unknown(key.trim(), ".env"));
        }
    }
    Ok(())
}

fn unknown(key: &str, place: &str) -> ConfigError {
    let near = SETTINGS
        .iter()
        .map(|setting| (distance(&key.to_ascii_uppercase(), setting.key), setting.key))
        .min()
        // Half of a name may be misspelled; beyond that, everything resembles PORT.
        .filter(|(far, near)| *far <= 4 && far * 2 <= near.len())
        // In the file, keys are written small.
        .map(|(_, near)| if place == VOBIO_TOML { near.to_lowercase() } else { near.to_owned() })
        .map(|near| format!(" Did you mean {near}?"))
        .unwrap_or_default();
    ConfigError(format!(
        "{key} in {place} is not a setting of this studio.{near} All settings are in .env.example."
    ))
}

/// Edits between two words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let best = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)], env: &[(&str, &str)]) -> Result<RawConfig, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        read(folder.path(), env.iter().map(|(k, v)| (k.into(), v.into())))
    }

    #[test]
    fn the_environment_wins_over_dotenv_and_dotenv_over_toml() {
        let raw = with(
            &[
                ("vobio.toml", "port = 1\nlog_level = \"WARN\"\nvobio_data = \"a\""),
                (".env", "PORT=2\nLOG_LEVEL='DEBUG'"),
            ],
            &[("PORT", "3"), ("PATH", "/bin")],
        )
        .unwrap();
        assert_eq!(
            (raw.get("PORT"), raw.get("LOG_LEVEL"), raw.get("VOBIO_DATA")),
            (Some("3"), Some("DEBUG"), Some("a"))
        );
        assert_eq!((raw.origin("PORT"), raw.origin("LOG_FORMAT")), ("environment", "default"));
    }

    #[test]
    fn an_unknown_key_is_named_with_the_one_that_was_meant() {
        for (file, line, meant) in [
            ("vobio.toml", "prot = 1", "port"),
            ("vobio.toml", "PORT = 1", "port"),
            (".env", "PROT=1", "PORT"),
        ] {
            let text = with(&[(file, line)], &[]).unwrap_err().to_string();
            assert!(text.contains(&format!("Did you mean {meant}?")), "{text}");
        }
        assert!(with(&[], &[("VOBIO_ULR", "x")]).unwrap_err().to_string().contains("VOBIO_URL?"));
    }

    #[test]
    fn a_name_that_resembles_none_is_not_guessed() {
        for key in ["foo = 1", "tone = 1", "vobio = 1"] {
            let text = with(&[("vobio.toml", key)], &[]).unwrap_err().to_string();
            assert!(!text.contains("Did you mean"), "{text}");
        }
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".env")).unwrap();
        let text = read(folder.path(), std::iter::empty()).unwrap_err().to_string();
        assert!(text.ends_with(".env is not a file."), "{text}");
    }

    #[test]
    fn an_empty_secret_is_refused() {
        assert!(
            with(&[], &[("JWT_SECRET", " ")])
                .unwrap_err()
                .to_string()
                .starts_with("JWT_SECRET is set but empty")
        );
    }

    #[test]
    fn a_limit_that_is_not_kept_yet_is_noted() {
        assert_eq!(with(&[], &[("QDRANT_URL", "x")]).unwrap().not_yet, ["QDRANT_URL"]);
    }

    #[test]
    fn a_file_that_cannot_be_understood_names_the_line_and_not_what_is_in_it() {
        for line in [
            "jwt_secret = \"classified",
            "jwt_secret = classified",
            "jwt_secret = \"\"\"classified",
            "jwt_secret = \"classified\" classified",
            "jwt_secret = \"classified\\q\"",
            "jwt_secret = [\"classified\", 1",
            "jwt_secret \"classified\"",
        ] {
            let text = with(&[("vobio.toml", &format!("port = 1\n{line}\n"))], &[]).unwrap_err().to_string();
            assert!(text.starts_with("Line ") && text.contains(" of vobio.toml "), "{line}: {text}");
            assert!(!text.contains("classified") && !text.contains('\n'), "{line}: {text}");
        }
        let text = with(&[("vobio.toml", "port = 1\njwt_secret = \"x")], &[]).unwrap_err().to_string();
        assert!(text.starts_with("Line 2 "), "{text}");
        for line in ["jwt_secret = [\"classified\"]", "jwt_secret = { a = \"classified\" }"] {
            let text = with(&[("vobio.toml", line)], &[]).unwrap_err().to_string();
            assert!(text.starts_with("jwt_secret in vobio.toml") && !text.contains("classified"), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_utf_8_is_refused_in_our_variables_alone() {
        use std::os::unix::ffi::OsStringExt as _;
        let latin1 = || OsString::from_vec(b"caf\xe9".to_vec());
        let folder = tempfile::tempdir().unwrap();
        let with = |key: OsString| read(folder.path(), std::iter::once((key, latin1())));
        assert!(with("OLDPWD".into()).is_ok() && with(latin1()).is_ok());
        let refused = with("VOBIO_DATA".into()).unwrap_err().to_string();
        assert_eq!(refused, "VOBIO_DATA in the environment is not a text in UTF-8.");
    }
}
