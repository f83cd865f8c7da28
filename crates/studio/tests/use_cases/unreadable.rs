//! Runs that cannot be read, after a crash: each stops itself, and nothing else.

use crate::house::House;
use api_types::{AnswerState, Problem, RunId, RunStatus};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use std::time::Duration;
use studio::{AnswerVerdict, Opened, RunFilter, SendMessage, SignedIn, Studio};

impl House {
    /// By hand, past all rules of the schema.
    async fn damage(&self, sql: &str, run: RunId) {
        sqlx::any::install_default_drivers();
        let file = self.folder.path().join("studio.db");
        let mut conn = AnyConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        let past = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON";
        sqlx::raw_sql(past).execute(&mut conn).await.unwrap();
        let sql = sql.replace('?', &format!("'{run}'"));
        let changed = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
        assert!(changed.rows_affected() > 0, "the row is there");
        conn.close().await.unwrap();
    }

    /// Four answers under way, of which some text was kept, when their process died.
    async fn crashed(&self, by: &SignedIn) -> Vec<Opened> {
        let mut all = Vec::new();
        for _ in 0..4 {
            let opened = self.send(by, None, "Go on").await.unwrap();
            let kept = "INSERT INTO answer_parts SELECT organization_id, owner_id, run_id, 1, 'Once upon', 1 FROM answers WHERE run_id = ?";
            self.damage(kept, opened.run.run).await;
            all.push(opened);
        }
        all
    }
}

/// Drives a process, and sees to what the worker sees to, until this is so.
async fn until(studio: &Studio, what: &str, is_so: impl AsyncFn() -> bool) {
    let comes = async {
        for _ in 0..1_000 {
            studio.end_left_open().await.unwrap();
            if is_so().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{what}");
    };
    tokio::select! {
        () = studio.drive() => {}
        () = comes => {}
    }
}

async fn state(studio: &Studio, by: &SignedIn, run: RunId) -> (AnswerState, String) {
    let answer = studio.run(by, run).await.unwrap();
    (answer.state, studio.answer_text(by, &answer).await.unwrap())
}

const NO_CHECKPOINT: &str = "UPDATE run_commits SET body = NULL, digest = NULL, state_name = NULL, state_version = NULL WHERE run_id = ?";

#[tokio::test]
async fn three_healthy_runs_go_on_beside_a_broken_one_and_its_chat_can_be_used() {
    for (sql, is_listed) in [
        ("UPDATE run_commits SET state_version = -1 WHERE run_id = ?", true),
        ("UPDATE run_commits SET state_version = 'abc' WHERE run_id = ?", true),
        ("UPDATE run_commits SET digest = '00' WHERE run_id = ?", true),
        (NO_CHECKPOINT, true),
        ("UPDATE runs SET last_seq = 'x' WHERE id = ?", true),
        ("UPDATE runs SET status = 'bogus' WHERE id = ?", true),
        ("UPDATE runs SET kind = 'bogus' WHERE id = ?", true),
        ("UPDATE runs SET owner_id = 'nobody' WHERE id = ?", false),
    ] {
        let house = House::new().await;
        let ana = house.owner().await;
        let all = house.crashed(&ana).await;
        let (broken, healthy) = all.split_first().unwrap();
        house.damage(sql, broken.run.run).await;
        let studio = house.restarted().await;
        until(&studio, sql, async || {
            for opened in healthy {
                // A model is not asked twice unasked: it waits for a word.
                if state(&studio, &ana, opened.run.run).await.0 != AnswerState::Interrupted {
                    return false;
                }
            }
            state(&studio, &ana, broken.run.run).await.0 == AnswerState::Failed
        })
        .await;
        assert_eq!(
            state(&studio, &ana, broken.run.run).await.1,
            "Once upon",
            "{sql}: what was kept is there"
        );
        assert!(!studio.is_stuck(), "{sql}");
        let list = studio.runs(&ana, RunFilter::All, None).await.unwrap().runs;
        assert_eq!(list.len(), if is_listed { 4 } else { 3 }, "{sql}");
        for listed in &list {
            let is_broken = listed.run.id == broken.run.run;
            let expected = if is_broken { RunStatus::Unreadable } else { RunStatus::NeedsAttention };
            assert_eq!(listed.run.status, expected, "{sql}");
            assert!(listed.run.reason.is_some(), "{sql}: why");
        }
        if is_listed {
            let view = studio.run_view(&ana, broken.run.run, None).await.unwrap();
            assert!(view.unread.is_some(), "{sql}");
            let everyone =
                studio.organization_run(&ana.admin().unwrap(), broken.run.run, None).await.unwrap();
            assert_eq!(everyone.unread, view.unread);
        }

        studio.stop_run(&ana, broken.run.run).await.unwrap();
        house.model.says("Yes.");
        let message = SendMessage {
            conversation: Some(broken.conversation),
            text: "Something else".to_owned(),
            settings: None,
        };
        let next = studio.send_message(&ana, message, None).await.unwrap();
        until(&studio, sql, async || {
            state(&studio, &ana, next.run.run).await == (AnswerState::Finished, "Yes.".to_owned())
        })
        .await;
    }
}

/// It says what cannot be read and what to do.
fn is_said(refused: Result<(), Problem>, what: &str) {
    match refused {
        Err(Problem::Changed { detail }) => {
            assert!(
                detail.contains("cannot be read") && detail.contains("ask there again"),
                "{what}: {detail}"
            );
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[tokio::test]
async fn what_is_asked_of_a_run_that_cannot_be_read_is_refused_with_a_sentence_and_its_page_shows_the_rest() {
    for sql in [
        "UPDATE run_commits SET digest = '00' WHERE run_id = ?",
        "UPDATE run_commits SET state_version = -1 WHERE run_id = ?",
        "UPDATE run_commits SET state_version = 'abc' WHERE run_id = ?",
    ] {
        let house = House::new().await;
        let ana = house.owner().await;
        let all = house.crashed(&ana).await;
        let run = all[0].run.run;
        let studio = house.restarted().await;
        until(&studio, sql, async || state(&studio, &ana, run).await.0 == AnswerState::Interrupted).await;
        let key = studio.run_view(&ana, run, None).await.unwrap().unknown.unwrap().key;
        house.damage(sql, run).await;
        is_said(studio.decide_answer(&ana, run, &key, AnswerVerdict::GiveUp).await, sql);
        is_said(studio.retry_answer(&ana, run, None).await, sql);
        is_said(studio.fork_run(&ana, run, 1, None).await.map(drop), sql);
        for revision in [None, Some(1)] {
            let view = studio.run_view(&ana, run, revision).await.unwrap();
            assert_eq!((view.commits.len(), view.steps.is_empty()), (2, false), "{sql}");
            assert!(view.state.unwrap().1.starts_with("This state cannot be read: "), "{sql}");
        }
    }
}

#[tokio::test]
async fn a_page_of_a_run_whose_events_are_broken_shows_the_rest_and_says_what_is_missing() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, _) = house.chat(&ana, None, "Is it there?").await;
    let run = opened.run.run;
    house.damage("UPDATE run_commits SET events = '[{' WHERE revision = 1 AND run_id = ?", run).await;
    let view = house.studio.run_view(&ana, run, None).await.unwrap();
    assert_eq!(view.unread.as_deref(), Some("run_commits.events does not have its shape"));
    assert_eq!((view.commits.len(), view.listed.run.status), (2, RunStatus::Done));
    assert!(
        !view.events.is_empty() && view.state.unwrap().1.contains("fake/fake"),
        "the second commit is whole"
    );
    let unharmed = house.chat(&ana, None, "And another?").await.0;
    let view = house.studio.run_view(&ana, unharmed.run.run, None).await.unwrap();
    assert_eq!(view.unread, None);
}
