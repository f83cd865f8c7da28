//! A loaded model: weights, vocabulary, chat template, and what it has read last.

use crate::fault::WeightsFault;
use crate::gguf::Header;
use crate::llama::Llama;
use crate::memory;
use crate::prompt::ChatTemplate;
use crate::sampler::Taste;
use crate::shape::Shape;
use crate::tokens::{self, Tokens};
use crate::weights::check_digest;
use candle_core::quantized::gguf_file::Content;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// A loaded model.
pub(crate) struct Engine {
    pub(crate) llama: Llama,
    pub(crate) tokens: Tokens,
    pub(crate) template: ChatTemplate,
    /// How it likes to choose when nobody says.
    pub(crate) taste: Taste,
    /// The tokens whose keys and values the model holds. The next turn of a conversation begins with them.
    pub(crate) held: Vec<u32>,
}

impl Engine {
    /// Loads the weights at `path` into memory, half a second for the default model. `trusted` leaves out the
    /// comparison of the digest, when this very file passed it before.
    pub(crate) fn load(path: &Path, threads: usize, trusted: bool) -> Result<Self, WeightsFault> {
        let header = Header::read(path)?;
        let shape = Shape::read(&header, path)?;
        memory::check(&header, &shape, path)?;
        if !trusted {
            check_digest(&header, path)?;
        }
        let damaged = |error: candle_core::Error| {
            let words = error.to_string();
            WeightsFault::damaged(path, words.lines().next().unwrap_or_default())
        };
        // Buffered reads, not a mapping: mapping is unsafe, and a file that shrinks under it kills the process.
        let file = File::open(path).map_err(|error| WeightsFault::io(path, &error))?;
        let mut file = BufReader::with_capacity(1 << 18, file);
        let mut content = Content::read(&mut file).map_err(damaged)?;
        if content.tensor_data_offset != header.data_start {
            return Err(WeightsFault::damaged(path, "it changed while it was read"));
        }
        let tokens = Tokens::read(&mut content, path)?;
        let bos = tokens.named(&content, "tokenizer.ggml.bos_token_id");
        let eos = tokens.named(&content, "tokenizer.ggml.eos_token_id");
        let template = ChatTemplate::new(tokens::text(&content, "tokenizer.chat_template"), bos, eos)
            .map_err(|why| {
                WeightsFault::unsupported(path, format!("its chat template does not work here ({why})"))
            })?;
        let taste = Taste::of(tokens::text(&content, "general.name").unwrap_or_default());
        let llama = Llama::read(&header, &content, &mut file, shape, pool(threads)).map_err(damaged)?;
        Ok(Self { llama, tokens, template, taste, held: Vec::new() })
    }
}

/// A pool of exactly so many threads; none for one, or where the operating system gives none.
fn pool(threads: usize) -> Option<ThreadPool> {
    let builder =
        ThreadPoolBuilder::new().num_threads(threads).thread_name(|number| format!("local-model-{number}"));
    (threads > 1)
        .then(|| builder.build())?
        .map_err(|error| tracing::warn!(%error, "one thread for the local model"))
        .ok()
}
