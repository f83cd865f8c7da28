//! The wasm entry. What this room is for: waking the islands. What is never here: anything else.
#![cfg(target_arch = "wasm32")]
// Without this use the linker would drop the islands' exports.
use app as _;

/// Called by the page once the module is loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
