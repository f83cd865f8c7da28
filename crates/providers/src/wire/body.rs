//! A body that is read at once.

use super::WireFault;
use reqwest::Response;
use tokio::task::coop::consume_budget;

/// The first `bytes_max` bytes of a body, and whether that is all of it.
pub(crate) async fn up_to(mut response: Response, bytes_max: usize) -> Result<(Vec<u8>, bool), WireFault> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|_| WireFault::Broken)? {
        consume_budget().await;
        let room = bytes_max - body.len();
        if piece.len() > room {
            body.extend_from_slice(&piece[..room]);
            return Ok((body, false));
        }
        body.extend_from_slice(&piece);
    }
    Ok((body, true))
}
