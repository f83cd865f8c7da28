//! Conversations and messages.

use crate::common::{
    SOON, on_both,
    rows::{asked, at, chat, conversation, end, id, message, put, run, settings, somebody},
};
use api_types::{ConversationId, MessageId, RunState};
use sqlx::AssertSqlSafe;
use studio::ports::store::{MessageRow, StoreError};
use tokio::time::timeout;

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
        // Another person, another organization, and the right person named with the wrong organization.
        let mixed = studio::ports::store::Owned { organization: other.organization, owner: owned.owner };
        for stranger in [other, mixed] {
            assert_eq!(store.conversation(stranger, id).await.unwrap(), None);
            assert_eq!(store.conversations(stranger, None, 10).await.unwrap(), []);
            assert_eq!(store.message(stranger, id, question.id).await.unwrap(), None);
            assert_eq!(store.branch(stranger, id, answer.id, 10).await.unwrap(), []);
            assert_eq!(store.youngest_leaf(stranger, id, question.id).await.unwrap(), None);
            assert_eq!(store.run(stranger, run.id).await.unwrap(), None);
            assert_eq!(store.runs_since(stranger, at(0)).await.unwrap(), []);
            assert_eq!(store.run_text(stranger, run.id).await.unwrap(), "");
            let mut end = end(&run, RunState::Stopped, "stolen");
            end.owned = stranger;
            let did = put(&store, move |tx| {
                Box::pin(async move {
                    Ok([
                        tx.rename_conversation(stranger, id, "stolen", at(9)).await?,
                        tx.configure_conversation(stranger, id, &settings(), at(9)).await?,
                        tx.bin_conversation(stranger, id, Some(at(9))).await?,
                        tx.bin_conversation(stranger, id, None).await?,
                        tx.set_leaf(stranger, id, question.id, at(9)).await?,
                        tx.advance_leaf(stranger, id, Some(answer.id), question.id, at(9)).await?,
                        tx.end_run(&end).await?,
                    ])
                })
            })
            .await;
            assert_eq!(did, [false; 7]);
            // The schema itself refuses a message of a stranger in this conversation.
            let intruder = message(stranger, id, None);
            let refused: Result<(), StoreError> =
                store.write(move |tx| Box::pin(async move { tx.insert_messages(&[intruder]).await })).await;
            assert!(matches!(refused, Err(StoreError::Conflict(name)) if name == "foreign_key"));
        }
        assert_eq!(store.conversation(owned, id).await.unwrap().unwrap().title, "Proteins");
        assert_eq!(store.run(owned, run.id).await.unwrap(), Some(run));
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
        let done = put(&store, move |tx| {
            Box::pin(async move {
                Ok([
                    tx.rename_conversation(owned, id, "Folding", at(5)).await?,
                    tx.configure_conversation(owned, id, &set, at(6)).await?,
                    tx.bin_conversation(owned, id, None).await?,
                    tx.bin_conversation(owned, id, Some(at(7))).await?,
                    tx.bin_conversation(owned, id, Some(at(8))).await?,
                    tx.rename_conversation(owned, id, "Lost", at(9)).await?,
                ])
            })
        })
        .await;
        assert_eq!(done, [true, true, false, true, false, false]);
        assert_eq!(store.conversation(owned, id).await.unwrap(), None);
        assert_eq!(store.conversations(owned, None, 9).await.unwrap(), []);
        assert!(
            put(&store, move |tx| Box::pin(async move { tx.bin_conversation(owned, id, None).await })).await
        );
        let row = store.conversation(owned, id).await.unwrap().unwrap();
        assert_eq!((row.title.as_str(), row.updated_at, row.deleted_at), ("Folding", at(6), None));
        assert_eq!(row.settings, new);
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
        let event = crate::common::rows::event(&run, 1, "text");
        put(&store, move |tx| {
            Box::pin(async move {
                tx.append_run_events(&[event]).await?;
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
        assert_eq!(store.run(owned, run.id).await.unwrap(), None);
        assert_eq!(store.run_text(owned, run.id).await.unwrap(), "");
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

#[tokio::test]
async fn a_branch_is_read_by_the_page_with_runs_and_siblings_in_two_statements() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (question, first, first_run) = asked(&store, owned).await;
        let chat = question.conversation;
        // A second root, two more answers, and a question below the last of them.
        let other_root = message(owned, chat, None);
        let second = message(owned, chat, Some(question.id));
        let third = message(owned, chat, Some(question.id));
        let below = message(owned, chat, Some(third.id));
        let ended = end(&first_run, RunState::Finished, "First.");
        let mut early = run(&third);
        (early.state, early.ended_at) = (RunState::Failed, Some(at(3)));
        early.failure = Some("The model went away.".to_owned());
        let late = run(&third);
        let rows = [other_root.clone(), second.clone(), third.clone(), below.clone()];
        let runs = [early, late.clone()];
        put(&store, move |tx| {
            Box::pin(async move {
                tx.end_run(&ended).await?;
                tx.insert_messages(&rows).await?;
                for run in runs {
                    tx.insert_run(&run).await?;
                }
                Ok(())
            })
        })
        .await;

        let before = fresh.db.statements();
        let branch = store.branch(owned, chat, below.id, 10).await.unwrap();
        assert!(fresh.db.statements() - before <= 2);
        let shape: Vec<_> = branch.iter().map(|turn| (turn.message.id, turn.siblings.clone())).collect();
        assert_eq!(
            shape,
            [
                (question.id, vec![question.id, other_root.id]),
                (third.id, vec![first.id, second.id, third.id]),
                (below.id, vec![below.id]),
            ]
        );
        assert_eq!(branch[0].run, None);
        assert_eq!(branch[1].run, Some(late), "the last run, not the first");
        assert_eq!(branch[2].message, below);

        let page = store.branch(owned, chat, below.id, 2).await.unwrap();
        assert_eq!(page.iter().map(|turn| turn.message.id).collect::<Vec<_>>(), [third.id, below.id]);
        let before_it = store.branch(owned, chat, page[0].message.parent.unwrap(), 2).await.unwrap();
        assert_eq!(before_it.iter().map(|turn| turn.message.id).collect::<Vec<_>>(), [question.id]);
        assert_eq!(store.branch(owned, chat, below.id, 0).await.unwrap(), []);
        assert_eq!(store.branch(owned, chat, MessageId(id()), 5).await.unwrap(), []);

        let other = store.branch(owned, chat, first.id, 10).await.unwrap();
        assert_eq!(other[1].message.body, "First.");
        let finished = other[1].run.clone().unwrap();
        assert_eq!((finished.state, finished.ended_at), (RunState::Finished, Some(at(5))));
    })
    .await;
}

#[tokio::test]
async fn the_youngest_leaf_follows_the_youngest_child() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let chat = chat(&store, owned).await;
        let root = message(owned, chat, None);
        let old = message(owned, chat, Some(root.id));
        let young = message(owned, chat, Some(root.id));
        let below_young = message(owned, chat, Some(young.id));
        let below_old = message(owned, chat, Some(old.id));
        let rows = [root.clone(), old.clone(), young.clone(), below_young.clone(), below_old.clone()];
        put(&store, move |tx| Box::pin(async move { tx.insert_messages(&rows).await })).await;
        for (from, to) in [(&root, &below_young), (&old, &below_old), (&below_young, &below_young)] {
            assert_eq!(store.youngest_leaf(owned, chat, from.id).await.unwrap(), Some(to.id));
        }
        assert_eq!(store.youngest_leaf(owned, chat, MessageId(id())).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_parent_must_be_in_the_same_conversation() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let here = chat(&store, owned).await;
        let elsewhere = asked(&store, owned).await.0;
        let lost = message(owned, here, Some(elsewhere.id));
        let refused: Result<(), StoreError> =
            store.write(move |tx| Box::pin(async move { tx.insert_messages(&[lost]).await })).await;
        assert!(matches!(refused, Err(StoreError::Conflict(name)) if name == "foreign_key"));
    })
    .await;
}

#[tokio::test]
async fn many_messages_are_one_statement_and_none_is_nothing() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let chat = chat(&store, owned).await;
        let mut rows: Vec<MessageRow> = Vec::new();
        for _ in 0..100 {
            rows.push(message(owned, chat, rows.last().map(|row| row.id)));
        }
        let last = rows[99].id;
        let before = fresh.db.statements();
        put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_messages(&[]).await?;
                tx.insert_messages(&rows).await
            })
        })
        .await;
        assert_eq!(fresh.db.statements() - before, 1);
        assert_eq!(store.branch(owned, chat, last, 1000).await.unwrap().len(), 100);
    })
    .await;
}

#[tokio::test]
async fn a_long_conversation_opens_whatever_the_planner_has_learnt() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let long = chat(&store, owned).await;
        let mut rows: Vec<MessageRow> = Vec::new();
        for _ in 0..2_000 {
            rows.push(message(owned, long, rows.last().map(|row| row.id)));
        }
        let (first, last) = (rows[0].id, rows[1_999].id);
        let runs: Vec<_> = rows.iter().skip(1).step_by(2).map(run).collect();
        put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_messages(&rows).await?;
                for run in runs {
                    tx.insert_run(&run).await?;
                    tx.end_run(&end(&run, RunState::Finished, "x")).await?;
                }
                Ok(())
            })
        })
        .await;
        // Thousands of conversations with one message: a conversation looks like one row from now on.
        let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n";
        let sql = format!(
            "INSERT INTO conversations SELECT organization_id, owner_id, 'c' || n.i, title, model, NULL, NULL, '', NULL, 1, \
             1, NULL FROM conversations CROSS JOIN ({numbers}) n; \
             INSERT INTO messages SELECT organization_id, owner_id, id, 'm' || id, NULL, 'user', '', 1 \
             FROM conversations WHERE id LIKE 'c%'; \
             INSERT INTO runs SELECT organization_id, owner_id, 'r' || id, id, 'm' || id, model, 'finished', NULL, 1, 1, \
             1, 0, 'w', 1, 1, 1 FROM conversations WHERE id LIKE 'c%'; \
             ANALYZE"
        );
        let mut outside = fresh.outside().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut outside).await.unwrap();
        if let Some(name) = &fresh.postgres {
            // The plan that suits the average, at once and for new connections.
            let sql = format!("ALTER DATABASE {name} SET plan_cache_mode = force_generic_plan");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut outside).await.unwrap();
        }
        let again: std::sync::Arc<dyn studio::ports::store::Store> =
            std::sync::Arc::new(storage::open(fresh.config.clone()).await.unwrap());
        // A bad plan took 20 s here, more than a statement may take; a good one takes 50 ms.
        let read = async {
            assert_eq!(again.branch(owned, long, last, 2_000).await.unwrap().len(), 2_000);
            assert_eq!(again.branch(owned, long, last, 50).await.unwrap().len(), 50);
            assert_eq!(again.youngest_leaf(owned, long, first).await.unwrap(), Some(last));
        };
        timeout(SOON, read).await.unwrap();
    })
    .await;
}
