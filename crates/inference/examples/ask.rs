//! Asks a GGUF file a question and says how fast the answer came: `ask FILE QUESTION [TEMPERATURE]`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use api_types::{MessageRole, ModelRef};
use futures::StreamExt;
use inference::{LocalModel, LocalModelConfig};
use std::io::Write;
use std::time::Instant;
use studio::ports::{ChatEvent, ChatRequest, ChatTurn, ModelSource};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(text)) = (arguments.next(), arguments.next()) else {
        eprintln!("ask FILE QUESTION [TEMPERATURE]");
        std::process::exit(2);
    };
    let temperature = arguments.next().and_then(|number| number.parse().ok());
    let config =
        LocalModelConfig { path: Some(file.into()), name: "asked".to_owned(), ..LocalModelConfig::default() };
    let model = LocalModel::new(config);
    let Some(name) = ModelRef::new(model.name(), "asked") else { return };
    let request = ChatRequest {
        model: name,
        system_prompt: String::new(),
        turns: vec![ChatTurn { role: MessageRole::User, text }],
        prefix: None,
        temperature,
        max_tokens: 400,
    };
    // The second answer is the one without loading.
    for round in ["loading", "loaded"] {
        let begun = Instant::now();
        let mut first = None;
        let mut answer = model.chat(request.clone());
        while let Some(event) = answer.next().await {
            match event {
                Ok(ChatEvent::Delta(text)) => {
                    first.get_or_insert_with(|| begun.elapsed());
                    print!("{text}");
                    let _closed = std::io::stdout().flush();
                }
                Ok(ChatEvent::End { reason, usage }) => {
                    let tokens = f64::from(usage.completion_tokens.unwrap_or(0));
                    let first = first.unwrap_or_default();
                    let rate = (tokens - 1.0) / (begun.elapsed() - first).as_secs_f64();
                    eprintln!(
                        "\n[{round}: first word after {first:.2?}, then {rate:.1} tokens a second; {reason:?}, {usage:?}]"
                    );
                }
                Ok(ChatEvent::Waiting { .. } | ChatEvent::Used(_)) => {}
                Err(error) => eprintln!("{error}"),
            }
        }
    }
}
