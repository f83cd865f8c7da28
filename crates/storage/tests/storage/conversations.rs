//! Conversations.

use crate::common::{
    on_both,
    rows::{asked, at, chat, conversation, end, message, put, settings, somebody},
};
use api_types::{AnswerState, ConversationId};
use studio::ports::store::StoreError;

#[tokio::test]
async fn a_conversation_reads_back_as_it_was_written() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let full = conversation(owned);
        let mut bare = conversation(owned);
        bare.title = "  quotes ' \" ; -- \u{2028} 蛋白质 ".to_owned();
        (bare.settings.temperature, bare.settings.max_tokens) = (None, None);
        bare.settings.system_prompt = String::new();
        for row in [full, bare] {
            let insert = row.clone();
            put(&store, move |tx| Box::pin(async move { tx.insert_conversation(&insert).await })).await;
            assert_eq!(store.conversation(owned, row.id).await.unwrap(), Some(row));
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_else_sees_or_changes_a_conversation() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let other = somebody(&store).await;
        let (question, answer, run) = asked(&store, owned).await;
        let id = question.conversation;
        let gone = chat(&store, owned).await;
        put(&store, move |tx| Box::pin(async move { tx.bin_conversation(owned, gone, Some(at(8))).await }))
            .await;
        // Another person, another organization, and the right person named with the wrong organization.
        let mixed = studio::ports::store::Owned { organization: other.organization, owner: owned.owner };
        for stranger in [other, mixed] {
            assert_eq!(store.conversation(stranger, id).await.unwrap(), None);
            assert_eq!(store.conversations(stranger, None, 10).await.unwrap(), []);
            assert_eq!(store.find_conversations(stranger, "Proteins", None, 10).await.unwrap(), []);
            assert_eq!(store.deleted_conversation(stranger, gone).await.unwrap(), None);
            assert_eq!(store.deleted_conversations(stranger, 10).await.unwrap(), []);
            assert_eq!(store.message(stranger, id, question.id).await.unwrap(), None);
            assert_eq!(store.branch(stranger, id, answer.id, 10).await.unwrap(), []);
            assert_eq!(store.youngest_leaf(stranger, id, question.id).await.unwrap(), None);
            assert_eq!(store.answer(stranger, run.run).await.unwrap(), None);
            assert_eq!(store.answers_since(stranger, at(0)).await.unwrap(), []);
            assert_eq!(store.answer_text(stranger, run.run).await.unwrap(), "");
            let mut end = end(&run, AnswerState::Stopped, "stolen");
            end.owned = stranger;
            let did = put(&store, move |tx| {
                Box::pin(async move {
                    Ok([
                        tx.hold_conversation(stranger, id).await?.is_some(),
                        tx.rename_conversation(stranger, id, "stolen", at(9)).await?,
                        tx.configure_conversation(stranger, id, &settings(), at(9)).await?,
                        tx.choose_model(stranger, id, &settings().model, at(9)).await?,
                        tx.bin_conversation(stranger, id, Some(at(9))).await?,
                        tx.bin_conversation(stranger, id, None).await?,
                        tx.set_leaf(stranger, id, question.id, at(9)).await?,
                        tx.advance_leaf(stranger, id, Some(answer.id), question.id, at(9)).await?,
                        tx.end_answer(&end).await?,
                    ])
                })
            })
            .await;
            assert_eq!(did, [false; 9]);
            // The schema itself refuses a message of a stranger in this conversation.
            let intruder = message(stranger, id, None);
            let refused: Result<(), StoreError> =
                store.write(move |tx| Box::pin(async move { tx.insert_messages(&[intruder]).await })).await;
            assert!(matches!(refused, Err(StoreError::Conflict(name)) if name == "foreign_key"));
        }
        assert_eq!(store.conversation(owned, id).await.unwrap().unwrap().title, "Proteins");
        assert_eq!(store.answer(owned, run.run).await.unwrap(), Some(run));
    })
    .await;
}

#[tokio::test]
async fn the_list_is_latest_first_and_goes_on_after_the_last_seen() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let mut expected = Vec::new();
        for n in 0..25_i64 {
            let mut row = conversation(owned);
            // Several share a time: the id decides.
            row.updated_at = at(n / 4);
            expected.push((row.updated_at, row.id));
            put(&store, move |tx| Box::pin(async move { tx.insert_conversation(&row).await })).await;
        }
        expected.sort_unstable();
        expected.reverse();
        let mut seen = Vec::new();
        while let Some(page) = Some(store.conversations(owned, seen.last().copied(), 7).await.unwrap())
            .filter(|page| !page.is_empty())
        {
            assert!(page.len() <= 7);
            seen.extend(page.iter().map(|row| (row.updated_at, row.id)));
        }
        assert_eq!(seen, expected);
    })
    .await;
}

#[tokio::test]
async fn a_change_shows_and_the_bin_hides() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let id = chat(&store, owned).await;
        let mut new = settings();
        new.temperature = None;
        new.system_prompt = "Änderung".to_owned();
        let set = new.clone();
        new.model = "mock/echo".parse().unwrap();
        let model = new.model.clone();
        let done = put(&store, move |tx| {
            Box::pin(async move {
                Ok([
                    tx.rename_conversation(owned, id, "Folding", at(5)).await?,
                    tx.configure_conversation(owned, id, &set, at(5)).await?,
                    tx.choose_model(owned, id, &model, at(6)).await?,
                    tx.bin_conversation(owned, id, None).await?,
                    tx.bin_conversation(owned, id, Some(at(7))).await?,
                    tx.bin_conversation(owned, id, Some(at(8))).await?,
                    tx.rename_conversation(owned, id, "Lost", at(9)).await?,
                ])
            })
        })
        .await;
        assert_eq!(done, [true, true, true, false, true, false, false]);
        assert_eq!(store.conversation(owned, id).await.unwrap(), None);
        assert_eq!(store.conversations(owned, None, 9).await.unwrap(), []);
        let binned = store.deleted_conversation(owned, id).await.unwrap().unwrap();
        assert_eq!(binned.deleted_at, Some(at(7)));
        assert_eq!(store.deleted_conversations(owned, 9).await.unwrap(), [binned]);
        assert!(
            put(&store, move |tx| Box::pin(async move { tx.bin_conversation(owned, id, None).await })).await
        );
        let row = store.conversation(owned, id).await.unwrap().unwrap();
        assert_eq!((row.title.as_str(), row.updated_at, row.deleted_at), ("Folding", at(6), None));
        assert_eq!(row.settings, new);
        assert_eq!(store.deleted_conversation(owned, id).await.unwrap(), None);
        assert_eq!(store.deleted_conversations(owned, 9).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_conversation_is_found_by_its_title_and_by_what_was_said_whatever_signs_are_in_it() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let mut ids = Vec::new();
        for (n, title) in ["100% sure", "snake_case", "Änderung!", "quotes ' \" \\"].into_iter().enumerate()
        {
            let mut row = conversation(owned);
            row.title = title.to_owned();
            row.updated_at = at(n as i64);
            ids.push(row.id);
            let mut said = message(owned, row.id, None);
            said.body = format!("Said in number {n}");
            put(&store, move |tx| {
                Box::pin(async move {
                    tx.insert_conversation(&row).await?;
                    tx.insert_messages(&[said]).await
                })
            })
            .await;
        }
        for (words, found) in [
            ("0% S", &ids[0..1]),
            ("e_c", &ids[1..2]),
            ("Änderung!", &ids[2..3]),
            ("' \" \\", &ids[3..4]),
            ("SAID in number 2", &ids[2..3]),
            ("%", &ids[0..1]),
            ("_", &ids[1..2]),
            ("nowhere", &[]),
        ] {
            let rows = store.find_conversations(owned, words, None, 9).await.unwrap();
            assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), found, "{words}");
        }
        let first = store.find_conversations(owned, "said", None, 3).await.unwrap();
        assert_eq!(first.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[3], ids[2], ids[1]]);
        let after = Some((first[2].updated_at, first[2].id));
        let rest = store.find_conversations(owned, "said", after, 3).await.unwrap();
        assert_eq!(rest.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[0]]);
        let binned = ids[0];
        put(&store, move |tx| Box::pin(async move { tx.bin_conversation(owned, binned, Some(at(9))).await }))
            .await;
        assert_eq!(store.find_conversations(owned, "0% s", None, 9).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_leaf_must_be_a_message_of_the_conversation() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (question, answer, _) = asked(&store, owned).await;
        let elsewhere = asked(&store, owned).await.0.id;
        let id = question.conversation;
        let done = put(&store, move |tx| {
            Box::pin(async move {
                Ok([
                    tx.set_leaf(owned, id, elsewhere, at(50)).await?,
                    tx.set_leaf(owned, id, answer.id, at(60)).await?,
                ])
            })
        })
        .await;
        assert_eq!(done, [false, true]);
        let row = store.conversation(owned, id).await.unwrap().unwrap();
        assert_eq!((row.leaf, row.updated_at), (Some(answer.id), at(60)));
    })
    .await;
}

#[tokio::test]
async fn a_leaf_is_advanced_only_from_the_one_that_is_there() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (question, answer, _) = asked(&store, owned).await;
        let (id, first, last) = (question.conversation, question.id, answer.id);
        put(&store, move |tx| Box::pin(async move { tx.set_leaf(owned, id, first, at(40)).await })).await;
        let done = put(&store, move |tx| {
            Box::pin(async move {
                Ok([
                    tx.advance_leaf(owned, id, None, last, at(50)).await?,
                    tx.advance_leaf(owned, id, Some(last), last, at(51)).await?,
                    tx.advance_leaf(owned, id, Some(first), last, at(52)).await?,
                    tx.advance_leaf(owned, id, Some(first), last, at(53)).await?,
                ])
            })
        })
        .await;
        assert_eq!(done, [false, false, true, false]);
        let row = store.conversation(owned, id).await.unwrap().unwrap();
        assert_eq!((row.leaf, row.updated_at), (Some(last), at(52)));

        let row = conversation(owned);
        let question = message(owned, row.id, None);
        let (id, leaf) = (row.id, question.id);
        let done = put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_conversation(&row).await?;
                tx.insert_messages(&[question]).await?;
                tx.advance_leaf(owned, id, None, leaf, at(60)).await
            })
        })
        .await;
        assert!(done, "from no message at all to the first one");
    })
    .await;
}

#[tokio::test]
async fn the_bin_is_emptied_with_everything_in_it_a_hundred_at_once() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (kept, ..) = asked(&store, owned).await;
        let (young, ..) = asked(&store, owned).await;
        let (gone, answer, run) = asked(&store, owned).await;
        let mut binned: Vec<ConversationId> = vec![gone.conversation];
        for _ in 0..104 {
            binned.push(chat(&store, owned).await);
        }
        let all = binned.clone();
        let epoch = crate::common::rows::process(&store).await;
        let part = crate::common::rows::part(&run, 1, "text");
        let ending = crate::common::rows::end(&run, AnswerState::Finished, "text");
        put(&store, move |tx| {
            Box::pin(async move {
                tx.append_answer_parts(epoch, &[part]).await?;
                tx.end_answer(&ending).await?;
                for id in all {
                    tx.bin_conversation(owned, id, Some(at(10))).await?;
                }
                tx.bin_conversation(owned, young.conversation, Some(at(20))).await
            })
        })
        .await;
        let mut went = Vec::new();
        for _ in 0..3 {
            went.push(put(&store, |tx| Box::pin(async move { tx.empty_bin(at(20)).await })).await);
        }
        assert_eq!(went, [100, 5, 0]);
        assert_eq!(store.message(owned, gone.conversation, answer.id).await.unwrap(), None);
        assert_eq!(store.answer(owned, run.run).await.unwrap(), None);
        assert_eq!(store.answer_text(owned, run.run).await.unwrap(), "");
        assert!(store.conversation(owned, kept.conversation).await.unwrap().is_some());
        assert!(
            put(&store, move |tx| {
                Box::pin(async move { tx.bin_conversation(owned, young.conversation, None).await })
            })
            .await
        );
    })
    .await;
}
