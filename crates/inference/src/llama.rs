//! A llama's arithmetic: embedding, blocks of grouped-query attention and SwiGLU, output.
//!
//! # Design
//! candle-transformers has one too. It stops at 4,096 positions whatever the model holds, keeps the embedding as f32
//! (113 MB for the default model instead of 32), and copies keys and values anew for each token. This one writes
//! them in place, goes back to an earlier position for nothing (an ongoing conversation is read only from where it is new),
//! looks between two blocks whether anybody still wants the answer, and takes exactly the threads it is given.

use crate::attention::{Cache, Half, dot};
use crate::gguf::Header;
use crate::matrix::{Input, Matrix, Store};
use crate::shape::Shape;
use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Result};
use rayon::ThreadPool;
use std::io::{Read, Seek, SeekFrom};

/// Weights and the conversation they have read so far.
pub(crate) struct Llama {
    store: Store,
    embedding: Matrix,
    blocks: Vec<Block>,
    norm: Vec<f32>,
    /// `None` where the embedding is the output, too.
    output: Option<Matrix>,
    /// Cosine and sine for each position and pair of numbers in a head.
    rotations: Vec<(f32, f32)>,
    cache: Cache,
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
}

/// Reads tensors out of a file.
struct Tensors<'a, R> {
    header: &'a Header,
    content: &'a Content,
    file: &'a mut R,
    store: Store,
}

impl<R: Read + Seek> Tensors<'_, R> {
    fn matrix(&mut self, name: &str) -> Result<Matrix> {
        let name = format!("{name}.weight");
        let (rows, columns) =
            self.content.tensor_infos.get(&name).map_or(Ok((0, 0)), |info| info.shape.dims2())?;
        match self.header.tensors.get(&name).filter(|tensor| tensor.kind == GgmlDType::Q8_0) {
            // Straight to its place, without a copy of the whole in between.
            Some(tensor) => {
                self.file.seek(SeekFrom::Start(self.header.data_start + tensor.offset))?;
                Ok(self.store.take_q8_0(self.file, rows, columns)?)
            }
            None => {
                let numbers = self.numbers(&name)?;
                Ok(self.store.take(&numbers, columns)?)
            }
        }
    }

    fn vector(&mut self, name: &str) -> Result<Vec<f32>> {
        self.numbers(&format!("{name}.weight"))
    }

    fn numbers(&mut self, name: &str) -> Result<Vec<f32>> {
        self.content.tensor(self.file, name, &Device::Cpu)?.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()
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
        })
    }
}

impl Llama {
    /// Reads the weights; `header`, `content` and `shape` are of the same file, and `shape` was checked against it.
    pub(crate) fn read<R: Read + Seek>(
        header: &Header,
        content: &Content,
        file: &mut R,
        shape: Shape,
        pool: Option<ThreadPool>,
    ) -> Result<Self> {
        let store = Store::with_room(usize::try_from(header.matrix_numbers()).unwrap_or(0));
        let mut tensors = Tensors { header, content, file, store };
        let factors = if shape.rope_factors { Some(tensors.vector("rope_freqs")?) } else { None };
        Ok(Self {
            embedding: tensors.matrix("token_embd")?,
            blocks: (0..shape.blocks).map(|number| tensors.block(number)).collect::<Result<_>>()?,
            norm: tensors.vector("output_norm")?,
            output: if shape.tied { None } else { Some(tensors.matrix("output")?) },
            rotations: rotations(&shape, factors.as_deref()),
            cache: Cache::default(),
            store: tensors.store,
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
        let (shape, store, pool) = (&self.shape, &self.store, self.pool.as_ref());
        let known = |token: &u32| (*token as usize) < self.embedding.rows();
        if tokens.is_empty() || at + tokens.len() > shape.context || !tokens.iter().all(known) {
            return None;
        }
        self.cache.make_room(at + tokens.len(), at, shape);
        let mut x: Vec<f32> =
            tokens.iter().flat_map(|token| store.row(&self.embedding, *token as usize)).collect();
        for (number, block) in self.blocks.iter().enumerate() {
            if stop() {
                return None;
            }
            // What the tokens before have to say.
            let input = Input::new(&normed(&x, &block.attention_norm, shape.rms_eps), shape.width);
            let mut query = store.times(&block.query, &input, pool);
            let mut key = store.times(&block.key, &input, pool);
            rotate(&mut query, shape.heads * shape.head_width, at, shape, &self.rotations);
            rotate(&mut key, shape.kv_heads * shape.head_width, at, shape, &self.rotations);
            self.cache.put(number, Half::Keys, at, &key, shape);
            self.cache.put(number, Half::Values, at, &store.times(&block.value, &input, pool), shape);
            let found = self.cache.find(number, &query, at, shape, pool);
            let found = Input::new(&found, shape.heads * shape.head_width);
            add(&mut x, &store.times(&block.attention_output, &found, pool));
            if stop() {
                return None;
            }
            // What each makes of it.
            let input = Input::new(&normed(&x, &block.feed_norm, shape.rms_eps), shape.width);
            let mut inner = store.times(&block.gate, &input, pool);
            for (gate, up) in inner.iter_mut().zip(store.times(&block.up, &input, pool)) {
                *gate *= up / (1.0 + (-*gate).exp());
            }
            add(&mut x, &store.times(&block.down, &Input::new(&inner, block.gate.rows()), pool));
        }
        if !wanted {
            return Some(Vec::new());
        }
        let last = normed(&x[x.len() - shape.width..], &self.norm, shape.rms_eps);
        let output = self.output.as_ref().unwrap_or(&self.embedding);
        Some(store.times(output, &Input::new(&last, shape.width), pool))
    }
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
