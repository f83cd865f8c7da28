//! A llama's numbers, out of a header, with every tensor accounted for: what passes here cannot fail by its shape later.

use crate::fault::WeightsFault;
use crate::gguf::Header;
use crate::matrix::BLOCK;
use std::path::Path;

/// Longest context that is offered, whatever the file says; ours, for the memory of one small machine.
const CONTEXT_TOKENS_MAX: u64 = 32_768;
/// Largest key and value cache, in bytes; a context that would need more is cut to what fits.
const CACHE_BYTES_MAX: u64 = 1 << 30;

/// A llama's numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    /// Transformer blocks.
    pub(crate) blocks: usize,
    /// Numbers in a token's vector.
    pub(crate) width: usize,
    /// Attention heads that ask.
    pub(crate) heads: usize,
    /// Attention heads that are asked; a divisor of `heads`.
    pub(crate) kv_heads: usize,
    /// Numbers in one head; even.
    pub(crate) head_width: usize,
    /// Tokens in the vocabulary.
    pub(crate) vocab: usize,
    /// Tokens it can hold, prompt and answer together.
    pub(crate) context: usize,
    /// Keeps the norm from dividing by zero.
    pub(crate) rms_eps: f32,
    /// Base of the rotary frequencies.
    pub(crate) rope_base: f64,
    /// The rotary frequencies have factors of their own (`rope_freqs.weight`).
    pub(crate) rope_factors: bool,
    /// The output matrix is the embedding.
    pub(crate) tied: bool,
}

impl Shape {
    /// Bytes of keys and values for one token (f32).
    pub(crate) fn cache_bytes_per_token(&self) -> u64 {
        (self.blocks * self.kv_heads * self.head_width * 2 * size_of::<f32>()) as u64
    }

    /// Reads the numbers and checks every tensor against them.
    pub(crate) fn read(header: &Header, path: &Path) -> Result<Self, WeightsFault> {
        let numbers = Numbers { header, path };
        match header.text("general.architecture") {
            Some("llama") => {}
            Some(other) => {
                return Err(WeightsFault::unsupported(path, format!("it is of the {other} family")));
            }
            None => return Err(WeightsFault::damaged(path, "it does not say which model it is")),
        }
        if header.whole("llama.expert_count").unwrap_or(0) > 0 {
            return Err(WeightsFault::unsupported(path, "it is a mixture of experts"));
        }
        if let Some(scaling) = header.text("llama.rope.scaling.type").filter(|kind| *kind != "none") {
            return Err(WeightsFault::unsupported(path, format!("its positions are scaled ({scaling})")));
        }
        let blocks = numbers.whole("llama.block_count", 1_024)?;
        let width = numbers.whole("llama.embedding_length", 65_536)?;
        let heads = numbers.whole("llama.attention.head_count", 1_024)?;
        let kv_heads = match header.whole("llama.attention.head_count_kv") {
            Some(_) => numbers.whole("llama.attention.head_count_kv", heads)?,
            None => heads,
        };
        let inner = numbers.whole("llama.feed_forward_length", 1 << 20)?;
        let vocab = header.array("tokenizer.ggml.tokens").unwrap_or(0);
        let head_width = match header.whole("llama.attention.key_length") {
            Some(_) => numbers.whole("llama.attention.key_length", 4_096)?,
            None if width % heads == 0 => width / heads,
            None => return Err(WeightsFault::damaged(path, "its heads do not divide its width")),
        };
        // Rows are multiplied 32 numbers at a time.
        let in_blocks = [width, heads * head_width, inner].iter().all(|len| len % BLOCK as u64 == 0);
        let odd = !in_blocks
            || heads % kv_heads != 0
            || head_width % 2 != 0
            || header.whole("llama.attention.value_length").is_some_and(|len| len != head_width)
            || header.whole("llama.rope.dimension_count").is_some_and(|len| len != head_width)
            || !(1..=1_048_576).contains(&vocab);
        if odd {
            return Err(WeightsFault::unsupported(path, "its heads or its vocabulary have an unusual shape"));
        }
        let mut shape = Self {
            blocks: small(blocks),
            width: small(width),
            heads: small(heads),
            kv_heads: small(kv_heads),
            head_width: small(head_width),
            vocab: small(vocab),
            context: 0,
            rms_eps: numbers.float("llama.attention.layer_norm_rms_epsilon", 1e-12..=1e-1)? as f32,
            rope_base: match header.float("llama.rope.freq_base") {
                Some(_) => numbers.float("llama.rope.freq_base", 1.0..=1e12)?,
                None => 10_000.0,
            },
            rope_factors: header.tensors.contains_key("rope_freqs.weight"),
            tied: !header.tensors.contains_key("output.weight"),
        };
        let context = numbers.whole("llama.context_length", 1 << 30)?;
        shape.context =
            small(context.min(CONTEXT_TOKENS_MAX).min(CACHE_BYTES_MAX / shape.cache_bytes_per_token()));
        if shape.context < 32 {
            return Err(WeightsFault::unsupported(path, "there is no room for a conversation in it"));
        }
        numbers.tensors(&shape, inner)?;
        Ok(shape)
    }
}

/// Fits: every number was compared with its limit.
fn small(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

struct Numbers<'a> {
    header: &'a Header,
    path: &'a Path,
}

impl Numbers<'_> {
    fn whole(&self, key: &str, max: u64) -> Result<u64, WeightsFault> {
        match self.header.whole(key) {
            Some(number) if (1..=max).contains(&number) => Ok(number),
            Some(number) => Err(WeightsFault::damaged(self.path, format!("{key} is {number}"))),
            None => Err(WeightsFault::damaged(self.path, format!("{key} is missing"))),
        }
    }

    fn float(&self, key: &str, range: std::ops::RangeInclusive<f64>) -> Result<f64, WeightsFault> {
        match self.header.float(key) {
            Some(number) if range.contains(&number) => Ok(number),
            Some(number) => Err(WeightsFault::damaged(self.path, format!("{key} is {number}"))),
            None => Err(WeightsFault::damaged(self.path, format!("{key} is missing"))),
        }
    }

    /// Every tensor that is needed is there with its dimensions, and no other is.
    fn tensors(&self, shape: &Shape, inner: u64) -> Result<(), WeightsFault> {
        let (width, vocab) = (shape.width as u64, shape.vocab as u64);
        let asking = (shape.heads * shape.head_width) as u64;
        let asked = (shape.kv_heads * shape.head_width) as u64;
        let mut known = 2;
        self.tensor("token_embd.weight", &[width, vocab])?;
        self.tensor("output_norm.weight", &[width])?;
        if !shape.tied {
            known += 1;
            self.tensor("output.weight", &[width, vocab])?;
        }
        if shape.rope_factors {
            known += 1;
            self.tensor("rope_freqs.weight", &[shape.head_width as u64 / 2])?;
        }
        for block in 0..shape.blocks {
            let parts: [(&str, &[u64]); 9] = [
                ("attn_norm", &[width]),
                ("attn_q", &[width, asking]),
                ("attn_k", &[width, asked]),
                ("attn_v", &[width, asked]),
                ("attn_output", &[asking, width]),
                ("ffn_norm", &[width]),
                ("ffn_gate", &[width, inner]),
                ("ffn_up", &[width, inner]),
                ("ffn_down", &[inner, width]),
            ];
            for (part, dims) in parts {
                known += 1;
                self.tensor(&format!("blk.{block}.{part}.weight"), dims)?;
            }
        }
        if self.header.tensors.len() != known {
            // A bias, a router, an adapter: ignoring it would give wrong answers.
            return Err(WeightsFault::unsupported(
                self.path,
                "it has parts that a plain llama does not have",
            ));
        }
        Ok(())
    }

    fn tensor(&self, name: &str, dims: &[u64]) -> Result<(), WeightsFault> {
        match self.header.tensors.get(name) {
            Some(tensor) if tensor.dims == dims => Ok(()),
            Some(tensor) => Err(WeightsFault::damaged(
                self.path,
                format!("{name} is {:?} instead of {dims:?}", tensor.dims),
            )),
            None => Err(WeightsFault::damaged(self.path, format!("the tensor {name} is missing"))),
        }
    }
}
