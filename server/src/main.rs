//! `vobio`: the studio in one binary.
//!
//! `serve` (also without a word) · `migrate` · `doctor` · `health` · `setup-code` · `backup FILE` · `restore FILE` · `move-host HOST` ·
//! `ledger verify` · `audit verify|head|export`.
//! Never in this crate: a rule, markup, SQL. It reads the configuration, makes the concrete things and puts them together.

mod audit;
mod backup;
mod boot;
mod clock;
mod config;
mod connection;
mod doctor;
mod folder;
mod health;
mod host;
mod http;
mod ledger;
mod listen;
mod patient;
mod places;
mod refresh;
mod restore;
mod shares;
mod site;
mod sources;
mod taken;
mod telemetry;
mod tls;
mod worker;

use clap::{Parser, Subcommand};
use config::{Config, RawConfig};
use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

/// Vobio AI Studio.
#[derive(Debug, Parser)]
#[command(name = "vobio", version, about = "Vobio AI Studio: a self-hosted studio in one binary")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the studio (this is what happens without a word, too).
    Serve,
    /// Brings the database to this version's schema and ends.
    Migrate,
    /// Says what was understood of the configuration, and what can be reached.
    Doctor,
    /// Asks the studio that runs beside it whether it can work; for containers.
    Health,
    /// Prints a new one-time code: for a studio that has no owner, or for somebody who lost every key.
    SetupCode {
        /// For whom: the whole name, or the id in the address of their page under People. Without it for the only owner.
        #[arg(long)]
        name: Option<String>,
    },
    /// Copies database and keys into a new file, also while the studio serves.
    Backup {
        /// The file to make.
        file: PathBuf,
    },
    /// Puts a backup into an empty state folder.
    Restore {
        /// A file that `backup` made.
        file: PathBuf,
    },
    /// The audit log: whether it is whole, where it ends, all of it.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Takes the studio to the host of VOBIO_URL, although passkeys are bound to another; they stop working.
    MoveHost {
        /// The new host, once more: who types it means it.
        host: String,
    },
    /// Looks after the ledger.
    Ledger {
        /// What to do.
        #[command(subcommand)]
        command: LedgerCommand,
    },
    /// Prints .env.example.
    #[command(hide = true)]
    EnvExample,
    #[cfg(feature = "local-model")]
    /// Makes Q8_0 weights of others, which run several times faster here.
    #[command(hide = true)]
    Requantise {
        /// GGUF weights.
        input: PathBuf,
        /// The file to make.
        output: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum LedgerCommand {
    /// Computes everything anew and names what does not add up; ends with 1 where something does not.
    Verify,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command.unwrap_or(Command::Serve)) {
        // A full disk under `vobio doctor > file` must not end as if the file were whole.
        Ok(_) if UNWRITTEN.load(Ordering::Relaxed) => ExitCode::FAILURE,
        Ok(code) => code,
        Err(error) => {
            say(&format!("vobio: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A line for the person who started the studio.
fn say(line: &str) {
    // Where nobody listens, nobody can be told so.
    let _unheard = writeln!(io::stderr(), "{line}");
}

/// Whether a line that is the result of a command could not be written.
static UNWRITTEN: AtomicBool = AtomicBool::new(false);

/// A line that is the result of a command.
fn print(line: &str) {
    match writeln!(io::stdout(), "{line}") {
        Err(error)
            if error.kind() != io::ErrorKind::BrokenPipe && !UNWRITTEN.swap(true, Ordering::Relaxed) =>
        {
            say(&format!("vobio: this could not be written: {error}"));
        }
        // Who closed the pipe has read enough (`vobio doctor | head -1`); the command goes to its end. The first line that
        // could not be written was said.
        _ => {}
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the environment is read, once")]
fn read_config() -> anyhow::Result<(RawConfig, Config)> {
    let raw = config::read(&std::env::current_dir()?, std::env::vars_os())?;
    let config = Config::new(&raw)?;
    Ok((raw, config))
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::EnvExample => {
            print(config::example().trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        #[cfg(feature = "local-model")]
        Command::Requantise { input, output } => {
            inference::requantise(&input, &output)?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let (raw, config) = read_config()?;
    telemetry::install(&config)?;
    for key in &raw.not_yet {
        tracing::warn!("{key} is set, but this version does not obey it yet");
    }
    // One TLS stack, chosen before anything can ask for one.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve => boot::serve(config).await.map(|()| ExitCode::SUCCESS),
            Command::Migrate => boot::migrate(&config).await.map(|()| ExitCode::SUCCESS),
            Command::Doctor => doctor::doctor(&raw, &config).await,
            Command::Health => health::health(&config).await.map(|()| ExitCode::SUCCESS),
            Command::SetupCode { name } => {
                boot::setup_code(&config, name.as_deref()).await.map(|()| ExitCode::SUCCESS)
            }
            Command::Backup { file } => backup::backup(&config, &file).await.map(|()| ExitCode::SUCCESS),
            Command::Audit(what) => audit::audit(&config, what).await,
            Command::MoveHost { host } => host::move_host(&config, &host).await.map(|()| ExitCode::SUCCESS),
            Command::Restore { file } => restore::restore(&config, &file).await.map(|()| ExitCode::SUCCESS),
            Command::Ledger { command: LedgerCommand::Verify } => ledger::verify(&config).await,
            // Done above, without a configuration.
            _ => Ok(ExitCode::SUCCESS),
        }
    })
}
