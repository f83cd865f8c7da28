//! A dependency says on its own line what it is for.

/// The dependencies of a Cargo.toml that give no reason. Our own rooms need none.
pub(super) fn missing(manifest: &str, rooms: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_in_dependencies = false;
    let mut lines = manifest.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if line.starts_with('[') {
            let section = line.trim_start_matches('[').split(']').next().unwrap_or_default();
            is_in_dependencies = section.ends_with("dependencies");
            continue;
        }
        let name = line.split(['=', '.']).next().unwrap_or_default().trim();
        if !is_in_dependencies || name.is_empty() || line.starts_with('#') {
            continue;
        }
        // A value may go over several lines; the reason may stand on any of them.
        let (mut depth, mut has_reason) = read(line);
        while depth > 0 {
            let Some((_, next)) = lines.next() else { break };
            let (change, reason) = read(next);
            depth += change;
            has_reason |= reason;
        }
        if !has_reason && !rooms.contains(&name) {
            found.push(format!(
                "line {}: {name} does not say what it is for (a comment on its line)",
                number + 1
            ));
        }
    }
    found
}

/// How many brackets a line leaves open, and whether it ends with a comment.
fn read(line: &str) -> (i32, bool) {
    let (mut depth, mut is_in_string) = (0, false);
    for (at, character) in line.char_indices() {
        match character {
            '"' => is_in_string = !is_in_string,
            _ if is_in_string => {}
            '#' => return (depth, !line[at + 1..].trim().is_empty()),
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    (depth, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_without_a_reason_is_named_with_its_line() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\nserde = \"1\"\nanyhow = \"1\" # errors\nours.workspace = true\n\
            [dev-dependencies]\ntempfile.workspace = true #\n[features]\nssr = []\n";
        let found = missing(manifest, &["ours"]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].starts_with("line 4: serde") && found[1].starts_with("line 8: tempfile"),
            "{found:?}"
        );
    }

    #[test]
    fn a_reason_may_stand_at_the_end_of_a_long_value() {
        let manifest = "[target.'cfg(x)'.dependencies]\nweb-sys = { features = [\n \"A#B\",\n] } # names\nbad = { features = [\n] }\n";
        assert_eq!(missing(manifest, &[]).len(), 1);
    }
}
