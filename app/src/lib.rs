//! What a person sees, and the server functions behind it.
//!
//! `shell` the document and the route table · `api` server functions · `pages` one file a route · `islands` what the browser
//! runs · `components` markup without state · `markup` Markdown to safe HTML · `quote` what an answer costs, in words · `design` the gallery of dev builds. Never here:
//! SQL, or a rule.
//! Pages and components are compiled for the server only; islands are all that goes to the browser.

#![recursion_limit = "512"]

pub mod api;
#[cfg(feature = "ssr")]
pub mod components;
#[cfg(all(feature = "ssr", debug_assertions))]
pub mod design;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod markup;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(any(feature = "ssr", target_arch = "wasm32"))]
mod quote;
#[cfg(feature = "ssr")]
pub mod shell;

#[cfg(feature = "ssr")]
pub use pages::refused_document;
#[cfg(feature = "ssr")]
pub use shell::{Routes, shell};
