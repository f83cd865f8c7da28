//! Model servers that answer nonsense: the page says what happened, and the studio works on.

use crate::support::upstream::{END, delta};
use crate::support::{Studio, databases, id, unescaped, upstream};

const SSE: &str = "text/event-stream";
const NONSENSE: &str = "sent something that is not an answer. Try again, or choose another model.";
const BROKE_OFF: &str = "broke off in the middle. What it wrote is kept; continue when you like.";

#[test]
fn a_server_that_answers_nonsense_is_named_and_what_it_wrote_is_kept() {
    let half = delta("The **first** half");
    let torn = format!("{half}data: {{\"choices\":[{{\"delta\":{{\"con");
    let endless = format!("data: {}", "x".repeat(3_000_000));
    let broken = b"data: {\"choices\":[{\"delta\":{\"content\":\"caf\xff\xc3 here\"}}]}\n\n";
    let habits = vec![
        ("not-json", SSE, b"data: {\"choices\":[{\n\n".to_vec()),
        ("plain-words", SSE, b"I am a teapot.".to_vec()),
        ("silent", SSE, Vec::new()),
        ("hotel-wifi", "text/html", b"<!doctype html><h1>Welcome to the hotel</h1>".to_vec()),
        ("one-lump", "application/json", b"{\"choices\":[]}".to_vec()),
        ("picture", "image/png", b"\x89PNG\r\n\x1a\n\0\0".to_vec()),
        ("endless-line", SSE, endless.into_bytes()),
        ("cut", SSE, half.clone().into_bytes()),
        ("torn", SSE, torn.into_bytes()),
        ("not-utf8", SSE, [&broken[..], END.as_bytes()].concat()),
        ("well-behaved", SSE, (delta("All is well.") + END).into_bytes()),
    ];
    for database in databases() {
        let studio = Studio::new().on(&database).with("OPENAI_BASE_URL", &upstream::upstream(habits.clone()));
        let running = studio.start();
        let mut ana = running.owner();
        assert!(ana.page("/models").body.contains("11 models"), "its list can be read");
        for (model, state, words, kept) in [
            ("not-json", "failed", NONSENSE, ""),
            ("plain-words", "failed", NONSENSE, ""),
            ("silent", "failed", NONSENSE, ""),
            ("hotel-wifi", "failed", NONSENSE, ""),
            ("one-lump", "failed", NONSENSE, ""),
            ("picture", "failed", NONSENSE, ""),
            ("endless-line", "failed", NONSENSE, ""),
            ("cut", "failed", BROKE_OFF, "The <strong>first</strong> half"),
            ("torn", "failed", BROKE_OFF, "The <strong>first</strong> half"),
            ("not-utf8", "finished", "", "caf\u{fffd}\u{fffd} here"),
            ("well-behaved", "finished", "", "All is well."),
        ] {
            let sent = ana.ask(&format!("Hello, {model}"), None, &format!("openai/{model}"));
            assert_eq!(ana.ended(&sent["run"])["state"], state, "{model}");
            let page = ana.page(&format!("/chat/{}", id(&sent["conversation"]))).body;
            assert!(page.contains(&format!("data-state=\"{state}\"")), "{model}: {page}");
            assert!(page.contains(&format!("Hello, {model}")) && page.contains(kept), "{model}: {page}");
            assert!(unescaped(&page).contains(words), "{model}: {page}");
            // With nothing written there is nothing to continue.
            assert_eq!(page.contains(">Continue<"), words == BROKE_OFF, "{model}: {page}");
            assert_eq!(page.contains(">Try again<"), words == NONSENSE, "{model}: {page}");
        }
    }
}

#[test]
fn a_server_whose_list_is_nonsense_is_named_on_the_models_page_and_others_answer() {
    // Whatever this one is asked, it says that it is a teapot.
    let teapot = upstream::saying("418 I'm a teapot", "text/plain", "short and stout");
    let lump = upstream::saying("200 OK", "application/json", "[[[[[[");
    let wifi = upstream::saying("200 OK", "text/html", "<!doctype html><h1>Welcome to the hotel</h1>");
    let studio = Studio::new()
        .with("OPENAI_BASE_URL", &teapot)
        .with("OLLAMA_BASE_URL", &lump)
        .with("ANTHROPIC_BASE_URL", &wifi)
        .with("ANTHROPIC_API_KEY", "sk-nobody-may-see-this");
    let running = studio.start();
    let mut ana = running.owner();
    let page = unescaped(&ana.page("/models").body);
    assert_eq!(page.matches("data-state=\"failed\"").count(), 3, "{page}");
    assert!(page.contains("did not take this request: short and stout"), "{page}");
    assert_eq!(page.matches("sent something that is not an answer.").count(), 2, "{page}");
    assert!(!page.contains("Welcome to the hotel") && !page.contains("sk-nobody"), "{page}");
    let sent = ana.ask("x", None, "mock/echo");
    assert_eq!(ana.ended(&sent["run"])["state"], "finished");
}
