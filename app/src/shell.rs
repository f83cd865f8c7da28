//! The document, its Content-Security-Policy, and the whole route table.

use crate::{
    api::{
        context::{self, Context},
        local_path,
    },
    components::{icon::SPRITE, theme},
    markup, pages,
};
use http::{HeaderValue, header};
use leptos::{config::LeptosOptions, hydration::HydrationScripts, nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes as Table},
    path,
};

/// Every page there is. `SsrMode::Async`: a page is whole when it is sent, and works without a script.
#[component]
pub fn Routes() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=title />
        <Router>
            <Table fallback=pages::not_found>
                <Route path=path!("/") view=pages::home ssr=SsrMode::Async />
                <Route path=path!("/login") view=pages::login ssr=SsrMode::Async />
                <Route path=path!("/recover") view=pages::recover ssr=SsrMode::Async />
                <Route path=path!("/join") view=pages::join ssr=SsrMode::Async />
                <Route path=path!("/chat") view=pages::new_chat ssr=SsrMode::Async />
                <Route path=path!("/chat/:id") view=pages::chat ssr=SsrMode::Async />
                <Route path=path!("/conversations") view=pages::conversations ssr=SsrMode::Async />
                <Route path=path!("/conversations/deleted") view=pages::deleted ssr=SsrMode::Async />
                <Route path=path!("/models") view=pages::models ssr=SsrMode::Async />
                <Route path=path!("/admin/models") view=pages::servers ssr=SsrMode::Async />
                <Route path=path!("/admin/models/:name") view=pages::server ssr=SsrMode::Async />
                <Route path=path!("/runs") view=pages::runs ssr=SsrMode::Async />
                <Route path=path!("/runs/:id") view=pages::run ssr=SsrMode::Async />
                <Route path=path!("/usage") view=pages::usage ssr=SsrMode::Async />
                <Route path=path!("/refusals/:id") view=pages::refusal ssr=SsrMode::Async />
                <Route path=path!("/people") view=pages::people ssr=SsrMode::Async />
                <Route path=path!("/people/:id") view=pages::person ssr=SsrMode::Async />
                <Route path=path!("/flags") view=pages::flags ssr=SsrMode::Async />
                <Route path=path!("/audit") view=pages::audit ssr=SsrMode::Async />
                <Route path=path!("/settings") view=pages::account ssr=SsrMode::Async />
                <Route path=path!("/settings/passkeys") view=pages::passkeys ssr=SsrMode::Async />
                <Route path=path!("/settings/sessions") view=pages::sessions ssr=SsrMode::Async />
                <Route path=path!("/settings/tokens") view=pages::tokens ssr=SsrMode::Async />
                <Route path=path!("/settings/activity") view=pages::activity ssr=SsrMode::Async />
            </Table>
        </Router>
    }
}

/// The title of a document. The framework writes it as it is, so it is made text here.
fn title(page: String) -> String {
    match page.is_empty() {
        true => "Vobio".to_owned(),
        false => markup::escaped(&format!("{page} · Vobio")),
    }
}

/// Scripts with this answer's nonce and wasm; everything else from here; nothing from elsewhere, inline or framed.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

/// The document with whichever page was asked for.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    document(options, view! { <Routes /> })
}

/// The document around every page.
pub(crate) fn document(options: LeptosOptions, page: impl IntoView + 'static) -> impl IntoView {
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    if let (Some(response), Ok(policy)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&policy(&nonce)))
    {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    let site = use_context::<Context>().map(|context| context.site);
    let look = theme::look();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=look.theme data-rail=look.rail>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content" />
                <meta name="color-scheme" content="light dark" />
                {site.and_then(|site| site.icon).map(|icon| view! { <link rel="icon" href=icon type="image/svg+xml" /> })}
                {site.and_then(|site| site.font).map(|font| view! {
                    <link rel="preload" href=font r#as="font" type="font/woff2" crossorigin="anonymous" />
                })}
                {site.and_then(|site| site.stylesheet).map(|sheet| view! { <link rel="stylesheet" href=sheet /> })}
                {site.and_then(|site| site.output_name).map(|_| view! { <HydrationScripts options islands=true /> })}
                <MetaTags />
            </head>
            <body>
                <div inner_html=SPRITE hidden></div>
                {site.is_none_or(|site| site.output_name.is_none()).then(|| view! {
                    <p>"This binary was built without its style sheet and scripts. Build it with: make run"</p>
                })}
                {page}
            </body>
        </html>
    }
}

/// A page that needs somebody signed in goes to the sign-in page otherwise, and on from there.
pub(crate) fn to_login() {
    let door = local_path::door();
    leptos_axum::redirect(&door);
    context::then(&door);
}
