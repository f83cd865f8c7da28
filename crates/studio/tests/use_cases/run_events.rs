//! What happened in runs, as it is stored, and who hears that something did.

use crate::house::House;
use api_types::{Problem, RunId, RunStatus};
use studio::{
    Followed, SignedIn,
    ports::{
        ModelError, Timestamp,
        store::{RunCommit, RunNews},
    },
};
use tokio::sync::broadcast::Receiver;

const BEGINNING: (Timestamp, RunId, u64) = (Timestamp(0), RunId(uuid::Uuid::nil()), 0);

fn told(news: &mut Receiver<Option<RunNews>>) -> Vec<RunNews> {
    std::iter::from_fn(|| news.try_recv().ok()).map(Option::unwrap).collect()
}

impl House {
    async fn stored(&self, by: &SignedIn, run: RunId, after: u64) -> Vec<RunCommit> {
        self.studio.run_commits_after(by, Followed::Own, run, after).await.unwrap()
    }
}

#[tokio::test]
async fn whoever_listens_hears_of_each_commit_and_finds_it_stored() {
    let house = House::new().await;
    let ana = house.owner().await;
    let mut news = house.studio.news.subscribe();
    let opened = house.send(&ana, None, "Well?").await.unwrap();
    let run = opened.run.run;
    let [opening] = told(&mut news)[..] else { panic!("one commit opens a run") };
    assert_eq!((opening.run, opening.owned, opening.revision), (run, ana.owned(), 1));
    let stored = house.stored(&ana, run, 0).await;
    assert_eq!(stored.last().unwrap().events.last().unwrap().seq, opening.last_seq);
    house.work().await;
    let [end] = told(&mut news)[..] else { panic!("and one ends it") };
    assert_eq!((end.run, end.owned, end.revision), (run, ana.owned(), 2));
    let stored = house.stored(&ana, run, opening.last_seq).await;
    assert_eq!(stored.len(), 1, "behind what is known there is the end alone");
    assert_eq!((stored[0].status, stored[0].events.last().unwrap().seq), (RunStatus::Done, end.last_seq));
    assert_eq!(house.stored(&ana, run, end.last_seq).await, []);
}

#[tokio::test]
async fn what_is_committed_from_outside_is_told_too() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.answers(vec![Err(ModelError::BrokeOff { source_name: "It".to_owned() })]);
    let (opened, _) = house.chat(&ana, None, "Go on").await;
    let mut news = house.studio.news.subscribe();
    house.studio.retry_answer(&ana, opened.run.run, None).await.unwrap();
    let told = told(&mut news);
    assert_eq!((told.len(), told[0].run, told[0].owned), (1, opened.run.run, ana.owned()));
}

#[tokio::test]
async fn runs_are_ones_own_or_for_administrators_those_of_their_organization_alone() {
    let house = House::new().await;
    let ana = house.owner().await;
    // Of another organization.
    let ben = house.somebody().await;
    let theirs = house.chat(&ben, None, "A private matter").await.0.run.run;
    let hers = house.chat(&ana, None, "Hers").await.0.run.run;
    let studio = &house.studio;
    for followed in [Followed::Own, Followed::Everyone] {
        assert_eq!(studio.run_commits_after(&ana, followed, theirs, 0).await.unwrap(), []);
        assert_eq!(studio.follows_run(&ana, followed, theirs).await, Err(Problem::NotFound));
        studio.follows_run(&ana, followed, hers).await.unwrap();
        let since = studio.run_commits_since(&ana, followed, BEGINNING).await.unwrap();
        assert!(!since.is_empty() && since.iter().all(|commit| commit.run == hers), "{since:?}");
        let news = RunNews { owned: ben.owned(), run: theirs, revision: 1, last_seq: 1 };
        assert!(!followed.concerns(&ana, &news));
        assert!(followed.concerns(&ana, &RunNews { owned: ana.owned(), ..news }));
    }
    let refused = studio.run_commits_since(&ben, Followed::Everyone, BEGINNING).await;
    assert_eq!(refused, Err(Problem::NotPermitted));
    let refused = studio.run_commits_after(&ben, Followed::Everyone, theirs, 0).await;
    assert_eq!(refused, Err(Problem::NotPermitted));
}

#[tokio::test]
async fn commits_are_found_from_any_place_on_and_none_twice() {
    let house = House::new().await;
    let ana = house.owner().await;
    for _ in 0..3 {
        house.chat(&ana, None, "Well?").await;
    }
    let all = house.studio.run_commits_since(&ana, Followed::Own, BEGINNING).await.unwrap();
    assert_eq!(all.len(), 6);
    for (n, commit) in all.iter().enumerate() {
        let place = (commit.at, commit.run, commit.revision);
        let rest = house.studio.run_commits_since(&ana, Followed::Own, place).await.unwrap();
        assert_eq!(rest, all[n + 1..]);
    }
}
