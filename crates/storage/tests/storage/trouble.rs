//! Bad days: locked, killed, damaged.

use crate::common::{
    SOON, on_both, on_postgres,
    rows::{asked, at, put, session, somebody},
    sqlite, write,
};
use futures::future::{join, join4};
use secrecy::ExposeSecret as _;
use sqlx::{AssertSqlSafe, Connection as _};
use std::sync::Arc;
use storage::{Engine, StoreConfig, StoreUrl};
use studio::ports::store::{Store, StoreError};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::{oneshot, watch},
    task::JoinSet,
    time::timeout,
};

async fn fact(store: &Arc<dyn Store>, key: &'static str) -> Result<(), StoreError> {
    write(store, move |tx| Box::pin(async move { tx.set_fact(key, "x", at(0)).await })).await
}

#[tokio::test]
async fn a_file_locked_by_another_process_is_unavailable_until_it_is_free() {
    let fresh = sqlite().await;
    let store = fresh.store();
    let mut other = fresh.outside().await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    // Those who wait together hear it together, not one busy time-out after the other.
    let (first, second) = join(fact(&store, "a"), fact(&store, "b")).await;
    assert!(matches!(first, Err(StoreError::Unavailable(_))), "{first:?}");
    assert!(matches!(second, Err(StoreError::Unavailable(_))), "{second:?}");
    assert_eq!(store.fact("a").await.unwrap(), None, "reading goes on");
    store.ping().await.unwrap();
    // A lock that is given back in time is only a wait.
    let free = async { sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap() };
    let (written, _) = join(fact(&store, "c"), free).await;
    written.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_moved_or_replaced_under_the_studio_takes_no_more_writes_until_it_is_back() {
    let fresh = sqlite().await;
    let store = fresh.store();
    fact(&store, "a").await.unwrap();
    let StoreUrl::Sqlite(path) = &fresh.config.url else { panic!() };
    let away = path.with_extension("away");
    std::fs::rename(path, &away).unwrap();
    let moved = fact(&store, "b").await;
    assert!(matches!(&moved, Err(StoreError::Unavailable(why)) if why.contains("Put it back")), "{moved:?}");
    std::fs::write(path, "another").unwrap();
    assert!(matches!(fact(&store, "b").await, Err(StoreError::Unavailable(_))));
    std::fs::rename(&away, path).unwrap();
    fact(&store, "b").await.unwrap();
    assert!(store.fact("a").await.unwrap().is_some());
}

/// Kills every other connection to the test's database.
async fn kill(other: &mut sqlx::AnyConnection) {
    let sql = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::raw_sql(sql).execute(other).await.unwrap();
}

#[tokio::test]
async fn a_killed_connection_costs_its_users_an_error_and_nobody_else() {
    on_postgres(|fresh| async move {
        let store = fresh.store();
        let mut other = fresh.outside().await;
        fact(&store, "before").await.unwrap();
        let (entered, is_in) = oneshot::channel::<()>();
        let (go, wait) = oneshot::channel::<()>();
        // Each in a transaction of its own: who was killed hears it, who was done before does not.
        let first = fact(&store, "kept");
        let second = write(&store, move |tx| {
            Box::pin(async move {
                tx.set_fact("lost-1", "x", at(0)).await?;
                entered.send(()).unwrap();
                wait.await.unwrap();
                tx.set_fact("lost-2", "x", at(0)).await
            })
        });
        let killing = async {
            timeout(SOON, is_in).await.unwrap().unwrap();
            while store.fact("kept").await.unwrap().is_none() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            kill(&mut other).await;
            go.send(()).unwrap();
        };
        let (first, (second, ())) = join(first, join(second, killing)).await;
        first.unwrap();
        assert!(matches!(second, Err(StoreError::Unavailable(_))), "{second:?}");
        fact(&store, "after").await.unwrap();
        for (key, kept) in
            [("before", true), ("kept", true), ("lost-1", false), ("lost-2", false), ("after", true)]
        {
            // A reader that waited for "kept" was killed too.
            let read = match store.fact(key).await {
                Err(StoreError::Unavailable(_)) => store.fact(key).await,
                read => read,
            };
            assert_eq!(read.unwrap().is_some(), kept, "{key}");
        }

        // Killed while it rests: writing does not even notice, reading needs at most one try per reader.
        kill(&mut other).await;
        fact(&store, "again").await.unwrap();
        let mut tries = 0;
        while let Err(error) = store.fact("again").await {
            assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
            tries += 1;
            assert!(tries <= 4);
        }
    })
    .await;
}

/// A way to the server that can be closed and opened again. Gives its port and the switch.
async fn gate(server: String) -> (u16, watch::Sender<bool>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (switch, open) = watch::channel(true);
    let mut all = JoinSet::new();
    all.spawn(async move {
        let mut links = JoinSet::new();
        while let Ok((mut here, _)) = listener.accept().await {
            if !*open.borrow() {
                continue;
            }
            let (mut open, server) = (open.clone(), server.clone());
            links.spawn(async move {
                let mut there = TcpStream::connect(server).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut here, &mut there) => {}
                    _ = open.wait_for(|open| !open) => {}
                }
            });
        }
    });
    (port, switch, all)
}

#[tokio::test]
async fn a_server_that_goes_and_comes_back_is_found_again() {
    on_postgres(|fresh| async move {
        let StoreUrl::Postgres(url) = &fresh.config.url else { panic!("this is PostgreSQL") };
        let url = url.expose_secret();
        let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
        let server = format!("{}:{}", options.get_host(), options.get_port());
        let (port, switch, _links) = gate(server.clone()).await;
        let url = url.replacen(&server, &format!("127.0.0.1:{port}"), 1);
        let config = StoreConfig { url: StoreUrl::Postgres(url.into()), ..fresh.config.clone() };
        let store: Arc<dyn Store> = Arc::new(storage::open(config).await.unwrap());
        fact(&store, "before").await.unwrap();
        store.ping().await.unwrap();

        switch.send(false).unwrap();
        for _ in 0..3 {
            let (a, b, c, d) =
                join4(fact(&store, "a"), fact(&store, "b"), store.fact("before"), store.ping()).await;
            for refused in [a, b, c.map(drop), d] {
                assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
            }
        }
        switch.send(true).unwrap();
        fact(&store, "after").await.unwrap();
        store.ping().await.unwrap();
        let kept = [store.fact("before").await, store.fact("a").await, store.fact("after").await];
        assert_eq!(kept.map(|fact| fact.unwrap().is_some()), [true, false, true]);
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_waits_too_long_for_a_lock_is_unavailable() {
    on_postgres(|fresh| async move {
        let store = fresh.store();
        fact(&store, "k").await.unwrap();
        let mut other = fresh.outside().await;
        sqlx::raw_sql("BEGIN; LOCK TABLE installation").execute(&mut other).await.unwrap();
        let refused = fact(&store, "k").await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
        fact(&store, "k").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named_and_its_content_is_not() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (question, answer, run) = asked(&store, owned).await;
        let row = session(owned);
        let session = row.id;
        put(&store, move |tx| Box::pin(async move { tx.insert_session(&row).await })).await;
        let chat = question.conversation;
        let mut other = fresh.outside().await;
        let mut damage = async |sql: String| {
            let sqlite = fresh.engine() == Engine::Sqlite;
            let sql = if sqlite { format!("PRAGMA ignore_check_constraints = ON; {sql}") } else { sql };
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut other).await.unwrap();
        };
        let corrupt = |result: Result<(), StoreError>, column: &str| match result {
            Err(StoreError::Corrupt(text)) => {
                assert!(text.contains(column), "{text} names {column}");
                assert!(!text.contains("secret"), "{text}");
            }
            other => panic!("{column}: {other:?}"),
        };
        damage(format!("UPDATE conversations SET model = 'secret' WHERE id = '{chat}'")).await;
        corrupt(store.conversation(owned, chat).await.map(drop), "conversations.model");
        corrupt(store.conversations(owned, None, 5).await.map(drop), "conversations.model");
        damage(format!("UPDATE conversations SET model = 'a/b', max_tokens = -1 WHERE id = '{chat}'")).await;
        corrupt(store.conversation(owned, chat).await.map(drop), "conversations.max_tokens");
        damage(format!("UPDATE answers SET model = 'secret' WHERE run_id = '{}'", run.run)).await;
        corrupt(store.branch(owned, chat, answer.id, 5).await.map(drop), "answers.model");
        corrupt(store.answer(owned, run.run).await.map(drop), "answers.model");
        damage(format!("UPDATE answers SET model = 'a/b', prompt_tokens = -1 WHERE run_id = '{}'", run.run))
            .await;
        corrupt(store.answers_since(owned, at(0)).await.map(drop), "answers.prompt_tokens");
        if fresh.engine() == Engine::Sqlite {
            // Here a column takes whatever it is given.
            damage("UPDATE people SET role = 'secret'".to_owned()).await;
            corrupt(store.session_with_person(session).await.map(drop), "people.role");
            damage("UPDATE people SET role = 'owner', created_at = 'secret'".to_owned()).await;
            corrupt(store.session_with_person(session).await.map(drop), "people.created_at");
            damage("UPDATE people SET created_at = 0, reviewer = 7".to_owned()).await;
            corrupt(store.session_with_person(session).await.map(drop), "people.reviewer");
            damage("UPDATE messages SET body = CAST(x'ff73656372657400' AS TEXT)".to_owned()).await;
            let read = store.message(owned, chat, question.id).await;
            assert!(matches!(&read, Err(StoreError::Corrupt(text)) if !text.contains("secret")), "{read:?}");
        }
        other.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_reader_given_up_in_the_middle_is_replaced() {
    on_both(|fresh| async move {
        let store = fresh.store();
        fact(&store, "k").await.unwrap();
        for _ in 0..50 {
            let mut reading = Box::pin(store.fact("k"));
            let _ = futures::poll!(&mut reading);
            drop(reading);
        }
        assert!(store.fact("k").await.unwrap().is_some());
    })
    .await;
}
