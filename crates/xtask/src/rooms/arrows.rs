//! Who may use whom, and which libraries a room leaves alone.

use serde_json::Value;
use std::path::PathBuf;

/// One member of the workspace.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    is_ours: bool,
    is_optional: bool,
    is_for_tests: bool,
    /// Only on some machines, as in `cfg(target_arch = "wasm32")`.
    target: Option<String>,
}

/// The rule of one room.
struct Room {
    name: &'static str,
    /// Rooms of ours that it may use.
    may_use: &'static [&'static str],
    /// Libraries that it may use; none given: all but `never`.
    only: Option<&'static [&'static str]>,
    /// Libraries that it never uses.
    never: &'static [&'static str],
}

const PURE: &[&str] = &["sqlx", "axum", "tokio", "leptos", "reqwest", "jiff", "tracing"];
const BELOW_STUDIO: &[&str] = &["api-types", "workflow", "decision", "safety", "media"];
const BELOW_EDGES: &[&str] = &["api-types", "workflow", "decision", "safety", "media", "studio"];

const fn room(name: &'static str, may_use: &'static [&'static str], never: &'static [&'static str]) -> Room {
    Room { name, may_use, only: None, never }
}

/// docs/architecture.md, "Arrows", as data.
const ROOMS: &[Room] = &[
    Room { only: Some(&["serde", "uuid", "thiserror"]), ..room("api-types", &[], &[]) },
    room("workflow", &[], &["sqlx", "axum", "leptos", "reqwest", "http", "jiff", "getrandom"]),
    room("decision", &["api-types"], PURE),
    room("safety", &["api-types"], PURE),
    room("media", &["api-types"], PURE),
    room(
        "studio",
        BELOW_STUDIO,
        &["sqlx", "axum", "http", "leptos", "reqwest", "genai", "webauthn-rs", "candle-core"],
    ),
    room("storage", BELOW_EDGES, &["axum", "leptos", "reqwest", "genai", "webauthn-rs", "candle-core"]),
    room("providers", BELOW_EDGES, &["axum", "leptos", "sqlx", "webauthn-rs", "candle-core"]),
    room("adapters", BELOW_EDGES, &["axum", "leptos", "sqlx", "candle-core"]),
    room("inference", BELOW_EDGES, &["axum", "leptos", "sqlx", "reqwest", "webauthn-rs"]),
    room("jail", &["safety"], &["sqlx", "axum", "leptos", "reqwest"]),
    room(
        "app",
        &["api-types", "decision", "studio"],
        &["sqlx", "reqwest", "genai", "webauthn-rs", "candle-core"],
    ),
    room("frontend", &["app"], &["sqlx", "axum", "tokio", "reqwest"]),
    room("xtask", &[], &["candle-core", "sqlx", "leptos"]),
    room("virtual-authenticator", &[], &["sqlx", "axum", "leptos", "webauthn-rs", "candle-core"]),
    room(
        "bench",
        &["api-types", "workflow", "safety", "studio", "storage", "adapters", "virtual-authenticator"],
        &["candle-core", "sqlx", "leptos"],
    ),
    room(
        "server",
        &[
            "api-types",
            "workflow",
            "decision",
            "safety",
            "media",
            "studio",
            "storage",
            "providers",
            "adapters",
            "inference",
            "jail",
            "app",
        ],
        &["candle-core", "genai", "webauthn-rs", "sqlx"],
    ),
];

/// Reads `cargo metadata --no-deps`.
pub(super) fn packages(metadata: &Value) -> Option<Vec<Package>> {
    let packages = metadata["packages"].as_array()?;
    let name = |value: &Value| value["name"].as_str().map(str::to_owned);
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array()?.iter().map(|dependency| {
                Some(Dependency {
                    name: name(dependency)?,
                    is_ours: dependency["path"].is_string(),
                    is_optional: dependency["optional"] == true,
                    is_for_tests: dependency["kind"] == "dev",
                    target: dependency["target"].as_str().map(str::to_owned),
                })
            });
            Some(Package {
                name: name(package)?,
                folder: PathBuf::from(package["manifest_path"].as_str()?).parent()?.to_path_buf(),
                dependencies: dependencies.collect::<Option<_>>()?,
            })
        })
        .collect()
}

/// The rules that a package breaks, one sentence each.
pub(super) fn broken(package: &Package) -> Vec<String> {
    let name = &package.name;
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        return vec![format!("{name} is a new room: give it its arrows in crates/xtask/src/rooms/arrows.rs")];
    };
    package.dependencies.iter().filter_map(|found| sentence(room, found)).collect()
}

fn sentence(room: &Room, found: &Dependency) -> Option<String> {
    let (name, other) = (room.name, found.name.as_str());
    // Tests may borrow what they like: use cases are tested on the real store.
    if found.is_for_tests {
        return None;
    }
    if found.is_ours {
        if !room.may_use.contains(&other) {
            return Some(format!("{name} may not use {other}; it may use: {}", list(room.may_use)));
        }
        if name == "app" && other == "studio" && !found.is_optional {
            return Some("app uses studio only under `ssr`: the dependency has to be optional".into());
        }
        let is_for_browsers = found.target.as_deref().is_some_and(|target| target.contains("wasm32"));
        if name == "frontend" && !is_for_browsers {
            return Some(format!("frontend uses {other} on wasm32 only: put it under that target"));
        }
        return None;
    }
    if room.never.contains(&other) {
        return Some(format!("{name} never uses {other}"));
    }
    match room.only {
        Some(only) if !only.contains(&other) => {
            Some(format!("{name} uses nothing but {}: not {other}", list(only)))
        }
        _ => None,
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing of ours".into() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn breaks(name: &str, dependencies: Value) -> Vec<String> {
        let metadata = json!({"packages": [
            {"name": name, "manifest_path": "/x/Cargo.toml", "dependencies": dependencies}
        ]});
        packages(&metadata).unwrap().iter().flat_map(broken).collect()
    }

    #[test]
    fn edges_do_not_use_each_other_and_studio_uses_no_edge() {
        assert_eq!(breaks("storage", json!([{"name": "studio", "path": "/s"}])), Vec::<String>::new());
        assert!(
            breaks("storage", json!([{"name": "providers", "path": "/p"}]))[0]
                .contains("may not use providers")
        );
        assert!(
            breaks("studio", json!([{"name": "storage", "path": "/s"}]))[0].contains("may not use storage")
        );
        assert!(breaks("xtask", json!([{"name": "api-types", "path": "/a"}]))[0].contains("nothing of ours"));
    }

    #[test]
    fn libraries_have_their_room_and_tests_may_borrow_them() {
        assert_eq!(breaks("studio", json!([{"name": "sqlx"}])), ["studio never uses sqlx"]);
        assert!(breaks("studio", json!([{"name": "sqlx", "kind": "dev"}])).is_empty());
        assert!(breaks("studio", json!([{"name": "storage", "path": "/s", "kind": "dev"}])).is_empty());
        assert!(breaks("api-types", json!([{"name": "tokio"}]))[0].contains("nothing but serde"));
    }

    #[test]
    fn studio_reaches_app_only_on_the_server_and_app_reaches_frontend_only_in_the_browser() {
        assert!(breaks("app", json!([{"name": "studio", "path": "/s", "optional": true}])).is_empty());
        assert!(breaks("app", json!([{"name": "studio", "path": "/s"}]))[0].contains("optional"));
        let browser = "cfg(target_arch = \"wasm32\")";
        assert!(breaks("frontend", json!([{"name": "app", "path": "/a", "target": browser}])).is_empty());
        assert!(breaks("frontend", json!([{"name": "app", "path": "/a"}]))[0].contains("wasm32"));
    }

    #[test]
    fn a_room_without_a_rule_is_named() {
        assert!(breaks("attic", json!([]))[0].contains("attic is a new room"));
    }
}
