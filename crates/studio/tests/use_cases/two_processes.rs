//! Two processes on one PostgreSQL database, each with a writer of its own: what one decides by, the other cannot change.
//!
//! Runs when `VOBIO_TEST_POSTGRES` names a server, as in `crates/storage/tests`.

use crate::house::{House, field_of, work};
use api_types::{Problem, Role, Scope, TokenId};
use futures::future::BoxFuture;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use std::{collections::HashSet, sync::Arc, time::Duration};
use storage::{StoreConfig, StoreUrl};
use studio::{
    MakeToken, Once, SendMessage, Studio, StudioSettings, TOKENS_MAX,
    ports::{
        Clock,
        store::{StoreError, Tx},
    },
};
use tokio::sync::oneshot;

/// Runs a test with a house and a second process on its database, or says that it was skipped.
pub(crate) async fn on_postgres(test: impl AsyncFnOnce(&House, &Studio)) {
    on_postgres_set(|_| (), test).await;
}

/// The same, with other settings of both.
#[expect(clippy::disallowed_methods, reason = "tests are told from outside where PostgreSQL is")]
pub(crate) async fn on_postgres_set(
    change: fn(&mut StudioSettings),
    test: impl AsyncFnOnce(&House, &Studio),
) {
    let Ok(server) = std::env::var("VOBIO_TEST_POSTGRES") else {
        println!("skipped: VOBIO_TEST_POSTGRES is not set");
        return;
    };
    let server = server.trim_end_matches('/');
    // Called as the folder is, which has a name of its own.
    let folder = tempfile::Builder::new().prefix("studio").tempdir().unwrap();
    let name = format!("\"{}\"", folder.path().file_name().unwrap().display());
    command(server, format!("CREATE DATABASE {name}")).await;
    let config = StoreConfig {
        url: StoreUrl::Postgres(format!("{server}/{}", name.trim_matches('"')).into()),
        backup_dir: folder.path().join("backups"),
        version: "0.0.1",
    };
    let here = Arc::new(storage::open(config.clone()).await.unwrap());
    let there = Arc::new(storage::open(config).await.unwrap());
    let house = House::on(here.clone(), folder, None, false).await.set(change).await;
    test(&house, &house.beside_set(there.clone(), change)).await;
    there.close().await;
    here.close().await;
    command(server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn command(server: &str, sql: String) {
    sqlx::any::install_default_drivers();
    let mut conn = AnyConnection::connect(&format!("{server}/postgres")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

/// Does `second` elsewhere while `first` is done in this house and its commit takes a moment; what `second` gave.
pub(crate) async fn during<T, F>(house: &House, first: F, second: impl Future<Output = T>) -> T
where
    F: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StoreError>> + Send + 'static,
{
    around(house, first, second, |_| Box::pin(async { Ok(()) })).await
}

/// The same, and before its commit the unit of work that did `first` does `last`, which `second` must not be in the way of.
pub(crate) async fn around<T, F, L>(house: &House, first: F, second: impl Future<Output = T>, last: L) -> T
where
    F: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StoreError>> + Send + 'static,
    L: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StoreError>> + Send + 'static,
{
    let (done, is_done) = oneshot::channel::<()>();
    let held = house.studio.store.write::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            first(tx).await?;
            done.send(()).unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
            last(tx).await
        })
    });
    let second = async {
        is_done.await.unwrap();
        second.await
    };
    let (held, gave) = tokio::join!(held, second);
    held.unwrap();
    gave
}

#[tokio::test]
async fn of_two_passkeys_that_go_at_once_one_stays() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        house.add(&ana, "phone").await.unwrap();
        let who = ana.owned();
        let touched = ana.touched(house.clock.now()).unwrap();
        let removed = during(
            house,
            move |tx| {
                Box::pin(async move {
                    tx.hold_person(who).await?;
                    tx.remove_passkey(who, "phone").await.map(drop)
                })
            },
            elsewhere.remove_passkey(&touched, "anas-key"),
        )
        .await;
        assert!(matches!(removed, Err(Problem::Changed { .. })), "{removed:?}");
        assert_eq!(house.studio.passkeys(&ana).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn there_are_only_so_many_tokens_wherever_they_are_made() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        let touched = ana.touched(house.clock.now()).unwrap();
        let wanted =
            || MakeToken { name: "CI".to_owned(), scopes: [Scope::Read].into_iter().collect(), days: 1 };
        for _ in 1..TOKENS_MAX {
            house.studio.make_token(&touched, wanted()).await.unwrap();
        }
        let mut last = house.studio.tokens(&ana.in_session().unwrap()).await.unwrap().remove(0);
        (last.id, last.digest) = (TokenId(house.new_id()), "last".to_owned());
        let made = during(
            house,
            move |tx| {
                Box::pin(async move {
                    tx.hold_person(last.owned).await?;
                    tx.insert_token(&last).await
                })
            },
            elsewhere.make_token(&touched, wanted()),
        )
        .await;
        assert_eq!(field_of(&made.unwrap_err()), "name");
    })
    .await;
}

#[tokio::test]
async fn who_becomes_the_last_owner_while_they_delete_themselves_stays() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        let ben = house.joins(&ana, "Ben", Role::Admin).await;
        let (of_ana, of_ben) = (ana.owned(), ben.owned());
        let touched = ben.touched(house.clock.now()).unwrap();
        let deleted = during(
            house,
            move |tx| {
                Box::pin(async move {
                    tx.hold_organization(of_ana.organization).await?;
                    tx.set_role(of_ben, Role::Owner, false).await?;
                    tx.set_role(of_ana, Role::Member, false).await.map(drop)
                })
            },
            elsewhere.delete_account(&touched, "Ben"),
        )
        .await;
        assert!(matches!(deleted, Err(Problem::Changed { .. })), "{deleted:?}");
    })
    .await;
}

#[tokio::test]
async fn two_owners_who_send_each_other_away_leave_one() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        let ben = house.joins(&ana, "Ben", Role::Owner).await;
        let of_ben = ben.owned();
        let admin = ben.touched_admin(house.clock.now()).unwrap();
        let sent = during(
            house,
            move |tx| {
                Box::pin(async move {
                    tx.hold_organization(of_ben.organization).await?;
                    tx.set_role(of_ben, Role::Member, false).await.map(drop)
                })
            },
            elsewhere.set_role(&admin, ana.person(), Role::Member, false),
        )
        .await;
        assert_eq!(sent, Err(Problem::NotPermitted));
    })
    .await;
}

#[tokio::test]
async fn of_many_requests_with_one_key_in_both_processes_one_opens_a_run() {
    on_postgres(async |house, elsewhere| {
        elsewhere.start(None).await.unwrap();
        let ana = house.owner().await;
        let send = async |studio: &Studio| {
            let message = SendMessage { conversation: None, text: "Well?".to_owned(), settings: None };
            studio.send_message(&ana, message, Some(Once::new("k", "message/send", &()).unwrap())).await
        };
        let sent = (0..60).map(|at| send(if at % 2 == 0 { &house.studio } else { elsewhere }));
        let sent = futures::future::join_all(sent).await;
        let runs: HashSet<_> = sent.into_iter().map(|opened| opened.unwrap().run.run).collect();
        assert_eq!(runs.len(), 1);
        tokio::join!(house.work(), work(elsewhere));
        assert_eq!(house.model.asked().len(), 1);
    })
    .await;
}
