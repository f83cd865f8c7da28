//! What the server is made of: every package under a licence that lets us ship it, and none that has no place here.

use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Licences that a package may have; of several to choose from one is enough. No GPL, LGPL or AGPL.
const ALLOWED: &[&str] = &[
    "Apache-2.0",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    // Copyleft of single files: we change none of them.
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

/// Packages that may not come in, whoever asks for them: there is one TLS stack, rustls on ring.
const BANNED: &[&str] = &["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys"];

/// The packages of a resolved tree, by their ids.
pub(super) struct Tree<'a> {
    packages: HashMap<&'a str, &'a Value>,
    /// Everything in the program, with who asked for it.
    inside: Vec<(&'a str, &'a str)>,
}

impl<'a> Tree<'a> {
    /// What `root` is built from, out of `cargo metadata` of the whole workspace. Tests bring what they like.
    pub(super) fn of(root: &str, metadata: &'a Value) -> Option<Self> {
        let packages: HashMap<&str, &Value> = metadata["packages"]
            .as_array()?
            .iter()
            .filter_map(|package| Some((package["id"].as_str()?, package)))
            .collect();
        let nodes: HashMap<&str, &Value> = metadata["resolve"]["nodes"]
            .as_array()?
            .iter()
            .filter_map(|node| Some((node["id"].as_str()?, node)))
            .collect();
        let (id, _) = packages.iter().find(|(_, package)| package["name"] == root)?;
        let mut waiting = vec![(*id, *id)];
        let (mut seen, mut inside) = (HashSet::new(), Vec::new());
        while let Some((id, by)) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            inside.push((id, by));
            for dependency in nodes.get(id)?["deps"].as_array()? {
                let is_for_tests =
                    dependency["dep_kinds"].as_array()?.iter().all(|kind| kind["kind"] == "dev");
                if !is_for_tests {
                    waiting.push((dependency["pkg"].as_str()?, id));
                }
            }
        }
        Some(Self { packages, inside })
    }

    /// How many packages there are.
    pub(super) fn len(&self) -> usize {
        self.inside.len()
    }

    /// The rules that packages break, one sentence each.
    pub(super) fn broken(&self) -> Vec<String> {
        let mut found: Vec<String> = self.inside.iter().flat_map(|(id, by)| self.sentences(id, by)).collect();
        found.sort();
        found
    }

    fn sentences(&self, id: &str, by: &str) -> Vec<String> {
        let name =
            |id: &str| self.packages.get(id).and_then(|package| package["name"].as_str()).unwrap_or("?");
        let package = self.packages.get(id).copied().unwrap_or(&Value::Null);
        let who =
            format!("{} {} (used by {})", name(id), package["version"].as_str().unwrap_or("?"), name(by));
        let mut found = Vec::new();
        if BANNED.contains(&name(id)) {
            found.push(format!("{who} has no place here: there is one TLS stack, rustls on ring"));
        }
        match package["license"].as_str() {
            None => found.push(format!("{who} names no licence")),
            Some(licence) if !is_allowed(licence) => {
                found.push(format!(
                    "{who} is under {licence}, which is not in crates/xtask/src/rooms/licences.rs"
                ));
            }
            Some(_) => {}
        }
        found
    }
}

/// Whether an SPDX expression leaves us a choice that is allowed. `MIT/Apache-2.0` is the old way to say OR.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest) && rest.is_empty()
}

fn any(rest: &mut &[&str]) -> bool {
    let mut is_fine = all(rest);
    while take(rest, "OR") {
        // Not `||`: the rest has to be read in any case.
        is_fine |= all(rest);
    }
    is_fine
}

fn all(rest: &mut &[&str]) -> bool {
    let mut is_fine = one(rest);
    while take(rest, "AND") {
        is_fine &= one(rest);
    }
    is_fine
}

fn one(rest: &mut &[&str]) -> bool {
    if take(rest, "(") {
        return any(rest) & take(rest, ")");
    }
    let Some((name, more)) = rest.split_first() else { return false };
    *rest = more;
    // An exception only ever allows more.
    if take(rest, "WITH") {
        *rest = rest.get(1..).unwrap_or_default();
    }
    ALLOWED.contains(name)
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    let is_next = rest.first() == Some(&word);
    if is_next {
        *rest = &rest[1..];
    }
    is_next
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_allowed_choice_is_enough_and_of_several_duties_each_must_be_allowed() {
        for fine in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-2.0/MIT",
            "Apache-2.0 WITH LLVM-exception",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "GPL-3.0 OR (MIT AND ISC)",
            "MIT OR GPL-3.0 AND ISC",
        ] {
            assert!(is_allowed(fine), "{fine}");
        }
        for wrong in [
            "",
            "GPL-3.0-only",
            "AGPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR ISC) AND LGPL-2.1",
            "(MIT",
            "MIT MIT",
        ] {
            assert!(!is_allowed(wrong), "{wrong}");
        }
    }

    fn package(name: &str, licence: Option<&str>) -> Value {
        json!({"id": name, "name": name, "version": "1.0.0", "license": licence})
    }

    fn uses(name: &str, kind: Option<&str>) -> Value {
        json!({"pkg": name, "dep_kinds": [{"kind": kind}]})
    }

    #[test]
    fn a_package_is_named_with_who_uses_it_and_tests_may_bring_anything() {
        let metadata = json!({
            "packages": [
                package("server", Some("MIT")),
                package("http", Some("MIT")),
                package("openssl", Some("Apache-2.0")),
                package("secret", None),
                package("drill", Some("GPL-3.0")),
                package("elsewhere", Some("GPL-3.0")),
            ],
            "resolve": {"nodes": [
                {"id": "server", "deps": [uses("http", None), uses("drill", Some("dev")), uses("secret", Some("build"))]},
                {"id": "http", "deps": [uses("openssl", None), uses("server", Some("dev"))]},
                {"id": "openssl", "deps": []},
                {"id": "secret", "deps": []},
                {"id": "drill", "deps": []},
                {"id": "elsewhere", "deps": []},
            ]},
        });
        let tree = Tree::of("server", &metadata).unwrap();
        assert_eq!(tree.len(), 4);
        assert_eq!(
            tree.broken(),
            [
                "openssl 1.0.0 (used by http) has no place here: there is one TLS stack, rustls on ring",
                "secret 1.0.0 (used by server) names no licence",
            ]
        );
        let copyleft = json!({
            "packages": [package("server", Some("GPL-3.0"))],
            "resolve": {"nodes": [{"id": "server", "deps": []}]},
        });
        assert!(Tree::of("server", &copyleft).unwrap().broken()[0].contains("is under GPL-3.0"));
        assert!(Tree::of("nobody", &copyleft).is_none());
    }
}
