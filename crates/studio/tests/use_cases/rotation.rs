//! Tokens of a session that follow one another: races, lost answers, copies.

use crate::house::House;
use api_types::{AccountEventKind, Problem, SessionId};
use std::{sync::Arc, time::Duration};
use studio::{
    Entered, NewSession, OLDER_TOKEN_GRACE, ROTATE_EVERY, SESSION_IDLE, SessionToken, Shut, SignedIn,
    notice_of,
    ports::store::{Seen, SessionEnd, StoreError},
};
use tokio::task::JoinSet;

const SECOND: Duration = Duration::from_secs(1);

impl House {
    async fn enter(&self, session: SessionId, epoch: u32) -> Result<Entered, Shut> {
        self.studio.enter(SessionToken { session, epoch }).await
    }

    /// The epoch of the token that the answer brought.
    async fn renewed(&self, session: SessionId, epoch: u32) -> Option<u32> {
        let entered = self.enter(session, epoch).await.unwrap();
        entered.renewed.map(|NewSession { epoch, .. }| epoch)
    }

    /// Somebody whose browser shows its second token, an hour after it signed in.
    async fn rotated(&self) -> SignedIn {
        let ana = self.owner().await;
        assert_eq!(self.renewed(ana.session(), 0).await, None, "young");
        self.clock.pass(ROTATE_EVERY);
        assert_eq!(self.renewed(ana.session(), 0).await, Some(1));
        ana
    }

    async fn is_copied(&self, session: SessionId, epoch: u32) -> bool {
        match self.enter(session, epoch).await {
            Ok(_) => false,
            Err(shut) => shut == Shut { problem: Problem::SignIn, end: Some(SessionEnd::OlderToken) },
        }
    }
}

#[tokio::test]
async fn an_hour_old_token_is_replaced_and_the_browser_goes_on_with_the_newer() {
    let house = House::new().await;
    let ana = house.rotated().await;
    assert_eq!(house.renewed(ana.session(), 1).await, None);
    house.clock.pass(ROTATE_EVERY - SECOND);
    assert_eq!(house.renewed(ana.session(), 1).await, None);
    house.clock.pass(SECOND);
    assert_eq!(house.renewed(ana.session(), 1).await, Some(2));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again_however_late() {
    let house = House::new().await;
    let ana = house.rotated().await;
    house.clock.pass(SESSION_IDLE);
    for _ in 0..3 {
        assert_eq!(house.renewed(ana.session(), 0).await, Some(1), "its browser has shown no newer one");
    }
    assert_eq!(house.renewed(ana.session(), 1).await, None);
}

#[tokio::test]
async fn another_tabs_request_under_way_is_no_copy() {
    let house = House::new().await;
    let ana = house.rotated().await;
    assert_eq!(house.renewed(ana.session(), 1).await, None, "one tab shows the newer token");
    house.clock.pass(OLDER_TOKEN_GRACE);
    assert_eq!(house.renewed(ana.session(), 0).await, None, "another one's request had the older");
    assert!(house.enter(ana.session(), 1).await.is_ok());
}

#[tokio::test]
async fn a_stolen_older_token_ends_the_session_for_both_and_its_person_is_told() {
    let house = House::new().await;
    let ana = house.rotated().await;
    assert_eq!(house.renewed(ana.session(), 1).await, None);
    house.clock.pass(OLDER_TOKEN_GRACE + SECOND);
    assert!(house.is_copied(ana.session(), 0).await);
    assert!(house.is_copied(ana.session(), 1).await, "the newest is over too, and says why");
    assert!(house.is_copied(ana.session(), 0).await);

    let again = house.somebody_at(&ana).await;
    let events = house.studio.account_events(&again.in_session().unwrap(), None).await.unwrap().events;
    assert_eq!(events.len(), 2, "written down once, beside that she joined");
    assert_eq!((events[0].kind, events[0].detail.as_str()), (AccountEventKind::OlderToken, "A browser"));
    assert_eq!(notice_of(&house.studio.account_news(&again).await.unwrap()), Some((&events[0], 0)));
    house.studio.see_account_events(&again.in_session().unwrap(), Seen::only(events[0].id)).await.unwrap();
    assert_eq!(house.studio.account_news(&again).await.unwrap(), []);
}

#[tokio::test]
async fn a_token_from_long_ago_has_no_grace() {
    let house = House::new().await;
    let ana = house.rotated().await;
    assert_eq!(house.renewed(ana.session(), 1).await, None);
    house.clock.pass(ROTATE_EVERY);
    assert_eq!(house.renewed(ana.session(), 1).await, Some(2));
    assert!(house.is_copied(ana.session(), 0).await);
}

#[tokio::test]
async fn a_token_that_the_database_does_not_know_yet_accuses_nobody() {
    let house = House::new().await;
    let ana = house.owner().await;
    let shut = house.enter(ana.session(), 7).await.unwrap_err();
    assert_eq!(shut, Shut { problem: Problem::SignIn, end: None }, "an older state was restored");
    assert!(house.enter(ana.session(), 0).await.is_ok(), "and the session is as it was");
}

#[tokio::test]
async fn fifty_requests_at_the_same_moment_all_pass_and_bring_one_token() {
    let house = Arc::new(House::new().await);
    let ana = house.owner().await;
    let session = ana.session();
    assert_eq!(house.renewed(session, 0).await, None);
    for epoch in 0..3 {
        house.clock.pass(ROTATE_EVERY);
        let mut asked = JoinSet::new();
        for _ in 0..50 {
            let house = house.clone();
            asked.spawn(async move { house.renewed(session, epoch).await });
        }
        let brought = asked.join_all().await;
        assert!(brought.contains(&Some(epoch + 1)));
        assert!(brought.iter().flatten().all(|newer| *newer == epoch + 1), "{brought:?}");
        // Meanwhile others come with the older and the newer at once.
        let mut mixed = JoinSet::new();
        for i in 0..50 {
            let house = house.clone();
            mixed.spawn(async move { house.enter(session, epoch + i % 2).await.is_ok() });
        }
        assert!(mixed.join_all().await.into_iter().all(|passed| passed));
    }
}

#[tokio::test]
async fn a_session_from_before_there_were_epochs_goes_on() {
    let house = House::new().await;
    let ana = house.owner().await;
    let session = house.session_row_of(&ana, |row| row.epoch_at = studio::ports::Timestamp(0)).await;
    assert_eq!(house.renewed(session, 0).await, None, "its token came back for the first time");
    assert_eq!(house.renewed(session, 0).await, Some(1));
    assert_eq!(house.renewed(session, 1).await, None);
}

#[tokio::test]
async fn an_ended_session_says_why_and_a_rotation_does_not_bring_it_back() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (owned, id) = (ana.owned(), ana.session());
    house.studio.sign_out(&ana).await.unwrap();
    let now = house.studio.now();
    let advanced = house.studio.store.write::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            tx.confirm_epoch(owned, id, 0, now).await?;
            tx.advance_epoch(owned, id, 0, now).await
        })
    });
    assert!(!advanced.await.unwrap());
    assert_eq!(house.enter(id, 0).await.unwrap_err().end, Some(SessionEnd::SignedOut));
}
