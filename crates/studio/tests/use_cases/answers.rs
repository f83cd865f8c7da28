//! One answer from its first token to its last row.

use crate::{fakes::usage, house::House};
use api_types::{AnswerState, ModelKind, Price, Usage};
use std::time::Duration;
use studio::{
    ANSWER_BYTES_MAX,
    ports::{
        ChatEvent::{self, Delta, End, Used, Waiting},
        FinishReason, ModelError,
        store::TurnRow,
    },
};

fn end(reason: FinishReason, usage: Usage) -> ChatEvent {
    End { reason, usage }
}

impl House {
    /// An answer of these events.
    async fn answered(&self, events: Vec<Result<ChatEvent, ModelError>>) -> TurnRow {
        let somebody = self.somebody().await;
        self.model.answers(events);
        self.chat(&somebody, None, "Well?").await.1
    }
}

#[tokio::test]
async fn an_answer_ends_with_its_text_and_what_it_used() {
    let house = House::new().await;
    let pieces = ["Yes", ", ", "indeed."].map(|text| Ok(Delta(text.to_owned())));
    let events = pieces.into_iter().chain([Ok(end(FinishReason::Stop, usage(12, 3)))]).collect();
    let turn = house.answered(events).await;
    let run = turn.run.unwrap();
    assert_eq!(turn.message.body, "Yes, indeed.");
    assert_eq!((run.state, run.usage, run.cut_short), (AnswerState::Finished, usage(12, 3), false));
    assert!(run.first_token_at.is_some() && run.ended_at.is_some() && run.failure.is_none());
    assert_eq!(run.cost_micros, Some(75), "five micro-dollars a token");
}

#[tokio::test]
async fn an_answer_that_reaches_a_limit_says_so() {
    let house = House::new().await;
    for (reason, can_continue) in [(FinishReason::Length, true), (FinishReason::Filter, false)] {
        let turn = house.answered(vec![Ok(Delta("Cut".to_owned())), Ok(end(reason, usage(1, 1)))]).await;
        assert_eq!(turn.can_continue(), can_continue, "{reason:?}");
        let run = turn.run.unwrap();
        assert_eq!((run.state, run.cut_short), (AnswerState::Finished, can_continue), "{reason:?}");
        let says = run.failure.unwrap_or_default();
        assert_eq!(says.contains("filter ended this answer"), !can_continue, "{says}");
    }
}

#[tokio::test]
async fn what_broke_off_before_its_first_word_does_not_say_that_words_are_kept() {
    let house = House::new().await;
    for (events, words) in
        [(Vec::new(), "before the first word"), (vec![Ok(Delta("Half".to_owned()))], "is kept")]
    {
        let error = ModelError::BrokeOff { source_name: "Acme".to_owned() };
        let turn = house.answered(events.into_iter().chain([Err(error)]).collect()).await;
        let says = turn.run.unwrap().failure.unwrap();
        assert!(says.starts_with("Acme broke off ") && says.contains(words), "{says}");
    }
}

#[tokio::test]
async fn a_failure_is_kept_as_a_sentence_beside_what_was_written() {
    let house = House::new().await;
    let error = ModelError::TimedOut { source_name: "Acme".to_owned(), stage: "next word" };
    let turn = house.answered(vec![Ok(Delta("Half".to_owned())), Err(error.clone())]).await;
    let run = turn.run.unwrap();
    assert_eq!((turn.message.body.as_str(), run.state), ("Half", AnswerState::Failed));
    assert_eq!(run.failure, Some(error.to_string()));
}

#[tokio::test]
async fn an_answer_without_an_end_broke_off() {
    let house = House::new().await;
    let turn = house.answered(vec![Ok(Delta("Half".to_owned()))]).await;
    let run = turn.run.unwrap();
    assert_eq!((turn.message.body.as_str(), run.state), ("Half", AnswerState::Failed));
    assert!(run.failure.unwrap().contains("broke off"));
}

#[tokio::test]
async fn a_model_that_never_ends_is_ended_at_a_whole_letter() {
    let house = House::new().await;
    let piece = "é".repeat(150_001);
    let mut events = vec![Ok(Delta("x".to_owned()))];
    events.extend((0..5).map(|_| Ok(Delta(piece.clone()))));
    let turn = house.answered(events).await;
    let run = turn.run.clone().unwrap();
    assert_eq!((run.state, run.cut_short), (AnswerState::Finished, true));
    assert_eq!(turn.message.body.len(), ANSWER_BYTES_MAX - 1);
    assert!(!turn.can_continue(), "there is no room for more");
    assert!(turn.message.body.ends_with('é'));
}

#[tokio::test]
async fn a_zero_character_becomes_one_that_every_database_keeps() {
    let house = House::new().await;
    let turn =
        house.answered(vec![Ok(Delta("a\0b".to_owned())), Ok(end(FinishReason::Stop, usage(1, 1)))]).await;
    assert_eq!(turn.message.body, "a\u{fffd}b");
}

#[tokio::test]
async fn a_cost_is_rounded_up_and_unknown_where_the_use_is_unknown() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.has_none();
    let price = Price { prompt_micros_per_million: 1, completion_micros_per_million: 5_000_000 };
    house.model.has("dear", ModelKind::Remote, Some(price));
    for (used, cost) in [
        (usage(0, 0), Some(0)),
        (usage(1, 0), Some(1)),
        (usage(1, 2), Some(11)),
        (usage(1_000_000, 1_000), Some(5_001)),
        (usage(u32::MAX, u32::MAX), Some(21_474_840_770)),
        (Usage { prompt_tokens: Some(1), completion_tokens: None }, None),
        (Usage::default(), None),
    ] {
        house.model.answers(vec![Ok(end(FinishReason::Stop, used))]);
        let (_, turn) = house.chat(&ana, None, "How much?").await;
        assert_eq!(turn.run.unwrap().cost_micros, cost, "{used:?}");
    }
}

#[tokio::test]
async fn stopping_keeps_what_was_written_and_may_be_done_twice() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (conversation, message) = house.stopped_after(&ana, "Once upon").await;
    assert_eq!(message.body, "Once upon");
    let run = house.last_turn(&ana, conversation).await.run.unwrap();
    assert_eq!(house.studio.stop_run(&ana, run.run).await.unwrap().state, AnswerState::Stopped);
}

#[tokio::test]
async fn a_stopped_answer_says_what_it_used_where_that_is_known_and_a_failed_one_too() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.begins_with(vec![Delta("Once".to_owned()), Used(usage(5, 1)), Delta(" upon".to_owned())]);
    let opened = house.send(&ana, None, "Go on").await.unwrap();
    let live = house.live(&ana, &opened);
    let stop = async {
        while live.view(0).text != "Once upon" {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        house.studio.stop_run(&ana, opened.run.run).await.unwrap();
    };
    tokio::join!(house.work(), stop);
    let run = house.last_turn(&ana, opened.conversation).await.run.unwrap();
    assert_eq!((run.state, run.usage), (AnswerState::Stopped, usage(5, 1)));

    let events = vec![Ok(Delta("Half".to_owned())), Ok(Used(usage(7, 2))), Err(ModelError::TooLong)];
    let run = house.answered(events).await.run.unwrap();
    assert_eq!((run.state, run.usage), (AnswerState::Failed, usage(7, 2)));
}

#[tokio::test]
async fn an_answer_that_waits_says_how_many_are_before_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    let notes =
        [(2, "2 answers are before this one."), (1, "One answer is before this one."), (0, "Next in line.")];
    for (ahead, words) in notes {
        house.model.begins(Waiting { ahead });
        let opened = house.send(&ana, None, "Well?").await.unwrap();
        let (live, mut changes) = (house.live(&ana, &opened), house.studio.live.subscribe(ana.person()));
        let listen = async {
            while live.view(0).note.as_deref() != Some(words) {
                changes.changed().await.unwrap();
            }
            house.studio.stop_run(&ana, opened.run.run).await.unwrap();
        };
        let both = async { tokio::join!(house.work(), listen) };
        tokio::time::timeout(Duration::from_secs(20), both).await.expect(words);
    }
}

#[tokio::test]
async fn text_is_rows_before_the_end_and_an_answer_is_interrupted_when_the_process_goes() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.begins(Delta("Once upon".to_owned()));
    let opened = house.send(&ana, None, "Well?").await.unwrap();
    let watch = async {
        let run = opened.run.run;
        while house.studio.store.answer_text(ana.owned(), run).await.unwrap() != "Once upon" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(house.studio.run(&ana, run).await.unwrap().state, AnswerState::Running);
        house.studio.close();
    };
    tokio::join!(house.work(), house.studio.save_answers(), watch);
    let turn = house.last_turn(&ana, opened.conversation).await;
    assert_eq!(
        (turn.message.body.as_str(), turn.run.unwrap().state),
        ("Once upon", AnswerState::Interrupted)
    );
}
