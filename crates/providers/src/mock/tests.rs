use super::*;
use api_types::{MessageRole, Usage};
use studio::ports::{ChatEvent, ChatTurn, FinishReason};
use tokio::time::Instant;

fn asking(model: &str, text: &str) -> ChatRequest {
    ChatRequest {
        model: model.parse().unwrap(),
        system_prompt: String::new(),
        turns: vec![ChatTurn { role: MessageRole::User, text: text.into() }],
        prefix: None,
        temperature: None,
        max_tokens: 1_000,
    }
}

/// The text, and the last event.
async fn answer(request: ChatRequest) -> (String, Result<ChatEvent, ModelError>) {
    let events: Vec<_> = Mock::new().chat(request).collect().await;
    let text = events.iter().filter_map(|event| match event {
        Ok(ChatEvent::Delta(delta)) => Some(delta.as_str()),
        _ => None,
    });
    (text.collect(), events.last().unwrap().clone())
}

fn ended(reason: FinishReason, prompt: u32, completion: u32) -> Result<ChatEvent, ModelError> {
    Ok(ChatEvent::End {
        reason,
        usage: Usage { prompt_tokens: Some(prompt), completion_tokens: Some(completion) },
    })
}

#[tokio::test]
async fn the_same_question_gets_the_same_answer() {
    for model in Mock::new().models().await {
        let asked =
            || asking(model.model.as_str(), "What is a house?\n!mock {\"per_s\": 1e9, \"first_ms\": 0}");
        let first = answer(asked()).await;
        assert_eq!(first, answer(asked()).await);
        assert!(!first.0.is_empty() && model.label.starts_with("Mock: "));
    }
    assert_ne!(answer(asking("mock/lorem", "a")).await.0, answer(asking("mock/lorem", "b")).await.0);
}

#[tokio::test]
async fn echo_says_what_was_said_and_counts_words() {
    let (text, end) = answer(asking("mock/echo", "good morning")).await;
    assert_eq!((text.as_str(), end), ("You said: good morning", ended(FinishReason::Stop, 2, 4)));
}

#[tokio::test(start_paused = true)]
async fn a_script_sets_length_pace_and_counts() {
    let begun = Instant::now();
    let script =
        r#"!mock {"tokens": 50, "first_ms": 500, "per_s": 20, "prompt_tokens": 7, "completion_tokens": 9}"#;
    let (text, end) = answer(asking("mock/lorem", script)).await;
    assert_eq!(text.split_whitespace().count(), 50);
    assert_eq!(end, ended(FinishReason::Stop, 7, 9));
    assert_eq!(begun.elapsed().as_millis(), 3_000);
}

#[tokio::test]
async fn the_longest_answer_is_kept_to() {
    let request = ChatRequest { max_tokens: 3, ..asking("mock/lorem", "x") };
    let (text, end) = answer(request).await;
    assert_eq!((text.split_whitespace().count(), end), (3, ended(FinishReason::Length, 1, 3)));
}

#[tokio::test]
async fn an_answer_that_broke_off_goes_on_where_it_stopped() {
    let script = r#"!mock {"text": "one two three four", "fail_after": 2}"#;
    let (begun, end) = answer(asking("mock/echo", script)).await;
    assert_eq!((begun.as_str(), end), ("one two ", Err(ModelError::BrokeOff { source_name: LABEL.into() })));
    let request = ChatRequest { prefix: Some(begun), ..asking("mock/echo", script) };
    let (rest, end) = answer(request).await;
    assert_eq!(rest, "three four");
    assert!(end.is_ok());
}

#[tokio::test]
async fn every_failure_can_be_scripted() {
    for name in [
        "no_such_model",
        "unreachable",
        "key_refused",
        "busy",
        "refused",
        "too_long",
        "nonsense",
        "timed_out",
        "broke_off",
        "not_loaded",
    ] {
        let (text, end) = answer(asking("mock/lorem", &format!("!mock {{\"error\": \"{name}\"}}"))).await;
        assert!(text.is_empty() && end.is_err(), "{name}");
        let script = format!("!mock {{\"error\": \"{name}\", \"fail_after\": 5, \"retry_after_ms\": 10}}");
        let (text, end) = answer(asking("mock/lorem", &script)).await;
        assert!(text.split_whitespace().count() == 5 && end.is_err(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_counted_down() {
    let script = r#"!mock {"waiting": 2, "first_ms": 100, "text": "now", "finish": "filter"}"#;
    let events: Vec<_> = Mock::new().chat(asking("mock/echo", script)).map(Result::unwrap).collect().await;
    assert_eq!(
        events[..3],
        [ChatEvent::Waiting { ahead: 2 }, ChatEvent::Waiting { ahead: 1 }, ChatEvent::Delta("now".into()),]
    );
    assert!(matches!(events[3], ChatEvent::Used(Usage { completion_tokens: Some(1), .. })));
    assert!(matches!(events[4], ChatEvent::End { reason: FinishReason::Filter, .. }));
}

#[tokio::test]
async fn a_wrong_script_is_refused_by_the_name_of_its_field() {
    for (script, says) in [
        (r#"!mock {"tokns": 5}"#, "tokns"),
        (r#"!mock {"error": "boredom"}"#, "boredom"),
        (r#"!mock {"per_s": 0}"#, "per_s"),
        (r#"!mock {"tokens": 4000000000}"#, "tokens"),
        (r#"!mock {"tokens": -1}"#, "-1"),
        (r#"!mock {"text": "unfinished"#, "EOF"),
    ] {
        let (_, end) = answer(asking("mock/echo", script)).await;
        let Err(ModelError::Refused { detail, .. }) = end else { panic!("{end:?}") };
        assert!(detail.contains(says), "{detail}");
    }
}

#[tokio::test]
async fn a_sentence_about_the_mock_is_not_a_script() {
    let (text, _) = answer(asking("mock/echo", "what does !mock do?\n!mock is a word")).await;
    assert!(text.contains("!mock is a word"));
}

#[tokio::test]
async fn a_mock_can_be_given_a_script_of_its_own() {
    let mock = Mock::playing(Script { text: Some("always this".into()), ..Script::default() });
    let events: Vec<_> = mock.chat(asking("mock/echo", "x")).collect().await;
    assert_eq!(events[0], Ok(ChatEvent::Delta("always ".into())));
    let missing: Vec<_> = mock.chat(asking("mock/nothing", "x")).collect().await;
    assert_eq!(missing, [Err(ModelError::NoSuchModel { model: "mock/nothing".into() })]);
}
