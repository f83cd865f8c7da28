//! The browser's half of a passkey ceremony.

use super::{
    autofill::Autofill,
    dom::{
        create_credential, document, find, find_as, get_credential, go, later, on, parse_creation,
        parse_request, show, window,
    },
    signal, touch,
};
use crate::api::{
    Refused,
    invite::look_at_invite,
    join::{finish_join, start_join},
    passkey::{finish_add, start_add},
    recovery::{finish_recovery, start_recovery},
    session::{finish_sign_in, start_sign_in},
    setup::{finish_setup, start_setup},
};
use api_types::{CeremonyStart, Problem};
use js_sys::{JSON, Object, Reflect, encode_uri_component};
use leptos::task::spawn_local;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsValue;
use web_sys::{Element, Event, HtmlButtonElement, HtmlElement, HtmlInputElement};

/// Which ceremony.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    SignIn,
    SetUp,
    Add,
    Recover,
    Join,
}

/// Why it did not work.
pub(super) enum Failure {
    /// The server's word.
    Refused(Problem),
    /// The browser's word, as a sentence.
    Browser(String),
}

/// Whether the browser let go, because it was asked to or because nobody touched anything.
pub(super) fn is_interrupted(failure: &Failure) -> bool {
    matches!(failure, Failure::Browser(_))
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused.0)
    }
}

fn name_of(error: &JsValue) -> String {
    Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default()
}

impl From<JsValue> for Failure {
    fn from(error: JsValue) -> Self {
        let name = name_of(&error);
        Self::Browser(
            match name.as_str() {
                "NotAllowedError" => "The passkey was not used: it was cancelled, it took too long, or this device has none for this studio. Try again.",
                "SecurityError" => "This address is not the studio's own. Open the address that the studio printed when it started.",
                "NotSupportedError" => "This device cannot make the kind of passkey that is needed here. Use a phone or a security key.",
                "AbortError" => "The passkey was interrupted. Try again.",
                _ => "The browser could not use a passkey. Try again, or use a current Chrome, Edge, Firefox or Safari.",
            }
            .to_owned(),
        )
    }
}

impl Failure {
    /// What the person is told.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Refused(problem) => problem.to_string(),
            Self::Browser(words) => words.clone(),
        }
    }
}

/// The hydrated form is there one turn later.
pub(super) fn wake(kind: Kind, next: String) {
    later(0, move || begin(kind, next));
}

fn begin(kind: Kind, next: String) {
    let Some(form) = find("#ceremony form") else { return };
    if kind == Kind::Join {
        fill_code();
        spawn_local(look());
    }
    if !window().is_some_and(|window| window.is_secure_context()) {
        refuse(
            "Passkeys need https, or the address http://localhost. Open the studio under the address it printed when it was started.",
        );
        return;
    }
    if !has_passkeys() {
        refuse(
            "This browser has no passkeys. Use a current Chrome, Edge, Firefox or Safari, or open the studio on your phone.",
        );
        return;
    }
    if let Some(button) = find_as::<HtmlButtonElement>("[data-passkey]") {
        button.set_disabled(false);
    }
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let _ = root.set_attribute("data-live", "");
    }
    let autofill = Autofill::default();
    if kind == Kind::SignIn {
        autofill.begin(next.clone());
    }
    let is_busy = Rc::new(Cell::new(false));
    on::<Event>(&form, "submit", move |event| {
        event.prevent_default();
        if is_busy.replace(true) {
            return;
        }
        let (is_busy, next, autofill) = (is_busy.clone(), next.clone(), autofill.clone());
        autofill.stop();
        clear();
        waiting(true);
        spawn_local(async move {
            let done = match kind {
                Kind::SignIn => sign_in().await,
                Kind::SetUp => set_up().await,
                Kind::Add => add().await,
                Kind::Recover => recover().await,
                Kind::Join => join().await,
            };
            is_busy.set(false);
            match done {
                Ok(()) => go(&next),
                Err(failure) => {
                    waiting(false);
                    tell(failure);
                    if kind == Kind::SignIn {
                        autofill.begin(next);
                    }
                }
            }
        });
    });
}

fn has_passkeys() -> bool {
    let global = js_sys::global();
    let class = Reflect::get(&global, &"PublicKeyCredential".into()).unwrap_or(JsValue::UNDEFINED);
    let parses = |name: &str| Reflect::has(&class, &name.into()).unwrap_or(false);
    class.is_function() && parses("parseCreationOptionsFromJSON") && parses("parseRequestOptionsFromJSON")
}

fn public_key(options: &JsValue) -> Result<JsValue, JsValue> {
    let request = Object::new();
    Reflect::set(&request, &"publicKey".into(), options)?;
    Ok(request.into())
}

pub(super) fn to_json(credential: &JsValue) -> Result<String, JsValue> {
    // JSON.stringify calls PublicKeyCredential's own toJSON.
    Ok(String::from(JSON::stringify(credential)?))
}

/// What `navigator.credentials.get` takes.
pub(super) fn options_of(options: &str) -> Result<JsValue, JsValue> {
    public_key(&parse_request(&JSON::parse(options)?)?)
}

/// A signature for these options, as JSON.
pub(super) async fn credential_for(options: &str) -> Result<String, Failure> {
    Ok(to_json(&get_credential(&options_of(options)?).await?)?)
}

/// A new passkey for these options, as JSON.
async fn new_credential(options: &str) -> Result<String, Failure> {
    let options = parse_creation(&JSON::parse(options)?)?;
    let made = create_credential(&public_key(&options)?).await;
    Ok(to_json(&made.map_err(not_made)?)?)
}

/// What the browser says where it made none.
fn not_made(error: JsValue) -> Failure {
    match name_of(&error).as_str() {
        "NotAllowedError" => Failure::Browser(
            "No passkey was made: it was cancelled, it took too long, or this device cannot make sure that it is you. Try again, or \
             use a phone or a security key."
                .to_owned(),
        ),
        "InvalidStateError" => Failure::Browser(
            "This device has a passkey of this account already. Use another device, or a security key.".to_owned(),
        ),
        _ => error.into(),
    }
}

async fn sign_in() -> Result<(), Failure> {
    let start = start_sign_in().await?;
    let credential = credential_for(&start.options).await?;
    finish(start, credential).await
}

/// Ends a sign-in. A passkey that the studio does not have is of no more use to its keeper.
pub(super) async fn finish(start: CeremonyStart, credential: String) -> Result<(), Failure> {
    let done = finish_sign_in(start.ceremony, credential.clone()).await;
    if let Err(Refused(Problem::KeyUnknown)) = done {
        signal::unknown(&start.options, &credential);
    }
    Ok(done?)
}

async fn add() -> Result<(), Failure> {
    touch::touch().await?;
    let start = start_add().await?;
    let credential = new_credential(&start.options).await?;
    let done = finish_add(start.ceremony, credential.clone()).await;
    kept_or_forgotten(done.map(drop), &start, &credential)
}

async fn recover() -> Result<(), Failure> {
    let start = start_recovery(typed("#code")).await?;
    let credential = new_credential(&start.options).await?;
    let done = finish_recovery(start.ceremony, credential.clone()).await;
    kept_or_forgotten(done, &start, &credential)
}

/// A passkey that was made and then refused is nobody's: its keeper may forget it.
fn kept_or_forgotten(
    done: Result<(), Refused>,
    start: &CeremonyStart,
    credential: &str,
) -> Result<(), Failure> {
    if let Err(Refused(Problem::WrongKey { .. } | Problem::Expired { .. })) = done {
        signal::unknown(&start.options, credential);
    }
    Ok(done?)
}

fn typed(id: &str) -> String {
    find_as::<HtmlInputElement>(id).map(|input| input.value()).unwrap_or_default()
}

async fn set_up() -> Result<(), Failure> {
    let start = start_setup(typed("#code"), typed("#name")).await?;
    let credential = new_credential(&start.options).await?;
    let done = finish_setup(start.ceremony, credential.clone()).await;
    kept_or_forgotten(done, &start, &credential)
}

async fn join() -> Result<(), Failure> {
    let start = start_join(typed("#code"), typed("#name")).await?;
    let credential = new_credential(&start.options).await?;
    let done = finish_join(start.ceremony, credential.clone()).await;
    kept_or_forgotten(done, &start, &credential)
}

/// Says who invites, or that the invitation is none any more, before anybody types a name.
async fn look() {
    let code = typed("#code");
    if code.is_empty() {
        return;
    }
    match look_at_invite(code).await {
        Ok(invited) => {
            let words = format!(
                "{} invites you to be {} here. A name and a touch, and you are in.",
                invited.by,
                with_article(&invited.role.to_lowercase())
            );
            lead(&words);
        }
        Err(Refused(problem @ Problem::Invalid { .. })) => {
            lead(
                "This invitation is none any more: it was used or revoked, or it has run out. Ask whoever invited you for another one.",
            );
            tell(Failure::Refused(problem));
        }
        // What cannot be looked up now is said when it is used.
        Err(_) => {}
    }
}

fn lead(words: &str) {
    if let Some(lead) = find("[data-invited]") {
        lead.set_text_content(Some(words));
    }
}

/// `an administrator, reviewer`.
fn with_article(role: &str) -> String {
    let article = if role.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {role}")
}

/// An invitation's code stands after the `#` of its link: that part is never sent, so no log and no referrer has it.
fn fill_code() {
    let Some(hash) = window().and_then(|window| window.location().hash().ok()) else { return };
    let code = hash.trim_start_matches('#');
    if let Some(input) = find_as::<HtmlInputElement>("#code").filter(|input| input.value().is_empty())
        && !code.is_empty()
    {
        input.set_value(code);
        if let Some(name) = find_as::<HtmlInputElement>("#name") {
            let _ = name.focus();
        }
    }
}

fn waiting(yes: bool) {
    if let Some(words) = find("[data-waiting]") {
        // What stood there before comes back.
        let before = words.get_attribute("data-waiting").unwrap_or_default();
        words.set_text_content(Some(if yes { "Waiting for your passkey" } else { &before }));
    }
    let Some(button) = find("[data-passkey]") else { return };
    if yes {
        let _ = button.set_attribute("aria-busy", "true");
    } else {
        let _ = button.remove_attribute("aria-busy");
    }
}

/// Says what was refused where the person is.
pub(super) fn tell(failure: Failure) {
    match failure {
        Failure::Refused(Problem::Invalid { fields, .. }) => {
            for wrong in fields {
                field(&wrong.field, Some(&wrong.message));
            }
        }
        other => {
            if let Some(place) = find("[data-refused]") {
                refuse_in(&place, &other);
            }
        }
    }
}

fn field(name: &str, words: Option<&str>) {
    let input = find_as::<HtmlElement>(&format!("#{name}"));
    let Some(line) = find(&format!("#{name}-error")) else { return };
    line.set_text_content(words);
    show(&line, words.is_some());
    if let Some(input) = input {
        if words.is_some() {
            let _ = input.set_attribute("aria-invalid", "true");
            let _ = input.focus();
        } else {
            let _ = input.remove_attribute("aria-invalid");
        }
    }
}

fn refuse(words: &str) {
    if let Some(place) = find("[data-refused]") {
        let _ = notice_in(&place, words);
    }
}

/// Says a refusal in its place. Who is signed out meanwhile is shown the way back to this page.
pub(super) fn refuse_in(place: &Element, failure: &Failure) {
    let Some(notice) = notice_in(place, &failure.words()) else { return };
    if matches!(failure, Failure::Refused(Problem::SignIn))
        && let Some(link) = document().and_then(|document| document.create_element("a").ok())
        && let Some(here) = window().and_then(|window| window.location().pathname().ok())
    {
        let _ = link.set_attribute("href", &format!("/login?next={}", encode_uri_component(&here)));
        link.set_text_content(Some("Sign in"));
        let _ = notice.append_with_str_1(" ");
        let _ = notice.append_with_node_1(&link);
    }
}

fn notice_in(place: &Element, words: &str) -> Option<Element> {
    let notice = document()?.create_element("div").ok()?;
    notice.set_class_name("notice danger");
    notice.set_text_content(Some(words));
    place.replace_children_with_node_1(&notice);
    Some(notice)
}

fn clear() {
    if let Some(place) = find("[data-refused]") {
        place.replace_children_with_node_0();
    }
    field("code", None);
    field("name", None);
}
