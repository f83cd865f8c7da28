//! Writes the table of static files for src/site.rs, from the manifest that `cargo xtask site` leaves in the target
//! folder (or in VOBIO_SITE). Without one the server compiles with an empty table and says so when it runs.
#![expect(clippy::disallowed_methods, reason = "cargo's answers are in the environment")]

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let site = match env::var("VOBIO_SITE") {
        Ok(folder) => PathBuf::from(folder),
        // Cargo marks the top of its target folder with this file.
        Err(_) => out.ancestors().find(|up| up.join("CACHEDIR.TAG").exists()).unwrap_or(&out).join("site"),
    };
    let manifest = site.join("manifest.tsv");
    println!("cargo:rerun-if-env-changed=VOBIO_SITE");
    println!("cargo:rerun-if-changed={}", manifest.display());
    let lines = fs::read_to_string(&manifest).unwrap_or_else(|_| {
        println!("cargo:warning=no site to embed yet: `cargo xtask site` builds it");
        String::new()
    });
    fs::write(out.join("site.rs"), table(&site, &lines)?)?;
    Ok(())
}

/// The constants that src/site.rs includes. The manifest's lines are described in crates/xtask/src/site/manifest.rs.
fn table(site: &Path, manifest: &str) -> Result<String, Box<dyn Error>> {
    let mut output_name = None;
    let (mut fonts, mut files) = (String::new(), String::new());
    for line in manifest.lines() {
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            ["fingerprint", _] => {}
            ["output_name", name] => output_name = Some(*name),
            ["preload", url] => write!(fonts, "{url:?},")?,
            ["file", url, content_type, etag, naming, encodings] => {
                let path = site.join(url.trim_start_matches('/')).display().to_string();
                let twin = |name: &str, extension: &str| match encodings.split(',').any(|found| found == name)
                {
                    true => format!("Some(include_bytes!({:?}))", format!("{path}.{extension}")),
                    false => "None".to_owned(),
                };
                writeln!(
                    files,
                    "StaticFile {{ path: {url:?}, content_type: {content_type:?}, etag: {etag:?}, \
                     is_immutable: {}, identity: include_bytes!({path:?}), brotli: {}, gzip: {} }},",
                    *naming == "immutable",
                    twin("br", "br"),
                    twin("gzip", "gz"),
                )?;
            }
            _ => return Err(format!("manifest.tsv: not understood: {line}").into()),
        }
    }
    let stylesheet = output_name.map(|name| format!("/pkg/{name}.css"));
    Ok(format!(
        "/// What leptos calls the output name, `vobio.HASH`; none where no site was built.\n\
         pub(crate) const OUTPUT_NAME: Option<&str> = {output_name:?};\n\
         /// The one sheet's URL.\n\
         pub(crate) const STYLESHEET: Option<&str> = {stylesheet:?};\n\
         /// Fonts that every page needs at once.\n\
         pub(crate) const FONTS: &[&str] = &[{fonts}];\n\
         /// Every file, sorted by path.\n\
         static FILES: &[StaticFile] = &[\n{files}];\n"
    ))
}
