//! The one sheet: style/main.css with what it imports, and the utilities that views use.
//!
//! Cascade layers decide who wins, and main.css puts them in order; the utilities stand in the layer of that name.
//! The reset is the sheet's own, so encre's is left out. style/encre.toml, where it exists, names our colours and
//! sizes for the utilities.

use super::{classes, files, pack::Asset, sheet};
use anyhow::{Context, Result, bail};
use encre_css::{Config, Preflight, Scanner};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Builds the sheet; fails where a view names a class that has no rule, or a rule names a file that is not there.
pub(super) fn build(root: &Path, assets: &[Asset]) -> Result<String> {
    let views = read_views(root)?;
    let style = root.join("style");
    let generator = Generator::new(&style.join("encre.toml"))?;
    let hand_written = inline(&style)?;
    check_classes(&views, &generator, &hand_written)?;

    let literals: Vec<&str> =
        views.values().flat_map(|found| found.literals.iter().map(String::as_str)).collect();
    let utilities = encre_css::generate(literals, &generator.0);
    let mut css = format!("{hand_written}\n@layer utilities {{\n{utilities}\n}}\n");
    for asset in assets.iter().filter(|asset| asset.immutable) {
        css = css.replace(&asset.source_url, &asset.url);
    }
    for url in sheet::local_urls(&css) {
        if !assets.iter().any(|asset| asset.url == url) {
            bail!("style/ names {url}, and public/ has no such file");
        }
    }
    Ok(sheet::without_comments(&css))
}

/// encre-css with our names.
struct Generator(Config);

impl Generator {
    fn new(file: &Path) -> Result<Self> {
        let mut config = Config::default();
        if file.exists() {
            config = Config::from_file(file).with_context(|| format!("cannot use {}", file.display()))?;
        }
        config.preflight = Preflight::new_none();
        config.scanner = Scanner::from_fn(|text| {
            text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`')).collect()
        });
        Ok(Self(config))
    }

    fn has_rule(&self, class: &str) -> bool {
        // `group` and `peer` only mark an element for the variants of others.
        matches!(class.split('/').next(), Some("group" | "peer"))
            || !encre_css::generate([class], &self.0).is_empty()
    }
}

/// Reads every view, by file.
fn read_views(root: &Path) -> Result<BTreeMap<PathBuf, classes::Found>> {
    let sources =
        files(&root.join("app/src"))?.into_iter().filter(|file| file.extension().is_some_and(|e| e == "rs"));
    sources
        .map(|file| {
            let found = classes::find(&fs::read_to_string(&file)?)
                .with_context(|| format!("cannot read {}", file.display()))?;
            Ok((file.strip_prefix(root).unwrap_or(&file).to_path_buf(), found))
        })
        .collect()
}

/// Inlines style/main.css: each `@import "file" layer(name);` becomes `@layer name { … }`, in its order.
fn inline(style: &Path) -> Result<String> {
    let contents = |name: &str| {
        let file = style.join(name);
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
    };
    let main = sheet::without_comments(&contents("main.css")?);
    let mut parts = main.split("@import");
    let mut css = parts.next().unwrap_or_default().to_owned();
    let mut imported = BTreeSet::from(["main.css".to_owned()]);
    for part in parts {
        let (line, rest) = part.split_once(';').unwrap_or((part, ""));
        let (name, layer) =
            line.rsplit_once("layer(").context("style/main.css: an @import without a layer")?;
        let name = name.trim().trim_matches(['"', '\'']);
        let layer = layer.trim().trim_end_matches(')');
        css.push_str(&format!("@layer {layer} {{\n{}\n}}{rest}", contents(name)?));
        imported.insert(name.to_owned());
    }
    for file in files(style)?.iter().filter(|file| file.extension().is_some_and(|kind| kind == "css")) {
        let name = file.strip_prefix(style).unwrap_or(file).display().to_string();
        if !imported.contains(&name) {
            bail!("style/{name} is not in style/main.css");
        }
    }
    Ok(css)
}

/// A class without a rule is a spelling mistake that nobody would see.
fn check_classes(
    views: &BTreeMap<PathBuf, classes::Found>,
    generator: &Generator,
    hand_written: &str,
) -> Result<()> {
    let ours = sheet::classes(hand_written);
    let mut known = BTreeSet::new();
    let mut unknown = Vec::new();
    for (file, found) in views {
        for (class, line) in &found.classes {
            if ours.contains(class) || known.contains(class) {
                continue;
            }
            if generator.has_rule(class) {
                known.insert(class);
            } else {
                unknown.push(format!("  {}:{line}  {class}", file.display()));
            }
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    bail!("these classes have neither a utility of encre-css nor a rule in style/:\n{}", unknown.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(view: &str, sheets: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("app/src")).unwrap();
        fs::create_dir_all(root.path().join("style")).unwrap();
        fs::write(root.path().join("app/src/lib.rs"), view).unwrap();
        for (name, text) in sheets {
            fs::write(root.path().join("style").join(name), text).unwrap();
        }
        root
    }

    #[test]
    fn layers_stand_in_the_order_of_the_main_sheet_with_the_utilities_in_theirs() {
        let view = r#"fn v() { view! { <p class="card p-4 md:flex"/> } }"#;
        let main = "/* the order */ @layer tokens, card, utilities;\n\
            @import \"tokens.css\" layer(tokens);\n@import 'card.css' layer(card);";
        let sheets =
            [("card.css", ".card { color: blue }"), ("tokens.css", ":root { --x: 1 }"), ("main.css", main)];
        let css = build(project(view, &sheets).path(), &[]).unwrap();
        let at = |text: &str| css.find(text).unwrap_or_else(|| panic!("no {text} in {css}"));
        let names = [
            "@layer tokens, card",
            "@layer tokens {",
            "--x: 1",
            "@layer card {",
            ".card",
            "@layer utilities {",
        ];
        let order = [&names[..], &[".p-4", ".md\\:flex"]].concat().into_iter().map(at).collect::<Vec<_>>();
        assert!(order.is_sorted(), "{order:?}");
    }

    #[test]
    fn a_sheet_that_nobody_imports_or_that_is_missing_fails() {
        let forgotten = [("main.css", ""), ("lost.css", ".a { }")];
        assert!(build(project("", &forgotten).path(), &[]).unwrap_err().to_string().contains("lost.css"));
        let missing = [("main.css", "@import \"gone.css\" layer(x);")];
        assert!(format!("{:#}", build(project("", &missing).path(), &[]).unwrap_err()).contains("gone.css"));
    }

    #[test]
    fn a_class_without_a_rule_fails_with_its_place() {
        let view = "fn v() {\n view! { <p class=\"p-4 crad group\"/> } }";
        let error = build(project(view, &[("main.css", "")]).path(), &[]).unwrap_err().to_string();
        assert!(error.contains("app/src/lib.rs:2  crad"), "{error}");
        assert!(!error.contains("p-4") && !error.contains("group"), "{error}");
    }

    #[test]
    fn fonts_are_found_under_their_new_name_and_missing_ones_fail() {
        let font = Asset {
            url: "/fonts/a.12.woff2".into(),
            source_url: "/fonts/a.woff2".into(),
            bytes: vec![],
            immutable: true,
        };
        let sheets = [("main.css", "@font-face { src: url(/fonts/a.woff2) }")];
        let project = project("", &sheets);
        assert!(build(project.path(), &[font]).unwrap().contains("url(/fonts/a.12.woff2)"));
        assert!(build(project.path(), &[]).unwrap_err().to_string().contains("/fonts/a.woff2"));
    }
}
