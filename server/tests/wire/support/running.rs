//! A studio that runs.

use super::Person;
use reqwest::blocking::Client;
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver},
    },
    thread,
    time::{Duration, Instant},
};

/// A studio that runs; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    log: Arc<Mutex<Vec<String>>>,
    pub(crate) url: String,
    pub(crate) code: Option<String>,
    client: Client,
}

impl Running {
    /// Starts it and waits until it answers.
    pub(super) fn start(mut command: Command, url: String, client: Client) -> Self {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = quiet.stderr(Stdio::piped()).spawn().unwrap();
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
        let mut running = Self { child, lines, log, url, code: None, client };
        running.wait_until_it_answers();
        running
    }

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
                self.client.get(format!("{}/health", self.url)).send().is_ok_and(|r| r.status().is_success());
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

    /// A path as the studio sees it, for one that runs inside something.
    pub(crate) fn inside(&self, path: &Path) -> PathBuf {
        Path::new("/proc")
            .join(self.child.id().to_string())
            .join("root")
            .join(path.strip_prefix("/").unwrap())
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it dies by itself; false, and killed, when it does not.
    pub(crate) fn died(mut self) -> bool {
        let limit = Instant::now() + Duration::from_secs(10);
        while self.child.try_wait().unwrap().is_none() {
            if Instant::now() > limit {
                self.kill();
                return false;
            }
            thread::sleep(Duration::from_millis(2));
        }
        true
    }

    /// Sends it a signal: `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success(), "SIG{name}");
    }

    /// SIGTERM, and waits for its end.
    pub(crate) fn stop(mut self) {
        self.signal("TERM");
        let limit = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < limit, "it does not end\n{}", self.logged().join("\n"));
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Somebody at a browser.
    pub(crate) fn somebody(&self) -> Person {
        Person::through(self.client.clone(), &self.url)
    }

    /// The first owner, signed in.
    pub(crate) fn owner(&self) -> Person {
        let mut person = self.somebody();
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
