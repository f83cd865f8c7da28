//! What a token finds in the tokens before it: keys and values that are kept, and the mixing of them.

use crate::matrix::each;
use crate::shape::Shape;
use rayon::ThreadPool;

/// Positions that are looked at together, so that they stay in the fastest memory for all who ask.
const TILE: usize = 64;
/// Numbers that are summed side by side.
const LANES: usize = 16;
/// The first room is at least so many bytes: the allocator maps that much for itself, fills it only where it is
/// written, and gives it back afterwards.
const ROOM_BYTES_MIN: u64 = 33 << 20;

/// Which half of the cache.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Half {
    Keys,
    Values,
}

/// Keys and values of everything that was read: `[block, half, kv_head, room, head_width]`.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    numbers: Vec<f32>,
    /// Positions there is room for.
    room: usize,
}

impl Cache {
    /// Makes room for `total` positions; the first `filled` stay.
    pub(crate) fn make_room(&mut self, total: usize, filled: usize, shape: &Shape) {
        if total <= self.room {
            return;
        }
        let first = usize::try_from(ROOM_BYTES_MIN / shape.cache_bytes_per_token()).unwrap_or(0);
        let room = total.max(self.room * 2).max(first).min(shape.context.max(total));
        let width = shape.head_width;
        let mut grown = vec![0.0; shape.blocks * 2 * shape.kv_heads * room * width];
        if self.room > 0 {
            let heads = self.numbers.chunks_exact(self.room * width);
            for (new, old) in grown.chunks_exact_mut(room * width).zip(heads) {
                new[..filled * width].copy_from_slice(&old[..filled * width]);
            }
        }
        *self = Self { numbers: grown, room };
    }

    /// Writes `vectors` (`[count, kv_heads × head_width]`) at positions `at..`.
    pub(crate) fn put(&mut self, block: usize, half: Half, at: usize, vectors: &[f32], shape: &Shape) {
        let width = shape.head_width;
        for (number, vector) in vectors.chunks_exact(shape.kv_heads * width).enumerate() {
            for (head, part) in vector.chunks_exact(width).enumerate() {
                let start = self.start(block, half, head, shape) + (at + number) * width;
                self.numbers[start..start + width].copy_from_slice(part);
            }
        }
    }

    fn head(&self, block: usize, half: Half, head: usize, total: usize, shape: &Shape) -> &[f32] {
        &self.numbers[self.start(block, half, head, shape)..][..total * shape.head_width]
    }

    fn start(&self, block: usize, half: Half, head: usize, shape: &Shape) -> usize {
        ((block * 2 + half as usize) * shape.kv_heads + head) * self.room * shape.head_width
    }

    /// What the tokens at positions `at..` find with `query` (`[count, heads × head_width]`); the same shape.
    pub(crate) fn find(
        &self,
        block: usize,
        query: &[f32],
        at: usize,
        shape: &Shape,
        pool: Option<&ThreadPool>,
    ) -> Vec<f32> {
        let (width, group) = (shape.head_width, shape.heads / shape.kv_heads);
        let count = query.len() / (shape.heads * width);
        // The heads that share keys work together: `[kv_head, count, group × head_width]`.
        let mut by_head = vec![0.0; query.len()];
        each(pool, &mut by_head, count * group * width, |head, out| {
            let keys = self.head(block, Half::Keys, head, at + count, shape);
            let values = self.head(block, Half::Values, head, at + count, shape);
            let queries: Vec<&[f32]> = query
                .chunks_exact(shape.heads * width)
                .flat_map(|token| token[head * group * width..][..group * width].chunks_exact(width))
                .collect();
            let seen = |number: usize| at + number / group + 1;
            let shares = shares(&queries, keys, at + count, seen);
            mix(&shares, values, at + count, seen, width, out);
        });
        let mut found = vec![0.0; query.len()];
        for (head, tokens) in by_head.chunks_exact(count * group * width).enumerate() {
            for (token, part) in tokens.chunks_exact(group * width).enumerate() {
                found[(token * shape.kv_heads + head) * group * width..][..group * width]
                    .copy_from_slice(part);
            }
        }
        found
    }
}

/// How much of each position each query takes: `[queries, total]`; query `number` looks at the first `seen(number)`.
fn shares(queries: &[&[f32]], keys: &[f32], total: usize, seen: impl Fn(usize) -> usize) -> Vec<f32> {
    let width = keys.len() / total;
    let scale = 1.0 / (width as f32).sqrt();
    let mut shares = vec![0.0; queries.len() * total];
    for (tile, keys) in keys.chunks(TILE * width).enumerate() {
        for (number, query) in queries.iter().enumerate() {
            let row = &mut shares[number * total..][..seen(number)];
            let row = row.get_mut(tile * TILE..).unwrap_or_default();
            for (share, key) in row.iter_mut().zip(keys.chunks_exact(width)) {
                *share = dot(query, key) * scale;
            }
        }
    }
    for (number, row) in shares.chunks_exact_mut(total).enumerate() {
        let row = &mut row[..seen(number)];
        let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for share in row.iter_mut() {
            *share = (*share - highest).exp();
            sum += *share;
        }
        for share in row {
            *share /= sum;
        }
    }
    shares
}

/// The values by their shares, into `out` (`[queries, width]`).
fn mix(
    shares: &[f32],
    values: &[f32],
    total: usize,
    seen: impl Fn(usize) -> usize,
    width: usize,
    out: &mut [f32],
) {
    for (tile, values) in values.chunks(TILE * width).enumerate() {
        for (number, out) in out.chunks_exact_mut(width).enumerate() {
            let shares = shares[number * total..][..seen(number)].get(tile * TILE..).unwrap_or_default();
            let (lanes, rest) = out.as_chunks_mut::<LANES>();
            for (place, lanes) in lanes.iter_mut().enumerate() {
                let mut sums = *lanes;
                for (share, value) in shares.iter().zip(values.chunks_exact(width)) {
                    let (value, _) = value[place * LANES..].as_chunks::<LANES>();
                    for lane in 0..LANES {
                        sums[lane] += share * value[0][lane];
                    }
                }
                *lanes = sums;
            }
            let start = width - rest.len();
            for (share, value) in shares.iter().zip(values.chunks_exact(width)) {
                for (out, value) in rest.iter_mut().zip(&value[start..]) {
                    *out += share * value;
                }
            }
        }
    }
}

/// In lanes, because floats may not be reordered by the compiler and one sum after the other would wait for itself.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(head_width: usize) -> Shape {
        Shape {
            blocks: 2,
            width: 64,
            heads: 4,
            kv_heads: 2,
            head_width,
            vocab: 1,
            context: 4_096,
            rms_eps: 1e-5,
            rope_base: 1e4,
            rope_factors: false,
            tied: true,
        }
    }

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7_919 + seed * 104_729) % 1_000) as f32 / 500.0 - 1.0).collect()
    }

    /// A cache of `total` positions in block 1.
    fn filled(total: usize, shape: &Shape) -> Cache {
        let mut cache = Cache::default();
        cache.make_room(total, 0, shape);
        let width = shape.kv_heads * shape.head_width;
        cache.put(1, Half::Keys, 0, &numbers(total * width, 1), shape);
        cache.put(1, Half::Values, 0, &numbers(total * width, 2), shape);
        cache
    }

    #[test]
    fn what_is_found_is_the_values_by_their_shares() {
        // Two widths, one of which is not a whole number of lanes, and more positions than a tile has.
        for width in [16, 10] {
            let (shape, at, count) = (shape(width), 90, 3);
            let cache = filled(at + count, &shape);
            let query = numbers(count * shape.heads * width, 3);
            let found = cache.find(1, &query, at, &shape, None);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
            assert_eq!(found, cache.find(1, &query, at, &shape, Some(&pool)));
            for (place, (query, found)) in query.chunks(width).zip(found.chunks(width)).enumerate() {
                let (token, head) = (place / shape.heads, place % shape.heads / 2);
                let seen = at + token + 1;
                let keys = cache.head(1, Half::Keys, head, seen, &shape);
                let values = cache.head(1, Half::Values, head, seen, &shape);
                let weight = |key: &[f32]| (dot(query, key) / (width as f32).sqrt()).exp();
                let sum: f32 = keys.chunks(width).map(weight).sum();
                for (lane, found) in found.iter().enumerate() {
                    let pairs = keys.chunks(width).zip(values.chunks(width));
                    let wanted: f32 = pairs.map(|(key, value)| weight(key) / sum * value[lane]).sum();
                    assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
                }
            }
        }
    }

    #[test]
    fn more_room_keeps_what_was_there() {
        // So wide that the first room is soon full.
        let shape = shape(2_048);
        let mut cache = filled(5, &shape);
        let (room, query) = (cache.room, numbers(shape.heads * 2_048, 3));
        let found = cache.find(1, &query, 4, &shape, None);
        cache.make_room(room + 1, 5, &shape);
        assert_eq!(cache.room, 2 * room);
        assert_eq!(cache.find(1, &query, 4, &shape, None), found);
        cache.make_room(4_096, 5, &shape);
        assert_eq!(cache.room, 4_096, "and never more than the context");
    }
}
