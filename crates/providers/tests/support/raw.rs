//! A server that does to a connection whatever a test wants, on plain sockets.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::Receiver,
    },
    thread,
    time::Duration,
};

pub(crate) struct Raw {
    pub(crate) url: String,
    accepted: Arc<AtomicUsize>,
}

impl Raw {
    /// Calls `serve` with each connection, after the head of its request was read, and its number from 0.
    pub(crate) fn start(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let accepted = Arc::new(AtomicUsize::new(0));
        let (serve, count) = (Arc::new(serve), Arc::clone(&accepted));
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let serve = Arc::clone(&serve);
                thread::spawn(move || {
                    let mut socket = socket;
                    if read_request(&mut socket) {
                        serve(socket, number);
                    }
                });
            }
        });
        Self { url, accepted }
    }

    /// A server that says these pieces and closes.
    pub(crate) fn saying(content_type: &'static str, pieces: Vec<Vec<u8>>) -> Self {
        Self::start(move |mut socket, _| {
            _ = head(&mut socket, content_type);
            for piece in &pieces {
                _ = socket.write_all(piece);
            }
        })
    }

    /// How many connections there were.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// Waits for what a connection's thread reports, and lets the runtime turn meanwhile: the client's side of a connection
/// lives there.
pub(crate) async fn reported<T: Send + 'static>(reports: Receiver<T>) -> T {
    let wait = move || reports.recv_timeout(Duration::from_secs(20));
    tokio::task::spawn_blocking(wait).await.unwrap().expect("a report comes")
}

/// The head of an answer whose body ends with the connection.
pub(crate) fn head(socket: &mut TcpStream, content_type: &str) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n");
    socket.write_all(head.as_bytes())
}

/// Reads one request with its body, so that closing afterwards is a clean end and no reset.
fn read_request(socket: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let Ok(count @ 1..) = socket.read(&mut piece) else { return false };
        request.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return true;
            }
        }
    }
}
