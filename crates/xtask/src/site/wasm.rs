//! The islands: cargo for wasm32, then wasm-bindgen as a library.

use crate::{place, sh};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use wasm_bindgen_cli_support::Bindgen;

/// What wasm-bindgen makes of the frontend.
pub(super) struct Glue {
    /// The module that loads the wasm; leptos tells it the URL.
    pub(super) javascript: String,
    /// The islands.
    pub(super) wasm: Vec<u8>,
    /// JavaScript that dependencies bring along, by path under `snippets/`.
    pub(super) snippets: BTreeMap<String, String>,
}

/// Compiles the frontend and writes its glue, in memory.
pub(super) fn build() -> Result<Glue> {
    const TARGET: &str = "wasm32-unknown-unknown";
    const PROFILE: &str = "wasm-release";
    sh::run(sh::cargo().args([
        "build",
        "-p",
        "frontend",
        "--target",
        TARGET,
        "--profile",
        PROFILE,
        "--quiet",
    ]))?;
    let input = place::target().join(TARGET).join(PROFILE).join("frontend.wasm");
    let mut output = Bindgen::new()
        .input_path(&input)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("wasm-bindgen does not like {}", input.display()))?;
    let mut snippets: BTreeMap<String, String> =
        output.local_modules().iter().map(|(path, text)| (path.clone(), text.clone())).collect();
    for (folder, texts) in output.snippets() {
        for (number, text) in texts.iter().enumerate() {
            snippets.insert(format!("{folder}/inline{number}.js"), text.clone());
        }
    }
    Ok(Glue { javascript: output.js().to_owned(), wasm: output.wasm_mut().emit_wasm(), snippets })
}
