use super::*;
use api_types::MessageRole;
use studio::ports::ChatTurn;

const KEY_TEXT: &str = "sk-very-secret-0123456789";

fn judged(status: u16, body: &str) -> Fault {
    let judge = Judge { label: "Acme", model: "acme/m", key: Some(KEY_TEXT), said: None };
    judge.of_status(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
}

fn word(error: &ModelError) -> &'static str {
    match error {
        ModelError::NoSuchModel { .. } => "no such model",
        ModelError::Unreachable { .. } => "unreachable",
        ModelError::KeyRefused { .. } => "key refused",
        ModelError::Busy { .. } => "busy",
        ModelError::Refused { .. } => "refused",
        ModelError::TooLong => "too long",
        ModelError::Nonsense { .. } => "nonsense",
        other => panic!("{other:?}"),
    }
}

#[test]
fn statuses_and_words_of_real_servers_become_ours() {
    for (status, body, expected, again) in [
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#,
            "key refused",
            false,
        ),
        (403, "", "key refused", false),
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid.","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
            "key refused",
            false,
        ),
        (
            404,
            r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#,
            "no such model",
            false,
        ),
        (404, r#"{"error":"model \"x\" not found, try pulling it first"}"#, "no such model", false),
        (
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#,
            "no such model",
            false,
        ),
        (404, r#"{"error":{"message":"File Not Found","type":"not_found_error"}}"#, "refused", false),
        (404, "<html><body>404</body></html>", "nonsense", false),
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}}"#,
            "too long",
            false,
        ),
        (
            400,
            r#"{"error":{"type":"exceed_context_size_error","message":"the request exceeds the available context size"}}"#,
            "too long",
            false,
        ),
        (
            400,
            r#"{"error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            "too long",
            false,
        ),
        (
            400,
            r#"{"error":{"status":"INVALID_ARGUMENT","message":"The input token count (9) exceeds the maximum"}}"#,
            "too long",
            false,
        ),
        (413, "<html>", "too long", false),
        (413, r#"{"error":{"type":"request_too_large","message":"x"}}"#, "too long", false),
        (400, r#"{"error":{"message":"temperature is not supported"}}"#, "refused", false),
        (400, "bad request, said the proxy", "refused", false),
        (402, r#"{"error":{"message":"Insufficient credits"}}"#, "refused", false),
        (418, "", "refused", false),
        (302, "", "refused", false),
        (429, r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#, "busy", true),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#,
            "refused",
            false,
        ),
        (429, "<html>", "busy", true),
        (503, r#"{"error":{"message":"Loading model","type":"unavailable_error"}}"#, "busy", true),
        (529, r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#, "busy", true),
        (
            500,
            r#"{"error":"model requires more system memory (5.6 GiB) than is available"}"#,
            "refused",
            true,
        ),
        (502, "<html>Bad Gateway</html>", "unreachable", true),
    ] {
        let fault = judged(status, body);
        assert_eq!(word(&fault.error), expected, "{status} {body}");
        assert_eq!(fault.again != Again::Never, again, "{status} {body}");
    }
}

#[test]
fn parts_of_a_key_are_as_secret_as_the_whole() {
    for (said, shown) in [
        ("key sk-very-secret-0123… is unknown", "key …… is unknown"),
        ("key ...et-0123456789 is unknown", "key ...… is unknown"),
        ("sk-very-secret sk-very-secret-0123456789", "… …"),
        ("a secret, very much so", "a secret, very much so"),
    ] {
        assert_eq!(super::without_key(said, KEY_TEXT), shown);
    }
    assert_eq!(super::without_key("the key abc", "abc"), "the key …");
    assert_eq!(super::without_key("nothing", ""), "nothing");
}

#[test]
fn a_detail_is_short_plain_and_without_the_key() {
    let long = "\u{202e}\u{1b}[31m x \n y ".to_owned() + KEY_TEXT + &"z".repeat(1_000);
    let ModelError::Refused { detail, .. } = judged(400, &long).error else { panic!() };
    assert_eq!(detail.chars().count(), DETAIL_CHARS_MAX);
    assert!(detail.starts_with("[31m x y …zzz"), "{detail}");
}

#[test]
fn a_server_that_repeats_the_conversation_is_not_repeated() {
    let text = "My secret plan is to open a small bakery next to the harbour.";
    let said = ChatRequest {
        model: "acme/m".parse().unwrap(),
        system_prompt: String::new(),
        turns: vec![ChatTurn { role: MessageRole::User, text: text.into() }],
        prefix: None,
        temperature: None,
        max_tokens: 1,
    };
    let judge = Judge { label: "Acme", model: "acme/m", key: None, said: Some(&said) };
    let fault = judge.of_status(
        StatusCode::BAD_REQUEST,
        &HeaderMap::new(),
        format!("cannot parse {text:?}").as_bytes(),
    );
    assert!(!fault.error.to_string().contains("bakery"), "{}", fault.error);
}

#[test]
fn a_wish_to_wait_is_read_in_seconds_and_milliseconds() {
    let wish = |name: &'static str, value: &'static str| {
        retry_after(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
    };
    assert_eq!(wish("retry-after", "3"), Some(Duration::from_secs(3)));
    assert_eq!(wish("retry-after-ms", "250"), Some(Duration::from_millis(250)));
    assert_eq!(wish("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"), None);
    assert_eq!(wish("retry-after", "-1"), None);
    assert_eq!(wish("retry-after", "1e300"), None);
}
