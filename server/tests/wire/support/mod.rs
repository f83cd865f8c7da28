//! A real studio for tests: the binary itself, on a free port, with its state in a folder that goes away; and a person with
//! a passkey (1Password's client, written independently of the server's library).

mod person;
mod postgres;

pub(crate) use person::Person;
pub(crate) use postgres::databases;

use reqwest::blocking::Client;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver},
    },
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A studio that runs; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    log: Arc<Mutex<Vec<String>>>,
    pub(crate) url: String,
    pub(crate) code: Option<String>,
}

/// What a studio is started with: it can be started again on the same state.
pub(crate) struct Studio {
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
    pub(crate) settings: BTreeMap<String, String>,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Studio {
    /// On SQLite, with the mock models.
    pub(crate) fn new() -> Self {
        let settings =
            [("MOCK_MODE", "true"), ("LOCAL_MODEL", "none"), ("LOG_FORMAT", "json"), ("LOG_LEVEL", "DEBUG")];
        let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        Self { folder: tempfile::tempdir().unwrap(), port: free_port(), settings }
    }

    /// The same with one more setting.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// On a database of [`databases`].
    pub(crate) fn on(self, database: &Option<String>) -> Self {
        match database {
            Some(url) => self.with("DATABASE_URL", url),
            None => self,
        }
    }

    fn command(&self, word: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vobio"));
        command
            .arg(word)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PORT", self.port.to_string())
            .env("VOBIO_DATA", self.folder.path().join("data"))
            .envs(&self.settings);
        command
    }

    /// Runs a sub-command to its end.
    pub(crate) fn run(&self, words: &[&str]) -> Output {
        let mut command = self.command(words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).output().unwrap()
    }

    /// Starts it and waits until it answers.
    pub(crate) fn start(&self) -> Running {
        let mut child = self
            .command("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = mpsc::channel();
        let log = Arc::new(Mutex::new(Vec::new()));
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let kept = log.clone();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line.clone());
                let _ = send.send(line);
            }
        });
        let mut running =
            Running { child, lines, log, url: format!("http://localhost:{}", self.port), code: None };
        running.wait_until_it_answers();
        running
    }
}

impl Running {
    fn wait_until_it_answers(&mut self) {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the studio ended: {status}\n{}", self.logged().join("\n"));
            }
            while let Ok(line) = self.lines.try_recv() {
                if let Some((_, code)) = line.split_once("owner code: ") {
                    self.code = Some(code.to_owned());
                }
            }
            let answers =
                client().get(format!("{}/health", self.url)).send().is_ok_and(|r| r.status().is_success());
            if answers && self.logged().iter().any(|line| line.contains("\"serving\"")) {
                // The code's line comes before the last one.
                while let Ok(line) = self.lines.try_recv() {
                    if let Some((_, code)) = line.split_once("owner code: ") {
                        self.code = Some(code.to_owned());
                    }
                }
                return;
            }
            assert!(Instant::now() < limit, "the studio does not answer\n{}", self.logged().join("\n"));
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Everything it has logged.
    pub(crate) fn logged(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for its end.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let limit = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < limit, "it does not end\n{}", self.logged().join("\n"));
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The first owner, signed in.
    pub(crate) fn owner(&self) -> Person {
        let mut person = Person::new(&self.url);
        person.set_up(self.code.as_deref().expect("an owner code"), "Ana");
        person
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let logged = self.logged();
            let tail = logged.len().saturating_sub(30);
            println!("--- the studio's last lines\n{}", logged[tail..].join("\n"));
        }
    }
}

/// A client that follows nothing and keeps nothing.
pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

/// Whether a file can be read by its owner alone.
pub(crate) fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode().trailing_zeros() >= 6
}

/// Waits until something holds.
pub(crate) fn until<T>(what: &str, mut there: impl FnMut() -> Option<T>) -> T {
    let limit = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(value) = there() {
            return value;
        }
        assert!(Instant::now() < limit, "waited in vain for: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
