//! No room left.

use super::{
    rows::{asked, at, end, part, process, put, somebody},
    sqlite,
};
use api_types::AnswerState;
use futures::future::join_all;
use std::sync::Arc;
use studio::ports::store::{Store, StoreError};

/// Room for the schema and some rows.
const SMALL: &str = "PRAGMA max_page_count = 170";

async fn big(store: &Arc<dyn Store>, key: String) -> Result<(), StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.set_fact(&format!("{key}-small"), "x", at(0)).await?;
                tx.set_fact(&key, &"x".repeat(20_000), at(0)).await
            })
        })
        .await
}

#[tokio::test]
async fn a_full_disk_is_said_and_work_goes_on_when_there_is_room() {
    let (db, _folder) = sqlite(Some(SMALL)).await;
    let store: Arc<dyn Store> = db.clone();
    let owned = somebody(&store).await;
    let (question, answer, run) = asked(&store, owned).await;
    let long = "y".repeat(100_000);
    let epoch = process(&store).await;
    let parts = [part(&run, 1, &long)];
    put(&store, move |tx| Box::pin(async move { tx.append_answer_parts(epoch, &parts).await })).await;

    // Alone, and many together: whoever is told that it is kept finds it, whoever is told it is not does not.
    let mut full = 0;
    for round in 0..4 {
        let keys: Vec<_> = (0..10).map(|n| format!("{round}-{n}")).collect();
        let answers = join_all(keys.iter().map(|key| big(&store, key.clone()))).await;
        for (key, answer) in keys.iter().zip(answers) {
            match &answer {
                Ok(()) => {}
                Err(StoreError::Full) => full += 1,
                Err(other) => panic!("{other:?}"),
            }
            for name in [key.clone(), format!("{key}-small")] {
                assert_eq!(store.fact(&name).await.unwrap().is_some(), answer.is_ok(), "{name}");
            }
        }
    }
    assert!(full >= 30, "{full} of 40 did not fit");
    // Reading goes on.
    assert_eq!(store.answer_text(owned, run.run).await.unwrap(), long);
    assert!(store.branch(owned, question.conversation, answer.id, 5).await.unwrap().len() == 2);
    store.ping().await.unwrap();

    // Room is made.
    let (chat, ending) = (question.conversation, end(&run, AnswerState::Stopped, ""));
    let went = put(&store, move |tx| {
        Box::pin(async move {
            tx.end_answer(&ending).await?;
            tx.bin_conversation(owned, chat, Some(at(1))).await?;
            tx.empty_bin(at(2)).await
        })
    })
    .await;
    assert_eq!(went, 1);
    big(&store, "after".to_owned()).await.unwrap();
    db.close().await;
}

/// The real thing: `mount -t tmpfs -o size=3m none /mnt/tiny; TMPDIR=/mnt/tiny cargo test -p storage -- --ignored tiny`.
#[tokio::test]
#[ignore = "fills the file system under TMPDIR, which has to be a tiny one"]
async fn a_tiny_file_system_that_is_full_is_said_and_work_goes_on_when_there_is_room() {
    let (db, folder) = sqlite(None).await;
    let store: Arc<dyn Store> = db.clone();
    let ballast = folder.path().join("ballast");
    std::fs::write(&ballast, vec![1; 1_000_000]).unwrap();
    let mut kept = Vec::new();
    let mut refused = 0;
    // At most 64 MB, should somebody run this elsewhere.
    for n in 0..3_200 {
        match big(&store, format!("k{n}")).await {
            Ok(()) => kept.push(n),
            Err(StoreError::Full) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
        if refused > 20 {
            break;
        }
    }
    assert!(refused > 20, "this is no tiny file system");
    store.ping().await.unwrap();
    for n in &kept {
        assert!(store.fact(&format!("k{n}")).await.unwrap().is_some());
    }
    std::fs::remove_file(&ballast).unwrap();
    big(&store, "after".to_owned()).await.unwrap();
    db.close().await;
}
