//! Keys that are names: who knows the name of a key holds it.

use api_types::PersonId;
use studio::ports::{Assertion, CeremonyState, PasskeyRefused, Passkeys, RegisteredPasskey};

/// What a browser sends: a key's name and whose it claims to be.
pub(crate) fn key(name: &str, person: PersonId) -> String {
    format!("{name} {person}")
}

/// The same with a signature that does not fit.
pub(crate) fn forged(credential: &str) -> String {
    format!("{credential}!")
}

/// Takes every key but `refused`; a key counts how often it signed.
pub(crate) struct FakePasskeys;

fn read(credential: &str) -> Result<(&str, PersonId), PasskeyRefused> {
    let refused = || PasskeyRefused("this is no key".to_owned());
    let (name, person) = credential.split_once(' ').ok_or_else(refused)?;
    if name == "refused" {
        Err(refused())
    } else {
        Ok((name, person.trim_end_matches('!').parse().map_err(|_| refused())?))
    }
}

impl Passkeys for FakePasskeys {
    fn start_registration(
        &self,
        person: PersonId,
        name: &str,
        _existing: &[String],
    ) -> Result<(String, CeremonyState), PasskeyRefused> {
        Ok((format!("register {name}"), CeremonyState(person.to_string())))
    }

    fn finish_registration(
        &self,
        state: &CeremonyState,
        credential: &str,
    ) -> Result<RegisteredPasskey, PasskeyRefused> {
        // The person is the ceremony's, whatever the browser says.
        let name = credential.split(' ').next().unwrap_or_default();
        read(&format!("{name} {}", state.0))?;
        Ok(RegisteredPasskey { credential_id: name.to_owned(), passkey: "signed 0".to_owned() })
    }

    fn start_sign_in(&self) -> Result<(String, CeremonyState), PasskeyRefused> {
        Ok(("sign in".to_owned(), CeremonyState("sign in".to_owned())))
    }

    fn identify(&self, credential: &str) -> Result<Assertion, PasskeyRefused> {
        let (name, person) = read(credential)?;
        Ok(Assertion { person, credential_id: name.to_owned() })
    }

    fn finish_sign_in(
        &self,
        state: &CeremonyState,
        credential: &str,
        passkey: &str,
    ) -> Result<String, PasskeyRefused> {
        let count = passkey.strip_prefix("signed ").and_then(|count| count.parse::<u32>().ok());
        match (state.0.as_str(), count) {
            _ if credential.ends_with('!') => Err(PasskeyRefused("the signature is wrong".to_owned())),
            ("sign in", Some(count)) => Ok(format!("signed {}", count + 1)),
            _ => Err(PasskeyRefused("this is no sign-in".to_owned())),
        }
    }
}
