//! Answers, and the parts of those that are being written.

use crate::common::{
    on_both,
    rows::{asked, at, end, id, insert_answer, next, part, process, put, run, somebody},
};
use api_types::{AnswerState, RunId, Usage};
use studio::ports::store::{AnswerEnd, AnswerPart, StoreError, Taken};
use workflow::Status;

#[tokio::test]
async fn a_run_reads_back_as_it_was_written() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (_, answer, active) = asked(&store, owned).await;
        assert_eq!(store.answer(owned, active.run).await.unwrap(), Some(active));
        let mut full = run(&answer);
        full.state = AnswerState::Failed;
        full.failure = Some("It said ‘no’.".to_owned());
        full.usage.prompt_tokens = Some(u32::MAX);
        full.usage.completion_tokens = Some(0);
        full.cost_micros = Some(i64::MAX);
        full.cut_short = true;
        (full.first_token_at, full.ended_at) = (Some(at(1)), Some(at(2)));
        let insert = full.clone();
        put(&store, move |tx| Box::pin(async move { insert_answer(tx, &insert).await })).await;
        assert_eq!(store.answer(owned, full.run).await.unwrap(), Some(full));
        assert_eq!(store.answer(owned, RunId(id())).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_conversation_has_one_active_run_by_the_schema() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (_, answer, first) = asked(&store, owned).await;
        for state in [AnswerState::Running, AnswerState::Queued] {
            let mut second = run(&answer);
            second.state = state;
            let refused: Result<(), StoreError> =
                store.write(move |tx| Box::pin(async move { insert_answer(tx, &second).await })).await;
            assert!(
                matches!(&refused, Err(StoreError::Conflict(name)) if name == "answers_one_active"),
                "{refused:?}"
            );
        }
        let next = run(&answer);
        put(&store, move |tx| {
            Box::pin(async move {
                tx.end_answer(&end(&first, AnswerState::Stopped, "")).await?;
                insert_answer(tx, &next).await
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_the_runs_before_the_last_took_is_added_up() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (question, answer, first) = asked(&store, owned).await;
        let (second, third) = (run(&answer), run(&answer));
        let mut untold = end(&second, AnswerState::Stopped, "");
        (untold.usage, untold.cost_micros, untold.first_token_at) = (Usage::default(), None, None);
        let last = third.run;
        put(&store, move |tx| {
            Box::pin(async move {
                tx.end_answer(&end(&first, AnswerState::Stopped, "")).await?;
                insert_answer(tx, &second).await?;
                tx.end_answer(&untold).await?;
                insert_answer(tx, &third).await
            })
        })
        .await;
        let branch = store.branch(owned, question.conversation, answer.id, 2).await.unwrap();
        assert_eq!(branch[0].earlier, Taken::default());
        assert_eq!(branch[1].run.as_ref().unwrap().run, last);
        // Opened at 2, first token at 4, ended at 5; the second one wrote nothing and did not say what it took.
        let earlier = Taken { tokens: Some(20), cost_micros: Some(123), whole_us: 6, writing_us: 1 };
        assert_eq!(branch[1].earlier, earlier);
        assert_eq!(branch[1].taken(), earlier, "the last one has not ended");
    })
    .await;
}

#[tokio::test]
async fn a_run_that_has_ended_stays_as_it_ended() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (_, answer, active) = asked(&store, owned).await;
        let (stopped, finished) =
            (end(&active, AnswerState::Stopped, "So far"), end(&active, AnswerState::Finished, "All of it"));
        let before = fresh.db.statements();
        let first = put(&store, move |tx| Box::pin(async move { tx.end_answer(&stopped).await })).await;
        assert_eq!(fresh.db.statements() - before, 2, "the answer, then its message");
        let second = put(&store, move |tx| Box::pin(async move { tx.end_answer(&finished).await })).await;
        assert!(first && !second);
        let row = store.answer(owned, active.run).await.unwrap().unwrap();
        assert_eq!(
            (row.state, row.ended_at, row.first_token_at),
            (AnswerState::Stopped, Some(at(5)), Some(at(4)))
        );
        assert_eq!((row.usage.prompt_tokens, row.usage.completion_tokens), (Some(10), Some(20)));
        assert_eq!((row.cost_micros, row.cut_short), (Some(123), true));
        let message = store.message(owned, answer.conversation, answer.id).await.unwrap().unwrap();
        assert_eq!(message.body, "So far");
    })
    .await;
}

#[tokio::test]
async fn a_run_cannot_end_in_a_state_that_goes_on() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (_, _, active) = asked(&store, owned).await;
        let wrong = end(&active, AnswerState::Queued, "");
        let refused: Result<bool, StoreError> =
            store.write(move |tx| Box::pin(async move { tx.end_answer(&wrong).await })).await;
        assert!(matches!(refused, Err(StoreError::Conflict(name)) if name == "answers_ended"));
    })
    .await;
}

#[tokio::test]
async fn runs_since_are_the_active_ones_and_those_that_ended_lately_oldest_first() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let other = somebody(&store).await;
        asked(&store, other).await;
        let mut expected = Vec::new();
        for ended in [Some(100), None, Some(199), Some(200), Some(300)] {
            let (_, _, active) = asked(&store, owned).await;
            if ended.is_none_or(|ended| ended >= 200) {
                expected.push(active.run);
            }
            if let Some(ended) = ended {
                let mut end = end(&active, AnswerState::Finished, "x");
                end.at = at(ended);
                put(&store, move |tx| Box::pin(async move { tx.end_answer(&end).await })).await;
            }
        }
        let found: Vec<_> =
            store.answers_since(owned, at(200)).await.unwrap().iter().map(|answer| answer.run).collect();
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test]
async fn the_text_of_an_answer_is_its_parts_in_order_of_seq() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let epoch = process(&store).await;
        let (_, _, one) = asked(&store, owned).await;
        let (_, _, two) = asked(&store, owned).await;
        assert_eq!(store.answer_text(owned, one.run).await.unwrap(), "");
        let texts = ["a", "", "\n", "ß ", "👩‍🔬", "'; DROP TABLE runs; --", "\u{202e}"];
        let mut parts: Vec<AnswerPart> = Vec::new();
        // Twelve and more: seq is a number, not a text; and two answers share the statement.
        for (n, seq) in (2..50).enumerate() {
            parts.push(part(&one, seq, texts[n % texts.len()]));
            parts.push(part(&two, seq - 1, "x"));
        }
        let expected: String = (0..48).map(|n| texts[n % texts.len()]).collect();
        parts.reverse();
        let before = fresh.db.statements();
        let kept =
            put(&store, move |tx| Box::pin(async move { tx.append_answer_parts(epoch, &parts).await })).await;
        assert_eq!((fresh.db.statements() - before, kept), (1, 96));
        assert_eq!(store.answer_text(owned, one.run).await.unwrap(), expected);
        assert_eq!(store.answer_text(owned, two.run).await.unwrap(), "x".repeat(48));

        let again = part(&one, 49, "again");
        let refused: Result<u64, StoreError> = store
            .write(move |tx| Box::pin(async move { tx.append_answer_parts(epoch, &[again]).await }))
            .await;
        assert!(matches!(refused, Err(StoreError::Conflict(name)) if name == "answer_parts_pkey"));
    })
    .await;
}

#[tokio::test]
async fn more_parts_than_fit_into_one_statement_are_all_there_and_a_dead_process_keeps_none() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let epoch = process(&store).await;
        let (_, _, run) = asked(&store, owned).await;
        let parts: Vec<_> = (1..=250).map(|seq| part(&run, seq, &format!("{seq},"))).collect();
        let expected: String = (1..=250).map(|seq| format!("{seq},")).collect();
        let before = fresh.db.statements();
        let kept =
            put(&store, move |tx| Box::pin(async move { tx.append_answer_parts(epoch, &parts).await })).await;
        assert_eq!((fresh.db.statements() - before, kept), (3, 250));
        let late = part(&run, 251, "late");
        let kept = put(&store, move |tx| {
            Box::pin(async move {
                tx.leave_process(epoch).await.unwrap();
                tx.append_answer_parts(epoch, &[late]).await
            })
        })
        .await;
        assert_eq!(kept, 0, "who was taken for dead writes nothing");
        assert_eq!(store.answer_text(owned, run.run).await.unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_a_text_of_its_own_ends_with_its_parts_and_can_be_written_on_by_its_run() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let epoch = process(&store).await;
        let (question, answer, first) = asked(&store, owned).await;
        let conversation = answer.conversation;
        let leaf = answer.id;
        let (parts, folded) = (
            [part(&first, 2, "world"), part(&first, 1, "Hello, ")],
            AnswerEnd { body: None, ..end(&first, AnswerState::Interrupted, "") },
        );
        let again = folded.clone();
        put(&store, move |tx| {
            Box::pin(async move {
                tx.append_answer_parts(epoch, &parts).await?;
                assert!(tx.end_answer(&folded).await?);
                assert!(!tx.end_answer(&again).await?, "once");
                Ok(())
            })
        })
        .await;
        let text = async || store.message(owned, conversation, leaf).await.unwrap().unwrap().body;
        assert_eq!(text().await, "Hello, world");

        let first_run = first.run;
        let resume = async || {
            put(&store, move |tx| {
                Box::pin(async move { tx.resume_answer(owned, first_run, conversation).await })
            })
            .await
        };
        assert!(!resume().await, "the chat shows nothing of it");
        put(&store, move |tx| {
            Box::pin(async move { tx.set_leaf(owned, conversation, leaf, at(9)).await.map(drop) })
        })
        .await;
        assert!(resume().await && !resume().await, "it is being written");
        let row = store.answer(owned, first_run).await.unwrap().unwrap();
        assert_eq!((row.state, row.ended_at, row.failure), (AnswerState::Running, None, None));
        let (more, folded) =
            ([part(&first, 1, "!")], AnswerEnd { body: None, ..end(&first, AnswerState::Interrupted, "") });
        put(&store, move |tx| {
            Box::pin(async move {
                tx.append_answer_parts(epoch, &more).await?;
                tx.end_answer(&folded).await
            })
        })
        .await;
        assert_eq!(text().await, "Hello, world!", "nothing is in it twice");
        let row = store.answer(owned, first_run).await.unwrap().unwrap();
        let used = (row.usage.prompt_tokens, row.usage.completion_tokens, row.cost_micros);
        assert_eq!(used, (Some(20), Some(40), Some(246)), "its model was called twice");

        // Parts of what has ended go; its text stands in the message.
        let purge = async |before| {
            put(&store, move |tx| Box::pin(async move { tx.purge_answer_parts(before).await })).await
        };
        assert_eq!((purge(at(5)).await, purge(at(6)).await, purge(at(6)).await), (0, 1, 0));
        assert_eq!(text().await, "Hello, world!");

        // What a call used that nobody knows of takes nothing away.
        assert!(resume().await);
        let silent = AnswerEnd {
            usage: Usage::default(),
            cost_micros: None,
            ..end(&first, AnswerState::Finished, "Hello, world!")
        };
        put(&store, move |tx| Box::pin(async move { tx.end_answer(&silent).await })).await;
        let row = store.answer(owned, first_run).await.unwrap().unwrap();
        assert_eq!((row.usage.completion_tokens, row.cost_micros), (Some(40), Some(246)));

        // Another run of the same message is later.
        let later = run(&answer);
        let (insert, ended) = (later.clone(), end(&later, AnswerState::Finished, "All."));
        put(&store, move |tx| {
            Box::pin(async move {
                insert_answer(tx, &insert).await?;
                tx.end_answer(&ended).await
            })
        })
        .await;
        assert!(!resume().await, "another run has written it since");
        let _asked_by = question;
    })
    .await;
}

#[tokio::test]
async fn an_answer_whose_run_is_over_is_found_while_it_is_open() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (_, _, active) = asked(&store, owned).await;
        assert_eq!(store.answers_left_open().await.unwrap(), []);
        for status in
            [Status::Unreadable, Status::Failed, Status::NeedsAttention, Status::Done, Status::Cancelled]
        {
            let revision = store.run(owned, active.run).await.unwrap().unwrap().run.revision;
            let commit = next(active.run, owned, revision, status);
            put(&store, move |tx| Box::pin(async move { Ok(tx.commit_run(&commit).await.unwrap()) })).await;
            assert_eq!(store.answers_left_open().await.unwrap(), std::slice::from_ref(&active), "{status:?}");
        }
        let ended = end(&active, AnswerState::Failed, "x");
        put(&store, move |tx| Box::pin(async move { tx.end_answer(&ended).await })).await;
        assert_eq!(store.answers_left_open().await.unwrap(), []);
    })
    .await;
}
