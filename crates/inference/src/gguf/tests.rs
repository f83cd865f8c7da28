use super::*;
use crate::shape::Shape;
use crate::tiny::Tiny;
use candle_core::quantized::gguf_file::Value;

fn read(bytes: &[u8]) -> Result<(), WeightsFault> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).unwrap();
    let header = Header::read(&path)?;
    Shape::read(&header, &path).map(|_| ())
}

#[test]
fn a_sound_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = Tiny::new(GgmlDType::Q8_0).write(folder.path());
    let header = Header::read(&path).unwrap();
    assert_eq!(header.text("general.name"), Some("Tiny"));
    assert_eq!(header.array("tokenizer.ggml.tokens"), Some(260));
    assert_eq!(header.tensors["blk.1.ffn_down.weight"].dims, [96, 64]);
    let shape = Shape::read(&header, &path).unwrap();
    assert_eq!((shape.heads, shape.kv_heads, shape.head_width, shape.context), (4, 2, 16, 2_048));
    assert!(shape.tied && !shape.rope_factors);
}

#[test]
fn every_cut_of_a_file_is_called_incomplete_or_damaged() {
    let bytes = Tiny::new(GgmlDType::Q8_0).bytes();
    let folder = tempfile::tempdir().unwrap();
    let path = Tiny::new(GgmlDType::Q8_0).write(folder.path());
    let header = usize::try_from(Header::read(&path).unwrap().data_start).unwrap();
    for cut in (0..bytes.len()).step_by(997).chain(header - 40..header + 40).chain([bytes.len() - 33]) {
        match read(&bytes[..cut]) {
            Err(WeightsFault::Incomplete { bytes, bytes_min, .. }) => assert!(bytes < bytes_min),
            Err(WeightsFault::Damaged { .. }) => assert!(cut < 24, "cut at {cut}"),
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

#[test]
fn a_flipped_byte_in_the_header_never_panics_and_never_asks_for_much_memory() {
    let bytes = Tiny::new(GgmlDType::Q8_0).bytes();
    for place in (0..12_000).step_by(41) {
        for flip in [0x01, 0x80, 0xFF] {
            let mut wrong = bytes.clone();
            wrong[place] ^= flip;
            // Sound or not: it comes back.
            let _outcome = read(&wrong);
        }
    }
}

#[test]
fn garbage_is_not_a_model() {
    for garbage in
        [&b""[..], b"GGUF", &[0; 4_096], &[0xFF; 4_096], b"PK\x03\x04 this is a wheel and not weights at all"]
    {
        assert!(matches!(read(garbage), Err(WeightsFault::Damaged { .. })), "{garbage:?}");
    }
    let mut greedy = b"GGUF\x03\0\0\0".to_vec();
    greedy.extend([u64::MAX.to_le_bytes(), u64::MAX.to_le_bytes()].concat());
    assert!(matches!(read(&greedy), Err(WeightsFault::Damaged { .. })));
    let mut long_text = b"GGUF\x03\0\0\0".to_vec();
    long_text.extend([0_u64, 1, 1 << 40].iter().flat_map(|n| n.to_le_bytes()));
    assert!(matches!(read(&long_text), Err(WeightsFault::Damaged { .. })));
}

#[test]
fn an_array_longer_than_the_file_is_refused_before_it_is_read() {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend([0_u64, 1, 1].iter().flat_map(|n| n.to_le_bytes()));
    bytes.extend(b"k\x09\0\0\0\x08\0\0\0");
    let mut endless = bytes.clone();
    endless.extend(u64::MAX.to_le_bytes());
    assert!(matches!(read(&endless), Err(WeightsFault::Damaged { .. })));
    bytes.extend(1_000_u64.to_le_bytes());
    assert!(matches!(read(&bytes), Err(WeightsFault::Incomplete { .. })));
}

#[test]
fn another_kind_of_model_is_named_as_such() {
    let tiny = || Tiny::new(GgmlDType::Q8_0);
    let mut biased = tiny();
    biased.matrix("blk.0.attn_q_bias", 64, 64, GgmlDType::F32);
    let mut reshaped = tiny();
    reshaped.matrix("blk.0.attn_q", 32, 64, GgmlDType::F32);
    let others = [
        (tiny().with("general.architecture", Value::String("gemma3".into())), "of the gemma3 family"),
        (tiny().with("llama.expert_count", Value::U32(8)), "mixture of experts"),
        (tiny().with("llama.rope.scaling.type", Value::String("yarn".into())), "positions are scaled (yarn)"),
        (tiny().with("llama.attention.head_count_kv", Value::U32(3)), "unusual shape"),
        (tiny().with("llama.context_length", Value::U32(0)), "llama.context_length is 0"),
        (tiny().with("llama.block_count", Value::U32(4_000_000)), "llama.block_count is 4000000"),
        (tiny().with("llama.attention.layer_norm_rms_epsilon", Value::F32(f32::NAN)), "is NaN"),
        (tiny().without("general.architecture"), "does not say which model"),
        (tiny().without("blk.1.ffn_up.weight"), "blk.1.ffn_up.weight is missing"),
        (biased, "parts that a plain llama does not have"),
        (reshaped, "blk.0.attn_q.weight is [64, 32] instead of [64, 64]"),
    ];
    for (tiny, words) in others {
        let fault = read(&tiny.bytes()).unwrap_err().to_string();
        assert!(fault.contains(words) && fault.contains("model.gguf"), "{fault}");
    }
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let none = Header::read(&folder.path().join("none.gguf")).unwrap_err();
    assert!(none.to_string().starts_with("There is no file none.gguf."), "{none}");
    assert!(matches!(
        Header::read(folder.path()),
        Err(WeightsFault::Damaged { .. } | WeightsFault::Unreadable { .. })
    ));
}
