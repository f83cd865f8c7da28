//! Whoever sends may leave at any moment: nothing stays open for ever.

use crate::house::{House, work};
use api_types::{AnswerState, RunStatus};
use futures::FutureExt;
use std::time::Duration;
use studio::ports::ChatEvent;

#[tokio::test]
async fn whenever_the_sender_leaves_the_chat_is_usable_and_no_answer_hangs() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, _) = house.chat(&ana, None, "First?").await;
    let (mut kept, mut lost) = (0, 0);
    // Leaves after so many looks at the clock: before, within and after the commit.
    for looks in 0..40 {
        let before = house.studio.conversation(&ana, opened.conversation, None).await.unwrap().turns.len();
        let mut sending = Box::pin(house.send(&ana, Some(opened.conversation), "Then?"));
        let mut is_done = false;
        for _ in 0..looks {
            is_done |= sending.as_mut().now_or_never().is_some();
            if is_done {
                break;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        drop(sending);
        // What was handed to the writer before may still be kept; the next write comes after it.
        house.studio.rename_conversation(&ana, opened.conversation, "A title").await.unwrap();
        house.work().await;
        assert_eq!(house.studio.live.active(), 0, "after {looks} looks");
        let turns = house.studio.conversation(&ana, opened.conversation, None).await.unwrap().turns;
        assert!(turns.iter().filter_map(|turn| turn.run.as_ref()).all(|run| !run.state.is_active()));
        if turns.len() > before {
            kept += 1
        } else {
            lost += 1
        }
        house.chat(&ana, Some(opened.conversation), "Still there?").await;
    }
    assert!(kept > 0 && lost > 0, "{kept} {lost}");
}

#[tokio::test]
async fn whenever_the_sender_leaves_a_second_try_with_the_same_key_finds_one_whole_answer() {
    let house = House::new().await;
    let ana = house.owner().await;
    for looks in 0..40 {
        let (key, text) = (format!("k-{looks}"), format!("Number {looks}?"));
        let mut sending = Box::pin(house.send_once(&ana, &key, &text));
        for _ in 0..looks {
            if sending.as_mut().now_or_never().is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        drop(sending);
        let again = house.send_once(&ana, &key, &text).await.unwrap();
        house.work().await;
        let turn = house.last_turn(&ana, again.conversation).await;
        assert_eq!(turn.run.unwrap().state, AnswerState::Finished, "after {looks} looks");
        assert_eq!(house.model.asked().len(), looks + 1);
    }
}

#[tokio::test]
async fn after_a_crash_an_answer_is_interrupted_with_what_was_kept_and_its_model_is_not_asked_again() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.begins(ChatEvent::Delta("Once upon".to_owned()));
    let opened = house.send(&ana, None, "Are you there?").await.unwrap();
    let kept = async {
        while house.studio.store.answer_text(ana.owned(), opened.run.run).await.unwrap() != "Once upon" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // Its process dies: whatever it was doing is dropped.
    tokio::select! {
        () = house.work() => panic!("the model has not said all"),
        () = house.studio.save_answers() => {}
        () = kept => {}
    }
    let asked = house.model.asked().len();
    let restarted = house.restarted().await;
    work(&restarted).await;
    let turn = restarted.conversation(&ana, opened.conversation, None).await.unwrap().turns.pop().unwrap();
    let run = turn.run.clone().unwrap();
    assert_eq!((turn.message.body.as_str(), run.state), ("Once upon", AnswerState::Interrupted));
    assert_eq!(run.ended_at, Some(restarted.now()));
    assert_eq!(house.model.asked().len(), asked, "it may cost, and is not asked unasked");
    let row = restarted.store.run(ana.owned(), run.run).await.unwrap().unwrap();
    assert_eq!(row.run.status, RunStatus::NeedsAttention);

    // It is continued in another run, and the first does not wait any more.
    house.model.says(" a time.");
    restarted.continue_message(&ana, opened.conversation, turn.message.id, None).await.unwrap();
    work(&restarted).await;
    let turn = restarted.conversation(&ana, opened.conversation, None).await.unwrap().turns.pop().unwrap();
    assert_eq!(turn.message.body, "Once upon a time.");
    let row = restarted.store.run(ana.owned(), run.run).await.unwrap().unwrap();
    assert_eq!(row.run.status, RunStatus::Failed);
}
