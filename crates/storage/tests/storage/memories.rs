//! What is remembered of people.

use crate::common::{
    on_both,
    rows::{asked, at, end, id, put, somebody},
    write,
};
use api_types::{AnswerState, MemoryId, MemoryKind, MessageId, MessageRole};
use std::sync::Arc;
use studio::ports::store::{MEMORY_SHOWN_CHARS, MemoryRow, MessageRow, Owned, Store, StoreError};

fn note(owned: Owned, content: &str, micros: i64) -> MemoryRow {
    MemoryRow {
        id: MemoryId(id()),
        owned,
        kind: MemoryKind::Note,
        content: content.to_owned(),
        metadata: r#"{"owner_id":"somebody else"}"#.to_owned(),
        conversation: None,
        message: None,
        created_at: at(micros),
    }
}

fn interaction(answer: &MessageRow, micros: i64) -> MemoryRow {
    assert_eq!(answer.role, MessageRole::Assistant);
    MemoryRow {
        kind: MemoryKind::Interaction,
        metadata: "{}".to_owned(),
        conversation: Some(answer.conversation),
        message: Some(answer.id),
        ..note(answer.owned, "", micros)
    }
}

async fn remember(store: &Arc<dyn Store>, memory: &MemoryRow) {
    let memory = memory.clone();
    put(store, move |tx| Box::pin(async move { tx.insert_memory(&memory).await })).await;
}

#[tokio::test]
async fn memories_are_listed_newest_first_and_each_to_its_own_person() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, ben) = (somebody(&store).await, somebody(&store).await);
        let long = "é".repeat(MEMORY_SHOWN_CHARS as usize + 2);
        for memory in [note(ana, "first", 1), note(ana, &long, 2), note(ben, "his", 3)] {
            remember(&store, &memory).await;
        }
        let seen = store.memories(ana, 10).await.unwrap();
        let contents: Vec<usize> = seen.iter().map(|memory| memory.content.chars().count()).collect();
        assert_eq!(
            contents,
            [MEMORY_SHOWN_CHARS as usize + 1, 5],
            "what is shown, and a sign that there is more"
        );
        assert_eq!(store.memories(ana, 1).await.unwrap(), seen[..1]);
        assert_eq!(store.count_notes(ana).await.unwrap(), 2);
        assert_eq!(store.memories(ben, 10).await.unwrap()[0].content, "his");
    })
    .await;
}

#[tokio::test]
async fn all_memories_are_read_whole_in_pages() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, ben) = (somebody(&store).await, somebody(&store).await);
        let (_, answer, _) = asked(&store, ana).await;
        let long = "é".repeat(MEMORY_SHOWN_CHARS as usize + 1);
        let rows = [note(ana, &long, 1), note(ana, "at the same time", 1), interaction(&answer, 2)];
        for memory in rows.iter().chain([&note(ben, "his", 1)]) {
            remember(&store, memory).await;
        }
        let conversation = answer.conversation;
        put(&store, move |tx| {
            Box::pin(async move { tx.bin_conversation(ana, conversation, Some(at(5))).await })
        })
        .await;
        let first = store.own_memories(ana, None, 1).await.unwrap();
        assert_eq!(first, rows[..1]);
        let after = |memory: &MemoryRow| Some((memory.created_at, memory.id));
        assert_eq!(store.own_memories(ana, after(&first[0]), 5).await.unwrap(), rows[1..]);
        assert!(store.own_memories(ana, after(&rows[2]), 5).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_interaction_shows_its_question_and_answer_and_goes_with_its_chat() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let (question, answer, run) = asked(&store, ana).await;
        let ended = end(&run, AnswerState::Finished, "Proteins.");
        put(&store, move |tx| Box::pin(async move { tx.end_answer(&ended).await })).await;
        remember(&store, &interaction(&answer, 1)).await;
        let seen = store.memories(ana, 10).await.unwrap();
        assert_eq!(
            (seen[0].asked.as_deref(), seen[0].answered.as_deref()),
            (Some(question.body.as_str()), Some("Proteins."))
        );
        assert_eq!(store.count_notes(ana).await.unwrap(), 0);

        let conversation = answer.conversation;
        let bin = |when| {
            put(&store, move |tx| Box::pin(async move { tx.bin_conversation(ana, conversation, when).await }))
        };
        bin(Some(at(5))).await;
        assert!(store.memories(ana, 10).await.unwrap().is_empty(), "in the bin");
        bin(None).await;
        assert_eq!(store.memories(ana, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_memory_is_removed_by_its_own_person_alone() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, ben) = (somebody(&store).await, somebody(&store).await);
        let (one, other, his) = (note(ana, "one", 1), note(ana, "other", 2), note(ben, "his", 3));
        for memory in [&one, &other, &his] {
            remember(&store, memory).await;
        }
        let id = one.id;
        let remove =
            |owned| put(&store, move |tx| Box::pin(async move { tx.remove_memory(owned, id).await }));
        assert!(!remove(ben).await);
        assert!(remove(ana).await);
        assert!(!remove(ana).await);
        let all = put(&store, move |tx| Box::pin(async move { tx.remove_memories(ana).await })).await;
        assert_eq!(all, 1);
        assert_eq!(store.memories(ben, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_a_memory_is_refused_by_its_rule() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let (_, _, answer) = asked(&store, ana).await;
        let whole = note(ana, "a", 1);
        remember(&store, &whole).await;
        let of = |kind, message| MemoryRow {
            kind,
            conversation: Some(answer.conversation),
            message,
            ..note(ana, "", 2)
        };
        for (wrong, rule) in [
            (whole, "memories_pkey"),
            (of(MemoryKind::Note, Some(answer.message)), "memories_message"),
            (of(MemoryKind::Interaction, None), "memories_message"),
            (of(MemoryKind::Interaction, Some(MessageId(id()))), "foreign_key"),
        ] {
            let refused =
                write(&store, move |tx| Box::pin(async move { tx.insert_memory(&wrong).await })).await;
            let Err(StoreError::Conflict(by)) = refused else { panic!("{rule}: {refused:?}") };
            // PostgreSQL names the key, SQLite knows that it is one.
            assert!(by == rule || (rule == "foreign_key" && by.ends_with("_fkey")), "{rule}: {by}");
        }
    })
    .await;
}
