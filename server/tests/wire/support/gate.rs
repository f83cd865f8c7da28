//! A way to a server that can be closed and opened again.

use super::databases;
use reqwest::Url;
use std::{
    io,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Passes connections on while it is open; those that stood are cut when it closes.
pub(crate) struct Gate {
    pub(crate) port: u16,
    links: Arc<Mutex<Links>>,
}

struct Links {
    is_open: bool,
    all: Vec<TcpStream>,
}

impl Gate {
    /// An open gate to `server`, on a free port of this machine.
    pub(crate) fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let links = Arc::new(Mutex::new(Links { is_open: true, all: Vec::new() }));
        let kept = Arc::clone(&links);
        thread::spawn(move || {
            for here in listener.incoming().flatten() {
                let mut links = kept.lock().unwrap();
                if !links.is_open {
                    continue;
                }
                let there = TcpStream::connect(&server).unwrap();
                links.all.extend([here.try_clone().unwrap(), there.try_clone().unwrap()]);
                for (mut from, mut to) in
                    [(here.try_clone().unwrap(), there.try_clone().unwrap()), (there, here)]
                {
                    thread::spawn(move || {
                        let _ = io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        Self { port, links }
    }

    /// A gate to a database of its own on the tests' PostgreSQL, and its address through the gate; none where there is no server.
    pub(crate) fn to_postgres() -> Option<(Self, String)> {
        let database = databases().into_iter().flatten().next()?;
        let mut url = Url::parse(&database).unwrap();
        let gate = Self::to(format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432)));
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(gate.port)).unwrap();
        Some((gate, url.into()))
    }

    /// The server is gone.
    pub(crate) fn close(&self) {
        let mut links = self.links.lock().unwrap();
        links.is_open = false;
        for link in links.all.drain(..) {
            let _ = link.shutdown(Shutdown::Both);
        }
    }

    /// It is back.
    pub(crate) fn open(&self) {
        self.links.lock().unwrap().is_open = true;
    }
}
