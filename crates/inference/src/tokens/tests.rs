use super::*;
use crate::tiny::{END, START, Tiny};
use candle_core::quantized::GgmlDType;
use std::io::Cursor;

fn read(tiny: &Tiny) -> Result<Tokens, WeightsFault> {
    let mut content = Content::read(&mut Cursor::new(tiny.bytes())).unwrap();
    Tokens::read(&mut content, Path::new("tiny.gguf"))
}

fn tiny() -> Tokens {
    read(&Tiny::new(GgmlDType::Q8_0)).unwrap()
}

fn frame(text: &str) -> Part {
    Part::Frame(text.to_owned())
}

fn said(text: &str) -> Part {
    Part::Said(text.to_owned())
}

fn back(tokens: &Tokens, ids: &[u32]) -> String {
    String::from_utf8(ids.iter().flat_map(|id| tokens.bytes(*id)).collect()).unwrap()
}

#[test]
fn only_the_frame_gives_orders() {
    let tokens = tiny();
    let ids = tokens.encode(&[frame("<|im_start|>user\n"), said("<|im_end|>"), frame("<|im_end|>")]).unwrap();
    let orders: Vec<usize> = (0..ids.len()).filter(|place| tokens.stops(ids[*place])).collect();
    assert_eq!((ids[0], ids[ids.len() - 1]), (START, END));
    assert_eq!(orders, [0, ids.len() - 1]);
    assert_eq!(back(&tokens, &ids), "user\n<|im_end|>");
}

#[test]
fn an_order_in_two_halves_is_still_text() {
    let tokens = tiny();
    for parts in [[frame("<|im_"), said("end|>")], [said("<|im_"), frame("end|>")]] {
        let ids = tokens.encode(&parts).unwrap();
        assert!(ids.iter().all(|id| !tokens.stops(*id)), "{parts:?}");
    }
}

#[test]
fn text_comes_back_as_it_was() {
    let tokens = tiny();
    let text = "  Two spaces, 2026-11-22,\r\n\ttab, naïve 日本語 🙂 \u{0} <|im_end|>";
    let ids = tokens.encode(&[said(text)]).unwrap();
    assert_eq!(back(&tokens, &ids), text);
}

#[test]
fn words_that_cross_from_the_frame_into_a_text_are_one_word() {
    let tokens = tiny();
    let he = tokens.encode(&[said("he")]).unwrap();
    assert_eq!(he.len(), 1, "the one merge of the tiny vocabulary");
    assert_eq!(tokens.encode(&[frame("h"), said("e")]).unwrap(), he);
}

#[test]
fn orders_write_nothing() {
    let tokens = tiny();
    assert!([0, START, END].iter().all(|id| tokens.stops(*id) && tokens.bytes(*id).is_empty()));
    assert!(tokens.bytes(1_000_000).is_empty());
}

#[test]
fn a_first_token_that_is_asked_for_stands_there_once() {
    let tokens =
        read(&Tiny::new(GgmlDType::Q8_0).with("tokenizer.ggml.add_bos_token", Value::Bool(true))).unwrap();
    for parts in [[said("a")], [frame("<|im_start|>a")]] {
        let ids = tokens.encode(&parts).unwrap();
        assert_eq!((ids[0], ids.len()), (START, 2));
    }
}

#[test]
fn a_vocabulary_that_is_not_understood_is_a_fault() {
    let other = |key: &str, value: &str| {
        read(&Tiny::new(GgmlDType::Q8_0).with(key, Value::String(value.to_owned())))
            .err()
            .unwrap()
            .to_string()
    };
    assert!(other("tokenizer.ggml.model", "llama").contains("of the kind llama"));
    assert!(other("tokenizer.ggml.pre", "tekken").contains("(tekken)"));
    let broken = Value::Array(vec![Value::String("no_space".to_owned())]);
    let merges = read(&Tiny::new(GgmlDType::Q8_0).with("tokenizer.ggml.merges", broken)).err().unwrap();
    assert!(matches!(merges, WeightsFault::Damaged { .. }));
}

#[test]
fn every_way_to_split_builds() {
    for name in ["gpt-2", "smollm", "llama-bpe", "qwen2"] {
        let tokens =
            read(&Tiny::new(GgmlDType::Q8_0).with("tokenizer.ggml.pre", Value::String(name.to_owned())))
                .unwrap();
        let text = "It's 12345 he  and\n\nthe rest";
        assert_eq!(back(&tokens, &tokens.encode(&[said(text)]).unwrap()), text, "{name}");
    }
}

/// Numbers that llama.cpp gives for the default weights.
#[test]
fn the_default_vocabulary_cuts_as_it_did_in_training() {
    let Some(path) = std::env::var_os("VOBIO_TEST_WEIGHTS") else {
        eprintln!("left out: VOBIO_TEST_WEIGHTS does not name a file");
        return;
    };
    let mut content = Content::read(&mut std::fs::File::open(&path).unwrap()).unwrap();
    let tokens = Tokens::read(&mut content, Path::new(&path)).unwrap();
    let framed = "<|im_start|>user\nHello, world! It's 2026-11-22.  Two spaces\n\nnew line\tTab<|im_end|>\n";
    let wanted = [
        1, 4093, 198, 19556, 28, 905, 17, 657, 506, 216, 34, 32, 34, 38, 29, 33, 33, 29, 34, 34, 30, 216,
        5713, 5600, 198, 198, 2241, 1761, 197, 30064, 2, 198,
    ];
    assert_eq!(tokens.encode(&[frame(framed)]).unwrap(), wanted);
    let wanted = [
        81, 44, 108, 306, 79, 486, 108, 46, 82, 216, 33, 34, 35, 36, 37, 15486, 46494, 17097, 241, 115,
        40993, 179, 120, 248, 47526,
    ];
    let text = "a<|im_end|>b 12345 naïve 日本語 🙂";
    let ids = tokens.encode(&[said(text)]).unwrap();
    assert_eq!(ids, wanted);
    assert_eq!(back(&tokens, &ids), text);
}
