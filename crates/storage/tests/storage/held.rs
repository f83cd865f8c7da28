//! What is held until the commit, by one of two processes on the same database.

use crate::common::{
    Fresh, SOON, on_both, on_postgres,
    rows::{at, id, owned_by, person, put, somebody},
};
use api_types::{PersonId, Role};
use futures::future::{BoxFuture, join};
use std::{sync::Arc, time::Duration};
use storage::open;
use studio::ports::store::{Owned, Store, StoreError, Tx};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

/// Runs `first` in one process and `second` in another while `first` is done and not committed; what `second` gave.
async fn one_after_the_other<T, A, B>(fresh: &Fresh, first: A, second: B) -> T
where
    T: Send + 'static,
    A: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StoreError>> + Send + 'static,
    B: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
{
    let (here, there) = (fresh.store(), Arc::new(open(fresh.config.clone()).await.unwrap()));
    let elsewhere: Arc<dyn Store> = there.clone();
    let (done, is_done) = oneshot::channel::<()>();
    let held = put(&here, move |tx| {
        Box::pin(async move {
            first(tx).await?;
            done.send(()).unwrap();
            // Long enough for the other to come to where it has to wait.
            sleep(Duration::from_millis(300)).await;
            Ok(())
        })
    });
    let waits = async {
        is_done.await.unwrap();
        put(&elsewhere, second).await
    };
    let ((), gave) = timeout(SOON, join(held, waits)).await.unwrap();
    there.close().await;
    gave
}

#[tokio::test]
async fn who_holds_an_organization_reads_what_the_last_who_held_it_has_left() {
    on_postgres(|fresh| async move {
        let ana = somebody(&fresh.store()).await;
        let gave = one_after_the_other(
            &fresh,
            move |tx| {
                Box::pin(async move {
                    tx.hold_organization(ana.organization).await?;
                    tx.set_role(ana, Role::Member, false).await.map(drop)
                })
            },
            move |tx| {
                Box::pin(async move {
                    tx.hold_organization(ana.organization).await?;
                    Ok(tx.person(ana.organization, ana.owner).await?.unwrap().person.role)
                })
            },
        )
        .await;
        assert_eq!(gave, Role::Member);
    })
    .await;
}

#[tokio::test]
async fn a_person_is_held_as_they_are_now() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let stranger = Owned { owner: PersonId(id()), ..ana };
        let (held, nobody, gone) = put(&store, move |tx| {
            Box::pin(async move {
                tx.rename_person(ana, "Ana").await?;
                let (held, nobody) = (tx.hold_person(ana).await?, tx.hold_person(stranger).await?);
                tx.erase_person(ana, "Deleted", at(3)).await?;
                Ok((held, nobody, tx.hold_person(ana).await?))
            })
        })
        .await;
        let held = held.unwrap();
        assert_eq!((held.owned(), held.name.as_str(), held.role), (ana, "Ana", Role::Owner));
        assert_eq!((nobody, gone), (None, None));
    })
    .await;
}

#[tokio::test]
async fn who_holds_a_person_waits_for_what_another_process_does_to_them() {
    on_postgres(|fresh| async move {
        let ana = somebody(&fresh.store()).await;
        let disabled = one_after_the_other(
            &fresh,
            move |tx| Box::pin(async move { tx.set_disabled(ana, Some(at(1))).await.map(drop) }),
            move |tx| Box::pin(async move { Ok(tx.hold_person(ana).await?.unwrap().disabled_at) }),
        )
        .await;
        assert_eq!(disabled, Some(at(1)));
        let ben = person(ana.organization);
        let who = owned_by(&ben);
        put(&fresh.store(), move |tx| Box::pin(async move { tx.insert_person(&ben).await })).await;
        let deleted = one_after_the_other(
            &fresh,
            move |tx| Box::pin(async move { tx.erase_person(who, "Deleted", at(2)).await.map(drop) }),
            move |tx| Box::pin(async move { tx.hold_person(who).await }),
        )
        .await;
        assert_eq!(deleted, None);
    })
    .await;
}
