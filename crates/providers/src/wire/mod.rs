//! From bytes on the wire to whole frames of JSON, never holding more than the limits say.
//!
//! # Design
//! The crate `genai` 0.7.2 was meant to stand here and was measured first. Its reader has no limit on a line or on an
//! error's body, and its poll loop never yields while bytes arrive: against a server that sends one endless line, a
//! `tokio::time::timeout` of 20 s had not fired after 58 s, one core was busy all the time, and the stream could not be
//! dropped, so a Stop would have done nothing. Two such servers stop a small machine. It takes a `reqwest::Client` and
//! nothing that could stand between, it ends a cut-off Gemini or Ollama answer as if it were whole, and it logs frames
//! at `warn`. What is needed of it (four requests, four frames) is smaller than the layer around it would have been.

mod body;
mod frames;
mod lines;

pub(crate) use body::up_to;
pub(crate) use frames::{Frames, Framing};
pub(crate) use lines::{Lines, WireFault};
