//! HTTP: one route table, the layers around it, and the few handlers that are not pages or server functions.
//!
//! Never here: a rule, markup, SQL. The layers stand in [`router`] from the inside out.

mod answers;
mod body;
mod client;
mod costs;
#[cfg(debug_assertions)]
mod design;
mod events;
mod export;
mod features;
mod forms;
mod forwarded;
mod headers;
mod health;
mod host;
mod limits;
mod memory;
mod problems;
mod session;
mod streams;
mod trace;
mod well_known;

use crate::site;
use ::http::{Method, StatusCode};
use app::api::context::{Context, Site};
use axum::{
    Router,
    extract::{FromRef, Request},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::config::LeptosOptions;
use leptos_axum::{LeptosRoutes, generate_route_list};
use std::{ops::Deref, sync::Arc, time::Duration};
use studio::Studio;
use tower::{Layer, ServiceBuilder};
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
    csrf::CsrfLayer,
};

pub(crate) use answers::Answers;
pub(crate) use body::Bodies;
use client::end_site;
pub(crate) use client::{ClientAddress, Peer, network};
pub(crate) use features::switched;
pub(crate) use forwarded::Proxies;
pub(crate) use health::{Beat, Pulse};
pub(crate) use limits::Limits;
pub(crate) use session::Cookies;
pub(crate) use streams::Streams;

/// Largest body of a request, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 1_000_000;

/// The static files, as pages name them.
pub(super) const SITE: Site = Site {
    output_name: site::OUTPUT_NAME,
    stylesheet: site::STYLESHEET,
    font: site::FONTS.first().copied(),
    icon: Some("/favicon.svg"),
};

/// What handlers and layers are given: one pointer, which each of them clones for every request.
#[derive(Clone)]
pub(crate) struct Http(Arc<Wiring>);

impl From<Wiring> for Http {
    fn from(wiring: Wiring) -> Self {
        Self(Arc::new(wiring))
    }
}

impl Deref for Http {
    type Target = Wiring;

    fn deref(&self) -> &Wiring {
        &self.0
    }
}

/// What is behind it.
pub(crate) struct Wiring {
    pub(crate) studio: Arc<Studio>,
    pub(crate) cookies: Arc<Cookies>,
    pub(crate) leptos: LeptosOptions,
    pub(crate) request_timeout: Duration,
    pub(crate) mock: bool,
    pub(crate) pulse: Pulse,
    pub(crate) streams: Streams,
    pub(crate) bodies: Bodies,
    pub(crate) answers: Answers,
    pub(crate) proxies: Arc<Proxies>,
    /// Whether the listener speaks TLS itself.
    pub(crate) has_tls: bool,
    pub(crate) limits: Limits,
}

impl FromRef<Http> for LeptosOptions {
    fn from_ref(http: &Http) -> Self {
        http.leptos.clone()
    }
}

impl Http {
    fn context(&self) -> Context {
        Context {
            studio: self.studio.clone(),
            cookies: self.cookies.clone(),
            origin: self.cookies.origin.as_str().into(),
            site: SITE,
            mock: self.mock,
            answers_within: self.request_timeout * 9 / 10,
        }
    }
}

/// Leptos' options; nothing of them is read from the environment.
pub(crate) fn leptos_options() -> LeptosOptions {
    let name = site::OUTPUT_NAME.unwrap_or("vobio");
    LeptosOptions::builder().output_name(name).site_pkg_dir("pkg").build()
}

/// Every route with every layer, from the inside out.
pub(crate) fn router(wiring: Wiring) -> anyhow::Result<Router> {
    let http = Http::from(wiring);
    let csrf = CsrfLayer::new().add_trusted_origin(&http.cookies.origin)?;
    let context = http.context();
    let provide = move || leptos::prelude::provide_context(context.clone());
    let shell = {
        let options = LeptosOptions::from_ref(&http);
        move || app::shell(options.clone())
    };
    let pages = generate_route_list(app::Routes);

    let dynamic = Router::new()
        .leptos_routes_with_context(&http, pages, provide.clone(), shell.clone())
        .route("/api/events", get(events::events))
        .route("/api/features", get(features::features))
        .route("/api/account/export", get(export::export))
        .route("/api/memory/context", get(memory::context))
        .route("/api/costs/usage", get(costs::usage))
        .route("/api/costs/limits", get(costs::limits))
        .route("/api/costs/ledger.csv", get(costs::ledger));
    // The gallery of components is for whoever works on the look: a release has neither the page nor its address.
    #[cfg(debug_assertions)]
    let dynamic = dynamic.route("/design", get(design::design));
    let dynamic = dynamic
        .fallback(move |request| elsewhere(provide.clone(), shell.clone(), request))
        .with_state(http.clone());
    // Around the whole router, not around each route: a refused form asks for its page, which is another route.
    let dynamic = from_fn_with_state(http.clone(), forms::refill).layer(dynamic);

    // An archive is compressed already.
    let worth_it = DefaultPredicate::new().and(NotForContentType::const_new("application/zip"));
    let compression = CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it);

    Ok(Router::new()
        .route("/health", get(health::health))
        .route("/.well-known/passkey-endpoints", get(well_known::passkey_endpoints))
        .route("/pkg/{*file}", get(site::serve))
        .route("/fonts/{*file}", get(site::serve))
        .route("/favicon.svg", get(site::serve))
        .fallback_service(
            ServiceBuilder::new()
                .layer(compression)
                .layer(from_fn_with_state(http.clone(), limits::count))
                .layer(from_fn_with_state(http.clone(), session::read))
                .layer(from_fn_with_state(http.clone(), answers::count))
                .layer(from_fn_with_state(http.clone(), body::limit))
                .layer(from_fn_with_state(http.clone(), limits::limit))
                .service(dynamic),
        )
        .layer(csrf)
        .layer(from_fn_with_state(http.clone(), host::check))
        .layer(from_fn_with_state(http.clone(), problems::time_out))
        .layer(CatchPanicLayer::custom(problems::panicked))
        .layer(from_fn(problems::shape))
        .layer(from_fn_with_state(http.clone(), headers::secure))
        .layer(from_fn_with_state(http.clone(), trace::trace))
        .layer(from_fn_with_state(http.clone(), client::address))
        .with_state(http))
}

/// An address that is not there: a page for people, a problem for clients. Nothing is ever looked up on the disk.
async fn elsewhere<IV: leptos::IntoView + 'static>(
    provide: impl Fn() + Clone + Send + Sync + 'static,
    shell: impl Fn() -> IV + Clone + Send + Sync + 'static,
    request: Request,
) -> Response {
    if request.uri().path().starts_with("/api/") || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::NOT_FOUND.into_response();
    }
    leptos_axum::render_app_async_with_context(provide, shell)(request).await.into_response()
}
