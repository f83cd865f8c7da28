//! What a passkey is called before its person says otherwise.
//!
//! # Design
//! Nobody vouches for an AAGUID (attestation is not asked for), so it names a key and decides nothing.

use crate::{device::device, ports::RegisteredPasskey};

/// Ids and names of the best known, from the community's list: passkeydeveloper/passkey-authenticator-aaguids, `aaguid.json`
/// of 7 August 2026, and for the security keys its `dist` folder. Names are shortened to what a person calls the thing.
const KNOWN: [(&str, &str); 24] = [
    ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "Apple Passwords"),
    ("dd4ec289-e01d-41c9-bb89-70fa845d4bf2", "iCloud Keychain"),
    ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", "Google Password Manager"),
    ("adce0002-35bc-c60a-648b-0b25f1f05503", "Chrome on Mac"),
    ("b5397666-4885-aa6b-cebf-e52262a439a2", "Chromium"),
    ("771b48fd-d3d4-4f74-9232-fc157ab0507a", "Edge on Mac"),
    ("08987058-cadc-4b81-b6e1-30de50dcbe96", "Windows Hello"),
    ("9ddd1817-af5a-4672-a2b9-3e3dd95000a9", "Windows Hello"),
    ("6028b017-b1d4-4c02-b4b3-afcdafc96bb2", "Windows Hello"),
    ("d3452668-01fd-4c12-926c-83a4204853aa", "Microsoft Password Manager"),
    ("53414d53-554e-4700-0000-000000000000", "Samsung Pass"),
    ("bada5566-a7aa-401f-bd96-45619a55120d", "1Password"),
    ("d548826e-79b4-db40-a3d8-11116f7e8349", "Bitwarden"),
    ("531126d6-e717-415c-9320-3d9aa6981239", "Dashlane"),
    ("b84e4048-15dc-4dd0-8640-f4f60813c8af", "NordPass"),
    ("0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6", "Keeper"),
    ("f3809540-7f14-49c1-a8b3-8f813b225541", "Enpass"),
    ("50726f74-6f6e-5061-7373-50726f746f6e", "Proton Pass"),
    ("b78a0a55-6ef8-d246-a042-ba0f6d55050c", "LastPass"),
    ("fdb141b2-5d84-443e-8a35-4698c205a502", "KeePassXC"),
    ("eaecdef2-1c31-5634-8639-f1cbd9c00a08", "KeePassDX"),
    ("2fc0579f-8113-47ea-b116-bb5a8db9202a", "YubiKey 5 NFC"),
    ("ee882879-721c-4913-9775-3dfcce97072a", "YubiKey 5"),
    ("42b4fb4a-2866-43b2-9bf7-6c6669c2e5d3", "Titan Security Key"),
];

/// A name for a new passkey: what made it, where that is known; else where it was made. `taken` are the names there are.
pub(crate) fn guess_name(made: &RegisteredPasskey, user_agent: &str, taken: &[String]) -> String {
    let known = KNOWN.iter().find(|(id, _)| *id == made.aaguid).map(|(_, name)| (*name).to_owned());
    // A security key goes from browser to browser: where it was made says nothing about it.
    let kind = || if made.is_security_key { Some("Security key".to_owned()) } else { device(user_agent) };
    let name = known.or_else(kind).unwrap_or_else(|| "Passkey".to_owned());
    let is_free = |name: &String| !taken.contains(name);
    let mut numbered = (2..).map(|n| format!("{name} {n}"));
    if is_free(&name) { name } else { numbered.find(is_free).unwrap_or(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(aaguid: &str, is_security_key: bool) -> RegisteredPasskey {
        RegisteredPasskey {
            credential_id: String::new(),
            passkey: String::new(),
            aaguid: aaguid.to_owned(),
            is_security_key,
            synced: None,
        }
    }

    #[test]
    fn the_name_is_what_made_it_or_where_it_was_made() {
        const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                              Version/18.5 Mobile/15E148 Safari/604.1";
        assert_eq!(
            guess_name(&made("bada5566-a7aa-401f-bd96-45619a55120d", false), CHROME, &[]),
            "1Password"
        );
        assert_eq!(guess_name(&made("", false), CHROME, &[]), "Chrome on Linux");
        assert_eq!(guess_name(&made("", false), SAFARI, &[]), "Safari on an iPhone");
        assert_eq!(guess_name(&made("", true), CHROME, &[]), "Security key");
        assert_eq!(
            guess_name(&made("42b4fb4a-2866-43b2-9bf7-6c6669c2e5d3", true), CHROME, &[]),
            "Titan Security Key"
        );
        assert_eq!(
            guess_name(&made("0193a5b2-7c1e-7000-8000-000000000001", false), "curl/8", &[]),
            "Passkey"
        );
    }

    #[test]
    fn two_of_a_kind_are_told_apart() {
        let taken = ["YubiKey 5".to_owned(), "YubiKey 5 2".to_owned()];
        assert_eq!(
            guess_name(&made("ee882879-721c-4913-9775-3dfcce97072a", true), "", &taken),
            "YubiKey 5 3"
        );
    }

    #[test]
    fn every_id_of_the_table_is_one_and_stands_there_once() {
        let mut seen = std::collections::BTreeSet::new();
        for (id, name) in KNOWN {
            assert!(id.parse::<uuid::Uuid>().is_ok_and(|parsed| parsed.to_string() == id), "{id}");
            assert!(seen.insert(id) && !name.is_empty(), "{id}");
        }
    }
}
