//! Rows of runs changed by hand between two lives of a studio.

use crate::support::{Person, Studio, id, slowly, until};
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

/// By hand, past all rules of the schema.
fn by_hand(studio: &Studio, sql: String) {
    sqlx::any::install_default_drivers();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let file = studio.data().join("vobio.db");
        let mut conn = AnyConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        let past = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON";
        sqlx::raw_sql(past).execute(&mut conn).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    });
}

fn health(ana: &mut Person) -> (u16, String) {
    let answer = ana.page("/health");
    (answer.status, answer.json()["status"].as_str().unwrap().to_owned())
}

#[test]
fn one_broken_run_after_a_crash_stops_no_other_and_its_chat_goes_on() {
    for sql in [
        "UPDATE run_commits SET state_version = -1 WHERE run_id = ?",
        "UPDATE runs SET last_seq = 'x' WHERE id = ?",
        "UPDATE runs SET kind = 'bogus' WHERE id = ?",
    ] {
        let studio = Studio::new();
        let running = studio.start();
        let mut ana = running.owner();
        let sent: Vec<Value> = (0..4).map(|_| ana.ask(&slowly(2_000, 50), None, "mock/lorem")).collect();
        let pages: Vec<String> =
            sent.iter().map(|sent| format!("/chat/{}", id(&sent["conversation"]))).collect();
        until("some text", || ana.page(&pages[0]).body.contains("tail caret").then_some(()));
        running.kill();
        by_hand(&studio, sql.replace('?', &format!("'{}'", id(&sent[0]["run"]))));

        let _running = studio.start();
        for page in &pages[1..] {
            let marked = || ana.page(page).body.contains("data-state=\"interrupted\"").then_some(());
            until("the healthy ones are marked", marked);
        }
        until("the broken one has ended", || {
            ana.page(&pages[0]).body.contains("data-state=\"failed\"").then_some(())
        });
        let run = ana.page(&format!("/runs/{}", id(&sent[0]["run"])));
        assert!(run.status == 200 && run.body.contains("cannot be read"), "{sql}: {run:?}");
        let list = ana.page("/runs");
        assert!(sent.iter().all(|sent| list.body.contains(id(&sent["run"]))), "{sql}: {list:?}");
        for (way, arguments) in [
            ("retry", json!({ "run": sent[0]["run"] })),
            ("decide", json!({ "run": sent[0]["run"], "key": "k", "verdict": "keep" })),
        ] {
            let refused = ana.call(&format!("/api/run/{way}"), arguments);
            assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("changed")), "{sql} {way}");
        }
        let next = ana.ask("And now?", Some(id(&sent[0]["conversation"])), "mock/echo");
        assert_eq!(ana.ended(&next["run"])["state"], "finished", "{sql}");
        assert_eq!(health(&mut ana), (200, "healthy".to_owned()), "{sql}");
    }
}

#[test]
fn a_studio_that_cannot_look_for_work_says_that_it_is_degraded_and_logs_it_once() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    running.stop();
    // Somebody's process that nobody can bury.
    by_hand(
        &studio,
        "INSERT INTO processes (epoch, entered_at, seen_at) VALUES (999, 0, 0); \
         CREATE TRIGGER broken BEFORE DELETE ON processes WHEN OLD.epoch = 999 BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
            .to_owned(),
    );
    let running = studio.start();
    until("it says so", || (health(&mut ana) == (200, "degraded".to_owned())).then_some(()));
    let sent = ana.ask("Still there?", None, "mock/echo");
    assert_eq!(ana.ended(&sent["run"])["state"], "finished", "what begins here goes on");
    let said = running.logged().iter().filter(|line| line.contains("could not look for work")).count();
    assert_eq!(said, 1);
    by_hand(&studio, "DROP TRIGGER broken".to_owned());
    until("it works again", || (health(&mut ana) == (200, "healthy".to_owned())).then_some(()));
}
