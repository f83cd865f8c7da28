//! A llama's arithmetic: embedding, blocks of grouped-query attention and SwiGLU, output.
//!
//! # Design
//! candle-transformers has one too. It stops at 4,096 positions whatever the model holds, keeps the embedding as f32
//! (113 MB for the default model instead of 32), and copies keys and values anew for each token. This one appends
//! them, goes back to an earlier position for nothing (an ongoing conversation is read only from where it is new),
//! looks between two blocks whether anybody still wants the answer, and takes exactly the threads it is given.

use crate::matrix::{Input, Matrix, each};
use crate::shape::Shape;
use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Result};
use rayon::ThreadPool;
use std::io::{Read, Seek};

/// Weights and the conversation they have read so far.
pub(crate) struct Llama {
    embedding: Matrix,
    blocks: Vec<Block>,
    norm: Vec<f32>,
    /// `None` where the embedding is the output, too.
    output: Option<Matrix>,
    /// Cosine and sine for each position and pair of numbers in a head.
    rotations: Vec<(f32, f32)>,
    shape: Shape,
    /// `None` computes in the calling thread.
    pool: Option<ThreadPool>,
}

struct Block {
    attention_norm: Vec<f32>,
    query: Matrix,
    key: Matrix,
    value: Matrix,
    attention_output: Matrix,
    feed_norm: Vec<f32>,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
    /// `[positions, kv_heads × head_width]` each.
    keys: Vec<f32>,
    values: Vec<f32>,
}

/// Reads tensors out of a file.
struct Tensors<'a, R> {
    content: &'a Content,
    file: &'a mut R,
}

impl<R: Read + Seek> Tensors<'_, R> {
    fn matrix(&mut self, name: &str) -> Result<Matrix> {
        Matrix::new(&self.content.tensor(self.file, &format!("{name}.weight"), &Device::Cpu)?)
    }

    fn vector(&mut self, name: &str) -> Result<Vec<f32>> {
        let tensor = self.content.tensor(self.file, &format!("{name}.weight"), &Device::Cpu)?;
        tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()
    }

    fn block(&mut self, number: usize) -> Result<Block> {
        let name = |part: &str| format!("blk.{number}.{part}");
        Ok(Block {
            attention_norm: self.vector(&name("attn_norm"))?,
            query: self.matrix(&name("attn_q"))?,
            key: self.matrix(&name("attn_k"))?,
            value: self.matrix(&name("attn_v"))?,
            attention_output: self.matrix(&name("attn_output"))?,
            feed_norm: self.vector(&name("ffn_norm"))?,
            gate: self.matrix(&name("ffn_gate"))?,
            up: self.matrix(&name("ffn_up"))?,
            down: self.matrix(&name("ffn_down"))?,
            keys: Vec::new(),
            values: Vec::new(),
        })
    }
}

impl Llama {
    /// Reads the weights; `content` and `shape` are of the same file, and `shape` was checked against it.
    pub(crate) fn read<R: Read + Seek>(
        content: &Content,
        file: &mut R,
        shape: Shape,
        pool: Option<ThreadPool>,
    ) -> Result<Self> {
        let mut tensors = Tensors { content, file };
        let factors = if shape.rope_factors { Some(tensors.vector("rope_freqs")?) } else { None };
        Ok(Self {
            embedding: tensors.matrix("token_embd")?,
            blocks: (0..shape.blocks).map(|number| tensors.block(number)).collect::<Result<_>>()?,
            norm: tensors.vector("output_norm")?,
            output: if shape.tied { None } else { Some(tensors.matrix("output")?) },
            rotations: rotations(&shape, factors.as_deref()),
            shape,
            pool,
        })
    }

    /// Its numbers.
    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Reads `tokens` at positions `at..`, where everything before `at` has been read, and gives the logits
    /// (`[vocab]`) after the last of them when `wanted`; an empty vector otherwise. `None` when `stop` said so on the
    /// way; then only what stands before `at` may be built on, and also where the tokens do not fit or do not exist.
    pub(crate) fn read_on(
        &mut self,
        tokens: &[u32],
        at: usize,
        wanted: bool,
        stop: &dyn Fn() -> bool,
    ) -> Option<Vec<f32>> {
        let (shape, pool) = (&self.shape, self.pool.as_ref());
        let known = |token: &u32| (*token as usize) < self.embedding.rows();
        if tokens.is_empty() || at + tokens.len() > shape.context || !tokens.iter().all(known) {
            return None;
        }
        let mut x: Vec<f32> = tokens.iter().flat_map(|token| self.embedding.row(*token as usize)).collect();
        for block in &mut self.blocks {
            if stop() {
                return None;
            }
            block.attend(&mut x, at, shape, &self.rotations, pool);
            if stop() {
                return None;
            }
            block.feed(&mut x, shape, pool);
        }
        if !wanted {
            return Some(Vec::new());
        }
        let last = normed(&x[x.len() - shape.width..], &self.norm, shape.rms_eps);
        let output = self.output.as_ref().unwrap_or(&self.embedding);
        Some(output.times(&Input::new(&last, shape.width), pool))
    }
}

impl Block {
    /// Adds to each of `x` (`[count, width]`) what it finds in the positions up to its own.
    fn attend(
        &mut self,
        x: &mut [f32],
        at: usize,
        shape: &Shape,
        rotations: &[(f32, f32)],
        pool: Option<&ThreadPool>,
    ) {
        let (asking, asked) = (shape.heads * shape.head_width, shape.kv_heads * shape.head_width);
        let input = Input::new(&normed(x, &self.attention_norm, shape.rms_eps), shape.width);
        let mut query = self.query.times(&input, pool);
        let mut key = self.key.times(&input, pool);
        rotate(&mut query, asking, at, shape, rotations);
        rotate(&mut key, asked, at, shape, rotations);
        // Whatever stood here belongs to a conversation that went another way.
        self.keys.truncate(at * asked);
        self.values.truncate(at * asked);
        self.keys.extend(key);
        self.values.extend(self.value.times(&input, pool));

        let group = shape.heads / shape.kv_heads;
        let mut found = vec![0.0; query.len()];
        each(pool, &mut found, shape.head_width, |place, found| {
            let (token, head) = (place / shape.heads, place % shape.heads);
            let query = &query[place * shape.head_width..][..shape.head_width];
            let start = head / group * shape.head_width;
            let seen = at + token + 1;
            let end = start + shape.head_width;
            let keys = self.keys.chunks_exact(asked).take(seen).map(|key| &key[start..end]);
            let values = self.values.chunks_exact(asked).take(seen).map(|value| &value[start..end]);
            mix(query, keys, values, found);
        });
        add(x, &self.attention_output.times(&Input::new(&found, asking), pool));
    }

    /// Adds to each of `x` (`[count, width]`) what it makes of itself.
    fn feed(&self, x: &mut [f32], shape: &Shape, pool: Option<&ThreadPool>) {
        let input = Input::new(&normed(x, &self.feed_norm, shape.rms_eps), shape.width);
        let mut inner = self.gate.times(&input, pool);
        for (gate, up) in inner.iter_mut().zip(self.up.times(&input, pool)) {
            *gate *= up / (1.0 + (-*gate).exp());
        }
        add(x, &self.down.times(&Input::new(&inner, self.gate.rows()), pool));
    }
}

/// The values, each as much as its key agrees with the query, into `found`.
fn mix<'a>(
    query: &[f32],
    keys: impl Iterator<Item = &'a [f32]>,
    values: impl Iterator<Item = &'a [f32]>,
    found: &mut [f32],
) {
    let scale = 1.0 / (query.len() as f32).sqrt();
    let mut shares: Vec<f32> = keys.map(|key| dot(query, key) * scale).collect();
    let highest = shares.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0.0;
    for share in &mut shares {
        *share = (*share - highest).exp();
        total += *share;
    }
    for (share, value) in shares.iter().zip(values) {
        let share = share / total;
        for (found, value) in found.iter_mut().zip(value) {
            *found += share * value;
        }
    }
}

/// In lanes, because floats may not be reordered by the compiler and one sum after the other would wait for itself.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

fn add(x: &mut [f32], y: &[f32]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

/// Each vector of `x` divided by its root mean square, times `weight`.
fn normed(x: &[f32], weight: &[f32], eps: f32) -> Vec<f32> {
    x.chunks_exact(weight.len())
        .flat_map(|vector| {
            let mean = dot(vector, vector) / vector.len() as f32;
            let scale = 1.0 / (mean + eps).sqrt();
            vector.iter().zip(weight).map(move |(number, weight)| number * scale * weight)
        })
        .collect()
}

/// Turns the pairs of each head of `x` (`[count, width]`) by their position, the first of which is `at`.
fn rotate(x: &mut [f32], width: usize, at: usize, shape: &Shape, rotations: &[(f32, f32)]) {
    let half = shape.head_width / 2;
    for (number, vector) in x.chunks_exact_mut(width).enumerate() {
        let rotations = &rotations[(at + number) * half..][..half];
        for head in vector.chunks_exact_mut(shape.head_width) {
            for (pair, (cos, sin)) in head.as_chunks_mut::<2>().0.iter_mut().zip(rotations) {
                *pair = [pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos];
            }
        }
    }
}

/// `[context, head_width / 2]`. `factors` divide the frequencies.
fn rotations(shape: &Shape, factors: Option<&[f32]>) -> Vec<(f32, f32)> {
    let half = shape.head_width / 2;
    let frequencies: Vec<f64> = (0..half)
        .map(|pair| {
            let factor = factors.map_or(1.0, |factors| f64::from(factors[pair]));
            1.0 / shape.rope_base.powf(2.0 * pair as f64 / shape.head_width as f64) / factor
        })
        .collect();
    (0..shape.context)
        .flat_map(|position| {
            frequencies.iter().map(move |frequency| {
                let (sin, cos) = (position as f64 * frequency).sin_cos();
                (cos as f32, sin as f32)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
