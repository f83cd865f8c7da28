//! The door's button: a passkey ceremony, and its refusals where the person is.

use leptos::prelude::*;

/// Signs in with the form inside it, and goes on to `next`, a path that the server has checked.
#[island]
pub fn PasskeySignIn(next: String, children: Children) -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    crate::islands::ceremony::wake(crate::islands::ceremony::Kind::SignIn, next);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = next;
    ceremony(children)
}

/// Adds a passkey to the account of whoever is signed in.
#[island]
pub fn PasskeyAdd(children: Children) -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    crate::islands::ceremony::wake(
        crate::islands::ceremony::Kind::Add,
        "/settings/passkeys?added=1".to_owned(),
    );
    ceremony(children)
}

/// Makes a new passkey for whoever has the code in the form inside it.
#[island]
pub fn PasskeyRecover(children: Children) -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    crate::islands::ceremony::wake(
        crate::islands::ceremony::Kind::Recover,
        "/settings/passkeys?recovered=1".to_owned(),
    );
    ceremony(children)
}

/// Makes the first owner with the form inside it.
#[island]
pub fn PasskeySetUp(children: Children) -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    crate::islands::ceremony::wake(crate::islands::ceremony::Kind::SetUp, "/chat?welcome=1".to_owned());
    ceremony(children)
}

/// Takes somebody in with the form inside it. The invitation's code comes after the `#` of the address.
#[island]
pub fn PasskeyJoin(children: Children) -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    crate::islands::ceremony::wake(crate::islands::ceremony::Kind::Join, "/chat?welcome=1".to_owned());
    ceremony(children)
}

/// The form, and where its refusal is said.
fn ceremony(children: Children) -> impl IntoView {
    view! { <div id="ceremony">{children()}<div data-refused aria-live="assertive"></div></div> }
}
