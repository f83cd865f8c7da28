//! Tells the keepers of passkeys what the studio knows of them, in browsers that pass it on.

use super::dom::{find, signal_accepted, signal_details, signal_unknown};
use js_sys::{JSON, Object, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;

/// Passes on what the page says.
pub(super) fn tell() {
    let Some(told) = find("[data-signal]").and_then(|place| place.get_attribute("data-signal")) else {
        return;
    };
    let Ok(told) = JSON::parse(&told) else { return };
    spawn_local(async move {
        // A browser that does not know a signal has nobody to tell.
        if let Ok(accepted) = Reflect::get(&told, &"accepted".into()) {
            let _ = signal_accepted(&accepted).await;
        }
        if let Ok(details) = Reflect::get(&told, &"details".into()) {
            let _ = signal_details(&details).await;
        }
    });
}

/// The studio has no such passkey: `credential` is its JSON, `options` the JSON of its ceremony.
pub(super) fn unknown(options: &str, credential: &str) {
    let part =
        |value: &JsValue, name: &str| Reflect::get(value, &name.into()).ok().filter(JsValue::is_string);
    let (Ok(options), Ok(credential)) = (JSON::parse(options), JSON::parse(credential)) else { return };
    let rp = Reflect::get(&options, &"rp".into()).unwrap_or(JsValue::UNDEFINED);
    let rp_id = part(&options, "rpId").or_else(|| rp.is_object().then(|| part(&rp, "id")).flatten());
    let (Some(rp_id), Some(id)) = (rp_id, part(&credential, "id")) else { return };
    let told = Object::new();
    let _ = Reflect::set(&told, &"rpId".into(), &rp_id);
    let _ = Reflect::set(&told, &"credentialId".into(), &id);
    spawn_local(async move {
        let _ = signal_unknown(&told).await;
    });
}
