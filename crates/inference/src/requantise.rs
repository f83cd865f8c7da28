//! Weights that are slow here, turned once into ones that are fast.
//!
//! candle has no vector kernel for Q4_1 (the default weights as they are published); the same weights as Q8_0 answer
//! two to three times as fast and use half as much memory again.

use crate::fault::{WeightsFault, file_name};
use crate::gguf::Header;
use crate::known::{hex, sha256_hex};
use candle_core::Device;
use candle_core::quantized::gguf_file::{self, Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Metadata: the SHA-256 of everything after the header, in hex. Looked at when the weights are loaded.
pub(crate) const DATA_DIGEST_KEY: &str = "vobio.data.sha256";
/// Metadata: the SHA-256 of the file these weights were made from, in hex.
pub(crate) const SOURCE_DIGEST_KEY: &str = "vobio.source.sha256";

/// `general.file_type` of a file that is mostly Q8_0.
const MOSTLY_Q8_0: u32 = 7;
/// What candle's writer aligns tensors to.
const ALIGNMENT: usize = 32;

/// Why weights could not be turned into others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequantiseError {
    /// The input is not what it should be.
    #[error(transparent)]
    Weights(#[from] WeightsFault),
    /// The output cannot be written.
    #[error(
        "{file} cannot be written ({why}). Check that there is room on the disk and that the folder is yours."
    )]
    Write {
        /// The output's name.
        file: String,
        /// The operating system's words.
        why: String,
    },
}

/// Writes the llama-family weights `input` to `output` with every quantised matrix as Q8_0; everything else stays.
///
/// All or nothing: an `output` that exists afterwards is whole (it is written beside its place, checked, flushed to
/// the disk, and renamed). Blocks; needs memory for the output's weights. Twice the same input gives the same bytes.
pub fn requantise(input: &Path, output: &Path) -> Result<(), RequantiseError> {
    let header = Header::read(input)?;
    let source = sha256_hex(input).map_err(|error| WeightsFault::io(input, &error))?;
    let (metadata, tensors) = read(input, &header)?;
    let metadata = describe(metadata, &tensors, source)?;

    let cannot_write =
        |why: &dyn ToString| RequantiseError::Write { file: file_name(output), why: why.to_string() };
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let part = Part(folder.join(format!(".{}.{}.part", file_name(output), std::process::id())));
    let file = File::create(&part.0).map_err(|error| cannot_write(&error))?;
    let mut writer = BufWriter::with_capacity(1 << 18, file);
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let named: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    gguf_file::write(&mut writer, &metadata, &named).map_err(|error| cannot_write(&error))?;
    writer.flush().map_err(|error| cannot_write(&error))?;
    writer.get_ref().sync_all().map_err(|error| cannot_write(&error))?;
    Header::read(&part.0)?;
    std::fs::rename(&part.0, output).map_err(|error| cannot_write(&error))?;
    // The name is on the disk when its folder is; not every system can do that, and then the next start finds out.
    let _unsupported = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// A file that goes away unless it was renamed.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _renamed = std::fs::remove_file(&self.0);
    }
}

type Metadata = Vec<(String, Value)>;
type Tensors = Vec<(String, QTensor)>;

/// Metadata and tensors, sorted by name; matrices as Q8_0.
fn read(input: &Path, header: &Header) -> Result<(Metadata, Tensors), WeightsFault> {
    let damaged = |error: candle_core::Error| WeightsFault::damaged(input, error.to_string());
    let file = File::open(input).map_err(|error| WeightsFault::io(input, &error))?;
    let mut file = BufReader::with_capacity(1 << 18, file);
    let content = Content::read(&mut file).map_err(damaged)?;
    let mut names: Vec<&String> = header.tensors.keys().collect();
    names.sort();
    let mut tensors = Vec::with_capacity(names.len());
    for name in names {
        let tensor = content.tensor(&mut file, name, &Device::Cpu).map_err(damaged)?;
        let quantised = !matches!(tensor.dtype(), GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
        let tensor = if tensor.rank() == 2 && quantised && tensor.dtype() != GgmlDType::Q8_0 {
            let full = tensor.dequantize(&Device::Cpu).map_err(damaged)?;
            QTensor::quantize(&full, GgmlDType::Q8_0).map_err(damaged)?
        } else {
            tensor
        };
        tensors.push((name.clone(), tensor));
    }
    let mut metadata: Metadata = content.metadata.into_iter().collect();
    metadata.sort_by(|a, b| a.0.cmp(&b.0));
    Ok((metadata, tensors))
}

/// The metadata with what has changed.
fn describe(metadata: Metadata, tensors: &Tensors, source: String) -> Result<Metadata, WeightsFault> {
    let mut digest = Sha256::new();
    for (name, tensor) in tensors {
        let data =
            tensor.data().map_err(|error| WeightsFault::damaged(Path::new(name), error.to_string()))?;
        digest.update(&data);
        digest.update(&[0; ALIGNMENT][..data.len().next_multiple_of(ALIGNMENT) - data.len()]);
    }
    let ours = [
        // The writer knows no other alignment.
        ("general.alignment", Value::U32(32)),
        ("general.file_type", Value::U32(MOSTLY_Q8_0)),
        (DATA_DIGEST_KEY, Value::String(hex(&digest.finalize()))),
        (SOURCE_DIGEST_KEY, Value::String(source)),
    ];
    let mut metadata: Metadata =
        metadata.into_iter().filter(|(key, _)| ours.iter().all(|(new, _)| new != key)).collect();
    metadata.extend(ours.map(|(key, value)| (key.to_owned(), value)));
    metadata.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(metadata)
}

#[cfg(test)]
mod tests;
