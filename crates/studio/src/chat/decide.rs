//! What becomes of an answer of which nobody knows how it would have gone on.

use super::{CHAT, StudioChange, ask::request_of};
use crate::{
    Once, RUNS_OF_ONE_PERSON_MAX, SignedIn, Studio,
    gate::{Admission, Asked, OVER_BUDGET, OVER_RATE},
    live::Full,
    owned,
    ports::store::AnswerRow,
    refusal::Refusal,
    run::{full, refused},
};
use api_types::{Check, Flag, Problem, RunId, Usage};
use workflow::{Checkpointer as _, Commit, EngineError, Known, Status, StoreError, Verdict};

/// What a run says that was given up for another.
pub(crate) const WENT_ON: &str = "Its answer goes on in another run.";

impl Studio {
    /// The commit that gives a run up because its answer is continued by another. `None`: it does not wait for anybody.
    pub(crate) async fn give_up(&self, run: RunId) -> Result<Option<Commit<StudioChange>>, Problem> {
        let Some(key) = self.unknown_of(run).await? else { return Ok(None) };
        let verdict = Verdict::GiveUp(WENT_ON.to_owned());
        Ok(Some(self.engine.decide(workflow::RunId(run.0), &key, verdict).await.map_err(refused)?))
    }

    /// Says what became of the answer of a run that needs attention, and lets it go on.
    ///
    /// # Errors
    /// `NotFound`; `Changed` when nobody asks, or when the chat went on after this answer.
    pub async fn decide_answer(
        &self,
        by: &SignedIn,
        run: RunId,
        key: &str,
        verdict: AnswerVerdict,
    ) -> Result<(), Problem> {
        let answer = self.store.answer(owned(by), run).await?.ok_or(Problem::NotFound)?;
        let key = self.unknown_of(run).await?.filter(|asked| asked == key).ok_or_else(|| {
            Problem::Changed { detail: "This run does not wait for a decision any more.".to_owned() }
        })?;
        let (verdict, resumes) = match verdict {
            AnswerVerdict::AskAgain => (Verdict::Retry, true),
            AnswerVerdict::KeepWhatIsThere => (Verdict::MarkDone(self.kept(&answer).await?), true),
            AnswerVerdict::GiveUp => (Verdict::GiveUp("It was given up.".to_owned()), false),
        };
        let asks = verdict == Verdict::Retry;
        let commit = self.engine.decide(workflow::RunId(run.0), &key, verdict).await.map_err(refused)?;
        self.go_on(by, &answer, commit, (resumes, asks), None).await
    }

    /// Asks the model of an answer that failed once more, in the same run; what there is of it stays. With a key that did so before
    /// nothing is asked.
    ///
    /// # Errors
    /// `NotFound`; `Changed` when it did not fail, or when the chat went on after it; `IdempotencyKeyReused`.
    pub async fn retry_answer(&self, by: &SignedIn, run: RunId, once: Option<Once>) -> Result<(), Problem> {
        if self.was_done(by, once.as_ref()).await? {
            return Ok(());
        }
        let answer = self.store.answer(owned(by), run).await?.ok_or(Problem::NotFound)?;
        match self.try_again(by, &answer, once.clone()).await {
            Ok(()) => Ok(()),
            // The same request may have been faster.
            Err(problem) => match self.was_done_meanwhile(by, once.as_ref()).await? {
                true => Ok(()),
                false => Err(problem),
            },
        }
    }

    async fn try_again(&self, by: &SignedIn, answer: &AnswerRow, once: Option<Once>) -> Result<(), Problem> {
        let mut commit = self.engine.retry(workflow::RunId(answer.run.0)).await.map_err(refused)?;
        let kept = once.clone().map(|once| StudioChange::KeepRequest { owned: answer.owned, once });
        commit.writes.extend(kept);
        self.go_on(by, answer, commit, (true, true), once.as_ref()).await
    }

    async fn go_on(
        &self,
        by: &SignedIn,
        answer: &AnswerRow,
        mut commit: Commit<StudioChange>,
        (resumes, asks): (bool, bool),
        once: Option<&Once>,
    ) -> Result<(), Problem> {
        let admission = if asks { Some(self.admit_again(by, answer).await?) } else { None };
        if resumes {
            commit
                .writes
                .push(StudioChange::ResumeAnswer { owned: answer.owned, conversation: answer.conversation });
        }
        commit.writes.extend(admission.clone().map(Box::new).map(StudioChange::Admit));
        // A place in memory from its former life would show the former end.
        let former = self.live.get(answer.owned.owner, answer.run);
        if former.is_some_and(|live| live.inner().ended_at.is_some()) {
            self.live.remove(answer.owned.owner, answer.run);
        }
        if resumes && self.live.writing(answer.owned.owner) >= RUNS_OF_ONE_PERSON_MAX {
            return Err(full(Full::Person));
        }
        let applied = self.engine.apply(commit).await;
        if let (Err(EngineError::Store(StoreError::Refused(rule))), Some(admission)) = (&applied, &admission)
            && [OVER_RATE, OVER_BUDGET].contains(&rule.as_str())
        {
            // The same request may have been faster.
            return match self.was_done_meanwhile(by, once).await? {
                true => Ok(()),
                false => Err(self.not_taken(by, admission, rule).await),
            };
        }
        applied.map_err(|error| match error {
            EngineError::Store(StoreError::Refused(_)) => Problem::Changed {
                detail: "This cannot be done here any more: the chat went on after this answer, another answer is being written in \
                         it, or it is in the bin. Open the chat to see."
                    .to_owned(),
            },
            other => refused(other),
        })
    }

    /// Leave to ask once more, at the price of the first time: what it may cost by then, with what there is of the answer.
    async fn admit_again(&self, by: &SignedIn, answer: &AnswerRow) -> Result<Admission, Problem> {
        let run = workflow::RunId(answer.run.0);
        let loaded = self.keeper.load(run).await.map_err(|error| refused(error.into()))?;
        let sealed = loaded.ok_or(Problem::NotFound)?.checkpoint.map_err(|error| refused(error.into()))?;
        let state = self.chat.state_at(&sealed).map_err(|error| refused(error.into()))?;
        let message = self.store.message(answer.owned, answer.conversation, answer.message).await?;
        let prefix = message.ok_or(Problem::NotFound)?.body;
        let request = request_of(&*self.store, &state, prefix).await?;
        let mut price = state.price;
        if price.is_none() && self.is_on_for(Flag::CostTracking, answer.owned).await {
            // Its end would book nothing, whatever is held now.
            price = self
                .catalog
                .find(&state.model)
                .await
                .and_then(|info| info.price)
                .filter(|price| price.is_free());
            if price.is_none() {
                return Err(self.refuse(by, (CHAT, Some(&state.model)), no_price_then()).await);
            }
        }
        if let (Some(then), Some(now)) =
            (price, self.catalog.find(&state.model).await.and_then(|info| info.price))
            && (now.prompt_micros_per_million > then.prompt_micros_per_million
                || now.completion_micros_per_million > then.completion_micros_per_million)
            && self.is_on_for(Flag::CostTracking, answer.owned).await
        {
            return Err(self.refuse(by, (CHAT, Some(&state.model)), price_risen()).await);
        }
        let asked = Asked { flag: Flag::Chat, operation: CHAT, request: &request, price };
        Ok(self.admit(by, asked).await?.of(answer.run))
    }

    /// What was kept of an answer, as if its model had said no more.
    async fn kept(&self, answer: &AnswerRow) -> Result<serde_json::Value, Problem> {
        let message = self.store.message(answer.owned, answer.conversation, answer.message).await?;
        let said = super::state::Said {
            text: message.ok_or(Problem::NotFound)?.body,
            prefix_bytes: 0,
            ending: super::state::Ending::Whole,
            // What was used stands at the answer already.
            usage: Usage::default(),
            unreported: 0,
            first_token_at: answer.first_token_at,
        };
        serde_json::to_value(&said).map_err(|error| crate::broken("an answer is no JSON", &error))
    }

    /// The key of the call of which nobody knows, where a run waits for a word on one.
    async fn unknown_of(&self, run: RunId) -> Result<Option<String>, Problem> {
        let loaded = self.keeper.load(workflow::RunId(run.0)).await.map_err(|error| refused(error.into()))?;
        let Some(loaded) = loaded.filter(|loaded| loaded.head.status == Status::NeedsAttention) else {
            return Ok(None);
        };
        let threads = loaded
            .checkpoint
            .and_then(|sealed| self.chat.threads(&sealed))
            .map_err(|error| refused(error.into()))?;
        let mut entries = threads.into_values().flat_map(|thread| thread.journal);
        Ok(entries.find(|entry| entry.known == Known::Unknown).map(|entry| entry.key))
    }
}

fn price_risen() -> Refusal {
    let detail = "Its model costs more by now than when this run was begun, so it is not asked again. Continue the answer in its chat: \
                  that is a run at the price of today.";
    Refusal::new(Check::Price, "price.risen", Problem::field("run", detail))
}

fn no_price_then() -> Refusal {
    let detail = "Nobody knew what this run costs when it was begun, so it is not asked again. Continue the answer in its chat: \
                  that is a run with a price.";
    Refusal::new(Check::Price, "price.unknown_then", Problem::field("run", detail))
}

/// What somebody says of an answer of which nobody knows how it would have gone on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerVerdict {
    /// The model is asked once more, and goes on after what there is.
    AskAgain,
    /// What there is of it is the answer.
    KeepWhatIsThere,
    /// It stays broken off.
    GiveUp,
}
