//! The model inside the server's process: how fast it writes.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{Home, Person},
};
use anyhow::{Context, Result, ensure};
use api_types::ConversationSettings;
use studio::ports::store::AnswerRow;

/// The longest answer.
const TOKENS_MAX: u32 = 128;
const QUESTION: &str = "Tell me a long story about a lighthouse and the people who keep it.";

/// The group.
pub(super) struct LocalModel;

#[async_trait::async_trait(?Send)]
impl Group for LocalModel {
    fn figures(&self) -> &'static [Figure] {
        const { &[Figure::report("local_tokens_per_s", "1/s")] }
    }

    fn on(&self) -> &'static str {
        "SmolLM2 135M, Q8_0, one thread; five questions in one conversation after one that loads the model, answers of at \
         most 128 tokens, temperature 0; tokens after the first, over the time from the first token to the end of the run \
         in its row"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let home = Home::new(place)?.with("LOCAL_MODEL", &place.weights.display().to_string());
        let seed = home.seed().await?;
        let people = seed.people(1).await?;
        let settings = ConversationSettings {
            model: "local/smollm2-135m-instruct".parse().map_err(anyhow::Error::msg)?,
            temperature: Some(0.0),
            max_tokens: Some(TOKENS_MAX),
            system_prompt: String::new(),
        };
        let conversation = seed.conversation(&people[0], settings).await?;
        seed.close().await;

        let server = home.start().await?;
        let person = Person::at(&server.address, &people[0])?;
        let mut events = person.events().await?;
        let mut asked = Vec::new();
        for _ in 0..=RUNS {
            let run = person.ask_in(conversation, QUESTION).await?.run;
            events.end_of(run).await?;
            asked.push(run);
        }
        server.stop().await?;

        let seed = home.seed().await?;
        let mut runs = Runs::default();
        for run in asked.into_iter().skip(1) {
            let row = seed.run(&people[0], run).await?.context("a run left no row")?;
            runs.add("local_tokens_per_s", tokens_per_s(&row)?);
        }
        seed.close().await;
        Ok(runs)
    }
}

fn tokens_per_s(run: &AnswerRow) -> Result<f64> {
    let tokens = run.usage.completion_tokens.context("the model did not count its tokens")?;
    let (first, end) = run.first_token_at.zip(run.ended_at).context("the run did not end")?;
    ensure!(tokens > 1, "the model said too little to be measured: {:?}", run.failure);
    Ok(f64::from(tokens - 1) / end.since(first).as_secs_f64())
}
