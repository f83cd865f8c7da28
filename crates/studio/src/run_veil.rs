//! What of a run is for its own person alone, and what everybody else sees in its place.
//!
//! # Design
//! A model server's refusal may repeat what it was asked, in other letters and by pieces; no comparison finds all of that. So of
//! others' runs no word is shown that came from a model or its server.

use crate::{chat::WENT_ON, ports::store::ListedRun};
use api_types::{PersonId, RunStatus};
use workflow::{Event, Status, What};

/// Stands where a reason was.
pub const REASON_VEILED: &str =
    "The reason may repeat what was asked, so only the person whose run it is sees it.";

/// Takes from somebody else's run what its conversation is called, and why it failed.
pub(crate) fn veil(listed: &mut ListedRun, person: PersonId) {
    if listed.run.owned.owner == person {
        return;
    }
    if let Some(answer) = &mut listed.answer {
        answer.title.clear();
    }
    // That it goes on in another run is the studio's own sentence.
    if listed.run.status == RunStatus::Failed && !listed.run.is_continued() {
        listed.run.reason = listed.run.reason.take().map(|_| REASON_VEILED.to_owned());
    }
}

/// Takes from what happened in somebody else's run what others said about it.
pub(crate) fn veil_event(event: &mut Event) {
    match &mut event.what {
        What::Again { why, .. } => "a reason that only its person sees".clone_into(why),
        What::Stands { status: Status::Failed, reason: Some(reason) } if reason != WENT_ON => {
            REASON_VEILED.clone_into(reason);
        }
        What::Told { body, .. } => *body = serde_json::Value::Null,
        What::Opened
        | What::Forked { .. }
        | What::Left { .. }
        | What::Divided { .. }
        | What::Begun { .. }
        | What::Known { .. }
        | What::Asked { .. }
        | What::Settled { .. }
        | What::Stands { .. } => {}
    }
}
