//! Whether the answer of a run can still be written on, before somebody tries in vain.

use crate::{
    Studio,
    chat::WENT_ON,
    ports::{
        Timestamp,
        store::{ListedRun, RunRow},
    },
};
use api_types::{Problem, RunId, RunStatus};

/// Why an answer cannot be written on by its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InTheWay {
    /// Its chat is in the bin.
    Binned,
    /// A later run goes on with it.
    Continued(RunId),
    /// The chat went on after it, or shows another branch.
    WentOn,
    /// Another answer is being written in its chat.
    Busy,
}

impl RunRow {
    /// Whether it was given up because another run goes on with its answer: no failure to whoever looks at it.
    pub fn is_continued(&self) -> bool {
        self.status == RunStatus::Failed && self.reason.as_deref() == Some(WENT_ON)
    }
}

impl Studio {
    /// What is in the way of writing on the answer of a run that needs attention or failed. The rule is that of
    /// [`crate::ports::store::AnswerWrites::resume_answer`], which has the last word: it may change until somebody presses.
    pub(crate) async fn in_the_way(&self, listed: &ListedRun) -> Result<Option<InTheWay>, Problem> {
        let (owned, run) = (listed.run.owned, listed.run.id);
        let Some(answer) = self.store.answer(owned, run).await? else { return Ok(None) };
        let Some(conversation) = self.store.conversation(owned, answer.conversation).await? else {
            return Ok(Some(InTheWay::Binned));
        };
        let turn = self.store.branch(owned, conversation.id, answer.message, 1).await?.pop();
        let last = turn.and_then(|turn| turn.run).map(|last| last.run).filter(|last| *last != run);
        if let Some(last) = last {
            return Ok(Some(InTheWay::Continued(last)));
        }
        if conversation.leaf != Some(answer.message) {
            return Ok(Some(InTheWay::WentOn));
        }
        // From the end of time on there are only those that are active.
        let active = self.store.answers_since(owned, Timestamp(i64::MAX)).await?;
        let is_busy = active.iter().any(|other| other.conversation == conversation.id && other.run != run);
        Ok(is_busy.then_some(InTheWay::Busy))
    }
}
