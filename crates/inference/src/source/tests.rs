use super::*;
use crate::tiny::Tiny;
use api_types::MessageRole;
use candle_core::quantized::GgmlDType;
use futures::FutureExt;
use std::path::Path;
use std::time::Instant;
use studio::ports::ChatTurn;

/// Long enough for a busy machine; nothing here takes a second on an idle one.
const PATIENCE: Duration = Duration::from_secs(60);

fn model(path: &Path) -> LocalModel {
    let config = LocalModelConfig {
        path: Some(path.to_owned()),
        name: "tiny".to_owned(),
        ..LocalModelConfig::default()
    };
    LocalModel::new(config).with_seed(1)
}

fn request(text: &str, max_tokens: u32) -> ChatRequest {
    ChatRequest {
        model: ModelRef::new("local", "tiny").unwrap(),
        system_prompt: String::new(),
        turns: vec![ChatTurn { role: MessageRole::User, text: text.to_owned() }],
        prefix: None,
        temperature: Some(1.0),
        max_tokens,
    }
}

async fn all(stream: ChatStream) -> Vec<Result<ChatEvent, ModelError>> {
    tokio::time::timeout(PATIENCE, stream.collect()).await.unwrap()
}

async fn next(stream: &mut ChatStream) -> Option<Result<ChatEvent, ModelError>> {
    tokio::time::timeout(PATIENCE, stream.next()).await.unwrap()
}

async fn not_loaded(model: &LocalModel) -> String {
    match all(model.chat(request("hi", 5))).await.as_slice() {
        [Err(ModelError::NotLoaded { detail })] => detail.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_is_text_and_one_end() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(&Tiny::new(GgmlDType::Q8_0).write(folder.path()));
    let events = all(model.chat(request("hello", 50))).await;
    let ends = events.iter().filter(|event| matches!(event, Ok(ChatEvent::End { .. }))).count();
    assert_eq!(ends, 1);
    assert!(matches!(events.last(), Some(Ok(ChatEvent::End { .. }))));
    assert!(events.iter().all(|event| event.as_ref() != Ok(&ChatEvent::Delta(String::new()))));
    assert!(events.len() > 2);
}

#[tokio::test]
async fn it_is_listed_with_what_its_header_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = Tiny::new(GgmlDType::Q8_0).write(folder.path());
    let models = model(&path).models().await;
    assert_eq!(models.len(), 1);
    assert_eq!(models[0].model.as_str(), "local/tiny");
    assert_eq!((models[0].label.as_str(), models[0].context_tokens), ("Tiny", Some(2_048)));
    let unnamed = LocalModel::new(LocalModelConfig {
        path: Some(path),
        label: "Ours".to_owned(),
        ..LocalModelConfig::default()
    });
    assert_eq!(unnamed.models().await[0].label, "Ours");
    assert_eq!(unnamed.models().await[0].model.as_str(), "local/tiny");
    assert!(unnamed.status().await.state.unwrap().starts_with("Ready: "));
}

#[tokio::test]
async fn the_next_in_line_hears_its_place_and_then_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(&Tiny::endless().write(folder.path()));
    let mut first = model.chat(request("hello", 30_000));
    assert!(next(&mut first).await.unwrap().is_ok());
    let mut second = model.chat(request("hello", 5));
    let third = model.chat(request("hello", 5));
    assert_eq!(next(&mut second).await, Some(Ok(ChatEvent::Waiting { ahead: 1 })));
    drop(first);
    assert!(matches!(all(second).await.last(), Some(Ok(ChatEvent::End { .. }))));
    let third = all(third).await;
    assert_eq!(third[0], Ok(ChatEvent::Waiting { ahead: 2 }));
    assert_eq!(third[1], Ok(ChatEvent::Waiting { ahead: 1 }));
    assert!(matches!(third.last(), Some(Ok(ChatEvent::End { .. }))));
}

#[tokio::test]
async fn dropping_an_answer_frees_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(&Tiny::endless().write(folder.path()));
    all(model.chat(request("warm up", 1))).await;
    let dropped = Instant::now();
    for _ in 0..20 {
        let mut stream = model.chat(request(&"a long prompt ".repeat(100), 30_000));
        let _first = stream.next().now_or_never();
        drop(stream);
    }
    all(model.chat(request("hello", 1))).await;
    assert!(dropped.elapsed() < PATIENCE, "twenty answers of 30,000 tokens were not written");
}

#[tokio::test]
async fn a_full_line_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(&Tiny::endless().write(folder.path()));
    let mut first = model.chat(request("hello", 30_000));
    assert!(next(&mut first).await.unwrap().is_ok());
    let waiting: Vec<ChatStream> =
        (0..crate::WAITING_MAX).map(|_| model.chat(request("hello", 30_000))).collect();
    assert!(matches!(all(model.chat(request("late", 1))).await.as_slice(), [Err(ModelError::Busy { .. })]));
    drop(waiting);
    drop(first);
    assert!(all(model.chat(request("now", 1))).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn weights_that_are_not_there_are_named_and_heal_when_they_come() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    let model = model(&path);
    assert!(model.models().await.is_empty());
    assert!(model.status().await.state.unwrap_err().contains("There is no file tiny.gguf"));
    assert!(not_loaded(&model).await.contains("There is no file tiny.gguf"));
    let bytes = Tiny::new(GgmlDType::Q8_0).bytes();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(not_loaded(&model).await.contains("tiny.gguf is incomplete"));
    assert!(model.models().await.is_empty());
    std::fs::write(&path, &bytes).unwrap();
    assert!(all(model.chat(request("hello", 3))).await.iter().all(Result::is_ok));
    assert_eq!(model.models().await.len(), 1);
}

#[tokio::test]
async fn without_weights_it_says_what_to_do() {
    let model = LocalModel::new(LocalModelConfig { name: "tiny".to_owned(), ..LocalModelConfig::default() });
    assert!(model.models().await.is_empty());
    assert!(not_loaded(&model).await.contains("make run"));
    assert!(model.status().await.state.is_err());
}

#[tokio::test]
async fn another_models_name_is_not_answered() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(&Tiny::new(GgmlDType::Q8_0).write(folder.path()));
    let other = ChatRequest { model: ModelRef::new("local", "big").unwrap(), ..request("hi", 1) };
    let events = all(model.chat(other)).await;
    assert_eq!(events, [Err(ModelError::NoSuchModel { model: "local/big".to_owned() })]);
}

#[tokio::test]
async fn it_is_unloaded_after_a_while_and_loads_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = Tiny::new(GgmlDType::Q8_0).write(folder.path());
    let config = LocalModelConfig {
        path: Some(path),
        idle_unload: Duration::from_millis(1),
        name: "tiny".to_owned(),
        ..LocalModelConfig::default()
    };
    let model = LocalModel::new(config);
    for _ in 0..3 {
        assert!(all(model.chat(request("hello", 3))).await.iter().all(Result::is_ok));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_end_of_the_model_is_the_end_of_its_answers() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(&Tiny::endless().write(folder.path()));
    let first = model.chat(request("hello", 30_000));
    let second = model.chat(request("hello", 30_000));
    drop(model);
    for stream in [first, second] {
        let last = all(stream).await.pop();
        assert!(
            matches!(last, Some(Err(ModelError::BrokeOff { .. }) | Ok(ChatEvent::End { .. }))),
            "{last:?}"
        );
    }
}
