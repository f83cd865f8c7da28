//! Rows of runs that are none: each costs its own run, and nobody else's.

use crate::{
    common::{
        Fresh, on_both,
        rows::{id, opening, put, somebody},
    },
    runs::Note,
};
use api_types::{RunId as Id, RunStatus};
use sqlx::{AssertSqlSafe, Connection as _};
use storage::Engine;
use studio::ports::store::{CommitQuery, ListedRun, Owned, RunQuery};
use workflow::{
    Checkpointer, Claim, Epoch, Loaded, Revision, RunId, Sealed, StateError, Status, StoreError, Timestamp,
    conformance::resealed,
};

const LATER: Timestamp = Timestamp(1_800_000_000_000_000);

fn engine(fresh: &Fresh) -> &dyn Checkpointer<Note> {
    fresh.db.as_ref()
}

/// A run that is due and that nobody holds.
async fn due(fresh: &Fresh, owned: Owned) -> RunId {
    let mut commit = opening(Id(id()), owned, Status::Running);
    let run = commit.run;
    let (schema, body, digest) = ("state".to_owned(), "{}".to_owned(), String::new());
    commit.checkpoint =
        Some(resealed(Sealed { run, revision: Revision(1), schema, version: 1, body, digest }));
    commit.wake_at = Some(commit.at);
    put(&fresh.store(), move |tx| Box::pin(async move { Ok(tx.commit_run(&commit).await.unwrap()) })).await;
    run
}

/// By hand, past all rules that SQLite lets one pass.
async fn damage(fresh: &Fresh, sql: &str, run: RunId) {
    let mut conn = fresh.outside().await;
    if fresh.engine() == Engine::Sqlite {
        let past = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON";
        sqlx::raw_sql(past).execute(&mut conn).await.unwrap();
    }
    let sql = sql.replace('?', &format!("'{}'", run.0));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

async fn claim(fresh: &Fresh, epoch: Epoch) -> Vec<Loaded> {
    let room = vec![("chat".to_owned(), 100)];
    engine(fresh).claim(&Claim { epoch, now: LATER, dead_before: Timestamp(0), room }).await.unwrap()
}

async fn listed(fresh: &Fresh, owned: Owned) -> Vec<ListedRun> {
    let query = RunQuery {
        organization: owned.organization,
        owner: Some(owned.owner),
        statuses: Vec::new(),
        before: None,
        limit: 50,
    };
    fresh.store().runs(&query).await.unwrap()
}

/// Of the row itself: by hand, and the column that is named. The second is SQLite's alone, where a column takes what it is given.
const HEADS: [(&str, &str, bool); 6] = [
    ("UPDATE runs SET last_seq = -1 WHERE id = ?", "runs.last_seq", false),
    ("UPDATE runs SET revision = -1 WHERE id = ?", "runs.revision", false),
    ("UPDATE runs SET last_seq = 'x' WHERE id = ?", "runs.last_seq", true),
    ("UPDATE runs SET status = 'bogus' WHERE id = ?", "runs.status", true),
    ("UPDATE runs SET cancel_heard = 7 WHERE id = ?", "runs.cancel_heard", true),
    ("UPDATE runs SET owner_id = 'nobody' WHERE id = ?", "runs.owner_id", true),
];

#[tokio::test]
async fn a_run_whose_row_cannot_be_read_is_put_aside_with_a_word_why_and_all_others_are_taken_up() {
    on_both(|fresh| async move {
        for (sql, column, is_sqlite) in HEADS {
            if is_sqlite && fresh.engine() != Engine::Sqlite {
                continue;
            }
            let owned = somebody(&fresh.store()).await;
            let epoch = engine(&fresh).enter(LATER).await.unwrap();
            let (broken, mut others) = (due(&fresh, owned).await, Vec::new());
            for _ in 0..3 {
                others.push(due(&fresh, owned).await);
            }
            damage(&fresh, sql, broken).await;
            let mut taken: Vec<RunId> = claim(&fresh, epoch).await.iter().map(|run| run.head.run).collect();
            taken.sort();
            assert_eq!(taken, others, "{sql}");
            assert_eq!(claim(&fresh, epoch).await, [], "{sql}");
            assert!(!engine(&fresh).held(epoch).await.unwrap().contains(&broken), "{sql}");
            match engine(&fresh).load(broken).await {
                Err(StoreError::Unreadable(why)) => assert!(why.starts_with(column), "{why}"),
                // What was wrong is right again with its being put aside.
                Ok(Some(loaded)) => assert_eq!(loaded.head.status, Status::Unreadable, "{sql}"),
                other => panic!("{sql}: {other:?}"),
            }
            let list = listed(&fresh, owned).await;
            if column == "runs.owner_id" {
                assert_eq!(list.len(), 3, "nobody can say whose it is");
                continue;
            }
            assert_eq!(list.len(), 4, "{sql}");
            let shown = list.iter().find(|listed| listed.run.id == Id(broken.0)).unwrap();
            assert_eq!(shown.run.status, RunStatus::Unreadable, "{sql}");
            assert!(
                shown.run.reason.as_deref().unwrap().starts_with(column),
                "{sql}: {:?}",
                shown.run.reason
            );
            let one = fresh.store().run(owned, Id(broken.0)).await.unwrap().unwrap();
            assert_eq!(&one, shown);
        }
    })
    .await;
}

#[tokio::test]
async fn a_run_whose_checkpoint_cannot_be_read_is_taken_up_and_says_so_beside_all_others() {
    let wrong = [
        ("UPDATE run_commits SET state_version = -1 WHERE run_id = ?", false),
        ("UPDATE run_commits SET state_version = 'abc' WHERE run_id = ?", true),
        ("UPDATE run_commits SET body = CAST(x'ff00' AS TEXT) WHERE run_id = ?", true),
        (
            "UPDATE run_commits SET body = NULL, digest = NULL, state_name = NULL, state_version = NULL WHERE run_id = ?",
            false,
        ),
    ];
    on_both(|fresh| async move {
        for (sql, is_sqlite) in wrong {
            if is_sqlite && fresh.engine() != Engine::Sqlite {
                continue;
            }
            let owned = somebody(&fresh.store()).await;
            let epoch = engine(&fresh).enter(LATER).await.unwrap();
            let (broken, other) = (due(&fresh, owned).await, due(&fresh, owned).await);
            damage(&fresh, sql, broken).await;
            let taken = claim(&fresh, epoch).await;
            let healthy = taken.iter().find(|loaded| loaded.head.run == other).unwrap();
            assert!(healthy.checkpoint.is_ok(), "{sql}");
            match taken.iter().find(|loaded| loaded.head.run == broken) {
                Some(loaded) => {
                    let why = loaded.checkpoint.clone().unwrap_err();
                    assert!(matches!(why, StateError::Missing | StateError::Unread(_)), "{why}");
                }
                // A row that cannot even be fetched is put aside.
                None => {
                    let list = listed(&fresh, owned).await;
                    let shown = list.iter().find(|listed| listed.run.id == Id(broken.0)).unwrap();
                    assert_eq!(shown.run.status, RunStatus::Unreadable, "{sql}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_commit_whose_events_cannot_be_read_is_listed_without_them_and_says_so() {
    on_both(|fresh| async move {
        let owned = somebody(&fresh.store()).await;
        let (broken, other) = (due(&fresh, owned).await, due(&fresh, owned).await);
        damage(&fresh, "UPDATE run_commits SET events = '[{' WHERE run_id = ?", broken).await;
        let store = fresh.store();
        let commits = store.run_commits(owned, Id(broken.0)).await.unwrap();
        assert_eq!((commits.len(), commits[0].events.len(), commits[0].has_state), (1, 0, true));
        assert_eq!(commits[0].unread.as_deref(), Some("run_commits.events does not have its shape"));
        let asked = CommitQuery { organization: owned.organization, owner: None, limit: 10 };
        let all = store
            .commits_since(asked, (studio::ports::Timestamp(0), Id(uuid::Uuid::nil()), 0))
            .await
            .unwrap();
        let told: Vec<(Id, usize)> = all.iter().map(|commit| (commit.run, commit.events.len())).collect();
        assert_eq!(told, [(Id(broken.0), 0), (Id(other.0), 1)], "whoever follows runs hears of the others");
        let events = engine(&fresh).events(broken, 0).await;
        assert!(matches!(events, Err(StoreError::Unreadable(_))), "{events:?}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_a_question_that_cannot_be_read_stops_its_own_run_alone() {
    on_both(|fresh| async move {
        let owned = somebody(&fresh.store()).await;
        let epoch = engine(&fresh).enter(LATER).await.unwrap();
        let (broken, other) = (due(&fresh, owned).await, due(&fresh, owned).await);
        let asked = format!(
            "INSERT INTO run_questions (organization_id, owner_id, id, run_id, place, node, asked, digest, answer, answered_at, closed) \
             VALUES ('{}', '{}', '{}', ?, 1, 'n', 'true', 'd', 'no JSON', 1, 0)",
            owned.organization, owned.owner, id()
        );
        damage(&fresh, &asked, broken).await;
        let taken = claim(&fresh, epoch).await;
        let of = |run| taken.iter().find(|loaded| loaded.head.run == run).unwrap().checkpoint.clone();
        let why = StateError::Unread("run_questions.answer does not have its shape".to_owned());
        assert_eq!((of(broken), of(other).is_ok()), (Err(why), true));
    })
    .await;
}
