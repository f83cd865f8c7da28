//! Runs as people look at them, and what they may do about one.

use crate::house::{House, work};
use api_types::{AnswerState, Problem, RunId, RunStatus};
use std::time::Duration;
use studio::{
    AnswerVerdict, Followed, InTheWay, Opened, REASON_VEILED, RunFilter, SignedIn, Studio,
    ports::{ChatEvent, ModelError, Timestamp},
};

impl House {
    /// An answer whose process died after these words; and the process that came after it.
    async fn died_after(&self, by: &SignedIn, words: &str) -> (Opened, Studio) {
        self.model.begins(ChatEvent::Delta(words.to_owned()));
        let opened = self.send(by, None, "Go on").await.unwrap();
        let kept = async {
            while self.studio.store.answer_text(by.owned(), opened.run.run).await.unwrap() != words {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = self.work() => panic!("the model has not said all"),
            () = self.studio.save_answers() => {}
            () = kept => {}
        }
        let restarted = self.restarted().await;
        work(&restarted).await;
        (opened, restarted)
    }
}

async fn status(studio: &Studio, by: &SignedIn, run: RunId) -> (RunStatus, AnswerState, String) {
    let view = studio.run_view(by, run, None).await.unwrap();
    let answer = studio.run(by, run).await.unwrap();
    let text = studio.answer_text(by, &answer).await.unwrap();
    (view.listed.run.status, answer.state, text)
}

#[tokio::test]
async fn a_run_shows_its_steps_its_lit_graph_and_its_state_at_each_checkpoint() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, _) = house.chat(&ana, None, "A secret question").await;
    let view = house.studio.run_view(&ana, opened.run.run, None).await.unwrap();
    let nodes: Vec<&str> = view.steps.iter().map(|step| step.node.as_str()).collect();
    assert_eq!(
        nodes,
        ["validate_input", "check_safety", "execute_operation", "format_output", "settle_cost", "remember"]
    );
    assert_eq!(view.steps[2].effects.len(), 1);
    assert_eq!(view.steps[2].effects[0].2, "finished");
    assert!(view.graph.unwrap().contains("Visited: validate_input, check_safety, execute_operation"));
    assert_eq!(view.commits.len(), 2, "opened with its intent, and its end");
    let numbers: Vec<u64> = view.events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    for revision in [1, 2] {
        let at = house.studio.run_view(&ana, opened.run.run, Some(revision)).await.unwrap();
        let (shown, state) = at.state.unwrap();
        assert_eq!(shown, revision);
        assert!(state.contains("\"model\": \"fake/fake\""), "{state}");
        assert!(!state.contains("secret") && !state.contains("Yes."), "ids and numbers alone: {state}");
    }
    let missing = house.studio.run_view(&ana, opened.run.run, Some(9)).await;
    assert_eq!(missing.unwrap_err(), Problem::NotFound);
}

#[tokio::test]
async fn runs_are_listed_by_filter_and_part_and_nobody_elses_are_there() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", api_types::Role::Member).await;
    let stranger = house.somebody().await;
    let (first, _) = house.chat(&ana, None, "Ana's own words").await;
    house.model.answers(vec![Err(ModelError::TooLong)]);
    let (failed, _) = house.chat(&ana, None, "Too long").await;
    let (bens, _) = house.chat(&ben, None, "Ben's own words").await;
    let listed = async |by: &SignedIn, filter| -> Vec<RunId> {
        let page = house.studio.runs(by, filter, None).await.unwrap();
        page.runs.iter().map(|listed| listed.run.id).collect()
    };
    assert_eq!(listed(&ana, RunFilter::All).await, [failed.run.run, first.run.run], "the newest first");
    assert_eq!(listed(&ana, RunFilter::Failed).await, [failed.run.run]);
    assert_eq!(listed(&ana, RunFilter::Ended).await, [first.run.run]);
    assert_eq!(listed(&ana, RunFilter::Attention).await, []);
    assert_eq!(listed(&stranger, RunFilter::All).await, []);
    let foreign = house.studio.run_view(&stranger, first.run.run, None).await;
    assert_eq!(foreign.unwrap_err(), Problem::NotFound);
    assert_eq!(house.studio.run_view(&ben, first.run.run, None).await.unwrap_err(), Problem::NotFound);

    // An administrator sees all of the organization, and no words of others.
    let admin = ana.admin().unwrap();
    let all = house.studio.organization_runs(&admin, RunFilter::All, None).await.unwrap().runs;
    let titles: Vec<&str> = all.iter().map(|listed| listed.answer.as_ref().unwrap().title.as_str()).collect();
    assert_eq!(titles, ["", "Too long", "Ana's own words"]);
    let view = house.studio.organization_run(&admin, bens.run.run, None).await.unwrap();
    assert!(!view.is_own && view.listed.owner_name == "Ben");
    let stopped = house.studio.stop_run(&ana, bens.run.run).await;
    assert_eq!(stopped.unwrap_err(), Problem::NotFound, "looking is all");
    assert!(stranger.admin().is_err());

    // Nor what a model server said of a request: it may repeat it, in letters of its own.
    let detail = "no B-E-N-S words here".to_owned();
    house.model.answers(vec![Err(ModelError::Refused { source_name: "It".to_owned(), detail })]);
    let (refused, _) = house.chat(&ben, None, "Ben's words").await;
    let run = refused.run.run;
    let said = format!("{:?}", house.studio.run_view(&ben, run, None).await.unwrap());
    assert!(said.contains("B-E-N-S"), "its own person reads it: {said}");
    let view = house.studio.organization_run(&admin, run, None).await.unwrap();
    assert_eq!(view.listed.run.reason.as_deref(), Some(REASON_VEILED));
    let listed = house.studio.organization_runs(&admin, RunFilter::Failed, None).await.unwrap();
    let stored = house.studio.run_commits_after(&ana, Followed::Everyone, run, 0).await.unwrap();
    let beginning = (Timestamp(0), RunId(uuid::Uuid::nil()), 0);
    let all = house.studio.run_commits_since(&ana, Followed::Everyone, beginning).await.unwrap();
    assert!(!stored.is_empty() && all.len() > stored.len());
    let seen = format!("{view:?} {listed:?} {stored:?} {all:?}");
    assert!(!seen.contains("B-E-N-S"), "{seen}");
}

#[tokio::test]
async fn who_asks_again_after_a_crash_has_one_more_call_and_the_answer_goes_on_in_the_same_run() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, studio) = house.died_after(&ana, "Once upon").await;
    let run = opened.run.run;
    let asked = house.model.asked().len();
    assert_eq!(status(&studio, &ana, run).await.0, RunStatus::NeedsAttention);
    assert_eq!(studio.runs_needing_attention(&ana).await.unwrap(), 1);
    let seen = studio.run_view(&ana, run, None).await.unwrap();
    assert_eq!(seen.in_the_way, None);
    let key = seen.unknown.unwrap().key;
    let other = studio.decide_answer(&ana, run, "another", AnswerVerdict::AskAgain).await;
    assert!(matches!(other, Err(Problem::Changed { .. })), "{other:?}");

    house.model.says(" a time.");
    studio.decide_answer(&ana, run, &key, AnswerVerdict::AskAgain).await.unwrap();
    work(&studio).await;
    let ended = status(&studio, &ana, run).await;
    assert_eq!(ended, (RunStatus::Done, AnswerState::Finished, "Once upon a time.".to_owned()));
    assert_eq!(house.model.asked().len(), asked + 1);
    assert_eq!(house.model.asked().pop().unwrap().prefix.as_deref(), Some("Once upon"));
    let calls = &studio.run_view(&ana, run, None).await.unwrap().steps[2].effects;
    let words: Vec<&str> = calls.iter().map(|(_, _, word)| word.as_str()).collect();
    assert_eq!(words, ["finished"], "the last word counts");
    let late = studio.decide_answer(&ana, run, &key, AnswerVerdict::GiveUp).await;
    assert!(matches!(late, Err(Problem::Changed { .. })), "nobody asks any more: {late:?}");
}

#[tokio::test]
async fn what_is_there_can_be_kept_as_the_answer_or_given_up_and_nothing_is_asked() {
    for (verdict, expected) in [
        (AnswerVerdict::KeepWhatIsThere, (RunStatus::Done, AnswerState::Finished)),
        (AnswerVerdict::GiveUp, (RunStatus::Failed, AnswerState::Interrupted)),
    ] {
        let house = House::new().await;
        let ana = house.owner().await;
        let (opened, studio) = house.died_after(&ana, "Once upon").await;
        let (run, asked) = (opened.run.run, house.model.asked().len());
        let key = studio.run_view(&ana, run, None).await.unwrap().unknown.unwrap().key;
        studio.decide_answer(&ana, run, &key, verdict).await.unwrap();
        work(&studio).await;
        let (status, state, text) = status(&studio, &ana, run).await;
        assert_eq!(((status, state), text.as_str()), (expected, "Once upon"), "{verdict:?}");
        assert_eq!(house.model.asked().len(), asked);
    }
}

#[tokio::test]
async fn a_run_whose_chat_went_on_is_not_written_on() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, studio) = house.died_after(&ana, "Once upon").await;
    let run = opened.run.run;
    let key = studio.run_view(&ana, run, None).await.unwrap().unknown.unwrap().key;
    let message = studio::SendMessage {
        conversation: Some(opened.conversation),
        text: "Something else".to_owned(),
        settings: None,
    };
    studio.send_message(&ana, message, None).await.unwrap();
    work(&studio).await;
    let seen = studio.run_view(&ana, run, None).await.unwrap();
    assert_eq!(seen.in_the_way, Some(InTheWay::WentOn), "it is said before somebody tries");
    let refused = studio.decide_answer(&ana, run, &key, AnswerVerdict::AskAgain).await.unwrap_err();
    assert!(matches!(&refused, Problem::Changed { detail } if detail.contains("went on")), "{refused:?}");
    assert_eq!(status(&studio, &ana, run).await.0, RunStatus::NeedsAttention, "it still waits for a word");
    studio.decide_answer(&ana, run, &key, AnswerVerdict::GiveUp).await.unwrap();
}

#[tokio::test]
async fn what_is_in_the_way_of_a_run_is_said_and_one_that_another_continues_has_not_failed() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, studio) = house.died_after(&ana, "Once upon").await;
    let (run, chat) = (opened.run.run, opened.conversation);
    studio.delete_conversation(&ana, chat).await.unwrap();
    let binned = studio.run_view(&ana, run, None).await.unwrap();
    assert_eq!(binned.in_the_way, Some(InTheWay::Binned));
    studio.restore_conversation(&ana, chat).await.unwrap();

    house.model.says(" a time.");
    let later = studio.continue_message(&ana, chat, opened.answer.id, None).await.unwrap();
    work(&studio).await;
    let seen = studio.run_view(&ana, run, None).await.unwrap();
    assert_eq!(seen.in_the_way, Some(InTheWay::Continued(later.run.run)));
    assert_eq!(seen.listed.run.status, RunStatus::Failed);
    assert!(seen.listed.run.is_continued());
    let everybody = studio.organization_runs(&ana.admin().unwrap(), RunFilter::Failed, None).await.unwrap();
    assert!(everybody.runs.iter().all(|listed| listed.run.is_continued()));
}

#[tokio::test]
async fn a_run_that_failed_is_tried_again_where_it_failed() {
    let house = House::new().await;
    let ana = house.owner().await;
    let broke_off = ModelError::BrokeOff { source_name: "It".to_owned() };
    house.model.answers(vec![Ok(ChatEvent::Delta("Once".to_owned())), Err(broke_off)]);
    let (opened, _) = house.chat(&ana, None, "Go on").await;
    let run = opened.run.run;
    let failed = status(&house.studio, &ana, run).await;
    assert_eq!(failed, (RunStatus::Failed, AnswerState::Failed, "Once".to_owned()));
    house.model.says(" upon a time.");
    house.studio.retry_answer(&ana, run, None).await.unwrap();
    house.work().await;
    let ended = status(&house.studio, &ana, run).await;
    assert_eq!(ended, (RunStatus::Done, AnswerState::Finished, "Once upon a time.".to_owned()));
    let again = house.studio.retry_answer(&ana, run, None).await;
    assert!(matches!(again, Err(Problem::Changed { .. })), "{again:?}");
}

#[tokio::test]
async fn a_new_run_starts_from_a_checkpoint_and_answers_beside_the_old_one() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.says("The first.");
    let (opened, _) = house.chat(&ana, None, "Which?").await;
    let late = house.studio.fork_run(&ana, opened.run.run, 2, None).await.map(drop);
    assert!(matches!(late, Err(Problem::Changed { .. })), "the model had answered: {late:?}");
    house.model.says("The second.");
    let forked = house.studio.fork_run(&ana, opened.run.run, 1, None).await.unwrap();
    house.work().await;
    let view = house.studio.run_view(&ana, forked.run.run, None).await.unwrap();
    assert_eq!(view.listed.run.forked_from, Some((opened.run.run, 1)));
    let turn = house.last_turn(&ana, opened.conversation).await;
    assert_eq!((turn.message.body.as_str(), turn.siblings.len()), ("The second.", 2));
    assert_eq!(status(&house.studio, &ana, opened.run.run).await.2, "The first.");
}
