//! Whoever sends may leave at any moment: nothing stays open for ever.

use crate::house::House;
use api_types::AnswerState;
use futures::FutureExt;
use std::time::Duration;
use studio::{LOST_AFTER, answer};

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
        while house.has_ticket().await {
            answer(&house.studio, house.ticket().await).await;
        }
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
async fn a_run_that_its_process_knows_nothing_of_is_interrupted_after_a_while_and_a_known_one_is_not() {
    let house = House::new().await;
    let ana = house.owner().await;
    let opened = house.send(&ana, None, "Are you there?").await.unwrap();
    let forgetful = house.forgetful();
    assert_eq!(forgetful.interrupt_lost().await.unwrap(), 0, "it may be on its way");
    house.clock.pass(LOST_AFTER + Duration::from_secs(1));
    assert_eq!(house.studio.interrupt_lost().await.unwrap(), 0, "it is being written");
    assert_eq!(forgetful.interrupt_lost().await.unwrap(), 1);
    let run = forgetful.run(&ana, opened.run.id).await.unwrap();
    assert_eq!((run.state, run.ended_at), (AnswerState::Interrupted, Some(house.studio.now())));
    assert_eq!(forgetful.interrupt_lost().await.unwrap(), 0);
    house.chat(&ana, None, "Another chat?").await;
}
