//! Keys that are names: who knows the name of a key holds it.

use api_types::PersonId;
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex};
use studio::ports::{
    Assertion, CeremonyState, PasskeyRefused, Passkeys, Refusal, RegisteredPasskey, VerifiedPasskey,
};

/// What a browser sends: a key's name and whose it claims to be.
pub(crate) fn key(name: &str, person: PersonId) -> String {
    format!("{name} {person}")
}

/// The same with something wrong in its signature.
pub(crate) fn faulty(name: &str, person: PersonId, why: Refusal) -> String {
    format!("{name} {person} {why:?}")
}

/// The model of what makes the keys whose name begins with `yubi`.
pub(crate) const YUBI: &str = "2fc0579f-8113-47ea-b116-bb5a8db9202a";

/// Takes every key but `refused`; a key counts how often it signed. One whose name begins with `phone` is synced.
#[derive(Clone)]
pub(crate) struct FakePasskeys {
    pub(crate) host: &'static str,
    /// Happens once, between what is read before a key is verified and what is written after. Takes a runtime of threads.
    pub(crate) meanwhile: Arc<Mutex<Option<BoxFuture<'static, ()>>>>,
}

impl FakePasskeys {
    pub(crate) fn at(host: &'static str) -> Self {
        Self { host, meanwhile: Arc::default() }
    }

    fn verifying(&self) {
        let happens = self.meanwhile.lock().unwrap().take();
        if let Some(happens) = happens {
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(happens));
        }
    }
}

fn because(why: Refusal) -> PasskeyRefused {
    PasskeyRefused { why, text: format!("{why:?}") }
}

fn read(credential: &str) -> Result<(&str, PersonId), PasskeyRefused> {
    let refused = || because(Refusal::Unusable);
    let mut words = credential.split(' ');
    let name = words.next().filter(|name| *name != "refused").ok_or_else(refused)?;
    let person = words.next().and_then(|person| person.parse().ok()).ok_or_else(refused)?;
    Ok((name, person))
}

/// What is wrong with a signature.
fn fault(credential: &str) -> Option<Refusal> {
    let word = credential.split(' ').nth(2)?;
    [
        Refusal::Origin,
        Refusal::RelyingParty,
        Refusal::Challenge,
        Refusal::NotVerified,
        Refusal::WrongKey,
        Refusal::Cloned,
        Refusal::NotResident,
    ]
    .into_iter()
    .find(|why| format!("{why:?}") == word)
}

impl Passkeys for FakePasskeys {
    fn rp_id(&self) -> &str {
        self.host
    }

    fn user_handle(&self, person: PersonId) -> String {
        person.to_string()
    }

    fn start_registration(
        &self,
        person: PersonId,
        name: &str,
        existing: &[String],
    ) -> Result<(String, CeremonyState), PasskeyRefused> {
        let but = if existing.is_empty() { String::new() } else { format!(" but {existing:?}") };
        Ok((format!("register {name}{but}"), CeremonyState(person.to_string())))
    }

    fn finish_registration(
        &self,
        state: &CeremonyState,
        credential: &str,
    ) -> Result<RegisteredPasskey, PasskeyRefused> {
        self.verifying();
        // The person is the ceremony's, whatever the browser says.
        let name = credential.split(' ').next().unwrap_or_default();
        read(&format!("{name} {}", state.0))?;
        if let Some(why) = fault(credential) {
            return Err(because(why));
        }
        let aaguid = if name.starts_with("yubi") { YUBI } else { "" };
        Ok(RegisteredPasskey {
            credential_id: name.to_owned(),
            passkey: "signed 0".to_owned(),
            aaguid: aaguid.to_owned(),
            is_security_key: name.starts_with("yubi"),
            synced: Some(name.starts_with("phone")),
        })
    }

    fn start_sign_in(&self) -> Result<(String, CeremonyState), PasskeyRefused> {
        Ok(("sign in".to_owned(), CeremonyState("sign in".to_owned())))
    }

    fn start_touch(&self, own: &[String]) -> Result<(String, CeremonyState), PasskeyRefused> {
        Ok((format!("touch {own:?}"), CeremonyState("sign in".to_owned())))
    }

    fn credential_id(&self, credential: &str) -> Result<String, PasskeyRefused> {
        Ok(read(credential)?.0.to_owned())
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
    ) -> Result<VerifiedPasskey, PasskeyRefused> {
        self.verifying();
        if let Some(why) = fault(credential) {
            return Err(because(why));
        }
        let count = passkey.strip_prefix("signed ").and_then(|count| count.parse::<u32>().ok());
        match (state.0.as_str(), count) {
            ("sign in", Some(count)) => Ok(VerifiedPasskey {
                passkey: format!("signed {}", count + 1),
                synced: credential.starts_with("phone"),
            }),
            _ => Err(because(Refusal::Unusable)),
        }
    }

    fn refuse_unknown(&self, _state: &CeremonyState, credential: &str) -> PasskeyRefused {
        because(fault(credential).unwrap_or(Refusal::WrongKey))
    }
}
