//! What the papers name has to be there: files and folders of ours, and the limits in docs/limits.md.

use anyhow::{Context, Result};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Folders at the top whose paths are checked.
const OURS: &[&str] =
    &["app/", "server/", "frontend/", "crates/", "style/", "public/", "end2end/", "docs/", "deploy/"];

/// What README.md and docs/ name and nobody has, one sentence each.
pub(super) fn broken(root: &Path) -> Result<Vec<String>> {
    let mut papers = vec![root.join("README.md")];
    collect(&root.join("docs"), "md", &mut papers)?;
    let mut found = Vec::new();
    for paper in papers {
        let text = fs::read_to_string(&paper).with_context(|| format!("no {}", paper.display()))?;
        let name = paper.strip_prefix(root).unwrap_or(&paper).display().to_string();
        let missing = spans(&text).into_iter().filter(|span| is_path(span) && !root.join(span).exists());
        found.extend(missing.map(|span| format!("{name} names {span}, which is not there")));
        if name == "docs/limits.md" {
            found.extend(
                unknown_limits(root, &text)?.into_iter().map(|limit| format!("{name}: there is no {limit}")),
            );
        }
    }
    Ok(found)
}

/// Names of constants that stand in no source.
fn unknown_limits(root: &Path, text: &str) -> Result<Vec<String>> {
    let mut sources = Vec::new();
    for folder in ["app/src", "server/src", "crates"] {
        collect(&root.join(folder), "rs", &mut sources)?;
    }
    let mut named: BTreeSet<String> =
        spans(text).into_iter().filter(|span| is_constant(span)).map(str::to_owned).collect();
    // Settings have a list of their own.
    let settings = fs::read_to_string(root.join(".env.example")).unwrap_or_default();
    named.retain(|name| !settings.contains(&format!("{name}=")));
    for source in sources {
        let text = fs::read_to_string(&source)?;
        named.retain(|name| !text.contains(&format!("const {name}:")));
    }
    Ok(named.into_iter().collect())
}

/// What stands between backticks on one line.
fn spans(text: &str) -> Vec<&str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

fn is_path(span: &str) -> bool {
    let is_plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    is_plain && OURS.iter().any(|folder| span.starts_with(folder))
}

fn is_constant(span: &str) -> bool {
    span.contains('_') && span.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn collect(folder: &Path, kind: &str, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, kind, into)?;
        } else if path.extension().is_some_and(|found| found == kind) {
            into.push(path);
        }
    }
    into.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_that_names_what_is_not_there_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for folder in ["docs/decisions", "app/src", "server/src", "crates/a/src"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join(".env.example"), "# A_SETTING=1\n").unwrap();
        fs::write(root.join("crates/a/src/lib.rs"), "pub(crate) const A_BYTES_MAX: usize = 1;\n").unwrap();
        fs::write(root.join("README.md"), "`crates/a/src`, `crates/b`, `make run`, `crates/a/src/lib.rs`'s")
            .unwrap();
        fs::write(root.join("docs/decisions/0001-x.md"), "see `docs/limits.md` and `docs/gone.md`").unwrap();
        fs::write(root.join("docs/limits.md"), "`A_BYTES_MAX` `B_BYTES_MAX` (`A_SETTING`) `LIMIT`").unwrap();
        assert_eq!(
            broken(root).unwrap(),
            [
                "README.md names crates/b, which is not there",
                "docs/decisions/0001-x.md names docs/gone.md, which is not there",
                "docs/limits.md: there is no B_BYTES_MAX",
            ]
        );
    }
}
