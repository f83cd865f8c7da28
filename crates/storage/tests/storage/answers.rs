//! Runs, events, workers.

use crate::common::{
    on_both,
    rows::{asked, at, end, event, id, message, put, run, somebody},
};
use api_types::{AnswerState, RunId, Usage, WorkerId};
use studio::ports::{
    Timestamp,
    store::{AnswerPart, RunEventKind, StoreError, Taken},
};

#[tokio::test]
async fn a_run_reads_back_as_it_was_written() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (_, answer, active) = asked(&store, owned).await;
        assert_eq!(store.answer(owned, active.id).await.unwrap(), Some(active));
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
        assert_eq!(store.answer(owned, full.id).await.unwrap(), Some(full));
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
        let last = third.id;
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
        assert_eq!(branch[1].run.as_ref().unwrap().id, last);
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
        assert_eq!(fresh.db.statements() - before, 2);
        let second = put(&store, move |tx| Box::pin(async move { tx.end_answer(&finished).await })).await;
        assert!(first && !second);
        let row = store.answer(owned, active.id).await.unwrap().unwrap();
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
        assert!(matches!(refused, Err(StoreError::Conflict(name)) if name == "runs_ended"));
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
                expected.push(active.id);
            }
            if let Some(ended) = ended {
                let mut end = end(&active, AnswerState::Finished, "x");
                end.at = at(ended);
                put(&store, move |tx| Box::pin(async move { tx.end_answer(&end).await })).await;
            }
        }
        let found: Vec<_> =
            store.answers_since(owned, at(200)).await.unwrap().iter().map(|run| run.id).collect();
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test]
async fn the_text_of_a_run_is_its_deltas_in_order_of_seq() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (_, _, one) = asked(&store, owned).await;
        let (_, _, two) = asked(&store, owned).await;
        assert_eq!(store.answer_text(owned, one.id).await.unwrap(), "");
        let parts = ["a", "", "\n", "ß ", "👩‍🔬", "'; DROP TABLE runs; --", "\u{202e}"];
        let mut events: Vec<AnswerPart> = Vec::new();
        events.push(AnswerPart { kind: RunEventKind::Started, ..event(&one, 1, "") });
        // Twelve and more: seq is a number, not a text; and two runs share the statement.
        for (n, seq) in (2..50).enumerate() {
            events.push(event(&one, seq, parts[n % parts.len()]));
            events.push(event(&two, seq - 1, "x"));
        }
        events.push(AnswerPart { kind: RunEventKind::Ended, ..event(&one, 50, "finished") });
        let expected: String = (0..48).map(|n| parts[n % parts.len()]).collect();
        events.reverse();
        let before = fresh.db.statements();
        put(&store, move |tx| Box::pin(async move { tx.append_answer_parts(&events).await })).await;
        assert_eq!(fresh.db.statements() - before, 1);
        assert_eq!(store.answer_text(owned, one.id).await.unwrap(), expected);
        assert_eq!(store.answer_text(owned, two.id).await.unwrap(), "x".repeat(48));

        let again = event(&one, 50, "again");
        let refused: Result<(), StoreError> =
            store.write(move |tx| Box::pin(async move { tx.append_answer_parts(&[again]).await })).await;
        assert!(matches!(refused, Err(StoreError::Conflict(name)) if name == "run_events_pkey"));
    })
    .await;
}

#[tokio::test]
async fn more_events_than_fit_into_one_statement_are_all_there() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (_, _, run) = asked(&store, owned).await;
        let events: Vec<_> = (1..=250).map(|seq| event(&run, seq, &format!("{seq},"))).collect();
        let expected: String = (1..=250).map(|seq| format!("{seq},")).collect();
        let before = fresh.db.statements();
        put(&store, move |tx| Box::pin(async move { tx.append_answer_parts(&events).await })).await;
        assert_eq!(fresh.db.statements() - before, 3);
        assert_eq!(store.answer_text(owned, run.id).await.unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn orphans_end_as_interrupted_and_keep_what_they_wrote() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let mut runs = Vec::new();
        for _ in 0..5 {
            runs.push(asked(&store, owned).await);
        }
        let [mine, alive, stale, vanished, done] = [0, 1, 2, 3, 4].map(|n: usize| runs[n].clone());
        let (me, now, limit) = (mine.2.worker, at(1000), at(900));
        let mut continued = message(owned, stale.1.conversation, Some(stale.0.id));
        continued.body = "Earlier. ".to_owned();
        let events = [event(&stale.2, 2, "world"), event(&stale.2, 1, "Hello, "), event(&vanished.2, 1, "…")];
        let (a, s, d) = (alive.2.worker, stale.2.worker, end(&done.2, AnswerState::Finished, "Done."));
        put(&store, move |tx| {
            Box::pin(async move {
                tx.append_answer_parts(&events).await?;
                tx.heartbeat(a, at(0)).await?;
                tx.heartbeat(a, at(900)).await?;
                tx.heartbeat(s, at(899)).await?;
                tx.end_answer(&d).await
            })
        })
        .await;
        let active = async |worker, before| -> Vec<_> {
            store.active_runs(worker, before).await.unwrap().into_iter().map(|run| run.id).collect()
        };
        assert!(
            store.has_other_worker(me, limit).await.unwrap()
                && store.has_other_worker(s, limit).await.unwrap()
        );
        assert!(!store.has_other_worker(a, limit).await.unwrap(), "the other was not seen since");
        let opened = mine.2.created_at;
        assert_eq!(active(me, Timestamp(opened.0 + 1)).await, [mine.2.id]);
        assert!(active(me, opened).await.is_empty(), "opened before, not then");
        assert!(active(done.2.worker, now).await.is_empty(), "it has ended");

        let shut = async |disabled_at| {
            put(&store, move |tx| Box::pin(async move { tx.set_disabled(owned, disabled_at).await })).await
        };
        let shut_out = async |worker| store.shut_out_with_runs(worker).await.unwrap();
        shut(Some(at(1))).await;
        assert_eq!(shut_out(me).await, [owned.owner]);
        assert!(shut_out(done.2.worker).await.is_empty(), "nothing is written there any more");
        shut(None).await;
        assert!(shut_out(me).await.is_empty(), "let in again");

        let ended =
            put(&store, move |tx| Box::pin(async move { tx.interrupt_orphans(me, limit, now).await })).await;
        assert_eq!(ended, 2);
        for ((_, answer, run), state, body) in [
            (&mine, AnswerState::Running, ""),
            (&alive, AnswerState::Running, ""),
            (&stale, AnswerState::Interrupted, "Hello, world"),
            (&vanished, AnswerState::Interrupted, "…"),
            (&done, AnswerState::Finished, "Done."),
        ] {
            let row = store.answer(owned, run.id).await.unwrap().unwrap();
            assert_eq!((row.state, row.ended_at.is_none()), (state, state.is_active()));
            let message = store.message(owned, answer.conversation, answer.id).await.unwrap().unwrap();
            assert_eq!(message.body, body);
        }
        let again =
            put(&store, move |tx| Box::pin(async move { tx.interrupt_orphans(me, limit, now).await })).await;
        assert_eq!(again, 0);

        // A continued answer keeps what earlier runs had written.
        let next = run(&continued);
        let (texts, insert) = ([event(&next, 1, "More.")], next.clone());
        let row = continued.clone();
        let ended = put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_messages(&[row]).await?;
                insert_answer(tx, &insert).await?;
                tx.append_answer_parts(&texts).await?;
                tx.retire(a).await?;
                tx.interrupt_orphans(me, limit, now).await
            })
        })
        .await;
        assert_eq!(ended, 2, "and the worker that retired has left one too");
        let message = store.message(owned, continued.conversation, continued.id).await.unwrap().unwrap();
        assert_eq!(message.body, "Earlier. More.");
        assert_eq!(store.answer(owned, alive.2.id).await.unwrap().unwrap().state, AnswerState::Interrupted);
        let _unknown = put(&store, |tx| Box::pin(async move { tx.retire(WorkerId(id())).await })).await;
    })
    .await;
}
