//! A program that a test needs: started on a free port, killed when it is dropped.
//!
//! Nothing but std, so that the tests of any room can take this file in (`#[path = …] mod process;`).
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot begin has failed, or says why not"
)]

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A running program. Dropping it kills it and waits until it is gone.
pub(crate) struct Process {
    child: Child,
    /// Where it was told to listen, on 127.0.0.1.
    pub(crate) port: u16,
}

impl Process {
    /// Starts what `command` makes for a port nobody listens on, and waits until a GET of `ready_path` is answered with
    /// 200. Panics when that does not happen within a minute.
    pub(crate) fn start(ready_path: &str, command: impl FnOnce(u16) -> Command) -> Self {
        let port = free_port();
        let child = command(port)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program can be started");
        let mut process = Self { child, port };
        let give_up_at = Instant::now() + Duration::from_secs(60);
        while !process.answers(ready_path) {
            let gone = process.child.try_wait().expect("its state can be read");
            assert!(gone.is_none(), "the program ended: {gone:?}");
            assert!(Instant::now() < give_up_at, "the program does not answer at {ready_path}");
            thread::sleep(Duration::from_millis(50));
        }
        process
    }

    fn answers(&self, path: &str) -> bool {
        let Ok(mut socket) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) else { return false };
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let mut start = [0; 12];
        socket.set_read_timeout(Some(Duration::from_secs(2))).is_ok()
            && socket.write_all(request.as_bytes()).is_ok()
            && socket.read_exact(&mut start).is_ok()
            && start.ends_with(b" 200")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// A port nobody listens on at this moment.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

/// The path in an environment variable; without it the test says that it is skipped.
pub(crate) fn given(variable: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test asks where the programs it needs are")]
    let path = std::env::var(variable).ok().filter(|path| !path.is_empty()).map(PathBuf::from);
    if path.is_none() {
        println!("skipped: {variable} is not set");
    }
    path
}
