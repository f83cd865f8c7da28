//! Money under any schedule: answers that end in every way, edges of windows, a clock that is set forwards and backwards, a process that
//! dies, prices and limits that change, also to nothing and to more than all. What a person has is never held twice, and the ledger adds up.

use crate::{fakes::usage, house::House};
use api_types::{EntryKind, Micros, Price, Problem, RunId, Span};
use proptest::prelude::*;
use std::time::Duration;
use studio::{
    AMOUNT_MAX, Quote, SignedIn,
    ports::{ChatEvent, FinishReason, ModelError, Timestamp},
};

/// How an answer ends.
#[derive(Debug, Clone, Copy)]
enum Ending {
    /// The provider says what it used; more than was asked for among it.
    Said { read: u32, written: u32 },
    /// It says nothing of it.
    Unsaid,
    /// It refuses to answer.
    Refused,
    /// It breaks off in the middle.
    BreaksOff,
    /// Its person stops it after its first words.
    Stopped,
    /// The process dies in the middle of it.
    Crash,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Ask(u16, Ending),
    Pass(u32),
    /// To the last microsecond of the hour, or of the day.
    ToTheEdge(Span),
    Back(u32),
    Price(i64, i64),
    Limits(i64, i64),
}

fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), Just(1), 1_000_i64..50_000, Just(AMOUNT_MAX)]
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        4 => (0_u32..2_000, 0_u32..2_000).prop_map(|(read, written)| Ending::Said { read, written }),
        1 => (any::<u32>(), any::<u32>()).prop_map(|(read, written)| Ending::Said { read, written }),
        1 => Just(Ending::Unsaid),
        1 => Just(Ending::Refused),
        1 => Just(Ending::BreaksOff),
        2 => Just(Ending::Stopped),
        2 => Just(Ending::Crash),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1_u16..3_000, ending()).prop_map(|(bytes, ending)| Step::Ask(bytes, ending)),
        1 => (0_u32..10_000).prop_map(Step::Pass),
        1 => prop_oneof![Just(Span::Hour), Just(Span::Day)].prop_map(Step::ToTheEdge),
        1 => (0_u32..10_000).prop_map(Step::Back),
        1 => (amount(), amount()).prop_map(|(prompt, completion)| Step::Price(prompt, completion)),
        2 => (amount(), amount()).prop_map(|(hour, day)| Step::Limits(hour, day)),
    ]
}

/// The house, whatever became of its process, and what there should be in its books.
struct World {
    house: House,
    ana: SignedIn,
    /// What was booked, as far as providers said it.
    said: i64,
}

impl World {
    async fn new() -> Self {
        let house = House::new().await;
        let ana = house.owner().await;
        Self { house, ana, said: 0 }
    }

    /// In a session that was touched just now: the clock goes where it likes.
    async fn touch(&mut self) {
        let session = self.house.session_row_of(&self.ana, |_| ()).await;
        self.ana = self.house.studio.signed_in(session).await.unwrap();
    }

    async fn quote(&self) -> Option<Quote> {
        let settings = self.house.studio.default_settings(&self.ana).await.unwrap().unwrap();
        self.house.studio.quote(&self.ana, &settings, None).await.unwrap()
    }

    async fn go(mut self, step: Step) -> Self {
        let clock = self.house.clock.clone();
        match step {
            Step::Ask(bytes, ending) => return self.ask(bytes, ending).await,
            Step::Pass(seconds) => clock.pass(Duration::from_secs(u64::from(seconds))),
            Step::ToTheEdge(span) => clock.set(Timestamp(span.end(self.house.studio.now().0) - 1)),
            Step::Back(seconds) => {
                clock.set(self.house.studio.now() - Duration::from_secs(u64::from(seconds)))
            }
            Step::Price(prompt, completion) => {
                self.touch().await;
                let admin = self.ana.touched_admin(self.house.studio.now()).unwrap();
                let price =
                    Price { prompt_micros_per_million: prompt, completion_micros_per_million: completion };
                let set = self.house.studio.set_price(&admin, "fake/fake".parse().unwrap(), price, None);
                set.await.unwrap();
            }
            Step::Limits(hour, day) => {
                self.touch().await;
                let admin = self.ana.touched_admin(self.house.studio.now()).unwrap();
                let of = self.ana.person();
                let set = self.house.studio.set_limits(&admin, of, Some(Micros(hour)), Some(Micros(day)));
                set.await.unwrap();
            }
        }
        self
    }

    /// Asks; what is admitted fits, what does not fit is refused, and what it came to is booked.
    async fn ask(mut self, bytes: u16, ending: Ending) -> Self {
        self.touch().await;
        let text = "x".repeat(usize::from(bytes));
        let quote = self.quote().await;
        let (said, price) = match quote {
            Some(Quote { price, bytes, max_tokens }) => {
                (price.cost(bytes + text.len() as u64, u64::from(max_tokens)), Some(price))
            }
            None => (Some(0), None),
        };
        let before = self.house.studio.usage(&self.ana).await.unwrap();
        let room = before.hour.remaining().min(before.day.remaining());
        self.prepare(ending);
        let sent = self.house.send(&self.ana, None, &text).await;
        let fits = said.is_some_and(|amount| amount <= room || price.is_none());
        assert_eq!(sent.is_ok(), fits, "{said:?} into {room}: {sent:?}");
        let Ok(opened) = sent else {
            let no = sent.unwrap_err();
            assert!(matches!(no, Problem::OverBudget { .. } | Problem::Invalid { .. }), "{no:?}");
            self.house.model.takes_back();
            return self;
        };
        let during = self.house.studio.usage(&self.ana).await.unwrap();
        for window in [during.hour, during.day] {
            let used = window.spent + window.held;
            assert!(price.is_none() || used <= window.limit, "{used} of {}", window.limit);
        }
        self = self.ends(ending, opened.run.run).await;
        if let Some(price) = price {
            self.is_booked(opened.run.run, price, ending, said.unwrap_or_default()).await;
        }
        self
    }

    fn prepare(&self, ending: Ending) {
        let model = &self.house.model;
        let words = || ChatEvent::Delta("Some words".to_owned());
        let end = |usage| ChatEvent::End { reason: FinishReason::Stop, usage };
        match ending {
            Ending::Said { read, written } => {
                model.answers(vec![Ok(words()), Ok(end(usage(read, written)))]);
            }
            Ending::Unsaid => model.answers(vec![Ok(words()), Ok(end(api_types::Usage::default()))]),
            Ending::Refused => {
                let no = ModelError::Refused { source_name: "It".to_owned(), detail: "No.".to_owned() };
                model.answers(vec![Err(no)]);
            }
            Ending::BreaksOff => {
                model.answers(vec![Ok(words()), Err(ModelError::BrokeOff { source_name: "It".to_owned() })]);
            }
            Ending::Stopped | Ending::Crash => model.begins(words()),
        }
    }

    async fn ends(self, ending: Ending, run: RunId) -> Self {
        let (studio, person) = (self.house.studio.clone(), self.ana.person());
        let began = async move {
            while studio.live.get(person, run).is_none_or(|live| live.view(0).text.is_empty()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        match ending {
            Ending::Stopped => {
                let stop = async {
                    began.await;
                    self.house.studio.stop_run(&self.ana, run).await.unwrap();
                };
                tokio::join!(self.house.work(), stop);
                self
            }
            Ending::Crash => {
                tokio::select! {
                    () = self.house.studio.drive() => {}
                    () = began => {}
                }
                let Self { house, ana, said } = self;
                let house = house.set(|_| ()).await;
                house.studio.restore_sources().await.unwrap();
                house.work().await;
                Self { house, ana, said }
            }
            _ => {
                self.house.work().await;
                self
            }
        }
    }

    /// What stands in the ledger of one run.
    async fn is_booked(&mut self, run: RunId, price: Price, ending: Ending, hold: i64) {
        let mut entries = Vec::new();
        let mut after = None;
        loop {
            let page = self.house.studio.ledger(&self.ana, after).await.unwrap();
            entries.extend(page.entries.into_iter().filter(|entry| entry.run == run));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let of =
            |kind| entries.iter().filter(|entry| entry.kind == kind).map(|entry| entry.amount).sum::<i64>();
        if hold == 0 {
            return assert!(entries.is_empty(), "what costs nothing is not counted: {entries:?}");
        }
        let booked = of(EntryKind::Settle) + of(EntryKind::Overrun);
        assert_eq!(of(EntryKind::Hold), hold);
        assert_eq!(hold, of(EntryKind::Settle) + of(EntryKind::Release));
        let windows: std::collections::BTreeSet<_> =
            entries.iter().map(|entry| (entry.hour, entry.day)).collect();
        assert_eq!(windows.len(), 1, "it is settled where it was held: {entries:?}");
        match ending {
            Ending::Said { read, written } => {
                let cost = price.cost(u64::from(read), u64::from(written)).unwrap_or(hold);
                assert_eq!(
                    booked, cost,
                    "what the provider said, or all that was held where it cannot be right: {entries:?}"
                );
            }
            Ending::Refused => assert_eq!(booked, 0),
            Ending::Unsaid | Ending::BreaksOff | Ending::Stopped | Ending::Crash => {
                assert!((0..=hold).contains(&booked), "an estimate is never above its hold");
            }
        }
        self.said = self.said.saturating_add(booked);
    }

    async fn adds_up(&self) {
        assert_eq!(self.house.studio.store.ledger_differences(100).await.unwrap(), []);
        let usage = self.house.studio.usage(&self.ana).await.unwrap();
        assert_eq!((usage.total_spent, usage.hour.held, usage.day.held), (self.said, 0, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_no_budget_is_overspent_and_the_ledger_adds_up(
        steps in proptest::collection::vec(step(), 1..14),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in steps {
                world = world.go(step).await;
                world.adds_up().await;
            }
        });
    }
}
