use super::*;
use crate::engine::Engine;
use crate::tiny::Tiny;

#[test]
fn matrices_become_q8_0_and_everything_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let input = Tiny::new(GgmlDType::Q4_1).write(folder.path());
    let output = folder.path().join("q8.gguf");
    requantise(&input, &output).unwrap();

    let (old, new) = (Header::read(&input).unwrap(), Header::read(&output).unwrap());
    assert_eq!(old.tensors.len(), new.tensors.len());
    for (name, tensor) in &new.tensors {
        assert_eq!(tensor.dims, old.tensors[name].dims);
        let norm = name.contains("norm");
        assert_eq!(tensor.kind, if norm { GgmlDType::F32 } else { GgmlDType::Q8_0 }, "{name}");
    }
    assert_eq!(new.text("general.name"), Some("Tiny"));
    assert_eq!(new.text(SOURCE_DIGEST_KEY), Some(sha256_hex(&input).unwrap().as_str()));
    assert_eq!(new.whole("general.file_type"), Some(7));
    assert!(Engine::load(&output, 1, false).is_ok(), "its own digest is right");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn twice_the_same_input_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let input = Tiny::new(GgmlDType::Q4_1).write(folder.path());
    let outputs = ["a.gguf", "b.gguf"].map(|name| folder.path().join(name));
    for output in &outputs {
        requantise(&input, output).unwrap();
    }
    assert_eq!(std::fs::read(&outputs[0]).unwrap(), std::fs::read(&outputs[1]).unwrap());
}

#[test]
fn a_flipped_bit_in_the_weights_is_found_when_they_are_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let input = Tiny::new(GgmlDType::Q4_1).write(folder.path());
    let output = folder.path().join("q8.gguf");
    requantise(&input, &output).unwrap();
    let mut bytes = std::fs::read(&output).unwrap();
    let middle = bytes.len() - 20_000;
    bytes[middle] ^= 4;
    std::fs::write(&output, bytes).unwrap();
    assert!(matches!(Engine::load(&output, 1, false), Err(WeightsFault::Damaged { .. })));
}

#[test]
fn what_cannot_be_read_or_written_is_said_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let input = Tiny::new(GgmlDType::Q4_1).write(folder.path());
    let nowhere = folder.path().join("none").join("q8.gguf");
    assert!(matches!(requantise(&input, &nowhere), Err(RequantiseError::Write { .. })));
    std::fs::write(&input, b"no weights").unwrap();
    let output = folder.path().join("q8.gguf");
    assert!(matches!(
        requantise(&input, &output),
        Err(RequantiseError::Weights(WeightsFault::Damaged { .. }))
    ));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
