//! How many requests a second go through all the layers, when the handler does nothing.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::Home,
};
use anyhow::{Context, Result, ensure};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Connections, each with one request under way.
const CONNECTIONS: usize = 64;
const COUNTED: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_millis(500);
const REQUEST: &[u8] = b"GET /health HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n";

/// The group.
pub(super) struct Health;

#[async_trait::async_trait(?Send)]
impl Group for Health {
    fn figures(&self) -> &'static [Figure] {
        const { &[Figure::at_least("health_per_s", "1/s", 45_000.0)] }
    }

    fn on(&self) -> &'static str {
        "SQLite; all layers; 64 kept connections with one request under way on each; the generator writes and reads bytes \
         itself, because an HTTP client would take most of the processor; 3 s a run"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let home = Home::new(place)?;
        let server = home.start().await?;
        per_s(&server.address, WARM_UP).await?;
        let mut runs = Runs::default();
        for _ in 0..RUNS {
            runs.add("health_per_s", per_s(&server.address, COUNTED).await?);
        }
        server.stop().await?;
        Ok(runs)
    }
}

async fn per_s(address: &str, time: Duration) -> Result<f64> {
    let mut asking = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(address).await?;
        asking.spawn(async move { connection.count_until(Instant::now() + time).await });
    }
    let begun = Instant::now();
    let mut sum = 0;
    while let Some(counted) = asking.join_next().await {
        sum += counted?.context("a connection broke")?;
    }
    Ok(f64::from(sum) / begun.elapsed().as_secs_f64())
}

/// A kept connection whose answers all have the same length.
struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    /// Asks once to learn how long an answer is.
    async fn open(address: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address.trim_start_matches("http://")).await?;
        stream.set_nodelay(true)?;
        stream.write_all(REQUEST).await?;
        let mut answer = Vec::new();
        while !is_whole(&answer) {
            ensure!(stream.read_buf(&mut answer).await? > 0, "the server closed the connection");
        }
        Ok(Self { stream, answer })
    }

    async fn count_until(&mut self, end: Instant) -> Result<u32> {
        let mut counted = 0;
        while Instant::now() < end {
            self.stream.write_all(REQUEST).await?;
            self.stream.read_exact(&mut self.answer).await?;
            ensure!(
                self.answer.starts_with(b"HTTP/1.1 200 ") && self.answer.ends_with(b"}"),
                "an answer is unlike the first: {}",
                String::from_utf8_lossy(&self.answer)
            );
            counted += 1;
        }
        Ok(counted)
    }
}

/// Says whether head and body are there.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is_there() {
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{"));
        assert!(is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
    }
}
