//! What is shipped, and what a browser loads for its first page.

use crate::{
    Place,
    figure::{Figure, Group, Runs},
    play::{Home, Member, Person, Server},
};
use anyhow::{Context, Result, ensure};
use std::{collections::BTreeSet, fs};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The page that is loaded.
const PAGE: &str = "/chat";

/// The group.
pub(super) struct Size;

#[async_trait::async_trait(?Send)]
impl Group for Size {
    fn figures(&self) -> &'static [Figure] {
        const {
            &[
                Figure::at_most("binary_mb", "MB", 45.0),
                Figure::at_most("wasm_br_kb", "kB", 150.0),
                Figure::at_most("chat_first_load_kb", "kB", 220.0),
            ]
        }
    }

    fn on(&self) -> &'static str {
        "one run: nothing varies; the first load is Chat with 50 conversations, signed in, and every file that the page, its \
         style sheet or its scripts name, as sent to a browser that takes brotli, heads of the answers counted along"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let mut runs = Runs::default();
        let binary = fs::metadata(&place.server).context("the server's binary is gone")?;
        runs.add("binary_mb", thousands(binary.len()) / 1000.0);
        runs.add("wasm_br_kb", thousands(place.browser_code_bytes));
        runs.add("chat_first_load_kb", thousands(first_load_bytes(place).await?));
        Ok(runs)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no file here has 2^53 bytes")]
fn thousands(bytes: u64) -> f64 {
    bytes as f64 / 1000.0
}

async fn first_load_bytes(place: &Place) -> Result<u64> {
    let home = Home::new(place)?;
    let seed = home.seed().await?;
    let people = seed.people(1).await?;
    seed.conversations(&people[0], 50).await?;
    seed.close().await;
    let server = home.start().await?;
    let mut sum = 0;
    for path in loaded(&Person::at(&server.address, &people[0])?).await? {
        sum += weight(&server, &people[0], &path).await?;
    }
    server.stop().await?;
    Ok(sum)
}

/// The page and every file it leads to.
async fn loaded(person: &Person) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut open = vec![PAGE.to_owned()];
    while let Some(path) = open.pop() {
        let is_text = path == PAGE || path.ends_with(".css") || path.ends_with(".js");
        if found.insert(path.clone()) && is_text {
            open.extend(files_named(&person.text(&path).await?));
        }
    }
    ensure!(found.iter().any(|path| path.ends_with(".wasm")), "the page loads no wasm: {found:?}");
    Ok(found)
}

/// Addresses of static files in a text: what follows one of their folders, up to where a quotation or bracket ends.
fn files_named(text: &str) -> Vec<String> {
    let mut files = Vec::new();
    for folder in ["/pkg/", "/fonts/", "/favicon."] {
        for (at, _) in text.match_indices(folder) {
            let rest = &text[at..];
            let end = rest.find(['"', '\'', '`', ')', '&', '?', '#', '<', ' ', '\n']).unwrap_or(rest.len());
            files.push(rest[..end].to_owned());
        }
    }
    files
}

/// All bytes of an answer as they are sent.
async fn weight(server: &Server, member: &Member, path: &str) -> Result<u64> {
    let host = server.address.trim_start_matches("http://");
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\naccept: */*\r\n\
         accept-encoding: gzip, deflate, br, zstd\r\ncookie: {}\r\n\r\n",
        member.cookie
    );
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    ensure!(answer.starts_with(b"HTTP/1.1 200 "), "{path} was not answered with 200");
    eprintln!("  {path} {} bytes", answer.len());
    Ok(answer.len().try_into()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_wherever_they_are_named() {
        let page = r#"<link rel="preload" href="/fonts/a.1.woff2" as="font"><a href="/chat/7">x</a>
            <script type="module">import('/pkg/v.2.js').then(m => m.default("/pkg/v.2_bg.wasm"))</script>"#;
        assert_eq!(files_named(page), ["/pkg/v.2.js", "/pkg/v.2_bg.wasm", "/fonts/a.1.woff2"]);
        assert_eq!(files_named("src:url(/fonts/a.1.woff2)format('woff2')"), ["/fonts/a.1.woff2"]);
        assert!(files_named("nothing here").is_empty());
    }
}
