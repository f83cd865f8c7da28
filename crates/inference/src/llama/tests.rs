use super::*;
use crate::tiny::Tiny;
use std::fs::File;

fn load(tiny: &Tiny) -> Llama {
    let folder = tempfile::tempdir().unwrap();
    let path = tiny.write(folder.path());
    let header = Header::read(&path).unwrap();
    let shape = Shape::read(&header, &path).unwrap();
    let mut file = File::open(&path).unwrap();
    let content = Content::read(&mut file).unwrap();
    Llama::read(&header, &content, &mut file, shape, None).unwrap()
}

fn logits(llama: &mut Llama, tokens: &[u32], at: usize) -> Vec<f32> {
    llama.read_on(tokens, at, true, &|| false).unwrap()
}

fn assert_close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    let far = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(far < 1e-3, "differ by {far}");
}

const TOKENS: [u32; 9] = [1, 70, 71, 72, 3, 200, 9, 2, 1];

#[test]
fn reading_in_pieces_is_reading_at_once() {
    let mut llama = load(&Tiny::new(GgmlDType::F32));
    let at_once = logits(&mut llama, &TOKENS, 0);
    let mut pieces = load(&Tiny::new(GgmlDType::F32));
    logits(&mut pieces, &TOKENS[..4], 0);
    pieces.read_on(&TOKENS[4..8], 4, false, &|| false).unwrap();
    assert_close(&at_once, &logits(&mut pieces, &TOKENS[8..], 8));
    for (at, token) in TOKENS.iter().enumerate() {
        pieces.read_on(&[*token], at, false, &|| false).unwrap();
    }
    assert_close(&at_once, &logits(&mut pieces, &TOKENS[8..], 8));
}

#[test]
fn going_back_forgets_what_came_after() {
    let mut llama = load(&Tiny::new(GgmlDType::Q8_0));
    let wanted = logits(&mut llama, &TOKENS, 0);
    logits(&mut llama, &[9, 9, 9, 9, 9, 9], 4);
    assert_close(&wanted, &logits(&mut llama, &TOKENS[4..], 4));
}

#[test]
fn a_token_sees_what_is_before_it_and_where() {
    let mut llama = load(&Tiny::new(GgmlDType::F32));
    let one = logits(&mut llama, &[1, 70, 71, 72], 0);
    let other_order = logits(&mut llama, &[70, 1, 71, 72], 0);
    let far: f32 = one.iter().zip(&other_order).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(far > 1e-3, "positions matter");
}

#[test]
fn the_cache_grows_over_its_first_room() {
    let mut llama = load(&Tiny::new(GgmlDType::Q8_0));
    let long: Vec<u32> = (0..700).map(|n| 3 + n % 250).collect();
    let at_once = logits(&mut llama, &long, 0);
    let mut pieces = load(&Tiny::new(GgmlDType::Q8_0));
    for (number, piece) in long.chunks(100).enumerate() {
        pieces.read_on(piece, number * 100, false, &|| false).unwrap();
    }
    assert_close(&at_once, &logits(&mut pieces, &long[699..], 699));
}

#[test]
fn nobody_waiting_stops_it_between_two_blocks() {
    let mut llama = load(&Tiny::new(GgmlDType::Q8_0));
    let asked = std::cell::Cell::new(0);
    let stop = || asked.replace(asked.get() + 1) == 1;
    assert_eq!(llama.read_on(&TOKENS, 0, true, &stop), None);
    assert_eq!(asked.get(), 2);
}

#[test]
fn an_output_matrix_of_its_own_is_used() {
    let mut tiny = Tiny::new(GgmlDType::Q8_0);
    let tied = logits(&mut load(&tiny), &TOKENS, 0);
    tiny.matrix("output", 260, 64, GgmlDType::Q8_0);
    let own = logits(&mut load(&tiny), &TOKENS, 0);
    assert!(tied.iter().zip(&own).any(|(a, b)| (a - b).abs() > 1e-3));
}

#[test]
fn beyond_its_context_it_refuses() {
    let mut llama = load(&Tiny::new(GgmlDType::Q8_0));
    assert!(llama.read_on(&[1, 1], 2_047, true, &|| false).is_none());
    assert!(llama.read_on(&[], 0, true, &|| false).is_none());
    assert!(llama.read_on(&[999_999], 0, true, &|| false).is_none(), "no such token");
}
