//! A llama of a few thousand numbers for tests: it answers nonsense, at once, through the same code as a real one.

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What [`Tiny::write`] writes; change it to make a file that is wrong.
pub(crate) struct Tiny {
    pub(crate) metadata: BTreeMap<String, Value>,
    pub(crate) tensors: BTreeMap<String, QTensor>,
}

const WIDTH: usize = 64;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const HEAD_WIDTH: usize = WIDTH / HEADS;
const INNER: usize = 96;
const BLOCKS: usize = 2;
/// Tokens it can hold.
pub(crate) const CONTEXT: u32 = 2_048;

/// The first three tokens; the 256 bytes follow in the order of their letters, then "he".
pub(crate) const CONTROL: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
/// `<|im_start|>`.
pub(crate) const START: u32 = 1;
/// `<|im_end|>`.
pub(crate) const END: u32 = 2;

impl Tiny {
    /// A sound one. `kind` is how its matrices are stored.
    pub(crate) fn new(kind: GgmlDType) -> Self {
        let mut letters: Vec<char> = ('!'..='~').chain('¡'..='¬').chain('®'..='ÿ').collect();
        letters.extend(('\u{100}'..).take(256 - letters.len()));
        let mut tokens: Vec<String> = CONTROL.iter().map(ToString::to_string).collect();
        tokens.extend(letters.iter().map(ToString::to_string));
        tokens.push("he".to_owned());
        let kinds = (0..tokens.len()).map(|id| Value::I32(if id < CONTROL.len() { 3 } else { 1 })).collect();
        let vocab = tokens.len();

        let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
        let count = |number: usize| Value::U32(u32::try_from(number).unwrap());
        let metadata = [
            ("general.architecture", Value::String("llama".into())),
            ("general.name", Value::String("Tiny".into())),
            ("llama.block_count", count(BLOCKS)),
            ("llama.embedding_length", count(WIDTH)),
            ("llama.feed_forward_length", count(INNER)),
            ("llama.attention.head_count", count(HEADS)),
            ("llama.attention.head_count_kv", count(KV_HEADS)),
            ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
            ("llama.rope.dimension_count", count(HEAD_WIDTH)),
            ("llama.context_length", Value::U32(CONTEXT)),
            ("tokenizer.ggml.model", Value::String("gpt2".into())),
            ("tokenizer.ggml.pre", Value::String("smollm".into())),
            ("tokenizer.ggml.tokens", texts(tokens)),
            ("tokenizer.ggml.token_type", Value::Array(kinds)),
            ("tokenizer.ggml.merges", texts(vec!["h e".to_owned()])),
            ("tokenizer.ggml.bos_token_id", Value::U32(START)),
            ("tokenizer.ggml.eos_token_id", Value::U32(END)),
        ];
        let mut tiny = Self {
            metadata: metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            tensors: BTreeMap::new(),
        };
        tiny.matrix("token_embd", vocab, WIDTH, kind);
        tiny.norm("output_norm");
        for block in 0..BLOCKS {
            let name = |part: &str| format!("blk.{block}.{part}");
            tiny.norm(&name("attn_norm"));
            tiny.norm(&name("ffn_norm"));
            tiny.matrix(&name("attn_q"), WIDTH, WIDTH, kind);
            tiny.matrix(&name("attn_k"), KV_HEADS * HEAD_WIDTH, WIDTH, kind);
            tiny.matrix(&name("attn_v"), KV_HEADS * HEAD_WIDTH, WIDTH, kind);
            tiny.matrix(&name("attn_output"), WIDTH, WIDTH, kind);
            tiny.matrix(&name("ffn_gate"), INNER, WIDTH, kind);
            tiny.matrix(&name("ffn_up"), INNER, WIDTH, kind);
            tiny.matrix(&name("ffn_down"), WIDTH, INNER, kind);
        }
        tiny
    }

    /// One that has no token to end an answer with and a context it does not fill in a test's time: it writes until
    /// nobody listens.
    pub(crate) fn endless() -> Self {
        let tiny = Self::new(GgmlDType::Q8_0).without("tokenizer.ggml.eos_token_id");
        let normal = (0..CONTROL.len() + 257).map(|_| Value::I32(1)).collect();
        tiny.with("tokenizer.ggml.token_type", Value::Array(normal))
            .with("llama.context_length", Value::U32(32_768))
    }

    /// Sets a metadata value.
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.metadata.insert(key.to_owned(), value);
        self
    }

    /// Takes a metadata value or a tensor away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        assert!(self.metadata.remove(name).is_some() || self.tensors.remove(name).is_some());
        self
    }

    /// `outputs` rows of `inputs` numbers that look random and are always the same.
    pub(crate) fn matrix(&mut self, name: &str, outputs: usize, inputs: usize, kind: GgmlDType) {
        let mut state =
            name.bytes().fold(17_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let numbers: Vec<f32> = (0..outputs * inputs)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                ((state >> 40) as f32 / (1 << 24) as f32 - 0.5) * 0.6
            })
            .collect();
        let tensor = Tensor::from_vec(numbers, (outputs, inputs), &Device::Cpu).unwrap();
        self.tensors.insert(format!("{name}.weight"), QTensor::quantize(&tensor, kind).unwrap());
    }

    fn norm(&mut self, name: &str) {
        let ones = Tensor::ones(WIDTH, candle_core::DType::F32, &Device::Cpu).unwrap();
        self.tensors.insert(format!("{name}.weight"), QTensor::quantize(&ones, GgmlDType::F32).unwrap());
    }

    /// Its bytes as a GGUF file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let metadata: Vec<(&str, &Value)> =
            self.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<(&str, &QTensor)> =
            self.tensors.iter().map(|(name, t)| (name.as_str(), t)).collect();
        let mut file = std::io::Cursor::new(Vec::new());
        gguf_file::write(&mut file, &metadata, &tensors).unwrap();
        file.into_inner()
    }

    /// Writes it as `tiny.gguf`.
    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("tiny.gguf");
        std::fs::write(&path, self.bytes()).unwrap();
        path
    }
}
