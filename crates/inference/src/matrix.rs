//! Weights as bytes with a scale for each 32 of them (Q8_0), and the one product everything is made of.
//!
//! # Design
//! candle has this product too, and it was used first. On one core of a Zen 1 at 2 GHz the default model wrote 14
//! tokens a second with it and read prompts at 28; with this one, 30 and 60. candle converts both scales of every 32
//! numbers from 16 bits anew, reads the weights anew for each token of a prompt, and works on a pool whose size comes
//! from the environment and whose threads wait by spinning. This loop is plain enough for the compiler to make vector
//! code of on every processor. Files of other types are turned into bytes while they are loaded.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Result};
use half::f16;
use rayon::ThreadPool;
use rayon::prelude::*;

/// Numbers that share a scale.
pub(crate) const BLOCK: usize = 32;

/// Rows that one piece of work has.
const TILE_ROWS: usize = 64;

/// `[rows, columns]`, row by row.
#[derive(Debug)]
pub(crate) struct Matrix {
    rows: usize,
    columns: usize,
    quants: Vec<[i8; BLOCK]>,
    scales: Vec<f32>,
}

/// Vectors to multiply with, as bytes (widened already) with a scale for each 32.
pub(crate) struct Input {
    count: usize,
    blocks: usize,
    quants: Vec<[i16; BLOCK]>,
    scales: Vec<f32>,
}

impl Matrix {
    /// Takes a tensor of rank 2 whose second dimension is a multiple of [`BLOCK`].
    pub(crate) fn new(tensor: &QTensor) -> Result<Self> {
        let (rows, columns) = tensor.shape().dims2()?;
        if !columns.is_multiple_of(BLOCK) {
            candle_core::bail!("rows of {columns}");
        }
        let count = rows * columns / BLOCK;
        let (mut quants, mut scales) = (Vec::with_capacity(count), Vec::with_capacity(count));
        if tensor.dtype() == GgmlDType::Q8_0 {
            for block in tensor.data()?.as_chunks::<{ 2 + BLOCK }>().0 {
                scales.push(f16::from_le_bytes([block[0], block[1]]).to_f32());
                quants.push(std::array::from_fn(|i| i8::from_le_bytes([block[2 + i]])));
            }
        } else {
            let numbers = tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
            for block in numbers.as_chunks::<BLOCK>().0 {
                let (bytes, scale) = quantise(block);
                quants.push(bytes.map(|byte| byte as i8));
                scales.push(scale);
            }
        }
        if quants.len() != count || scales.iter().any(|scale| !scale.is_finite()) {
            candle_core::bail!("numbers that are none");
        }
        Ok(Self { rows, columns, quants, scales })
    }

    /// One row.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = f32> {
        let (quants, scales) = self.blocks(row);
        quants.iter().zip(scales).flat_map(|(block, scale)| block.map(|byte| f32::from(byte) * scale))
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Multiplies each vector of `input` (`[count, columns]`); gives `[count, rows]`.
    pub(crate) fn times(&self, input: &Input, pool: Option<&ThreadPool>) -> Vec<f32> {
        let count = input.count;
        // Row by row, so that a row is read once for all vectors.
        let mut by_row = vec![0.0; self.rows * count];
        each(pool, &mut by_row, TILE_ROWS * count, |tile, out| {
            for (row, out) in out.chunks_exact_mut(count).enumerate() {
                let (quants, scales) = self.blocks(tile * TILE_ROWS + row);
                for (number, out) in out.iter_mut().enumerate() {
                    *out = dot(quants, scales, input, number);
                }
            }
        });
        if count == 1 {
            return by_row;
        }
        let mut by_vector = vec![0.0; by_row.len()];
        for (number, vector) in by_vector.chunks_exact_mut(self.rows).enumerate() {
            for (out, row) in vector.iter_mut().zip(by_row.chunks_exact(count)) {
                *out = row[number];
            }
        }
        by_vector
    }

    fn blocks(&self, row: usize) -> (&[[i8; BLOCK]], &[f32]) {
        let per_row = self.columns / BLOCK;
        let range = row * per_row..(row + 1) * per_row;
        (&self.quants[range.clone()], &self.scales[range])
    }
}

impl Input {
    /// `vectors` is `[count, width]`; `width` is a multiple of [`BLOCK`].
    pub(crate) fn new(vectors: &[f32], width: usize) -> Self {
        let (blocks, _) = vectors.as_chunks::<BLOCK>();
        let (quants, scales) = blocks.iter().map(quantise).unzip();
        Self { count: vectors.len() / width, blocks: width / BLOCK, quants, scales }
    }
}

/// A row times vector `number`. 127 × 127 × 32 is far below the limits of 32 bits.
fn dot(quants: &[[i8; BLOCK]], scales: &[f32], input: &Input, number: usize) -> f32 {
    let range = number * input.blocks..(number + 1) * input.blocks;
    let (other, other_scales) = (&input.quants[range.clone()], &input.scales[range]);
    let mut total = 0.0;
    for ((a, b), (scale, other_scale)) in quants.iter().zip(other).zip(scales.iter().zip(other_scales)) {
        let mut sum = 0_i32;
        for i in 0..BLOCK {
            // Wrapping, because a check for overflow in a test build would keep the compiler from vectors.
            sum = sum.wrapping_add(i32::from(i16::from(a[i])).wrapping_mul(i32::from(b[i])));
        }
        total += sum as f32 * (scale * other_scale);
    }
    total
}

/// Whole numbers from -127 to 127, and what to multiply them with.
fn quantise(block: &[f32; BLOCK]) -> ([i16; BLOCK], f32) {
    let largest = block.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
    let scale = largest / 127.0;
    if scale == 0.0 || !scale.is_finite() {
        // An infinite one stays one: the sampler finds it in the logits.
        return ([0; BLOCK], if scale.is_finite() { 0.0 } else { f32::NAN });
    }
    let inverse = 1.0 / scale;
    let quants = block.map(|number| {
        let scaled = number * inverse;
        (scaled + 0.5_f32.copysign(scaled)) as i16
    });
    (quants, scale)
}

/// Does `work` on each piece of `size` numbers: in this thread, or spread over `pool`.
pub(crate) fn each(
    pool: Option<&ThreadPool>,
    numbers: &mut [f32],
    size: usize,
    work: impl Fn(usize, &mut [f32]) + Sync,
) {
    match pool {
        None => numbers.chunks_mut(size).enumerate().for_each(|(place, piece)| work(place, piece)),
        Some(pool) => pool.install(|| {
            numbers.par_chunks_mut(size).enumerate().for_each(|(place, piece)| work(place, piece));
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Tensor;

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..count).map(|_| next()).collect()
    }

    fn matrix(numbers: &[f32], rows: usize, kind: GgmlDType) -> Matrix {
        let tensor = Tensor::from_slice(numbers, (rows, numbers.len() / rows), &Device::Cpu).unwrap();
        Matrix::new(&QTensor::quantize(&tensor, kind).unwrap()).unwrap()
    }

    #[test]
    fn a_product_is_the_product_to_within_its_bytes() {
        let (rows, columns, count) = (150, 96, 5);
        let (weights, vectors) = (numbers(rows * columns, 1), numbers(count * columns, 2));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        for kind in [GgmlDType::F32, GgmlDType::Q8_0] {
            let matrix = matrix(&weights, rows, kind);
            let product = matrix.times(&Input::new(&vectors, columns), None);
            assert_eq!(product.len(), count * rows);
            assert_eq!(product, matrix.times(&Input::new(&vectors, columns), Some(&pool)));
            for (vector, product) in vectors.chunks(columns).zip(product.chunks(rows)) {
                assert_eq!(
                    product,
                    matrix.times(&Input::new(vector, columns), None),
                    "one by one is the same"
                );
                for (row, product) in weights.chunks(columns).zip(product) {
                    let exact: f32 = row.iter().zip(vector).map(|(a, b)| a * b).sum();
                    assert!((exact - product).abs() < 0.03, "{exact} {product}");
                }
            }
        }
    }

    #[test]
    fn q8_0_is_taken_as_it_is() {
        let weights = numbers(4 * 64, 3);
        let tensor = Tensor::from_slice(&weights, (4, 64), &Device::Cpu).unwrap();
        let q8 = QTensor::quantize(&tensor, GgmlDType::Q8_0).unwrap();
        let exact = q8.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
        let matrix = Matrix::new(&q8).unwrap();
        assert!((0..4).all(|row| matrix.row(row).eq(exact[row].iter().copied())));
    }

    #[test]
    fn numbers_that_are_none_are_not_hidden() {
        let input = Input::new(&[f32::INFINITY; BLOCK], BLOCK);
        assert!(matrix(&[1.0; BLOCK], 1, GgmlDType::Q8_0).times(&input, None)[0].is_nan());
        let tensor = Tensor::from_slice(&[f32::NAN; BLOCK], (1, BLOCK), &Device::Cpu).unwrap();
        assert!(Matrix::new(&QTensor::quantize(&tensor, GgmlDType::F32).unwrap()).is_ok(), "a lone NaN is 0");
        let tensor = Tensor::from_slice(&[f32::INFINITY; BLOCK], (1, BLOCK), &Device::Cpu).unwrap();
        assert!(Matrix::new(&QTensor::quantize(&tensor, GgmlDType::F32).unwrap()).is_err());
    }

    #[test]
    fn zeros_stay_zeros() {
        let zero = matrix(&[0.0; BLOCK], 1, GgmlDType::F32);
        assert_eq!(zero.times(&Input::new(&numbers(BLOCK, 4), BLOCK), None), [0.0]);
        assert_eq!(zero.rows(), 1);
    }
}
