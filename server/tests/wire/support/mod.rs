//! A real studio for tests: the binary itself, on a free port, with its state in a folder that goes away; and a person with
//! a passkey (1Password's client, written independently of the server's library).

pub(crate) mod authority;
mod beside;
pub(crate) mod gate;
pub(crate) mod outside;
mod person;
mod postgres;
mod running;
pub(crate) mod upstream;

pub(crate) use beside::{beside, to};
pub(crate) use person::{Answer, Person};
pub(crate) use postgres::databases;
pub(crate) use running::Running;

use reqwest::blocking::{Client, ClientBuilder};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// What a studio is started with: it can be started again on the same state.
pub(crate) struct Studio {
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
    pub(crate) settings: BTreeMap<String, String>,
    /// A command that runs the studio inside something: the words before it.
    within: Vec<String>,
    /// Whom its clients trust, where it has an https address.
    authority: Option<Arc<authority::Authority>>,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Studio {
    /// On SQLite, with the mock models.
    pub(crate) fn new() -> Self {
        // No test reaches a rate that it does not set itself.
        let settings = [
            ("MOCK_MODE", "true"),
            ("LOCAL_MODEL", "none"),
            ("LOG_FORMAT", "json"),
            ("LOG_LEVEL", "DEBUG"),
            ("MAX_API_CALLS_PER_MINUTE", "1000000"),
            ("MAX_REQUESTS_PER_MINUTE", "1000000"),
        ];
        let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            settings,
            within: Vec::new(),
            authority: None,
        }
    }

    /// Where its state lies.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The same, with its state on a disk of this size: a file system of its own, which only it sees. `None` where this
    /// machine does not let its users make one.
    pub(crate) fn on_a_disk_of(mut self, size: &str) -> Option<Self> {
        let mount = format!("mount -t tmpfs -o mode=0700,size={size} none \"$0\" && exec \"$@\"");
        let words = ["unshare", "--map-root-user", "--mount", "sh", "-c", &mount];
        std::fs::create_dir(self.data()).unwrap();
        let data = self.data().display().to_string();
        self.within = words.into_iter().map(str::to_owned).chain([data]).collect();
        let tried = Command::new("unshare").args(&self.within[1..]).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success()).then_some(self)
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

    /// A sub-command, not yet run.
    pub(crate) fn command(&self, word: &str) -> Command {
        let mut words = self.within.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_vobio"), word]);
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PORT", self.port.to_string())
            .env("VOBIO_DATA", self.data())
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
        let (url, client) = match &self.authority {
            Some(authority) => (
                format!("https://{}:{}", authority::HOST, self.port),
                authority.client(self.port).build().unwrap(),
            ),
            None => (format!("http://localhost:{}", self.port), client()),
        };
        Running::start(self.command("serve"), url, client)
    }
}

/// A client that follows nothing and keeps nothing.
pub(crate) fn client() -> Client {
    builder().build().unwrap()
}

/// The same, to be told more.
pub(crate) fn builder() -> ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.no_proxy().timeout(Duration::from_secs(60))
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

/// An id, as text.
pub(crate) fn id(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A prompt that the mock model answers with so many words at such a pace.
pub(crate) fn slowly(tokens: u32, per_s: u32) -> String {
    format!("!mock {}", json!({ "tokens": tokens, "per_s": per_s }))
}

/// HTML's own spelling undone.
pub(crate) fn unescaped(html: &str) -> String {
    let undone = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    undone.replace("&#x27;", "'").replace("&#39;", "'").replace("&amp;", "&")
}
