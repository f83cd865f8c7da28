//! Runs.

use super::{Refused, codec::FormOrJson};
use api_types::RunId;
use leptos::prelude::*;
use server_fn::codec::Post;

/// Stops an answer; what was written is kept.
///
/// # Errors
/// As `Studio::stop_run`.
#[server(prefix = "/api", endpoint = "run/stop", input = Post<FormOrJson>)]
pub async fn stop_run(run: RunId, #[server(default)] back: Option<String>) -> Result<(), Refused> {
    use super::{context, local_path::LocalPath};
    let by = context::signed_in()?;
    let row = context::studio()?.stop_run(&by, run).await?;
    let back = back.and_then(|path| LocalPath::parse(&path)).map(|path| path.as_str().to_owned());
    context::then(&back.unwrap_or_else(|| format!("/chat/{}#m-{}", row.conversation, row.message)));
    Ok(())
}

/// Says what became of the answer of a run that needs attention: `ask_again`, `keep` or `give_up`. `key` is the call that the page
/// asked about: for another one it is refused.
///
/// # Errors
/// As `Studio::decide_answer`; `Invalid` for another word.
#[server(prefix = "/api", endpoint = "run/decide", input = Post<FormOrJson>)]
pub async fn decide_run(run: RunId, key: String, verdict: String) -> Result<(), Refused> {
    use super::context;
    use studio::AnswerVerdict;
    let by = context::signed_in()?;
    let verdict = match verdict.as_str() {
        "ask_again" => AnswerVerdict::AskAgain,
        "keep" => AnswerVerdict::KeepWhatIsThere,
        "give_up" => AnswerVerdict::GiveUp,
        _ => {
            let detail = "Say ask_again, keep or give_up.".to_owned();
            return Err(api_types::Problem::field("verdict", detail).into());
        }
    };
    context::studio()?.decide_answer(&by, run, &key, verdict).await?;
    context::then(&format!("/runs/{run}?saved=decided"));
    Ok(())
}

/// Asks the model of a run that failed once more, in the same run.
///
/// # Errors
/// As `Studio::retry_answer`.
#[server(prefix = "/api", endpoint = "run/retry", input = Post<FormOrJson>)]
pub async fn retry_run(
    run: RunId,
    #[server(default)] back: Option<String>,
    #[server(default)] once: Option<String>,
) -> Result<(), Refused> {
    use super::{context, once};
    let by = context::signed_in()?;
    // Where it came from is where it goes on.
    drop(back);
    let once = once::once(once, "run/retry", &run)?;
    context::studio()?.retry_answer(&by, run, once).await?;
    context::then(&format!("/runs/{run}"));
    Ok(())
}

/// Starts a new run from a checkpoint of another.
///
/// # Errors
/// As `Studio::fork_run`.
#[server(prefix = "/api", endpoint = "run/fork", input = Post<FormOrJson>)]
pub async fn fork_run(
    run: RunId,
    revision: u64,
    #[server(default)] once: Option<String>,
) -> Result<api_types::Started, Refused> {
    use super::{context, once};
    let by = context::signed_in()?;
    let once = once::once(once, "run/fork", &(run, revision))?;
    let opened = context::studio()?.fork_run(&by, run, revision, once).await?;
    Ok(super::message::started(&opened))
}
