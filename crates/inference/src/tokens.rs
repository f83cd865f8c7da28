//! Text to tokens and back.
//!
//! # Design
//! candle reads vocabulary and merges out of the GGUF, but splits text into words by GPT-2's rule with a space put
//! before each piece, whatever the file asks for: the default model was trained with neither that space nor numbers of
//! several digits. So the splitting is set here (`split`), as llama.cpp has it, and a rule that is not known is a
//! fault instead of bad answers.

mod split;

use crate::fault::WeightsFault;
use crate::prompt::Part;
use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use tokenizers::Tokenizer;

/// A vocabulary.
pub(crate) struct Tokens {
    tokenizer: Tokenizer,
    /// Tokens that no text makes, longest first: `<|im_start|>`.
    control: Vec<(String, u32)>,
    /// Those of `control` that are written as they stand.
    literal: HashSet<u32>,
    /// Those that end an answer.
    stops: HashSet<u32>,
    /// Stands before every prompt.
    first: Option<u32>,
    /// What a character of the vocabulary stands for.
    bytes: HashMap<char, u8>,
}

/// Kinds in `tokenizer.ggml.token_type`.
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;

impl Tokens {
    /// The vocabulary of a file whose header was checked; a token's number is its place in it.
    pub(crate) fn read(content: &mut Content, path: &Path) -> Result<Self, WeightsFault> {
        let damaged = |what: String| WeightsFault::damaged(path, what);
        let model = text(content, "tokenizer.ggml.model").unwrap_or("none");
        if model != "gpt2" {
            return Err(WeightsFault::unsupported(
                path,
                format!("its tokenizer is of the kind {model}, not gpt2"),
            ));
        }
        let name = text(content, "tokenizer.ggml.pre").unwrap_or("none").to_owned();
        let Some(split) = split::Split::named(&name) else {
            return Err(WeightsFault::unsupported(
                path,
                format!("its words are split in a way ({name}) not known here"),
            ));
        };
        if split.whole_words_first() {
            content.metadata.insert("tokenizer.ggml.ignore_merges".to_owned(), Value::Bool(true));
        }
        let mut tokenizer = Tokenizer::from_gguf(content).map_err(|error| damaged(first_line(&error)))?;
        tokenizer.with_pre_tokenizer(Some(split.rule().map_err(damaged)?));
        // "<|im_end|>" in a text is text; `encode` puts the control tokens in itself.
        tokenizer.set_encode_special_tokens(true);

        let kinds = whole_numbers(content, "tokenizer.ggml.token_type");
        let kind = |id: u32| kinds.get(id as usize).copied().unwrap_or(CONTROL);
        let mut control: Vec<(String, u32)> =
            tokenizer.get_added_tokens_decoder().into_iter().map(|(id, token)| (token.content, id)).collect();
        control.retain(|(text, _)| !text.is_empty());
        control.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.1.cmp(&b.1)));

        let id = |key: &str| {
            content.metadata.get(key).and_then(whole_number).and_then(|id| u32::try_from(id).ok())
        };
        let ends = ["eos", "eot", "eom"].map(|end| id(&format!("tokenizer.ggml.{end}_token_id")));
        // A model that begins to write turns by itself has said what it had to say.
        let stops = control
            .iter()
            .map(|(_, id)| *id)
            .filter(|id| kind(*id) == CONTROL)
            .chain(ends.into_iter().flatten());
        let first = matches!(content.metadata.get("tokenizer.ggml.add_bos_token"), Some(Value::Bool(true)))
            .then(|| id("tokenizer.ggml.bos_token_id"))
            .flatten();
        Ok(Self {
            stops: stops.collect(),
            literal: control.iter().map(|(_, id)| *id).filter(|id| kind(*id) == USER_DEFINED).collect(),
            control,
            first,
            bytes: byte_letters(),
            tokenizer,
        })
    }

    /// The tokens of a prompt. Control tokens come out of frames only.
    ///
    /// The error says what the tokenizer did not like; it holds none of the text.
    pub(crate) fn encode(&self, parts: &[Part]) -> Result<Vec<u32>, String> {
        let mut ids = Vec::new();
        // What stands between two control tokens is encoded at once, so that words which cross from the frame into
        // somebody's text come out as they did in training.
        let mut run = String::new();
        for part in parts {
            match part {
                Part::Said(text) => run.push_str(text),
                Part::Frame(text) => {
                    let mut rest = text.as_str();
                    while let Some(letter) = rest.chars().next() {
                        if let Some((control, id)) =
                            self.control.iter().find(|(control, _)| rest.starts_with(control))
                        {
                            self.plain(&std::mem::take(&mut run), &mut ids)?;
                            ids.push(*id);
                            rest = &rest[control.len()..];
                        } else {
                            run.push(letter);
                            rest = &rest[letter.len_utf8()..];
                        }
                    }
                }
            }
        }
        self.plain(&run, &mut ids)?;
        if let Some(first) = self.first
            && ids.first() != Some(&first)
        {
            ids.insert(0, first);
        }
        Ok(ids)
    }

    fn plain(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        let encoded =
            self.tokenizer.encode_fast(text, false).map_err(|_| "the text cannot be split".to_owned())?;
        // The last wall: whatever a vocabulary's merges may build, plain text never commands.
        ids.extend(encoded.get_ids().iter().filter(|id| !self.stops.contains(id)));
        Ok(())
    }

    /// This token ends an answer.
    pub(crate) fn stops(&self, id: u32) -> bool {
        self.stops.contains(&id)
    }

    /// The bytes a token writes; part of a character at times.
    pub(crate) fn bytes(&self, id: u32) -> Vec<u8> {
        let Some(text) = self.tokenizer.id_to_token(id) else { return Vec::new() };
        if self.literal.contains(&id) {
            return text.into_bytes();
        }
        if self.control.iter().any(|(_, control)| *control == id) {
            return Vec::new();
        }
        let mut bytes = Vec::with_capacity(text.len());
        for letter in text.chars() {
            match self.bytes.get(&letter) {
                Some(byte) => bytes.push(*byte),
                None => bytes.extend(letter.to_string().into_bytes()),
            }
        }
        bytes
    }

    /// The text of the token whose number stands under `key`; empty without.
    pub(crate) fn named(&self, content: &Content, key: &str) -> String {
        let id = content.metadata.get(key).and_then(whole_number).and_then(|id| u32::try_from(id).ok());
        id.and_then(|id| self.tokenizer.id_to_token(id)).unwrap_or_default()
    }
}

/// A text of the metadata.
pub(crate) fn text<'a>(content: &'a Content, key: &str) -> Option<&'a str> {
    match content.metadata.get(key) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn whole_number(value: &Value) -> Option<i64> {
    Some(match value {
        Value::U8(n) => i64::from(*n),
        Value::I8(n) => i64::from(*n),
        Value::U16(n) => i64::from(*n),
        Value::I16(n) => i64::from(*n),
        Value::U32(n) => i64::from(*n),
        Value::I32(n) => i64::from(*n),
        Value::U64(n) => i64::try_from(*n).ok()?,
        Value::I64(n) => *n,
        _ => return None,
    })
}

fn whole_numbers(content: &Content, key: &str) -> Vec<i64> {
    match content.metadata.get(key) {
        Some(Value::Array(values)) => values.iter().filter_map(whole_number).collect(),
        _ => Vec::new(),
    }
}

fn first_line(error: &impl ToString) -> String {
    error.to_string().lines().next().unwrap_or_default().chars().take(160).collect()
}

/// GPT-2 writes each byte as one visible character: itself where it is visible in Latin-1, and otherwise the next free
/// one from U+0100 on.
fn byte_letters() -> HashMap<char, u8> {
    let visible = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut free = (0x100..).filter_map(char::from_u32);
    (0..=u8::MAX)
        .filter_map(|byte| {
            let letter = if visible(byte) { char::from(byte) } else { free.next()? };
            Some((letter, byte))
        })
        .collect()
}

#[cfg(test)]
mod tests;
