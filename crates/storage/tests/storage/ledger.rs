//! The ledger: holds that fit, what becomes of them, and sums that add up.

use crate::common::{
    Fresh, on_both,
    rows::{id, put, somebody},
    write,
};
use api_types::{EntryKind, HoldId, RunId, Span};
use futures::future::join_all;
use std::sync::Arc;
use studio::ports::{
    Timestamp,
    store::{EntryRow, HoldRow, Owned, SpendingLimits, Spent, Store, StoreError},
};

const HOUR: i64 = 3_600_000_000;
/// Eleven at night of the first day.
const LATE: i64 = 23 * HOUR;
const LIMITS: SpendingLimits = SpendingLimits { hour: 1_000, day: 5_000 };

/// So many microseconds after midnight of a day.
fn at(micros: i64) -> Timestamp {
    // `date -u -d 2023-11-14 +%s`, with GNU coreutils.
    Timestamp(1_699_920_000_000_000 + micros)
}

fn hold(owned: Owned, amount: i64, micros: i64) -> HoldRow {
    HoldRow {
        id: HoldId(id()),
        owned,
        run: RunId(id()),
        operation: "chat".to_owned(),
        model: "openai/some".parse().unwrap(),
        amount,
        at: at(micros),
    }
}

/// Whether it fits. What does not is rolled back, as in the studio.
async fn takes(store: &Arc<dyn Store>, hold: &HoldRow, limits: SpendingLimits) -> bool {
    let hold = hold.clone();
    let taken = write(store, move |tx| {
        Box::pin(async move {
            match tx.take_hold(&hold, limits).await? {
                true => Ok(()),
                false => Err(StoreError::Conflict("full".to_owned())),
            }
        })
    });
    match taken.await {
        Ok(()) => true,
        Err(StoreError::Conflict(rule)) if rule == "full" => false,
        Err(fault) => panic!("{fault}"),
    }
}

/// Ends a hold with these parts; whether there was one.
async fn ends(store: &Arc<dyn Store>, of: &HoldRow, parts: Vec<(EntryKind, i64)>, micros: i64) -> bool {
    let (owned, run) = (of.owned, of.run);
    put(store, move |tx| {
        Box::pin(async move {
            let Some(hold) = tx.end_hold(owned, run).await? else { return Ok(false) };
            let row = |(kind, amount)| EntryRow::of(&hold, kind, amount, at(micros));
            tx.book(&parts.into_iter().map(row).collect::<Vec<_>>()).await?;
            Ok(true)
        })
    })
    .await
}

fn spent(held: i64, spent: i64) -> Spent {
    Spent { held, spent }
}

#[tokio::test]
async fn a_hold_fits_as_long_as_both_windows_have_room_for_it() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        assert!(takes(&store, &hold(ana, 600, 5), LIMITS).await);
        assert!(!takes(&store, &hold(ana, 401, 6), LIMITS).await, "the hour has 400 left");
        assert!(takes(&store, &hold(ana, 400, 7), LIMITS).await, "up to the last micro-dollar");
        assert_eq!(store.spending(ana, at(8)).await.unwrap(), (spent(1_000, 0), spent(1_000, 0)));
        for hour in 1..5 {
            assert!(takes(&store, &hold(ana, 1_000, hour * HOUR), LIMITS).await, "hour {hour}");
        }
        assert!(!takes(&store, &hold(ana, 1, 6 * HOUR), LIMITS).await, "the day is full");
        assert_eq!(
            store.spending(ana, at(6 * HOUR)).await.unwrap(),
            (spent(0, 0), spent(5_000, 0)),
            "nothing of it is left"
        );
        assert!(takes(&store, &hold(ana, 1, 24 * HOUR), LIMITS).await, "the next day is not");
        assert!(
            !takes(&store, &hold(ana, 1_001, 25 * HOUR), LIMITS).await,
            "more than a whole limit never fits"
        );
        sound(&fresh).await;
    })
    .await;
}

#[tokio::test]
async fn one_persons_holds_are_of_no_concern_to_another() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, ben) = (somebody(&store).await, somebody(&store).await);
        assert!(takes(&store, &hold(ana, 1_000, 5), LIMITS).await);
        assert!(takes(&store, &hold(ben, 1_000, 5), LIMITS).await);
        assert_eq!(store.ledger(ana, None, 10).await.unwrap().len(), 1);
        let his = hold(ben, 0, 5);
        let foreign = HoldRow { owned: ben, ..hold(ana, 0, 5) };
        assert!(
            !ends(&store, &HoldRow { run: his.run, ..foreign }, vec![], 6).await,
            "nor can one end another's"
        );
    })
    .await;
}

#[tokio::test]
async fn a_hold_is_ended_once_and_in_the_windows_in_which_it_was_taken() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let first = hold(ana, 900, LATE);
        assert!(takes(&store, &first, LIMITS).await);
        // It ends on the next day.
        let parts = vec![(EntryKind::Settle, 200), (EntryKind::Release, 700)];
        let tomorrow = LATE + 2 * HOUR;
        let both =
            join_all([ends(&store, &first, parts.clone(), tomorrow), ends(&store, &first, parts, tomorrow)])
                .await;
        assert_eq!(both.iter().filter(|ended| **ended).count(), 1, "{both:?}");
        assert_eq!(store.spending(ana, at(LATE)).await.unwrap(), (spent(0, 200), spent(0, 200)));
        assert_eq!(store.spending(ana, at(tomorrow)).await.unwrap(), (spent(0, 0), spent(0, 0)));
        assert_eq!(store.total_spent(ana).await.unwrap(), 200);
        sound(&fresh).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_above_a_hold_is_booked_and_stops_what_comes_after() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let first = hold(ana, 900, 5);
        assert!(takes(&store, &first, LIMITS).await);
        assert!(ends(&store, &first, vec![(EntryKind::Settle, 900), (EntryKind::Overrun, 300)], 6).await);
        assert_eq!(store.spending(ana, at(7)).await.unwrap(), (spent(0, 1_200), spent(0, 1_200)));
        assert!(!takes(&store, &hold(ana, 1, 8), LIMITS).await);
        sound(&fresh).await;
    })
    .await;
}

#[tokio::test]
async fn a_person_may_have_limits_of_their_own() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, ben) = (somebody(&store).await, somebody(&store).await);
        let set = async |limits| {
            put(&store, move |tx| {
                Box::pin(async move { tx.set_spending_limits(ana, limits, ben.owner, at(1)).await })
            })
            .await;
        };
        let small = SpendingLimits { hour: 10, day: 15 };
        set(Some(small)).await;
        assert_eq!(store.spending_limits(ana).await.unwrap(), Some(small));
        assert!(!takes(&store, &hold(ana, 11, 5), LIMITS).await);
        assert!(takes(&store, &hold(ana, 10, 5), LIMITS).await);
        assert!(!takes(&store, &hold(ana, 6, HOUR), LIMITS).await, "the day has 5 left");
        set(Some(SpendingLimits { hour: 10, day: 16 })).await;
        assert!(takes(&store, &hold(ana, 6, HOUR), LIMITS).await, "as soon as they are raised");
        set(None).await;
        assert_eq!(store.spending_limits(ana).await.unwrap(), None);
        assert!(takes(&store, &hold(ana, 990, 5), LIMITS).await);
    })
    .await;
}

#[tokio::test]
async fn of_a_thousand_at_once_as_many_get_through_as_fit() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let limits = SpendingLimits { hour: 1_000, day: 1_000_000 };
        let holds: Vec<HoldRow> = (0..1_000).map(|_| hold(ana, 10, 5)).collect();
        let taken = join_all(holds.iter().map(|hold| takes(&store, hold, limits))).await;
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 100);
        assert_eq!(store.spending(ana, at(6)).await.unwrap(), (spent(1_000, 0), spent(1_000, 0)));
        assert_eq!(store.ledger(ana, None, 1_000).await.unwrap().len(), 100);
        sound(&fresh).await;
    })
    .await;
}

#[tokio::test]
async fn holds_that_begin_and_end_at_once_leave_nothing_behind() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let limits = SpendingLimits { hour: i64::MAX / 4, day: i64::MAX / 4 };
        let whole = async |amount: i64| {
            let hold = hold(ana, amount, LATE + amount);
            assert!(takes(&store, &hold, limits).await);
            assert!(
                ends(&store, &hold, vec![(EntryKind::Settle, 1), (EntryKind::Release, amount - 1)], LATE)
                    .await
            );
        };
        join_all((2..200).map(whole)).await;
        assert_eq!(store.spending(ana, at(LATE)).await.unwrap(), (spent(0, 198), spent(0, 198)));
        sound(&fresh).await;
    })
    .await;
}

#[tokio::test]
async fn the_ledger_is_read_in_parts_and_windows_in_order() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        for hour in 0..5 {
            let one = hold(ana, 10, hour * HOUR);
            assert!(takes(&store, &one, LIMITS).await);
            assert!(
                ends(&store, &one, vec![(EntryKind::Settle, 4), (EntryKind::Release, 6)], hour * HOUR).await
            );
        }
        let mut seen: Vec<EntryRow> = Vec::new();
        loop {
            let after = seen.last().map(|last| (last.at, last.hold, last.kind));
            let part = store.ledger(ana, after, 4).await.unwrap();
            if part.is_empty() {
                break;
            }
            seen.extend(part);
        }
        assert_eq!(seen.len(), 15);
        assert!(
            seen.is_sorted_by(|a, b| (a.at, a.hold.0, a.kind.as_str()) > (b.at, b.hold.0, b.kind.as_str()))
        );
        let hours = store.windows(ana, Span::Hour, at(HOUR), 3).await.unwrap();
        let starts: Vec<Timestamp> = hours.iter().map(|(start, _)| *start).collect();
        assert_eq!(starts, [at(HOUR), at(2 * HOUR), at(3 * HOUR)]);
        assert!(hours.iter().all(|(_, window)| *window == spent(0, 4)));
    })
    .await;
}

#[tokio::test]
async fn whatever_is_changed_behind_its_back_is_named() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let (open, ended) = (hold(ana, 100, 5), hold(ana, 50, 5));
        assert!(takes(&store, &open, LIMITS).await && takes(&store, &ended, LIMITS).await);
        assert!(ends(&store, &ended, vec![(EntryKind::Settle, 20), (EntryKind::Release, 30)], 6).await);
        sound(&fresh).await;
        let mut conn = fresh.outside().await;
        for (change, back, says) in [
            (
                "UPDATE spending SET held = held + 1 WHERE span = 'hour'",
                "UPDATE spending SET held = held - 1 WHERE span = 'hour'",
                "held in the window hour",
            ),
            (
                "UPDATE spending SET spent = spent - 1 WHERE span = 'day'",
                "UPDATE spending SET spent = spent + 1 WHERE span = 'day'",
                "spent in the window day",
            ),
            ("UPDATE holds SET amount = amount - 1", "UPDATE holds SET amount = amount + 1", "the open hold"),
            (
                "UPDATE ledger SET amount = amount + 1 WHERE kind = 'release'",
                "UPDATE ledger SET amount = amount - 1 WHERE kind = 'release'",
                "neither settled",
            ),
            (
                "UPDATE ledger SET amount = amount - 1 WHERE kind = 'settle'",
                "UPDATE ledger SET amount = amount + 1 WHERE kind = 'settle'",
                "spent in the window",
            ),
        ] {
            sqlx::raw_sql(change).execute(&mut conn).await.unwrap();
            let found = store.ledger_differences(100).await.unwrap();
            assert!(found.iter().any(|difference| difference.what.contains(says)), "{change}: {found:?}");
            assert!(found.iter().all(|difference| difference.owner == ana.owner.to_string()));
            sqlx::raw_sql(back).execute(&mut conn).await.unwrap();
            sound(&fresh).await;
        }
        sqlx::raw_sql("CREATE TABLE away AS SELECT * FROM spending; DELETE FROM spending")
            .execute(&mut conn)
            .await
            .unwrap();
        assert_eq!(
            store.ledger_differences(100).await.unwrap().len(),
            4,
            "windows that are gone: held and spent, hour and day"
        );
        sqlx::raw_sql("INSERT INTO spending SELECT * FROM away; DROP TABLE away")
            .execute(&mut conn)
            .await
            .unwrap();
        sound(&fresh).await;
        sqlx::raw_sql("DELETE FROM holds").execute(&mut conn).await.unwrap();
        assert_eq!(
            store.ledger_differences(100).await.unwrap().len(),
            1,
            "a hold that is neither open nor ended"
        );
    })
    .await;
}

/// Everything adds up.
async fn sound(fresh: &Fresh) {
    assert_eq!(fresh.store().ledger_differences(100).await.unwrap(), []);
}
