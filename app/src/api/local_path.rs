//! Where somebody goes on: an address that came from outside leads to a page of ours or nowhere.

use super::context;
use api_types::ModelRef;

/// The longest one, in bytes.
const BYTES_MAX: usize = 512;

/// Where one lands after signing in when nothing else is said.
const START: &str = "/chat";

/// Path and query of a page of this studio.
///
/// # Design
/// It is sent to the browser as an address to go to, so it may not become another site's: it begins with one `/` (not
/// `//host`), holds no backslash (a browser reads it as `/`) and no step up ([`is_plain`]), and only what an address holds
/// unescaped, so no line break that would end a header. Addresses under `/api/` are no pages, and the door leads to no door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Takes a path that is one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_clean = text.len() <= BYTES_MAX && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        let first = text.strip_prefix('/')?;
        let page = first.split(['/', '?', '#']).next().unwrap_or_default();
        let is_page = !first.starts_with('/') && !matches!(page, "api" | "login");
        let path = text.split(['?', '#']).next().unwrap_or_default();
        (is_clean && is_page && is_plain(path)).then(|| Self(text.to_owned()))
    }

    /// What `next` in the address of the door says; the start where it says nothing usable.
    pub fn next(asked: Option<String>) -> Self {
        asked.and_then(|text| Self::parse(&text)).unwrap_or_else(|| Self(START.to_owned()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same page, told this in its query.
    pub fn with(&self, name: &str, value: &str) -> String {
        let sign = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{sign}{name}={value}", self.0)
    }

    /// The door, from where one comes back to this page.
    pub fn door(&self) -> String {
        match self.as_str() {
            "/" | START => "/login".to_owned(),
            path => {
                let query =
                    form_urlencoded::Serializer::new(String::new()).append_pair("next", path).finish();
                format!("/login?{query}")
            }
        }
    }
}

/// Whether a path says where it leads: no `.` and `..` in it, no empty part, no backslash, whichever way they are written.
/// Who decides by a path what may be done would otherwise decide about another page than the router finds.
pub fn is_plain(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%2e", ".");
    let odd = |part: &str| matches!(part, "." | "..");
    !path.contains('\\')
        && !path.contains("%5c")
        && !path.contains("%2f")
        && !path.contains("//")
        && !path.split('/').any(odd)
}

/// A new chat with this model.
pub fn new_chat(model: &ModelRef) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("model", model.as_str()).finish();
    format!("/chat?{query}")
}

/// The door for whoever asked for this page and is not signed in.
pub fn door() -> String {
    let asked = context::asked_for().and_then(|path| LocalPath::parse(&path));
    asked.map_or_else(|| "/login".to_owned(), |path| path.door())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_ours_is_somewhere_to_go_on() {
        let long = format!("/chat/{}", "a".repeat(BYTES_MAX));
        for good in [
            "/",
            "/chat",
            "/chat/0193?until=x#m-1",
            "/models",
            "/apiary",
            "/conversations?after=1.2",
            "/chat?at=../x//y",
        ] {
            assert_eq!(LocalPath::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "chat",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/chat\r\nset-cookie: a=b",
            "/chat\0",
            "/ch at",
            "/é",
            "/api/session/end",
            "/api",
            "/login",
            "/login?next=/chat",
            "/login/",
            "/./api/account/export",
            "/x/../api/account/export",
            "/chat/%2E%2e/api",
            "/chat//evil.example",
            long.as_str(),
        ] {
            assert_eq!(LocalPath::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_door_names_the_page_unless_it_is_where_one_lands_anyway() {
        let door = |path: &str| LocalPath::parse(path).unwrap().door();
        assert_eq!((door("/"), door("/chat")), ("/login".to_owned(), "/login".to_owned()));
        assert_eq!(door("/chat/1?until=2&x"), "/login?next=%2Fchat%2F1%3Funtil%3D2%26x");
        assert_eq!(LocalPath::next(Some("//evil.example".to_owned())).as_str(), START);
        assert_eq!(LocalPath::next(Some("/models".to_owned())).as_str(), "/models");
    }
}
