//! What is counted, not timed: commits and statements of a chat, from the message to the end of its answer.

use crate::house::House;
use std::time::Duration;

/// The fewest of ten: signs of life of the process fall into some chats and not into others.
#[tokio::test]
async fn a_chat_takes_at_most_three_commits_and_twelve_statements_whether_it_is_new_or_goes_on() {
    let house = House::new().await;
    let ana = house.owner().await;
    let chats = async {
        let (opened, _) = (house.send(&ana, None, "First?").await.unwrap(), ());
        for conversation in [None, Some(opened.conversation)] {
            let mut fewest = (u64::MAX, u64::MAX);
            for _ in 0..10 {
                while house.is_writing() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                let store = &house.studio.store;
                let before = (store.commits(), store.statements());
                house.send(&ana, conversation, "And then?").await.unwrap();
                while house.is_writing() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                let took = (store.commits() - before.0, store.statements() - before.1);
                fewest = (fewest.0.min(took.0), fewest.1.min(took.1));
            }
            println!(
                "chat_commits {} chat_statements {} (goes on: {})",
                fewest.0,
                fewest.1,
                conversation.is_some()
            );
            assert!(fewest.0 <= 3 && fewest.1 <= 12, "{fewest:?}");
        }
    };
    tokio::select! {
        () = house.studio.drive() => {}
        () = chats => {}
    }
}
