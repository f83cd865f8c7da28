//! The header of a GGUF file, read within bounds before anything else touches the file.
//!
//! # Design
//! candle's own reader keeps every array in memory as 32-byte values and trusts the alignment (zero panics), and an
//! allocation that fails aborts the process, which no `catch_unwind` sees. So this walk comes first: it skips arrays,
//! checks every length against the file and every tensor's end against the file's, and is cheap enough to answer
//! "which models are there". What passes here cannot make candle allocate more than a few times the file.

use crate::fault::{WeightsFault, file_name};
use candle_core::quantized::GgmlDType;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Metadata entries and tensors, each; the largest public models have a few thousand.
const ENTRIES_MAX: u64 = 65_536;
/// Elements of all arrays together; a vocabulary of 262,144 tokens with its merges, scores and types has 1.3 million.
const ELEMENTS_MAX: u64 = 8_000_000;
/// A key or a tensor's name, in bytes.
const KEY_BYTES_MAX: u64 = 1_024;
/// One text, in bytes; chat templates have a few thousand.
const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Bytes of one tensor.
const TENSOR_BYTES_MAX: u64 = 1 << 40;

/// One metadata value; arrays only by their length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entry {
    /// Any integer that is not negative.
    Whole(u64),
    /// A negative integer.
    Negative,
    /// Either float.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A text.
    Text(String),
    /// So many elements.
    Array(u64),
}

/// Where a tensor lies and what it looks like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TensorEntry {
    /// Dimensions in the file's order: the fastest first, so a weight is `[inputs, outputs]`.
    pub(crate) dims: Vec<u64>,
    /// How its numbers are stored.
    pub(crate) kind: GgmlDType,
    /// Its bytes.
    pub(crate) bytes: u64,
    /// Where they begin, counted from [`Header::data_start`].
    pub(crate) offset: u64,
}

/// A header that is consistent with itself and with the file's length.
#[derive(Debug)]
pub(crate) struct Header {
    /// The whole file.
    pub(crate) file_bytes: u64,
    /// Where the tensors' bytes begin.
    pub(crate) data_start: u64,
    metadata: HashMap<String, Entry>,
    pub(crate) tensors: HashMap<String, TensorEntry>,
}

impl Header {
    /// Reads and checks the header of `path`; reads none of the tensors.
    pub(crate) fn read(path: &Path) -> Result<Self, WeightsFault> {
        let file = File::open(path).map_err(|error| WeightsFault::io(path, &error))?;
        let meta = file.metadata().map_err(|error| WeightsFault::io(path, &error))?;
        if !meta.is_file() {
            return Err(WeightsFault::damaged(path, "not a regular file"));
        }
        let bytes = meta.len();
        let mut reader =
            Bounded { inner: BufReader::with_capacity(1 << 16, file), at: 0, end: bytes, elements: 0 };
        reader.header().map_err(|broken| match broken {
            Broken::Io(error) => WeightsFault::io(path, &error),
            Broken::Short { bytes_min } => {
                WeightsFault::Incomplete { file: file_name(path), bytes, bytes_min }
            }
            Broken::Wrong(what) => WeightsFault::damaged(path, what),
            Broken::Unknown(what) => WeightsFault::unsupported(path, what),
        })
    }

    /// Numbers in all tensors of two dimensions together.
    pub(crate) fn matrix_numbers(&self) -> u64 {
        self.tensors
            .values()
            .filter(|tensor| tensor.dims.len() == 2)
            .map(|tensor| tensor.dims.iter().product::<u64>())
            .sum()
    }

    /// An integer that is not negative.
    pub(crate) fn whole(&self, key: &str) -> Option<u64> {
        match self.metadata.get(key) {
            Some(Entry::Whole(value)) => Some(*value),
            _ => None,
        }
    }

    /// A float.
    pub(crate) fn float(&self, key: &str) -> Option<f64> {
        match self.metadata.get(key) {
            Some(Entry::Float(value)) => Some(*value),
            _ => None,
        }
    }

    /// A text.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key) {
            Some(Entry::Text(value)) => Some(value),
            _ => None,
        }
    }

    /// An array's length.
    pub(crate) fn array(&self, key: &str) -> Option<u64> {
        match self.metadata.get(key) {
            Some(Entry::Array(len)) => Some(*len),
            _ => None,
        }
    }
}

enum Broken {
    Io(io::Error),
    Short { bytes_min: u64 },
    Wrong(String),
    Unknown(String),
}

fn wrong<T>(what: impl Into<String>) -> Result<T, Broken> {
    Err(Broken::Wrong(what.into()))
}

/// Reads forward, never past the end, never more than the limits.
struct Bounded {
    inner: BufReader<File>,
    at: u64,
    end: u64,
    elements: u64,
}

impl Bounded {
    fn header(&mut self) -> Result<Header, Broken> {
        if self.end < 24 {
            return wrong("too short for a header");
        }
        if &self.array::<4>()? != b"GGUF" {
            return wrong("it does not begin with GGUF");
        }
        let version = self.u32()?;
        if !(2..=3).contains(&version) {
            return Err(Broken::Unknown(format!("GGUF version {version}, known are 2 and 3")));
        }
        let (tensor_count, entry_count) = (self.u64()?, self.u64()?);
        if tensor_count > ENTRIES_MAX || entry_count > ENTRIES_MAX {
            return wrong(format!("{tensor_count} tensors and {entry_count} metadata entries"));
        }
        let mut metadata = HashMap::new();
        for _ in 0..entry_count {
            let key = self.text(KEY_BYTES_MAX)?;
            let kind = self.u32()?;
            let entry = self.entry(kind)?;
            if metadata.insert(key, entry).is_some() {
                return wrong("a metadata key stands twice");
            }
        }
        let alignment = match metadata.get("general.alignment") {
            None => 32,
            Some(Entry::Whole(bytes)) if bytes.is_power_of_two() && *bytes <= 65_536 => *bytes,
            Some(_) => return wrong("the alignment is not a power of two"),
        };
        let mut tensors = HashMap::new();
        let mut data_end = 0;
        for _ in 0..tensor_count {
            let name = self.text(KEY_BYTES_MAX)?;
            let tensor = self.tensor(&name)?;
            if tensor.offset % alignment != 0 {
                return wrong(format!("the tensor {name} is not aligned"));
            }
            data_end = data_end.max(tensor.offset.saturating_add(tensor.bytes));
            if tensors.insert(name, tensor).is_some() {
                return wrong("a tensor's name stands twice");
            }
        }
        let data_start = self.at.next_multiple_of(alignment);
        let bytes_min = data_start.saturating_add(data_end);
        if bytes_min > self.end {
            return Err(Broken::Short { bytes_min });
        }
        Ok(Header { file_bytes: self.end, data_start, metadata, tensors })
    }

    fn tensor(&mut self, name: &str) -> Result<TensorEntry, Broken> {
        let rank = self.u32()?;
        if !(1..=4).contains(&rank) {
            return wrong(format!("the tensor {name} has {rank} dimensions"));
        }
        let dims = (0..rank).map(|_| self.u64()).collect::<Result<Vec<_>, _>>()?;
        let number = self.u32()?;
        let offset = self.u64()?;
        let Some(kind) = kind_of(number) else {
            return Err(Broken::Unknown(format!(
                "its numbers are stored in a way (type {number}) that is not known here"
            )));
        };
        let block = kind.block_size() as u64;
        let elements =
            dims.iter().try_fold(1_u64, |product, dim| product.checked_mul(*dim)).unwrap_or(u64::MAX);
        let bytes = (elements / block).saturating_mul(kind.type_size() as u64);
        if elements == 0 || dims[0] % block != 0 || bytes > TENSOR_BYTES_MAX {
            return wrong(format!("the tensor {name} has an impossible size"));
        }
        Ok(TensorEntry { dims, kind, bytes, offset })
    }

    fn entry(&mut self, kind: u32) -> Result<Entry, Broken> {
        Ok(match kind {
            0 => Entry::Whole(u64::from(self.array::<1>()?[0])),
            1 => signed(i64::from(i8::from_le_bytes(self.array()?))),
            2 => Entry::Whole(u64::from(u16::from_le_bytes(self.array()?))),
            3 => signed(i64::from(i16::from_le_bytes(self.array()?))),
            4 => Entry::Whole(u64::from(self.u32()?)),
            5 => signed(i64::from(i32::from_le_bytes(self.array()?))),
            6 => Entry::Float(f64::from(f32::from_le_bytes(self.array()?))),
            7 => match self.array::<1>()? {
                [0] => Entry::Bool(false),
                [1] => Entry::Bool(true),
                _ => return wrong("a truth value is neither 0 nor 1"),
            },
            8 => Entry::Text(self.text(TEXT_BYTES_MAX)?),
            9 => self.elements()?,
            10 => Entry::Whole(self.u64()?),
            11 => signed(i64::from_le_bytes(self.array()?)),
            12 => Entry::Float(f64::from_le_bytes(self.array()?)),
            _ => return wrong(format!("a metadata value of type {kind}")),
        })
    }

    /// Skips an array.
    fn elements(&mut self) -> Result<Entry, Broken> {
        let kind = self.u32()?;
        let len = self.u64()?;
        self.elements = self.elements.saturating_add(len);
        if self.elements > ELEMENTS_MAX {
            return wrong(format!("arrays of {} elements", self.elements));
        }
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => {
                for _ in 0..len {
                    let bytes = self.u64()?;
                    self.skip(bytes)?;
                }
                return Ok(Entry::Array(len));
            }
            _ => return wrong(format!("an array of type {kind}")),
        };
        self.skip(len * width)?;
        Ok(Entry::Array(len))
    }

    fn text(&mut self, bytes_max: u64) -> Result<String, Broken> {
        let bytes = self.u64()?;
        if bytes > bytes_max {
            return wrong(format!("a text of {bytes} bytes"));
        }
        self.ask(bytes)?;
        // At most a mebibyte, and in the file.
        let mut text = vec![0; usize::try_from(bytes).unwrap_or(0)];
        self.inner.read_exact(&mut text).map_err(Broken::Io)?;
        // Some writers end texts with NUL; candle strips them too.
        while text.last() == Some(&0) {
            text.pop();
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Moves on by `bytes` when the file has them.
    fn ask(&mut self, bytes: u64) -> Result<(), Broken> {
        let to = self.at.saturating_add(bytes);
        if to > self.end {
            return Err(Broken::Short { bytes_min: to });
        }
        self.at = to;
        Ok(())
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Broken> {
        self.ask(bytes)?;
        self.inner.seek_relative(i64::try_from(bytes).unwrap_or(i64::MAX)).map_err(Broken::Io)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        self.ask(N as u64)?;
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes).map_err(Broken::Io)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, Broken> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Broken> {
        self.array().map(u64::from_le_bytes)
    }
}

fn signed(value: i64) -> Entry {
    u64::try_from(value).map_or(Entry::Negative, Entry::Whole)
}

/// The storage types candle can compute with, by their number in the file.
fn kind_of(number: u32) -> Option<GgmlDType> {
    Some(match number {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
