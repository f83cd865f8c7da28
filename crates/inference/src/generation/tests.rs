use super::*;
use crate::tiny::Tiny;
use api_types::{MessageRole, ModelRef};
use candle_core::quantized::GgmlDType;
use studio::ports::ChatTurn;

fn engine() -> Engine {
    let folder = tempfile::tempdir().unwrap();
    Engine::load(&Tiny::new(GgmlDType::Q8_0).write(folder.path()), 1, false).unwrap()
}

fn request(text: &str, max_tokens: u32) -> ChatRequest {
    ChatRequest {
        model: ModelRef::new("local", "tiny").unwrap(),
        system_prompt: String::new(),
        turns: vec![ChatTurn { role: MessageRole::User, text: text.to_owned() }],
        prefix: None,
        temperature: Some(0.0),
        max_tokens,
    }
}

fn answer(engine: &mut Engine, request: &ChatRequest, seed: u64) -> (String, FinishReason, Usage) {
    let mut generation = Generation::begin(engine, "Tiny", request, seed).unwrap();
    let mut text = String::new();
    loop {
        match generation.step(&|| false).unwrap() {
            Step::Quiet => {}
            Step::Text(more) => {
                assert!(!more.is_empty());
                text.push_str(&more);
            }
            Step::End(reason, usage) => return (text, reason, usage),
            Step::Stopped => panic!("nobody stopped it"),
        }
    }
}

#[test]
fn an_answer_is_as_long_as_asked_and_counts_its_tokens() {
    let mut engine = engine();
    let (text, reason, usage) = answer(&mut engine, &request("hello", 40), 1);
    assert!(!text.is_empty());
    // "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n", a byte a token but for "he".
    assert_eq!(usage.prompt_tokens, Some(1 + 5 + 4 + 1 + 1 + 1 + 10));
    match reason {
        FinishReason::Length => assert_eq!(usage.completion_tokens, Some(40)),
        FinishReason::Stop => assert!(usage.completion_tokens < Some(40)),
        FinishReason::Filter => panic!("there is no filter"),
    }
}

#[test]
fn what_the_model_has_read_already_changes_nothing() {
    let mut fresh = engine();
    let wanted = answer(&mut fresh, &request("hello", 30), 1);
    let mut used = engine();
    answer(&mut used, &request("hell is other people", 30), 1);
    assert_eq!(answer(&mut used, &request("hello", 30), 1), wanted);
    assert_eq!(
        answer(&mut used, &request("hello", 30), 1),
        wanted,
        "also when it is the same question again"
    );
}

#[test]
fn a_seed_repeats_an_answer_and_another_does_not() {
    let mut engine = engine();
    let warm = ChatRequest { temperature: Some(1.5), ..request("hello", 30) };
    let one = answer(&mut engine, &warm, 1);
    assert_eq!(answer(&mut engine, &warm, 1), one);
    assert_ne!(answer(&mut engine, &warm, 2).0, one.0);
}

#[test]
fn an_answer_that_is_continued_goes_on_where_it_was() {
    let mut engine = engine();
    let (whole, ..) = answer(&mut engine, &request("hello", 30), 1);
    // Only up to a whole character, as the studio would have kept it.
    let cut = whole.char_indices().nth(8).unwrap().0;
    if whole.contains(char::REPLACEMENT_CHARACTER) {
        return;
    }
    let rest = ChatRequest { prefix: Some(whole[..cut].to_owned()), ..request("hello", 5) };
    assert!(whole[cut..].starts_with(&answer(&mut engine, &rest, 1).0));
}

#[test]
fn a_prompt_that_does_not_fit_is_too_long_and_one_that_just_fits_is_cut_short() {
    let mut engine = engine();
    let frame = 1 + 5 + 1 + 1 + 1 + 10;
    let context = 2_048;
    let full = request(&"x".repeat(context - frame), 10);
    assert!(matches!(Generation::begin(&mut engine, "Tiny", &full, 1), Err(ModelError::TooLong)));
    let nearly = request(&"x".repeat(context - frame - 2), 10);
    let (_, reason, usage) = answer(&mut engine, &nearly, 1);
    assert!(usage.completion_tokens <= Some(2));
    assert!(reason == FinishReason::Stop || usage.completion_tokens == Some(2));
}

#[test]
fn stopping_in_the_middle_of_a_long_prompt_leaves_the_model_usable() {
    let mut engine = engine();
    let wanted = answer(&mut engine, &request("hello", 20), 1);
    let long = request(&"abc ".repeat(400), 20);
    let looks = std::cell::Cell::new(0);
    let stop = || {
        looks.set(looks.get() + 1);
        looks.get() > 7
    };
    let mut generation = Generation::begin(&mut engine, "Tiny", &long, 1).unwrap();
    let outcome = loop {
        match generation.step(&stop).unwrap() {
            Step::Quiet => {}
            other => break other,
        }
    };
    assert_eq!(outcome, Step::Stopped);
    assert_eq!(answer(&mut engine, &request("hello", 20), 1), wanted);
}
