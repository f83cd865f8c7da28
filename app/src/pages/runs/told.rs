//! What happened in a run, in sentences.

use crate::components::run::took;
use studio::{RunEvent, RunWhat as What};

/// One event.
pub(super) fn sentence(event: &RunEvent) -> String {
    match &event.what {
        What::Opened => "Opened".to_owned(),
        What::Forked { from, revision } => format!("Started from checkpoint {} of run {from}", revision.0),
        What::Left { node, .. } => format!("{node}: done"),
        What::Divided { node, .. } => format!("{node}: divided into branches"),
        What::Again { node, why, .. } => format!("{node}: is tried again, for {why}"),
        What::Begun { node, name, deadline, .. } => {
            let within = studio::ports::Timestamp(deadline.0).since(studio::ports::Timestamp(event.at.0));
            format!("{node}: {name} begins, with {} at most", took(within))
        }
        What::Known { word, .. } => match word.as_str() {
            "finished" => "It came to its end".to_owned(),
            "failed" => "It failed".to_owned(),
            "unknown" => "Nobody knows whether it came to its end".to_owned(),
            _ => "It did not take place and may be called".to_owned(),
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
