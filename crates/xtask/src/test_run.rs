//! `make test-run`: `make run` itself, in a fresh clone with no target folder, no state and no weights. A person with
//! a virtual authenticator meets what it starts; then it is started again and must build and fetch nothing.

use crate::{
    place,
    setup::{self, Browsing},
    sh,
    test::{browser, postgres::free_port},
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// From nothing on a slow machine; a second start has no such excuse.
const FIRST_START_MAX: Duration = Duration::from_secs(90 * 60);
const SECOND_START_MAX: Duration = Duration::from_secs(60);

/// Runs it, and says what the two starts took.
pub(crate) fn run() -> Result<()> {
    let tools = setup::tools()?;
    let copy = Copy::make()?;
    let first = copy.start(FIRST_START_MAX)?;
    println!("test-run: served after {:.0} s from nothing", first.seconds);
    let code = first.owner_code.clone().context("`make run` printed no owner code")?;
    meet(&tools.browsing, &copy, &code)?;
    first.stop();

    let second = copy.start(SECOND_START_MAX)?;
    println!("test-run: served after {:.1} s the second time", second.seconds);
    let built: Vec<&String> = second.lines.iter().filter(|line| is_work(line)).collect();
    let had_owner = second.owner_code.is_none();
    if !built.is_empty() {
        bail!("the second start worked again: {built:?}");
    }
    if !had_owner {
        bail!("the second start forgot the owner");
    }
    println!("test-run: ok");
    Ok(())
}

/// The journey that someone takes who has just typed `make run`.
fn meet(browsing: &Browsing, copy: &Copy, code: &str) -> Result<()> {
    let url = format!("http://localhost:{}", copy.port);
    let count = browser::playwright(
        browsing,
        "make-run",
        &[("VOBIO_TEST_URL", url.as_str()), ("VOBIO_TEST_OWNER_CODE", code)],
    )?;
    println!("test-run: {count}");
    Ok(())
}

fn is_work(line: &str) -> bool {
    ["Compiling ", "Downloading ", "fetching ", "installing "].iter().any(|word| line.contains(word))
}

/// A clone of what is committed, removed when dropped.
struct Copy {
    folder: PathBuf,
    port: u16,
}

impl Copy {
    fn make() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("vobio-make-run-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        sh::read(
            Command::new("git").args(["clone", "--quiet"]).arg(place::root()).arg(folder.join("checkout")),
        )?;
        if !sh::read(Command::new("git").args(["status", "--porcelain"]).current_dir(place::root()))?
            .is_empty()
        {
            println!("test-run: what is not committed is not tested");
        }
        Ok(Self { folder, port: free_port()? })
    }

    fn checkout(&self) -> PathBuf {
        self.folder.join("checkout")
    }

    /// `make run` up to the moment it serves.
    fn start(&self, limit: Duration) -> Result<Running> {
        let begun = Instant::now();
        let mut make = Command::new("make");
        make.arg("run").current_dir(self.checkout());
        for name in [
            "CARGO_TARGET_DIR",
            "LOCAL_MODEL",
            "DATABASE_URL",
            "VOBIO_URL",
            "VOBIO_HOST",
            "LOG_LEVEL",
            "MAKEFLAGS",
        ] {
            make.env_remove(name);
        }
        let port = self.port.to_string();
        make.env("PORT", port).env("VOBIO_DATA", self.folder.join("data"));
        make.env("XDG_CACHE_HOME", self.folder.join("cache"));
        // A group of its own, so that all of it can be stopped.
        make.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = make.spawn().context("cannot start make")?;
        let (sender, lines) = mpsc::channel();
        for output in [child.stdout.take().map(reader), child.stderr.take().map(reader)].into_iter().flatten()
        {
            let sender = sender.clone();
            // It reads on when nobody listens any more: the server must be able to write its log.
            thread::spawn(move || {
                output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)))
            });
        }
        drop(sender);
        let mut running = Running { child, owner_code: None, seconds: 0.0, lines: Vec::new() };
        running.wait(&lines, limit, &format!("localhost:{}", self.port), begun)?;
        Ok(running)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        forget_override(&self.checkout());
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// rustup remembers which toolchain a folder wants; this folder is about to vanish.
fn forget_override(checkout: &Path) {
    let _ = sh::read(Command::new("rustup").args(["override", "unset", "--path"]).arg(checkout));
}

fn reader(output: impl std::io::Read + Send + 'static) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::new(output))
}

/// A `make run` that serves.
struct Running {
    child: Child,
    owner_code: Option<String>,
    seconds: f64,
    lines: Vec<String>,
}

impl Running {
    /// Reads until the log says that it serves; the address and the owner code come before that.
    fn wait(
        &mut self,
        lines: &mpsc::Receiver<String>,
        limit: Duration,
        address: &str,
        begun: Instant,
    ) -> Result<()> {
        let mut is_announced = false;
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            let line = match lines.recv_timeout(left) {
                Ok(line) => line,
                Err(mpsc::RecvTimeoutError::Timeout) => bail!("`make run` did not serve within {limit:?}"),
                Err(mpsc::RecvTimeoutError::Disconnected) => bail!("`make run` ended: {}", self.last_lines()),
            };
            println!("  | {line}");
            is_announced |= line.contains(" is at ") && line.contains(address);
            if let Some((_, code)) = line.split_once("owner code: ") {
                self.owner_code = Some(code.trim().to_owned());
            }
            let is_serving = is_announced && line.contains("serving");
            self.lines.push(line);
            if is_serving {
                self.seconds = begun.elapsed().as_secs_f64();
                return Ok(());
            }
        }
    }

    fn last_lines(&self) -> String {
        self.lines[self.lines.len().saturating_sub(5)..].join("\n  ")
    }

    /// As Ctrl-C in the terminal would.
    fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        // Without `--`: Debian's sh does not know it.
        let asked = sh::read(Command::new("sh").args(["-c", &format!("kill -INT -{}", self.child.id())]));
        if let Err(error) = asked {
            eprintln!("test-run: `make run` could not be interrupted: {error:#}");
            let _gone = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(text: &[&str]) -> (Result<()>, Running) {
        let (sender, lines) = mpsc::channel();
        text.iter().for_each(|line| sender.send((*line).to_owned()).unwrap());
        drop(sender);
        let child = Command::new("true").spawn().unwrap();
        let mut running = Running { child, owner_code: None, seconds: 0.0, lines: Vec::new() };
        let result = running.wait(&lines, Duration::from_secs(60), "localhost:1234", Instant::now());
        (result, running)
    }

    #[test]
    fn the_owner_code_is_read_before_the_server_serves() {
        let (result, running) = listen(&[
            "Vobio AI Studio is at http://localhost:1234",
            "It has no owner yet. Open /login and enter this one-time owner code: AB-CD",
            "{\"message\":\"serving\"}",
        ]);
        assert!(result.is_ok());
        assert_eq!(running.owner_code.as_deref(), Some("AB-CD"));
    }

    #[test]
    fn a_make_run_that_ends_says_its_last_lines() {
        let (result, _) = listen(&["error: no space left"]);
        assert!(result.unwrap_err().to_string().contains("no space left"));
    }

    #[test]
    fn work_is_recognised() {
        assert!(is_work("   Compiling serde v1") && !is_work("site: unchanged (vobio.1)"));
    }
}
