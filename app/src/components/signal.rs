//! What keepers of passkeys are told, for the island of the page to pass on (the Signal API of WebAuthn): which passkeys are
//! taken here, and what their person is called. A keeper forgets what was removed, and shows the name as it is now.

use leptos::prelude::*;
use studio::KnownPasskeys;

/// On a page after something has changed.
pub fn signal(known: KnownPasskeys, name: &str) -> impl IntoView + use<> {
    let told = serde_json::json!({
        "accepted": { "rpId": known.rp_id, "userId": known.user_handle, "allAcceptedCredentialIds": known.credential_ids },
        "details": { "rpId": known.rp_id, "userId": known.user_handle, "name": name, "displayName": name },
    });
    view! { <div hidden data-signal=told.to_string()></div> }
}
