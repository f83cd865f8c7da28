//! Models that run in this process: llama-family weights in one GGUF file, without a native library. candle reads the
//! file and its ways to store numbers; the arithmetic is ours, on plain slices (why: `matrix`).
//!
//! A request's way: [`LocalModel`] (`source`) puts it into `queue`; the one thread of `worker` takes it, loads an
//! `engine` when there is none, and writes tokens; `prompt` and `tokens` make the prompt, `llama` does the arithmetic
//! (`matrix`, `attention`), `sampler` chooses. Everything that is read from the file has been through `gguf` and `shape` first.
//!
//! Never here: a rule (who may ask, what it costs), the network, another source of models.
//! To add a model family: its numbers in `shape`, its arithmetic beside `llama`. To add a tokenizer: a line in
//! `tokens::split`. What candle and the file format do that surprises people stands where it is worked around.

mod attention;
mod engine;
mod fault;
mod generation;
mod gguf;
mod hold;
mod known;
mod llama;
mod matrix;
mod memory;
mod prompt;
mod queue;
mod requantise;
mod sampler;
mod shape;
mod source;
#[cfg(test)]
mod tiny;
mod tokens;
mod weights;
mod worker;

pub use fault::WeightsFault;
pub use known::{DEFAULT_LABEL, DEFAULT_NAME, DEFAULT_Q8_FILE, DEFAULT_WEIGHTS, KnownWeights, sha256_hex};
pub use queue::WAITING_MAX;
pub use requantise::{RequantiseError, requantise};
pub use source::{LocalModel, LocalModelConfig};
