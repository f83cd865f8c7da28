//! The door's button: a passkey ceremony, and its refusals where the person is.

use leptos::prelude::*;

/// Signs in with the form inside it.
#[island]
pub fn PasskeySignIn(children: Children) -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    crate::islands::ceremony::wake(crate::islands::ceremony::Kind::SignIn);
    view! { <div id="ceremony">{children()}<div data-refused aria-live="assertive"></div></div> }
}

/// Makes the first owner with the form inside it.
#[island]
pub fn PasskeySetUp(children: Children) -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    crate::islands::ceremony::wake(crate::islands::ceremony::Kind::SetUp);
    view! { <div id="ceremony">{children()}<div data-refused aria-live="assertive"></div></div> }
}
