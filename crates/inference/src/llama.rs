//! A llama's arithmetic: embedding, blocks of grouped-query attention and SwiGLU, output.
//!
//! # Design
//! candle-transformers has one too. It stops at 4,096 positions whatever the model holds, keeps the embedding as f32
//! (113 MB for the default model instead of 30), and copies keys and values anew for each token. This one writes them
//! in place, goes back to an earlier position for nothing (an ongoing conversation is read only from where it is new),
//! and looks between two blocks whether anybody still wants the answer.

use crate::shape::Shape;
use candle_core::quantized::{QMatMul, gguf_file};
use candle_core::{DType, Device, Module, Result, Tensor};
use candle_nn::ops::{rms_norm, silu, softmax_last_dim};
use candle_nn::rotary_emb::rope_i;
use std::io::{Read, Seek};

/// Positions a cache begins with; it doubles when it is full.
const CACHE_TOKENS_MIN: usize = 256;

/// Weights and the conversation they have read so far.
pub(crate) struct Llama {
    embedding: QMatMul,
    blocks: Vec<Block>,
    norm: Tensor,
    output: QMatMul,
    /// `[context, head_width / 2]` each.
    cos: Tensor,
    sin: Tensor,
    shape: Shape,
}

struct Block {
    attention_norm: Tensor,
    query: QMatMul,
    key: QMatMul,
    value: QMatMul,
    attention_output: QMatMul,
    feed_norm: Tensor,
    gate: QMatMul,
    up: QMatMul,
    down: QMatMul,
    cache: Option<Cache>,
}

/// `[kv_heads, room, head_width]` each.
struct Cache {
    keys: Tensor,
    values: Tensor,
}

impl Llama {
    /// Reads the weights; `content` and `shape` are of the same file, and `shape` was checked against it.
    pub(crate) fn read<R: Read + Seek>(
        content: &gguf_file::Content,
        file: &mut R,
        shape: Shape,
    ) -> Result<Self> {
        let mut matrix = |name: &str| QMatMul::from_qtensor(content.tensor(file, name, &Device::Cpu)?);
        let embedding = matrix("token_embd.weight")?;
        let output = if shape.tied { embedding.clone() } else { matrix("output.weight")? };
        let mut vector = |name: &str| {
            content.tensor(file, name, &Device::Cpu)?.dequantize(&Device::Cpu)?.to_dtype(DType::F32)
        };
        let norm = vector("output_norm.weight")?;
        let factors = if shape.rope_factors { Some(vector("rope_freqs.weight")?.to_vec1()?) } else { None };
        let (cos, sin) = rotations(&shape, factors.as_deref())?;
        let blocks =
            (0..shape.blocks).map(|number| Block::read(content, file, number)).collect::<Result<Vec<_>>>()?;
        Ok(Self { embedding, blocks, norm, output, cos, sin, shape })
    }

    /// Its numbers.
    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Reads `tokens` at positions `at..`, where everything before `at` has been read, and gives the logits
    /// (`[vocab]`) after the last of them when `wanted`; an empty vector otherwise. `None` when `stop` said so between
    /// two blocks; then only what stands before `at` may be built on.
    pub(crate) fn read_on(
        &mut self,
        tokens: &[u32],
        at: usize,
        wanted: bool,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<f32>>> {
        let count = tokens.len();
        if count == 0 || at + count > self.shape.context {
            candle_core::bail!("{count} tokens at {at} of {}", self.shape.context);
        }
        let place = Place {
            at,
            count,
            cos: self.cos.narrow(0, at, count)?,
            sin: self.sin.narrow(0, at, count)?,
            mask: if count > 1 { Some(mask(at, count)?) } else { None },
        };
        let mut x = self.embedding.embedding(&Tensor::new(tokens, &Device::Cpu)?)?;
        for block in &mut self.blocks {
            if stop() {
                return Ok(None);
            }
            x = block.forward(&x, &place, &self.shape)?;
        }
        if !wanted {
            return Ok(Some(Vec::new()));
        }
        let last = rms_norm(&x.narrow(0, count - 1, 1)?.contiguous()?, &self.norm, eps(&self.shape))?;
        Ok(Some(self.output.forward(&last)?.flatten_all()?.to_vec1()?))
    }
}

/// Where a stretch of tokens stands.
struct Place {
    at: usize,
    count: usize,
    cos: Tensor,
    sin: Tensor,
    mask: Option<Tensor>,
}

impl Block {
    fn read<R: Read + Seek>(content: &gguf_file::Content, file: &mut R, number: usize) -> Result<Self> {
        let mut tensor =
            |part: &str| content.tensor(file, &format!("blk.{number}.{part}.weight"), &Device::Cpu);
        let attention_norm = tensor("attn_norm")?.dequantize(&Device::Cpu)?;
        let feed_norm = tensor("ffn_norm")?.dequantize(&Device::Cpu)?;
        let mut matrix = |part: &str| QMatMul::from_qtensor(tensor(part)?);
        Ok(Self {
            attention_norm,
            query: matrix("attn_q")?,
            key: matrix("attn_k")?,
            value: matrix("attn_v")?,
            attention_output: matrix("attn_output")?,
            feed_norm,
            gate: matrix("ffn_gate")?,
            up: matrix("ffn_up")?,
            down: matrix("ffn_down")?,
            cache: None,
        })
    }

    /// `[count, width]` to the same.
    fn forward(&mut self, x: &Tensor, place: &Place, shape: &Shape) -> Result<Tensor> {
        let attended = self.attend(&rms_norm(x, &self.attention_norm, eps(shape))?, place, shape)?;
        let x = (x + attended)?;
        let h = rms_norm(&x, &self.feed_norm, eps(shape))?;
        let fed = (silu(&self.gate.forward(&h)?)? * self.up.forward(&h)?)?;
        x + self.down.forward(&fed)?
    }

    fn attend(&mut self, h: &Tensor, place: &Place, shape: &Shape) -> Result<Tensor> {
        let (count, total) = (place.count, place.at + place.count);
        let (heads, kv_heads, width) = (shape.heads, shape.kv_heads, shape.head_width);
        let per_head =
            |x: Tensor, heads: usize| x.reshape((count, heads, width))?.transpose(0, 1)?.contiguous();
        let turned = |x: Tensor| rope_i(&x.unsqueeze(0)?, &place.cos, &place.sin)?.squeeze(0);

        let query = turned(per_head(self.query.forward(h)?, heads)?)?;
        let key = turned(per_head(self.key.forward(h)?, kv_heads)?)?;
        let value = per_head(self.value.forward(h)?, kv_heads)?;
        let cache = Cache::with_room(self.cache.take(), total, place.at, shape)?;
        cache.keys.slice_set(&key, 1, place.at)?;
        cache.values.slice_set(&value, 1, place.at)?;
        let keys = cache.keys.narrow(1, 0, total)?;
        let values = cache.values.narrow(1, 0, total)?;
        self.cache = Some(cache);

        // The heads that share a key head stand together, so they are rows of one product.
        let group = heads / kv_heads;
        let query = (query.reshape((kv_heads, group * count, width))? * (1.0 / (width as f64).sqrt()))?;
        let mut scores = query.matmul(&keys.transpose(1, 2)?)?;
        if let Some(mask) = &place.mask {
            scores = scores.reshape((kv_heads, group, count, total))?.broadcast_add(mask)?.reshape((
                kv_heads,
                group * count,
                total,
            ))?;
        }
        let mixed = softmax_last_dim(&scores)?.matmul(&values)?;
        let mixed = mixed.reshape((heads, count, width))?.transpose(0, 1)?.contiguous()?;
        self.attention_output.forward(&mixed.reshape((count, heads * width))?)
    }
}

impl Cache {
    /// A cache with room for `total` positions that holds the first `filled` of `old`.
    fn with_room(old: Option<Self>, total: usize, filled: usize, shape: &Shape) -> Result<Self> {
        let room = match &old {
            Some(cache) => cache.keys.dim(1)?,
            None => 0,
        };
        if let Some(cache) = old {
            if total <= room {
                return Ok(cache);
            }
            let grown = Self::new(total, shape)?;
            if filled > 0 {
                grown.keys.slice_set(&cache.keys.narrow(1, 0, filled)?.contiguous()?, 1, 0)?;
                grown.values.slice_set(&cache.values.narrow(1, 0, filled)?.contiguous()?, 1, 0)?;
            }
            return Ok(grown);
        }
        Self::new(total, shape)
    }

    fn new(total: usize, shape: &Shape) -> Result<Self> {
        let room = total.next_power_of_two().clamp(CACHE_TOKENS_MIN, shape.context.max(CACHE_TOKENS_MIN));
        let dims = (shape.kv_heads, room, shape.head_width);
        Ok(Self {
            keys: Tensor::zeros(dims, DType::F32, &Device::Cpu)?,
            values: Tensor::zeros(dims, DType::F32, &Device::Cpu)?,
        })
    }
}

fn eps(shape: &Shape) -> f32 {
    shape.rms_eps as f32
}

/// `[count, at + count]`: 0 where a token may look, minus infinity where it would look ahead.
fn mask(at: usize, count: usize) -> Result<Tensor> {
    let total = at + count;
    let mask: Vec<f32> = (0..count)
        .flat_map(|row| (0..total).map(move |column| if column > at + row { f32::NEG_INFINITY } else { 0.0 }))
        .collect();
    Tensor::from_vec(mask, (count, total), &Device::Cpu)
}

/// Cosines and sines of the rotary embedding, `[context, head_width / 2]` each. `factors` divide the frequencies.
fn rotations(shape: &Shape, factors: Option<&[f32]>) -> Result<(Tensor, Tensor)> {
    let half = shape.head_width / 2;
    let angles: Vec<f32> = (0..shape.context)
        .flat_map(|position| {
            (0..half).map(move |i| {
                let slower = shape.rope_base.powf(2.0 * i as f64 / shape.head_width as f64);
                let factor = factors.map_or(1.0, |factors| f64::from(factors[i]));
                (position as f64 / slower / factor) as f32
            })
        })
        .collect();
    let angles = Tensor::from_vec(angles, (shape.context, half), &Device::Cpu)?;
    Ok((angles.cos()?, angles.sin()?))
}

#[cfg(test)]
mod tests;
