//! How text is cut into words before the merges, by the name a GGUF gives in `tokenizer.ggml.pre`.

use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split as Cut, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;

/// Llama 3: words with one leading character of any kind, numbers by threes.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Qwen 2: the same with single digits.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A way to cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// GPT-2's words.
    Gpt2,
    /// Each digit alone, then GPT-2's words.
    Digits,
    Llama3,
    Qwen2,
}

impl Split {
    /// The names are llama.cpp's.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gpt-2" | "gpt2" | "phi-2" | "mpt" | "olmo" => Self::Gpt2,
            "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone" | "minerva-7b" => {
                Self::Digits
            }
            "llama3" | "llama-v3" | "llama-bpe" | "smaug-bpe" | "dbrx" | "falcon3" => Self::Llama3,
            "qwen2" | "stablelm2" | "deepseek-r1-qwen" | "hunyuan" => Self::Qwen2,
            _ => return None,
        })
    }

    /// A word that is in the vocabulary is taken whole, whatever the merges would make of it.
    pub(super) fn whole_words_first(self) -> bool {
        self == Self::Llama3
    }

    /// The rule for the tokenizer; the error says which part did not build.
    pub(super) fn rule(self) -> Result<PreTokenizerWrapper, String> {
        // No space before the first word; bytes become letters; GPT-2's own rule only where nothing else cuts.
        let letters = |gpt2_words: bool| ByteLevel::new(false, true, gpt2_words);
        let cut = |pattern: &str| {
            Cut::new(SplitPattern::Regex(pattern.to_owned()), SplitDelimiterBehavior::Isolated, false)
                .map_err(|error| error.to_string())
        };
        Ok(match self {
            Self::Gpt2 => letters(true).into(),
            Self::Digits => Sequence::new(vec![Digits::new(true).into(), letters(true).into()]).into(),
            Self::Llama3 => Sequence::new(vec![cut(LLAMA3)?.into(), letters(false).into()]).into(),
            Self::Qwen2 => Sequence::new(vec![cut(QWEN2)?.into(), letters(false).into()]).into(),
        })
    }
}
