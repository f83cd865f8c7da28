//! Weights as bytes with a scale for each 32 of them (Q8_0), and the one product everything is made of.
//!
//! # Design
//! candle has this product too, and it was used first. On one core of a Zen 1 at 2 GHz the default model wrote 14
//! tokens a second with it; with this one, 42. candle converts both scales of every 32 numbers from 16 bits anew, and
//! works on a pool whose size comes from the environment and whose threads wait by spinning. This loop is plain enough
//! for the compiler to make vector code of on every processor. Files of other types are turned into bytes while they
//! are loaded.
//! All weights lie in one allocation, because the allocator gives a large one back to the operating system when the
//! model is unloaded; of a thousand small ones it kept 200 MB.

use half::f16;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::io::{self, Read};

/// Numbers that share a scale.
pub(crate) const BLOCK: usize = 32;

/// Bytes of such numbers in a file: a scale of 16 bits before them.
const FILE_BLOCK: usize = 2 + BLOCK;

/// Rows that one piece of work has.
const TILE_ROWS: usize = 64;

/// Numbers that share a scale.
#[derive(Debug, Clone, Copy)]
struct Block {
    scale: f32,
    bytes: [i8; BLOCK],
}

/// All matrices of a model, one after the other.
pub(crate) struct Store {
    blocks: Vec<Block>,
}

/// Which of them: `[rows, columns]`, row by row.
#[derive(Debug)]
pub(crate) struct Matrix {
    first: usize,
    rows: usize,
    columns: usize,
}

/// Vectors to multiply with, as bytes (widened already) with a scale for each 32.
pub(crate) struct Input {
    count: usize,
    blocks: usize,
    bytes: Vec<[i16; BLOCK]>,
    scales: Vec<f32>,
}

impl Matrix {
    /// How many rows it has.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }
}

impl Store {
    /// An empty one with room for so many numbers.
    pub(crate) fn with_room(numbers: usize) -> Self {
        Self { blocks: Vec::with_capacity(numbers / BLOCK) }
    }

    /// Takes a matrix as Q8_0 has it. `columns` is a multiple of [`BLOCK`].
    pub(crate) fn take_q8_0(
        &mut self,
        file: &mut impl Read,
        rows: usize,
        columns: usize,
    ) -> io::Result<Matrix> {
        let first = self.blocks.len();
        let mut left = rows * columns / BLOCK;
        let mut buffer = vec![0; FILE_BLOCK * 1_024];
        while left > 0 {
            let count = left.min(1_024);
            let bytes = &mut buffer[..count * FILE_BLOCK];
            file.read_exact(bytes)?;
            self.blocks.extend(bytes.as_chunks::<FILE_BLOCK>().0.iter().map(|block| Block {
                scale: f16::from_le_bytes([block[0], block[1]]).to_f32(),
                bytes: std::array::from_fn(|i| i8::from_le_bytes([block[2 + i]])),
            }));
            left -= count;
        }
        self.checked(Matrix { first, rows, columns })
    }

    /// Takes a matrix of plain numbers. `columns` is a multiple of [`BLOCK`].
    pub(crate) fn take(&mut self, numbers: &[f32], columns: usize) -> io::Result<Matrix> {
        let first = self.blocks.len();
        self.blocks.extend(numbers.as_chunks::<BLOCK>().0.iter().map(|block| {
            let (bytes, scale) = quantise(block);
            Block { scale, bytes: bytes.map(|byte| byte as i8) }
        }));
        self.checked(Matrix { first, rows: numbers.len() / columns, columns })
    }

    fn checked(&self, matrix: Matrix) -> io::Result<Matrix> {
        if self.blocks[matrix.first..].iter().all(|block| block.scale.is_finite()) {
            return Ok(matrix);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "numbers that are none"))
    }

    /// One row.
    pub(crate) fn row(&self, matrix: &Matrix, row: usize) -> impl Iterator<Item = f32> {
        self.blocks(matrix, row)
            .iter()
            .flat_map(|block| block.bytes.map(|byte| f32::from(byte) * block.scale))
    }

    /// Multiplies each vector of `input` (`[count, columns]`); gives `[count, rows]`.
    pub(crate) fn times(&self, matrix: &Matrix, input: &Input, pool: Option<&ThreadPool>) -> Vec<f32> {
        let count = input.count;
        // Row by row, so that a row is read once for all vectors.
        let mut by_row = vec![0.0; matrix.rows * count];
        each(pool, &mut by_row, TILE_ROWS * count, |tile, out| {
            for (row, out) in out.chunks_exact_mut(count).enumerate() {
                let row = self.blocks(matrix, tile * TILE_ROWS + row);
                for (number, out) in out.iter_mut().enumerate() {
                    *out = dot(row, input, number);
                }
            }
        });
        if count == 1 {
            return by_row;
        }
        let mut by_vector = vec![0.0; by_row.len()];
        for (number, vector) in by_vector.chunks_exact_mut(matrix.rows).enumerate() {
            for (out, row) in vector.iter_mut().zip(by_row.chunks_exact(count)) {
                *out = row[number];
            }
        }
        by_vector
    }

    fn blocks(&self, matrix: &Matrix, row: usize) -> &[Block] {
        let per_row = matrix.columns / BLOCK;
        &self.blocks[matrix.first + row * per_row..][..per_row]
    }
}

impl Input {
    /// `vectors` is `[count, width]`; `width` is a multiple of [`BLOCK`].
    pub(crate) fn new(vectors: &[f32], width: usize) -> Self {
        let (bytes, scales) = vectors.as_chunks::<BLOCK>().0.iter().map(quantise).unzip();
        Self { count: vectors.len() / width, blocks: width / BLOCK, bytes, scales }
    }
}

/// A row times vector `number`. 127 × 127 × 32 is far below the limits of 32 bits.
fn dot(row: &[Block], input: &Input, number: usize) -> f32 {
    let range = number * input.blocks..(number + 1) * input.blocks;
    let (other, scales) = (&input.bytes[range.clone()], &input.scales[range]);
    let mut total = 0.0;
    for ((block, other), scale) in row.iter().zip(other).zip(scales) {
        let mut sum = 0_i32;
        for (a, b) in block.bytes.iter().zip(other) {
            // Wrapping, because a check for overflow in a test build would keep the compiler from vectors.
            sum = sum.wrapping_add(i32::from(*a).wrapping_mul(i32::from(*b)));
        }
        total += sum as f32 * (block.scale * scale);
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
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..count).map(|_| next()).collect()
    }

    fn q8_0(numbers: &[f32], columns: usize) -> QTensor {
        let tensor = Tensor::from_slice(numbers, (numbers.len() / columns, columns), &Device::Cpu).unwrap();
        QTensor::quantize(&tensor, GgmlDType::Q8_0).unwrap()
    }

    #[test]
    fn a_product_is_the_product_to_within_its_bytes() {
        let (rows, columns, count) = (150, 96, 5);
        let (weights, vectors) = (numbers(rows * columns, 1), numbers(count * columns, 2));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let mut store = Store::with_room(2 * weights.len());
        let q8_0 = q8_0(&weights, columns);
        let taken = [
            store.take(&weights, columns).unwrap(),
            store.take_q8_0(&mut q8_0.data().unwrap().as_ref(), rows, columns).unwrap(),
        ];
        for matrix in &taken {
            let product = store.times(matrix, &Input::new(&vectors, columns), None);
            assert_eq!((product.len(), matrix.rows()), (count * rows, rows));
            assert_eq!(product, store.times(matrix, &Input::new(&vectors, columns), Some(&pool)));
            for (vector, product) in vectors.chunks(columns).zip(product.chunks(rows)) {
                assert_eq!(
                    product,
                    store.times(matrix, &Input::new(vector, columns), None),
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
        // More blocks than are read at once.
        let q8_0 = q8_0(&numbers(1_100 * BLOCK, 3), BLOCK);
        let exact = q8_0.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
        let mut store = Store::with_room(0);
        let matrix = store.take_q8_0(&mut q8_0.data().unwrap().as_ref(), 1_100, BLOCK).unwrap();
        assert!((0..1_100).all(|row| store.row(&matrix, row).eq(exact[row].iter().copied())));
        assert!(store.take_q8_0(&mut q8_0.data().unwrap().as_ref(), 1_101, BLOCK).is_err(), "too short");
    }

    #[test]
    fn numbers_that_are_none_are_not_hidden() {
        let mut store = Store::with_room(0);
        let ones = store.take(&[1.0; BLOCK], BLOCK).unwrap();
        assert!(store.times(&ones, &Input::new(&[f32::INFINITY; BLOCK], BLOCK), None)[0].is_nan());
        assert!(store.take(&[f32::INFINITY; BLOCK], BLOCK).is_err());
        assert!(
            store.take_q8_0(&mut [0xFF; FILE_BLOCK].as_slice(), 1, BLOCK).is_err(),
            "a scale that is no number"
        );
    }

    #[test]
    fn zeros_stay_zeros() {
        let mut store = Store::with_room(0);
        let zero = store.take(&[0.0; BLOCK], BLOCK).unwrap();
        assert_eq!(store.times(&zero, &Input::new(&numbers(BLOCK, 4), BLOCK), None), [0.0]);
    }
}
