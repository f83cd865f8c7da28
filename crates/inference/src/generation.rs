//! One answer, in steps short enough to stop between them.

use crate::engine::Engine;
use crate::hold::Hold;
use crate::sampler::{Sampler, Taste};
use api_types::Usage;
use studio::ports::{ChatRequest, FinishReason, ModelError};

/// Tokens of a prompt that are read at once: enough to use each weight many times, and few enough that the blocks
/// between two looks at `stop` stay far below 100 ms.
const CHUNK_TOKENS: usize = 16;

/// An answer under way.
pub(crate) struct Generation<'a> {
    engine: &'a mut Engine,
    /// What the errors call the model.
    label: &'a str,
    prompt: Vec<u32>,
    written: Vec<u32>,
    tokens_max: usize,
    /// What the model expects next, when it has read everything.
    logits: Option<Vec<f32>>,
    sampler: Sampler,
    hold: Hold,
}

/// What a step brought.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Progress nobody can see.
    Quiet,
    /// More text; never empty.
    Text(String),
    /// The end.
    End(FinishReason, Usage),
    /// `stop` said so.
    Stopped,
}

impl<'a> Generation<'a> {
    /// Makes the prompt and finds out how much of it the model has read already.
    pub(crate) fn begin(
        engine: &'a mut Engine,
        label: &'a str,
        request: &ChatRequest,
        seed: u64,
    ) -> Result<Self, ModelError> {
        let refused = |detail| ModelError::Refused { source_name: label.to_owned(), detail };
        let parts = engine.template.render(request).map_err(refused)?;
        let prompt = engine.tokens.encode(&parts).map_err(refused)?;
        let room = engine.llama.shape().context.saturating_sub(prompt.len());
        if room == 0 {
            return Err(ModelError::TooLong);
        }
        if prompt.is_empty() {
            return Err(refused("its chat template gave an empty prompt".to_owned()));
        }
        // The last token is always read again: its logits are where the answer begins.
        let common = engine.held.iter().zip(&prompt).take_while(|(old, new)| old == new).count();
        engine.held.truncate(common.min(prompt.len() - 1));
        let temperature = request.temperature.unwrap_or(engine.taste.temperature);
        let taste = Taste { temperature: temperature.clamp(0.0, 2.0), ..engine.taste };
        Ok(Self {
            engine,
            label,
            prompt,
            written: Vec::new(),
            tokens_max: usize::try_from(request.max_tokens).unwrap_or(usize::MAX).min(room),
            logits: None,
            sampler: Sampler::new(taste, seed),
            hold: Hold::default(),
        })
    }

    /// Reads a stretch of the prompt, or writes a token. After `End`, `Stopped` or an error there is nothing more.
    pub(crate) fn step(&mut self, stop: &dyn Fn() -> bool) -> Result<Step, ModelError> {
        let Some(mut logits) = self.logits.take() else { return Ok(self.read(stop)) };
        if self.written.len() >= self.tokens_max {
            return Ok(self.end(FinishReason::Length));
        }
        let Some(id) = self.sampler.choose(&mut logits, &self.written) else {
            tracing::error!("the local model's numbers are not numbers");
            return Err(ModelError::Nonsense { source_name: self.label.to_owned() });
        };
        if self.engine.tokens.stops(id) {
            return Ok(self.end(FinishReason::Stop));
        }
        self.written.push(id);
        let text = self.hold.push(&self.engine.tokens.bytes(id));
        if self.written.len() >= self.tokens_max {
            // Nothing is left to read; the next step ends.
            self.logits = Some(Vec::new());
        }
        Ok(if text.is_empty() { Step::Quiet } else { Step::Text(text) })
    }

    fn read(&mut self, stop: &dyn Fn() -> bool) -> Step {
        let at = self.engine.held.len();
        let all = self.prompt.len() + self.written.len();
        let next: Vec<u32> =
            self.prompt.iter().chain(&self.written).skip(at).take(CHUNK_TOKENS).copied().collect();
        let wanted = at + next.len() == all;
        match self.engine.llama.read_on(&next, at, wanted, stop) {
            Some(logits) => {
                self.engine.held.extend(next);
                self.logits = wanted.then_some(logits);
                Step::Quiet
            }
            None => Step::Stopped,
        }
    }

    /// Bytes of a character that is not whole are not text: they are left out.
    fn end(&self, reason: FinishReason) -> Step {
        Step::End(reason, self.used())
    }

    /// What the answer used so far.
    pub(crate) fn used(&self) -> Usage {
        let count = |tokens: &[u32]| u32::try_from(tokens.len()).ok();
        Usage { prompt_tokens: count(&self.prompt), completion_tokens: count(&self.written) }
    }
}

#[cfg(test)]
mod tests;
