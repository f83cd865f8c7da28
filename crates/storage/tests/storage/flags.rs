//! Switches of flags.

use crate::common::{
    on_both,
    rows::{at, put, somebody},
};
use api_types::{Flag, FlagMode, PersonId};
use std::sync::Arc;
use studio::ports::store::{Owned, Store, SwitchRow};

fn row(by: Owned, flag: Flag, person: Option<PersonId>, mode: FlagMode, micros: i64) -> SwitchRow {
    SwitchRow {
        organization: by.organization,
        flag,
        person,
        mode,
        changed_by: by.owner,
        changed_at: at(micros),
    }
}

async fn set(store: &Arc<dyn Store>, row: &SwitchRow) {
    let row = row.clone();
    put(store, move |tx| Box::pin(async move { tx.set_switch(&row).await })).await;
}

async fn all_of(store: &Arc<dyn Store>, by: Owned) -> Vec<SwitchRow> {
    let all = store.switches().await.unwrap();
    all.into_iter().filter(|row| row.organization == by.organization).collect()
}

#[tokio::test]
async fn a_switch_is_put_moved_and_taken_away_and_each_organization_has_its_own() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, ben) = (somebody(&store).await, somebody(&store).await);
        set(&store, &row(ana, Flag::Chat, None, FlagMode::Off, 1)).await;
        set(&store, &row(ben, Flag::Chat, None, FlagMode::On, 1)).await;
        let moved = row(ana, Flag::Chat, None, FlagMode::Share(30), 2);
        set(&store, &moved).await;
        assert_eq!(all_of(&store, ana).await, [moved]);
        let own = row(ana, Flag::Chat, Some(ana.owner), FlagMode::On, 3);
        set(&store, &own).await;
        let home = ana.organization;
        put(&store, move |tx| Box::pin(async move { tx.remove_switch(home, Flag::Chat, None).await })).await;
        assert_eq!(all_of(&store, ana).await, [own]);
        assert_eq!(all_of(&store, ben).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn people_read_who_put_a_switch_there_and_for_whom() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        set(&store, &row(ana, Flag::SafetyChecks, None, FlagMode::Off, 1)).await;
        set(&store, &row(ana, Flag::Chat, Some(ana.owner), FlagMode::On, 1)).await;
        let name = store.person(ana.organization, ana.owner).await.unwrap().unwrap().person.name;
        let listed = store.listed_switches(ana.organization).await.unwrap();
        let seen: Vec<_> =
            listed.iter().map(|row| (row.switch.flag, row.by.as_str(), row.name.as_deref())).collect();
        let expected = [(Flag::Chat, &*name, Some(&*name)), (Flag::SafetyChecks, &*name, None)];
        assert_eq!(seen, expected);
    })
    .await;
}

#[tokio::test]
async fn the_switches_of_somebody_go_with_them() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        set(&store, &row(ana, Flag::Chat, Some(ana.owner), FlagMode::Off, 1)).await;
        set(&store, &row(ana, Flag::Chat, None, FlagMode::Off, 1)).await;
        put(&store, move |tx| Box::pin(async move { tx.erase_person(ana, "Nobody", at(2)).await.map(drop) }))
            .await;
        let left: Vec<_> = all_of(&store, ana).await.iter().map(|row| row.person).collect();
        assert_eq!(left, [None], "what holds for everybody stays, whoever put it there");
    })
    .await;
}
