//! Which personal tokens may come where: the one table of address and scope.
//!
//! # Design
//! What is not in the table is for sessions alone, so a new address is closed to tokens until somebody writes it here. The
//! server's session layer asks it once a request; the use cases ask for what their proofs say besides.

use api_types::Scope;
use http::Method;

/// What is sent, by the path of its server function.
const SENT: &[(&str, Scope)] = &[
    ("/api/chat", Scope::Run),
    ("/api/conversation/choose", Scope::Run),
    ("/api/conversation/configure", Scope::Run),
    ("/api/conversation/delete", Scope::Run),
    ("/api/conversation/rename", Scope::Run),
    ("/api/conversation/restore", Scope::Run),
    ("/api/memory/forget", Scope::Run),
    ("/api/memory/store", Scope::Run),
    ("/api/message/continue", Scope::Run),
    ("/api/message/edit", Scope::Run),
    ("/api/message/regenerate", Scope::Run),
    ("/api/message/select", Scope::Run),
    ("/api/message/send", Scope::Run),
    ("/api/model/set-default", Scope::Admin),
    ("/api/provider/test", Scope::Admin),
    ("/api/run/decide", Scope::Run),
    ("/api/run/fork", Scope::Run),
    ("/api/run/retry", Scope::Run),
    ("/api/run/stop", Scope::Run),
    ("/api/source/connect", Scope::Admin),
    ("/api/source/disconnect", Scope::Admin),
    ("/api/source/find", Scope::Admin),
];

/// What is read; a path that ends with a slash stands for what is right below it.
const READ: &[(&str, Scope)] = &[
    ("/admin/models", Scope::Admin),
    ("/admin/models/", Scope::Admin),
    ("/api/costs/ledger.csv", Scope::Read),
    ("/api/costs/limits", Scope::Read),
    ("/api/costs/usage", Scope::Read),
    ("/api/events", Scope::Read),
    ("/api/features", Scope::Read),
    ("/api/memory/context", Scope::Read),
    ("/audit", Scope::Admin),
    ("/chat", Scope::Read),
    ("/chat/", Scope::Read),
    ("/conversations", Scope::Read),
    ("/conversations/deleted", Scope::Read),
    ("/flags", Scope::Admin),
    ("/models", Scope::Read),
    ("/people", Scope::Admin),
    ("/refusals/", Scope::Read),
    ("/runs", Scope::Read),
    ("/runs/", Scope::Read),
    ("/usage", Scope::Read),
];

/// The scope that a personal token needs for a request; `None` where none will do.
pub fn scope_of(method: &Method, path: &str) -> Option<Scope> {
    let is_below = |entry: &str, path: &str| {
        entry.ends_with('/') && path.strip_prefix(entry).is_some_and(|rest| !rest.contains('/'))
    };
    let is_at = |entry: &&(&str, Scope)| path == entry.0 || is_below(entry.0, path);
    let table = match *method {
        Method::GET | Method::HEAD => READ,
        Method::POST => SENT,
        _ => return None,
    };
    table.iter().find(is_at).map(|(_, scope)| *scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_written_down_is_closed() {
        let get = |path| scope_of(&Method::GET, path);
        assert_eq!((get("/chat"), get("/chat/0193")), (Some(Scope::Read), Some(Scope::Read)));
        assert_eq!(scope_of(&Method::POST, "/api/message/send"), Some(Scope::Run));
        for path in [
            "/",
            "/settings",
            "/settings/tokens",
            "/chatter",
            "/api/message/send",
            "/api/events/x",
            "/chat/../settings",
            "/chat/1/2",
        ] {
            assert_eq!(get(path), None, "{path}");
        }
        for path in ["/api/token/make", "/api/session/end", "/api/auth/logout", "/chat", "/api/message/send/"]
        {
            assert_eq!(scope_of(&Method::POST, path), None, "{path}");
        }
        assert_eq!(scope_of(&Method::PUT, "/chat"), None);
    }
}
