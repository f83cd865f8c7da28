//! Questions, answers, and requests to cancel.

use super::{Case, Subject, Write, after, at, claims::claimed};
use crate::{Answer, Commit, Interrupt, InterruptId, RunId, Status, StoreError, seal};
use serde_json::{Value, json};
use std::sync::Arc;

fn question(asked: &str) -> Interrupt {
    let asked = json!({ "asked": asked });
    Interrupt {
        id: InterruptId(super::id()),
        node: "ask".to_owned(),
        digest: seal::digest(&asked.to_string()),
        asked,
        until: Some(at(500)),
    }
}

/// A run that rests with these questions.
async fn waiting<W: Write>(case: &Case<W>, questions: &[Interrupt]) -> Commit<W> {
    case.open(|commit| {
        commit.status = Status::Waiting;
        commit.held = false;
        commit.wake_at = Some(at(500));
        commit.opened = questions.to_vec();
    })
    .await
}

impl<W: Write> Case<W> {
    fn answer(&self, run: RunId, to: &Interrupt, body: Value) -> Arc<Answer<W>> {
        let (interrupt, digest) = (to.id, to.digest.clone());
        let writes = vec![(self.subject.write)(42)];
        Arc::new(Answer { run, interrupt, digest, body, at: at(10), writes })
    }
}

/// Whoever was first; the product's writes of the others are not there.
pub async fn a_question_is_answered_once<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let asked = question("may I?");
    let run = waiting(&case, std::slice::from_ref(&asked)).await.run;
    assert_eq!(case.store().questions(run).await.expect("they can be read"), std::slice::from_ref(&asked));
    case.store().answer(case.answer(run, &asked, json!(true))).await.expect("the first is taken");
    for _ in 0..2 {
        let second = case.store().answer(case.answer(run, &asked, json!(true))).await;
        assert_eq!(second, Err(StoreError::Answered));
    }
    assert_eq!(case.store().questions(run).await.expect("they can be read"), []);
    let loaded = case.store().load(run).await.expect("it can be read").expect("it is there");
    assert_eq!(loaded.answers, [(asked.id, json!(true))]);
    assert_eq!((case.subject.writes)().await, [42]);
}

/// A hundred people press the button in the same moment.
pub async fn of_many_answers_at_once_one_wins<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let asked = question("who?");
    let run = waiting(&case, std::slice::from_ref(&asked)).await.run;
    let answers = (0..100).map(|n| case.store().answer(case.answer(run, &asked, json!(n))));
    let results = futures::future::join_all(answers).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let loaded = case.store().load(run).await.expect("it can be read").expect("it is there");
    let winner = results.iter().position(Result::is_ok);
    assert_eq!(loaded.answers, [(asked.id, json!(winner))]);
    assert_eq!((case.subject.writes)().await, [42]);
}

/// Not to another run, another question, or another text.
pub async fn an_answer_is_to_what_was_asked<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let (asked, other) = (question("this?"), question("that?"));
    let run = waiting(&case, std::slice::from_ref(&asked)).await.run;
    let elsewhere = waiting(&case, &[]).await.run;
    let altered = Interrupt { digest: other.digest.clone(), ..asked.clone() };
    for (run, to, why) in [
        (run, &altered, StoreError::Altered),
        (run, &other, StoreError::NotFound),
        (elsewhere, &asked, StoreError::NotFound),
        (RunId(super::id()), &asked, StoreError::NotFound),
    ] {
        assert_eq!(case.store().answer(case.answer(run, to, json!(1))).await, Err(why));
    }
    assert_eq!((case.subject.writes)().await, [0_u64; 0]);
}

/// However often its process dies in between; and the process that holds it is told.
pub async fn an_answer_makes_its_run_due_until_a_commit_closes_it<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let asked = question("now?");
    let rests = waiting(&case, std::slice::from_ref(&asked)).await;
    assert_eq!(claimed(&case, 20).await, []);
    case.store().answer(case.answer(rests.run, &asked, json!(1))).await.expect("the first is taken");
    assert_eq!(claimed(&case, 20).await, [rests.run]);
    assert_eq!(case.store().beat(case.epoch, at(21)).await, Ok(vec![rests.run]));
    // It goes to rest without having heard it.
    let again = after(&rests, |_| {});
    case.keep(&again).await;
    assert_eq!(claimed(&case, 22).await, [rests.run]);
    let heard = after(&again, |commit| commit.closed = vec![asked.id]);
    case.keep(&heard).await;
    assert_eq!(claimed(&case, 23).await, []);
    assert_eq!(case.store().beat(case.epoch, at(24)).await, Ok(Vec::new()));
    let loaded = case.store().load(rests.run).await.expect("it can be read").expect("it is there");
    assert_eq!(loaded.answers, []);
    let late = case.store().answer(case.answer(rests.run, &asked, json!(2))).await;
    assert_eq!(late, Err(StoreError::Answered));
}

/// By their ids; one that is closed without an answer takes none any more.
pub async fn parallel_questions_are_answered_one_by_one<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let asked = [question("a?"), question("b?"), question("b?")];
    let rests = waiting(&case, &asked).await;
    assert_eq!(case.store().questions(rests.run).await.expect("they can be read"), asked);
    case.store().answer(case.answer(rests.run, &asked[1], json!("b"))).await.expect("it is taken");
    let left = case.store().questions(rests.run).await.expect("they can be read");
    assert_eq!(left, [asked[0].clone(), asked[2].clone()]);
    assert_eq!(claimed(&case, 20).await, [rests.run]);
    let closed = after(&rests, |commit| commit.closed = vec![asked[0].id, asked[1].id]);
    case.keep(&closed).await;
    let late = case.store().answer(case.answer(rests.run, &asked[0], json!("a"))).await;
    assert_eq!(late, Err(StoreError::Answered));
    case.store().answer(case.answer(rests.run, &asked[2], json!("c"))).await.expect("it is taken");
    let loaded = case.store().load(rests.run).await.expect("it can be read").expect("it is there");
    assert_eq!(loaded.answers, [(asked[2].id, json!("c"))]);
}

/// Nobody is told twice, nobody is forgotten.
pub async fn a_request_to_cancel_makes_its_run_due_until_it_is_heard<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let rests = waiting(&case, &[]).await;
    let none = case.store().request_cancel(RunId(super::id()), at(2)).await;
    assert_eq!(none, Err(StoreError::NotFound));
    case.store().request_cancel(rests.run, at(2)).await.expect("it may be asked for");
    assert_eq!(claimed(&case, 3).await, [rests.run]);
    assert_eq!(case.store().beat(case.epoch, at(4)).await, Ok(vec![rests.run]));
    let heard = after(&rests, |commit| commit.cancel_heard = true);
    case.keep(&heard).await;
    assert_eq!(claimed(&case, 5).await, []);
    let head = case.store().load(rests.run).await.expect("it can be read").expect("it is there").head;
    assert_eq!((head.cancel_requested, head.cancel_heard), (true, true));
}
