//! Sessions and their epochs, personal tokens, account events: every statement, on both engines.

use crate::common::{
    on_both,
    rows::{at, happened, id, put, session, somebody},
};
use api_types::{AccountEventId, AccountEventKind, Scope, SessionId, TokenId};
use std::sync::Arc;
use studio::ports::store::{
    API_CLIENT, AccountEventRow, Owned, PasskeyRow, Seen, SessionEnd, SessionRow, SpentThisHour, Store,
    TokenRow,
};

async fn open(store: &Arc<dyn Store>, owned: Owned, change: impl FnOnce(&mut SessionRow)) -> SessionId {
    let mut row = session(owned);
    change(&mut row);
    let id = row.id;
    put(store, move |tx| Box::pin(async move { tx.insert_session(&row).await })).await;
    id
}

#[tokio::test]
async fn an_epoch_is_confirmed_once_and_advanced_by_one() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (owned, stranger) = (somebody(&store).await, somebody(&store).await);
        let id = open(&store, owned, |_| ()).await;
        let advanced = put(&store, move |tx| {
            Box::pin(async move {
                let early = tx.advance_epoch(owned, id, 0, at(1)).await?;
                tx.confirm_epoch(stranger, id, 0, at(2)).await?;
                tx.confirm_epoch(owned, id, 1, at(3)).await?;
                let unconfirmed = tx.advance_epoch(owned, id, 0, at(4)).await?;
                tx.confirm_epoch(owned, id, 0, at(5)).await?;
                tx.confirm_epoch(owned, id, 0, at(6)).await?;
                let foreign = tx.advance_epoch(stranger, id, 0, at(7)).await?;
                let first = tx.advance_epoch(owned, id, 0, at(8)).await?;
                let second = tx.advance_epoch(owned, id, 0, at(9)).await?;
                Ok([early, unconfirmed, foreign, first, second])
            })
        })
        .await;
        assert_eq!(advanced, [false, false, false, true, false]);
        let (row, _) = store.session_with_person(id).await.unwrap().unwrap();
        assert_eq!((row.epoch, row.epoch_at, row.epoch_seen_at), (1, at(8), None));
        let ended = put(&store, move |tx| {
            Box::pin(async move {
                tx.confirm_epoch(owned, id, 1, at(10)).await?;
                tx.end_session(owned, id, SessionEnd::OlderToken, at(11)).await?;
                tx.advance_epoch(owned, id, 1, at(12)).await
            })
        })
        .await;
        assert!(!ended);
        let (row, _) = store.session_with_person(id).await.unwrap().unwrap();
        assert_eq!((row.epoch_seen_at, row.end_reason), (Some(at(10)), Some(SessionEnd::OlderToken)));
    })
    .await;
}

#[tokio::test]
async fn the_list_holds_the_owners_living_sessions_and_all_but_one_are_ended() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (owned, stranger) = (somebody(&store).await, somebody(&store).await);
        let old = open(&store, owned, |row| row.last_seen_at = at(20)).await;
        let new = open(&store, owned, |row| (row.last_seen_at, row.browser) = (at(30), "b".repeat(64))).await;
        open(&store, owned, |row| row.last_seen_at = at(9)).await;
        open(&store, owned, |row| (row.last_seen_at, row.expires_at) = (at(20), at(40))).await;
        open(&store, owned, |row| (row.last_seen_at, row.ended_at) = (at(20), Some(at(21)))).await;
        let foreign = open(&store, stranger, |row| row.last_seen_at = at(20)).await;
        let ids = async |owned, limit| {
            let rows = store.sessions(owned, at(40), at(10), limit).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(owned, 10).await, [new, old]);
        assert_eq!(ids(owned, 1).await, [new]);
        assert_eq!(ids(stranger, 10).await, [foreign]);
        let ended = put(&store, move |tx| {
            Box::pin(async move {
                Ok([
                    tx.end_sessions(owned, Some(new), SessionEnd::Ended, at(50)).await?,
                    tx.end_sessions(owned, Some(new), SessionEnd::Ended, at(51)).await?,
                    tx.end_sessions(owned, None, SessionEnd::Disabled, at(52)).await?,
                ])
            })
        })
        .await;
        assert_eq!(ended, [3, 0, 1], "those too that had expired or lay idle");
        assert_eq!(ids(owned, 10).await, []);
        assert_eq!(ids(stranger, 10).await, [foreign]);
        let (row, _) = store.session_with_person(new).await.unwrap().unwrap();
        assert_eq!((row.ended_at, row.end_reason), (Some(at(52)), Some(SessionEnd::Disabled)));
    })
    .await;
}

#[tokio::test]
async fn a_browser_is_known_by_its_sessions_until_they_are_forgotten() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (owned, stranger) = (somebody(&store).await, somebody(&store).await);
        let here = "a".repeat(64);
        assert!(!store.has_opened_session(owned).await.unwrap());
        let like = async |owner, browser: &str, words: &str| {
            let (browser, user_agent) = (browser.to_owned(), words.to_owned());
            store.has_opened_like(&SessionRow { browser, user_agent, ..session(owner) }).await.unwrap()
        };
        let name = here.clone();
        open(&store, owned, |row| (row.browser, row.ended_at) = (name, Some(at(1)))).await;
        open(&store, stranger, |row| row.expires_at = at(500)).await;
        assert!(like(owned, &here, "Mozilla/5.0").await);
        assert!(like(owned, &here, "Mozilla/6.0").await, "a browser is known by its cookie");
        assert!(store.has_opened_session(owned).await.unwrap());
        assert!(!like(stranger, &here, "Mozilla/5.0").await);
        assert!(!like(owned, API_CLIENT, "curl/8").await);
        open(&store, stranger, |row| {
            (row.browser, row.user_agent) = (API_CLIENT.to_owned(), "curl/8".to_owned())
        })
        .await;
        assert!(!like(owned, API_CLIENT, "curl/8").await, "another's");
        assert!(like(stranger, API_CLIENT, "curl/8").await);
        assert!(!like(stranger, API_CLIENT, "python/3").await, "a program is known by its words");
        assert!(store.knows_browser(&here).await.unwrap() && !store.knows_browser("b").await.unwrap());
        let purge = async |before| {
            put(&store, move |tx| Box::pin(async move { tx.purge_sessions(before).await })).await
        };
        assert_eq!((purge(at(500)).await, purge(at(501)).await), (0, 1));
        assert_eq!(purge(at(1_000_001)).await, 2);
        assert!(!store.knows_browser(&here).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_token_is_found_by_its_digest_and_revoked_by_its_owner() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (owned, stranger) = (somebody(&store).await, somebody(&store).await);
        let rows = ["first", "second"].map(|digest| TokenRow {
            id: TokenId(id()),
            owned,
            digest: digest.to_owned(),
            name: "CI".to_owned(),
            scopes: [Scope::Read, Scope::Admin].into_iter().collect(),
            created_at: at(1),
            expires_at: at(2),
            last_used_at: None,
            revoked_at: None,
        });
        let (first, second) = (rows[0].clone(), rows[1].clone());
        put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_token(&rows[0]).await?;
                tx.insert_token(&rows[1]).await
            })
        })
        .await;
        let (found, person) = store.token_with_person("first").await.unwrap().unwrap();
        assert_eq!((&found, person.id), (&first, owned.owner));
        assert!(store.token_with_person("third").await.unwrap().is_none());
        assert_eq!(store.tokens(owned, 10).await.unwrap(), [second.clone(), first.clone()]);
        assert_eq!(store.tokens(owned, 1).await.unwrap(), [second]);
        assert!(store.tokens(stranger, 10).await.unwrap().is_empty());
        let id = first.id;
        let revoked = put(&store, move |tx| {
            Box::pin(async move {
                tx.token_used(stranger, id, at(3)).await?;
                tx.token_used(owned, id, at(4)).await?;
                Ok([
                    tx.revoke_token(stranger, id, at(5)).await?,
                    tx.revoke_token(owned, id, at(6)).await?,
                    tx.revoke_token(owned, id, at(7)).await?,
                ])
            })
        })
        .await;
        assert_eq!(revoked, [false, true, false]);
        let (found, _) = store.token_with_person("first").await.unwrap().unwrap();
        assert_eq!((found.last_used_at, found.revoked_at), (Some(at(4)), Some(at(6))));
        assert_eq!(store.tokens(owned, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_happened_is_read_by_parts_and_seen_up_to_a_place() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (owned, stranger) = (somebody(&store).await, somebody(&store).await);
        let event = |owned, micros| AccountEventRow {
            id: AccountEventId(id()),
            owned,
            kind: AccountEventKind::NewDevice,
            detail: "Firefox on Linux".to_owned(),
            at: at(micros),
            session: None,
            seen_at: None,
        };
        let mut rows: Vec<_> = (0..5).map(|micros| event(owned, micros)).collect();
        let (here, there) = (SessionId(id()), SessionId(id()));
        rows[1].session = Some(here);
        let (inserted, foreign) = (rows.clone(), event(stranger, 0));
        put(&store, move |tx| {
            Box::pin(async move {
                for row in &inserted {
                    tx.insert_account_event(&happened(row)).await?;
                }
                tx.insert_account_event(&happened(&foreign)).await
            })
        })
        .await;
        let newest: Vec<_> = rows.iter().rev().cloned().collect();
        assert_eq!(store.account_events(owned, None, 2).await.unwrap(), newest[..2]);
        assert_eq!(store.account_events(owned, Some(newest[1].id), 9).await.unwrap(), newest[2..]);
        assert_eq!(store.unseen_account_events(owned, there, "", 3).await.unwrap(), newest[..3]);
        let seen = Seen { first: newest[4].id, last: newest[2].id };
        put(&store, move |tx| {
            Box::pin(async move {
                tx.account_events_seen(stranger, there, "", seen, at(8)).await?;
                tx.account_events_seen(owned, here, "", seen, at(9)).await
            })
        })
        .await;
        // What was done here is news to others alone, and only they can put it away.
        let done_here = newest[3].clone();
        assert_eq!(store.unseen_account_events(owned, here, "", 9).await.unwrap(), newest[..2]);
        let (same, hour) = store.unseen_and_spent(owned, here, "", 9, at(1)).await.unwrap();
        assert_eq!((same, hour), (newest[..2].to_vec(), SpentThisHour::default()));
        let nobody = store.unseen_and_spent(somebody(&store).await, here, "", 9, at(1)).await.unwrap();
        assert_eq!(nobody, (Vec::new(), SpentThisHour::default()));
        let news = [newest[0].clone(), newest[1].clone(), done_here];
        assert_eq!(store.unseen_account_events(owned, there, "", 9).await.unwrap(), news);
        assert_eq!(store.account_events(owned, None, 9).await.unwrap()[2].seen_at, Some(at(9)));
        put(&store, move |tx| {
            Box::pin(async move { tx.account_events_seen(owned, there, "", seen, at(10)).await })
        })
        .await;
        assert_eq!(store.unseen_account_events(owned, there, "", 9).await.unwrap(), newest[..2]);
        let only = Seen::only(newest[0].id);
        put(&store, move |tx| {
            Box::pin(async move { tx.account_events_seen(owned, there, "", only, at(11)).await })
        })
        .await;
        assert_eq!(
            store.unseen_account_events(owned, there, "", 9).await.unwrap(),
            newest[1..2],
            "one alone"
        );
        news_of_a_key(&store, owned).await;
    })
    .await;
}

/// Whoever added a key is told nothing of what was before it and puts nothing of it away; what matters comes first.
async fn news_of_a_key(store: &Arc<dyn Store>, owned: Owned) {
    let of = |kind, micros| AccountEventRow {
        id: AccountEventId(id()),
        owned,
        kind,
        detail: String::new(),
        session: None,
        at: at(micros),
        seen_at: None,
    };
    let key = PasskeyRow { created_at: at(1_000), ..crate::people::passkey(owned) };
    let credential_id = key.credential_id.clone();
    let mut after: Vec<_> = AccountEventKind::ALL.iter().map(|kind| of(*kind, 1_001)).collect();
    let (with, inserted) = (of(AccountEventKind::PasskeyAdded, 1_000), after.clone());
    let (it, there) = (with.id, SessionId(id()));
    put(store, move |tx| {
        Box::pin(async move {
            tx.insert_passkey(&key).await?;
            for event in [with].iter().chain(&inserted) {
                tx.insert_account_event(&happened(event)).await?;
            }
            tx.account_events_seen(owned, there, &key.credential_id, Seen::only(it), at(1_100)).await
        })
    })
    .await;
    let news = async |key: &str| store.unseen_account_events(owned, there, key, 99).await.unwrap();
    after.reverse();
    after.sort_by_key(|event| !event.kind.matters());
    assert_eq!(news(&credential_id).await, after);
    assert!(news("").await.iter().any(|event| event.id == it), "and it is news to the others");
}
