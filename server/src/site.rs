//! The static files inside this binary, and how they are handed out: with the encoding the browser takes, for ever
//! where the name changes with the content, with a validator where it does not.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

/// One static file and its compressed twins.
#[derive(Debug)]
pub(crate) struct StaticFile {
    /// URL path, as in `/pkg/vobio.1a2b3c4d5e.css`.
    pub(crate) path: &'static str,
    /// Media type.
    pub(crate) content_type: &'static str,
    /// Digest of the content, without quotes.
    pub(crate) etag: &'static str,
    /// The path changes whenever the content does.
    pub(crate) is_immutable: bool,
    /// The bytes as they are.
    pub(crate) identity: &'static [u8],
    /// With brotli, where that is smaller.
    pub(crate) brotli: Option<&'static [u8]>,
    /// With gzip, where that is smaller.
    pub(crate) gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// Finds a file by its URL path.
pub(crate) fn find(path: &str) -> Option<&'static StaticFile> {
    FILES.binary_search_by(|file| file.path.cmp(path)).ok().and_then(|at| FILES.get(at))
}

/// Answers GET and HEAD for a static file; 404 for any other path, 405 for any other method.
pub(crate) async fn serve(request: Request) -> Response {
    let Some(file) = find(request.uri().path()) else { return StatusCode::NOT_FOUND.into_response() };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    answer(file, request.headers())
}

fn answer(file: &StaticFile, request: &HeaderMap) -> Response {
    let accepted =
        request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (encoding, bytes) = match (file.brotli, file.gzip) {
        (Some(bytes), _) if accepts(accepted, "br") => (Some("br"), bytes),
        (_, Some(bytes)) if accepts(accepted, "gzip") => (Some("gzip"), bytes),
        _ => (None, file.identity),
    };
    // Each encoding is a representation of its own, and a strong validator tells them apart.
    let etag =
        format!("\"{}{}{}\"", file.etag, if encoding.is_some() { "-" } else { "" }, encoding.unwrap_or(""));
    let is_known = request.get_all(header::IF_NONE_MATCH).iter().any(|value| matches(value, &etag));
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Body::from(bytes).into_response(),
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    let caching = if file.is_immutable { "public, max-age=31536000, immutable" } else { "public, no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !is_known {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
    }
    response
}

/// Says whether an Accept-Encoding header takes `encoding`; what is not listed is not taken, unless `*` is.
fn accepts(header: &str, encoding: &str) -> bool {
    let quality = |wanted: &str| {
        header.split(',').find_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next()?;
            let q = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
            name.eq_ignore_ascii_case(wanted).then(|| q.map_or(1.0, |q| q.parse().unwrap_or(0.0)))
        })
    };
    quality(encoding).or_else(|| quality("*")).is_some_and(|q: f32| q > 0.0)
}

/// Says whether an If-None-Match header names `etag`; a weak mark does not matter for it.
fn matches(header: &HeaderValue, etag: &str) -> bool {
    let list = header.to_str().unwrap_or_default().split(',').map(str::trim);
    list.map(|item| item.strip_prefix("W/").unwrap_or(item)).any(|item| item == "*" || item == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    static SHEET: StaticFile = StaticFile {
        path: "/pkg/vobio.12.css",
        content_type: "text/css; charset=utf-8",
        etag: "12",
        is_immutable: true,
        identity: b"plain",
        brotli: Some(b"br"),
        gzip: Some(b"gz"),
    };

    fn ask(headers: &[(header::HeaderName, &str)]) -> Response {
        let map = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        answer(&SHEET, &map)
    }

    fn header_of(response: &Response, name: header::HeaderName) -> Option<String> {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_browser_gets_the_smallest_encoding_it_takes() {
        let encoding = |accepted: &str| {
            header_of(&ask(&[(header::ACCEPT_ENCODING, accepted)]), header::CONTENT_ENCODING)
        };
        assert_eq!(encoding("gzip, deflate, br, zstd").as_deref(), Some("br"));
        assert_eq!(encoding("gzip;q=0.8, br;q=0").as_deref(), Some("gzip"));
        assert_eq!(encoding("*").as_deref(), Some("br"));
        assert_eq!(encoding("*;q=0, gzip").as_deref(), Some("gzip"));
        assert_eq!(encoding("deflate"), None);
        assert_eq!(header_of(&ask(&[]), header::CONTENT_ENCODING), None);
    }

    #[test]
    fn a_known_validator_is_answered_without_the_bytes() {
        let first = ask(&[(header::ACCEPT_ENCODING, "br")]);
        let etag = header_of(&first, header::ETAG).unwrap();
        assert_eq!(etag, "\"12-br\"");
        let again =
            |known: &str| ask(&[(header::ACCEPT_ENCODING, "br"), (header::IF_NONE_MATCH, known)]).status();
        assert_eq!(again(&etag), StatusCode::NOT_MODIFIED);
        assert_eq!(again("\"x\", W/\"12-br\""), StatusCode::NOT_MODIFIED);
        assert_eq!(again("\"12\""), StatusCode::OK, "the same file in another encoding is another thing");
    }

    #[test]
    fn names_by_content_are_kept_for_ever_and_caches_know_what_varies() {
        let response = ask(&[]);
        assert_eq!(
            header_of(&response, header::CACHE_CONTROL).as_deref(),
            Some("public, max-age=31536000, immutable")
        );
        assert_eq!(header_of(&response, header::VARY).as_deref(), Some("accept-encoding"));
        assert_eq!(header_of(&response, header::CONTENT_TYPE).as_deref(), Some("text/css; charset=utf-8"));
    }

    #[test]
    fn every_embedded_file_is_found_by_its_path() {
        assert!(FILES.is_sorted_by_key(|file| file.path));
        assert!(FILES.iter().all(|file| find(file.path).is_some_and(|found| found.path == file.path)));
        assert!(STYLESHEET.is_none_or(|url| find(url).is_some()));
        assert!(FONTS.iter().all(|url| find(url).is_some_and(|font| font.is_immutable)));
        assert_eq!(OUTPUT_NAME.is_none(), FILES.is_empty());
    }

    #[tokio::test]
    async fn unknown_paths_are_not_found_and_other_methods_not_allowed() {
        let request = |method: &str, path: &str| {
            serve(Request::builder().method(method).uri(path).body(Body::empty()).unwrap())
        };
        assert_eq!(request("GET", "/pkg/../secret").await.status(), StatusCode::NOT_FOUND);
        if let Some(url) = STYLESHEET {
            assert_eq!(request("GET", url).await.status(), StatusCode::OK);
            assert_eq!(request("POST", url).await.status(), StatusCode::METHOD_NOT_ALLOWED);
        }
    }
}
