//! Messages: branches of a tree, read by the page.

use crate::common::{
    SOON, on_both,
    rows::{asked, at, chat, end, id, message, put, run, somebody},
};
use api_types::{AnswerState, MessageId};
use sqlx::AssertSqlSafe;
use studio::ports::store::{MessageRow, StoreError};
use tokio::time::timeout;

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
        let ended = end(&first_run, AnswerState::Finished, "First.");
        let mut early = run(&third);
        (early.state, early.ended_at) = (AnswerState::Failed, Some(at(3)));
        early.failure = Some("The model went away.".to_owned());
        let late = run(&third);
        let rows = [other_root.clone(), second.clone(), third.clone(), below.clone()];
        let runs = [early, late.clone()];
        put(&store, move |tx| {
            Box::pin(async move {
                tx.end_answer(&ended).await?;
                tx.insert_messages(&rows).await?;
                for run in runs {
                    crate::common::rows::insert_answer(tx, &run).await?;
                }
                Ok(())
            })
        })
        .await;

        let before = fresh.db.statements();
        let branch = store.branch(owned, chat, below.id, 10).await.unwrap();
        assert!(fresh.db.statements() - before <= 2);
        let before = fresh.db.statements();
        let spoken = store
            .spoken(owned, branch[0].message.conversation, branch.last().unwrap().message.id, 50)
            .await
            .unwrap();
        assert_eq!(fresh.db.statements() - before, 1);
        let bodies: Vec<_> = branch.iter().map(|turn| &turn.message).collect();
        assert_eq!(spoken.iter().collect::<Vec<_>>()[spoken.len() - bodies.len()..], bodies);
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
        assert_eq!((finished.state, finished.ended_at), (AnswerState::Finished, Some(at(5))));
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
                    crate::common::rows::insert_answer(tx, &run).await?;
                    tx.end_answer(&end(&run, AnswerState::Finished, "x")).await?;
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
             INSERT INTO messages SELECT organization_id, owner_id, id, 'm' || id, NULL, 'user', '', 1, NULL \
             FROM conversations WHERE id LIKE 'c%'; \
             INSERT INTO runs SELECT organization_id, owner_id, 'r' || id, 'chat', 'done', NULL, 0, 0, NULL, NULL, NULL, 0, 0, \
             1, 1, NULL, NULL FROM conversations WHERE id LIKE 'c%'; \
             INSERT INTO answers SELECT organization_id, owner_id, 'r' || id, id, 'm' || id, model, 'finished', NULL, 1, 1, \
             1, 0, 1, 1, 1 FROM conversations WHERE id LIKE 'c%'; \
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
