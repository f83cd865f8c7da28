//! Looks whether weights fit before they are loaded: a process that runs out of memory is killed, not told.

use crate::fault::{WeightsFault, file_name};
use crate::gguf::{Header, TensorEntry};
use crate::shape::Shape;
use candle_core::quantized::GgmlDType;
use std::path::Path;

/// A conversation of this many tokens has to fit beside the weights.
const CONVERSATION_TOKENS: u64 = 2_048;
/// Tokenizer and buffers, measured on the default model.
const BESIDE_BYTES: u64 = 64 << 20;

/// The weights at `path` fit into what the machine has free; also where the machine does not say.
pub(crate) fn check(header: &Header, shape: &Shape, path: &Path) -> Result<(), WeightsFault> {
    let needed = bytes_needed(header, shape);
    match std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| bytes_free(&text)) {
        Some(free) if needed > free => Err(WeightsFault::TooLarge {
            file: file_name(path),
            mib_needed: needed >> 20,
            mib_free: free >> 20,
        }),
        _ => Ok(()),
    }
}

fn bytes_needed(header: &Header, shape: &Shape) -> u64 {
    let numbers = |tensor: &TensorEntry| tensor.dims.iter().product::<u64>();
    // A byte for each, and four for the scale of 32.
    let weights = header.matrix_numbers() / 8 * 9;
    // While one is read that is not Q8_0, it stands there as in the file and as f32, too.
    let largest = header
        .tensors
        .values()
        .filter(|tensor| tensor.kind != GgmlDType::Q8_0)
        .map(|tensor| tensor.bytes + 8 * numbers(tensor))
        .max()
        .unwrap_or(0);
    weights + largest + CONVERSATION_TOKENS * shape.cache_bytes_per_token() + BESIDE_BYTES
}

/// `MemAvailable` of Linux' meminfo, in bytes.
fn bytes_free(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_what_linux_calls_available() {
        let text = "MemTotal:       24000000 kB\nMemFree:          100000 kB\nMemAvailable:   20000000 kB\n";
        assert_eq!(bytes_free(text), Some(20_480_000_000));
        assert_eq!(bytes_free("nothing of that kind"), None);
    }
}
