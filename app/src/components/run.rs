//! Runs in words.

use api_types::RunStatus;
use leptos::prelude::*;
use std::time::Duration;
use studio::{
    RunEvent, RunWhat as What,
    ports::{
        Timestamp,
        store::{ListedRun, RunRow},
    },
};

/// Where a run stands: a shape and a word.
pub fn status(run: &RunRow) -> impl IntoView + use<> {
    let (state, word) = match run.status {
        RunStatus::Running if run.cancel_requested => ("running", "Stopping"),
        RunStatus::Running => ("running", "Running"),
        RunStatus::Waiting => ("queued", "Waits for an answer"),
        RunStatus::Sleeping => ("queued", "Waits for its time"),
        RunStatus::NeedsAttention => ("interrupted", "Needs attention"),
        RunStatus::Unreadable => ("failed", "Cannot be read"),
        RunStatus::Done => ("finished", "Done"),
        RunStatus::Failed if run.is_continued() => ("stopped", "Continued"),
        RunStatus::Failed => ("failed", "Failed"),
        RunStatus::Cancelled => ("stopped", "Stopped"),
    };
    view! { <span class="state" data-state=state>{word}</span> }
}

/// What a run is of: the title of the chat, where it is one's own.
pub fn subject(listed: &ListedRun, is_own: bool) -> String {
    match &listed.answer {
        Some(answer) if is_own && !answer.title.is_empty() => answer.title.clone(),
        Some(_) => format!("A chat of {}", listed.owner_name),
        None => format!("A run of {}", listed.owner_name),
    }
}

/// How long it took so far: `under a second`, `12 s`, `3 min 5 s`.
pub fn took(took: Duration) -> String {
    let ms = took.as_millis();
    match took.as_secs() {
        0 => format!("{ms} ms"),
        s @ 1..60 => format!("{s} s"),
        s @ 60..3_600 => two((s / 60, "min"), (s % 60, "s")),
        s => two((s / 3_600, "h"), (s / 60 % 60, "min")),
    }
}

fn two((large, its_unit): (u64, &str), (small, unit): (u64, &str)) -> String {
    if small == 0 { format!("{large} {its_unit}") } else { format!("{large} {its_unit} {small} {unit}") }
}

/// What is done at a node, in words.
pub fn node_words(node: &str) -> &'static str {
    match node {
        "validate_input" => "What was asked is checked for its form",
        "check_safety" => {
            "What was asked has passed the safety screen before the run was opened, where the screen is on"
        }
        "execute_operation" => "The model is asked and its answer comes in",
        "format_output" => "How the answer ended is written down",
        "settle_cost" => "What it used and cost is settled, and the answer is kept",
        "remember" => "A whole answer is remembered, with its question; one that was cut or stopped is not",
        _ => "",
    }
}

/// What happened in a run, as a sentence.
pub fn sentence(event: &RunEvent) -> String {
    match &event.what {
        What::Opened => "Opened".to_owned(),
        What::Forked { from, revision } => format!("Started from checkpoint {} of run {from}", revision.0),
        What::Left { node, .. } => format!("{node}: done"),
        What::Divided { node, .. } => format!("{node}: divided into branches"),
        What::Again { node, why, .. } => format!("{node}: is tried again, for {why}"),
        What::Begun { node, name, deadline, .. } => {
            let within = Timestamp(deadline.0).since(Timestamp(event.at.0));
            format!("{node}: {name} begins, with {} at most", took(within))
        }
        What::Known { word, .. } => match word.as_str() {
            "finished" => "It came to its end".to_owned(),
            "failed" => "It failed".to_owned(),
            "unknown" => "Nobody knows whether it came to its end".to_owned(),
            _ => "It may be called again".to_owned(),
        },
        What::Asked { node, .. } => format!("{node}: asks a question"),
        What::Settled { word, .. } => format!("The question was {word}"),
        What::Stands { status, reason } => {
            let words = status.as_str().replace('_', " ");
            reason
                .as_ref()
                .map_or_else(|| format!("Stands: {words}"), |reason| format!("Stands: {words}. {reason}"))
        }
        What::Told { name, .. } => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_its_two_largest_units() {
        let said = |ms| took(Duration::from_millis(ms));
        assert_eq!((said(7).as_str(), said(1_999).as_str()), ("7 ms", "1 s"));
        assert_eq!((said(185_000).as_str(), said(3_720_000).as_str()), ("3 min 5 s", "1 h 2 min"));
        assert_eq!((said(120_000).as_str(), said(7_200_000).as_str()), ("2 min", "2 h"));
    }
}
