//! The browser, in short words. Listeners live as long as the page: every page is a document of its own.

use wasm_bindgen::{JsCast, closure::Closure, prelude::*};
use web_sys::{Document, Element, Event, EventTarget, HtmlElement, Window};

#[wasm_bindgen]
extern "C" {
    /// `navigator.credentials`, as WebAuthn level 3 has it.
    #[wasm_bindgen(js_namespace = ["navigator", "credentials"], js_name = create, catch)]
    pub(super) async fn create_credential(options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["navigator", "credentials"], js_name = get, catch)]
    pub(super) async fn get_credential(options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = PublicKeyCredential, js_name = parseCreationOptionsFromJSON, catch)]
    pub(super) fn parse_creation(json: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = PublicKeyCredential, js_name = parseRequestOptionsFromJSON, catch)]
    pub(super) fn parse_request(json: &JsValue) -> Result<JsValue, JsValue>;
    /// Whether the browser's autofill offers passkeys.
    #[wasm_bindgen(js_namespace = PublicKeyCredential, js_name = isConditionalMediationAvailable, catch)]
    pub(super) async fn has_autofill() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = PublicKeyCredential, js_name = signalUnknownCredential, catch)]
    pub(super) async fn signal_unknown(options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = PublicKeyCredential, js_name = signalAllAcceptedCredentials, catch)]
    pub(super) async fn signal_accepted(options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = PublicKeyCredential, js_name = signalCurrentUserDetails, catch)]
    pub(super) async fn signal_details(options: &JsValue) -> Result<JsValue, JsValue>;
}

/// The window; there is one wherever an island runs.
pub(super) fn window() -> Option<Window> {
    web_sys::window()
}

/// The document.
pub(super) fn document() -> Option<Document> {
    window()?.document()
}

/// The first element that a selector names.
pub(super) fn find(selector: &str) -> Option<Element> {
    document()?.query_selector(selector).ok()?
}

/// The first element of a type that a selector names.
pub(super) fn find_as<T: JsCast>(selector: &str) -> Option<T> {
    find(selector)?.dyn_into().ok()
}

/// The element that the event began at, or the nearest above it that the selector names.
pub(super) fn target_of(event: &Event, selector: &str) -> Option<Element> {
    let at: Element = event.target()?.dyn_into().ok()?;
    at.closest(selector).ok()?
}

/// What a setting of a new conversation says; of one that exists its row does.
pub(super) fn written(name: &str) -> Option<String> {
    let field = find(&format!("[form=composer][name={name}]"))?;
    let input = field.dyn_ref::<web_sys::HtmlInputElement>().map(web_sys::HtmlInputElement::value);
    input.or_else(|| field.dyn_ref::<web_sys::HtmlTextAreaElement>().map(web_sys::HtmlTextAreaElement::value))
}

/// Listens for as long as the page lives.
pub(super) fn on<E: JsCast + 'static>(target: &EventTarget, name: &str, mut then: impl FnMut(E) + 'static) {
    let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        if let Ok(event) = event.dyn_into::<E>() {
            then(event);
        }
    });
    let _ = target.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    listener.forget();
}

/// Shows or hides an element.
pub(super) fn show(element: &Element, yes: bool) {
    if yes {
        let _ = element.remove_attribute("hidden");
    } else {
        let _ = element.set_attribute("hidden", "");
    }
}

/// Says something to readers of screens.
pub(super) fn announce(words: &str) {
    if let Some(place) = find("#announce") {
        place.set_text_content(Some(words));
    }
}

/// Goes to another page.
pub(super) fn go(path: &str) {
    if let Some(window) = window() {
        let _ = window.location().assign(path);
    }
}

/// Calls `then` once, after a while.
pub(super) fn later(ms: i32, then: impl FnOnce() + 'static) {
    if let Some(window) = window() {
        let callback = Closure::once_into_js(then);
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(callback.unchecked_ref(), ms);
    }
}

/// The text of an element as people see it.
pub(super) fn visible_text(element: &Element) -> String {
    element.dyn_ref::<HtmlElement>().map(HtmlElement::inner_text).unwrap_or_default()
}
