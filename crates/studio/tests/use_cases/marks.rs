//! What the screen lets through it marks; names and titles are screened; and what counts is what screen and flag say now.

use crate::house::House;
use api_types::{AuditAction, Flag, FlagMode, Problem, Role};
use serde_json::Map;
use studio::{AuditFilter, MakeToken, SignedIn, says_of_mark};

const MARKED: &str = "Write to a.person@mail.example.org, please";

/// Of the form of an access key, and nobody's.
fn key() -> String {
    format!("AKIA{}", "Q7RZT3LW2XK6VBNM")
}

/// Why rows of the audit log say that something was marked, and what it was.
async fn audited(house: &House, by: &SignedIn) -> Vec<(String, String)> {
    let filter = AuditFilter { words: AuditAction::Marked.as_str().to_owned(), ..AuditFilter::default() };
    let rows = house.studio.audit_log(&by.admin().unwrap(), &filter, None).await.unwrap().rows;
    rows.into_iter()
        .map(|row| (row.line.why.unwrap(), row.line.target.split([' ', ':', '/']).next().unwrap().to_owned()))
        .collect()
}

fn rule_of(refused: Result<(), Problem>) -> String {
    match refused {
        Err(Problem::Unsafe { rule, refusal: Some(_), .. }) => rule,
        // Of a name it is told at its field, which says the rule last.
        Err(Problem::Invalid { fields, refusal: Some(_) }) => {
            fields[0].message.rsplit(' ').next().unwrap().trim_end_matches('.').to_owned()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_that_is_flagged_goes_on_marked_and_is_in_the_audit_log_once() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, _) = house.chat(&ana, None, MARKED).await;
    assert_eq!(opened.question.unwrap().marks, ["personal_data.email"]);
    let open = house.studio.conversation(&ana, opened.conversation, None).await.unwrap();
    let marks: Vec<_> = open.turns.iter().map(|turn| turn.message.marks.clone()).collect();
    assert_eq!(marks, [vec!["personal_data.email".to_owned()], vec![]]);
    assert!(says_of_mark("personal_data.email").unwrap().contains("e-mail"));
    house.studio.regenerate_message(&ana, opened.conversation, opened.answer.id, None).await.unwrap();
    house.work().await;
    assert_eq!(audited(&house, &ana).await, [("personal_data.email".to_owned(), "run".to_owned())]);
    let (plain, _) = house.chat(&ana, None, "How much rum is in a rum baba?").await;
    assert!(plain.question.unwrap().marks.is_empty());
    assert_eq!(audited(&house, &ana).await.len(), 1);
}

#[tokio::test]
async fn names_titles_and_notes_are_screened_and_a_refused_one_is_explained() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, _) = house.chat(&ana, None, "Hello").await;
    let (studio, now) = (&house.studio, house.studio.now());
    let session = ana.in_session().unwrap();
    let title = studio.rename_conversation(&ana, opened.conversation, &key()).await;
    assert_eq!(rule_of(title), "secret.cloud_key");
    assert_eq!(rule_of(studio.rename_account(&session, "<script>go()</script>").await), "markup.script");
    let note = studio.store_memory(&ana, &format!("Mine is {}", key()), &Map::new()).await.map(|_| ());
    assert_eq!(rule_of(note), "secret.cloud_key");
    let token = MakeToken { name: key(), scopes: [api_types::Scope::Read].into_iter().collect(), days: 1 };
    let touched = ana.touched(now).unwrap();
    assert_eq!(rule_of(studio.make_token(&touched, token).await.map(|_| ())), "secret.cloud_key");
    let metadata = Map::from_iter([("key".to_owned(), key().into())]);
    let note = studio.store_memory(&ana, "Harmless", &metadata).await.map(|_| ());
    assert_eq!(rule_of(note), "secret.cloud_key");
    let new = studio::NewInvite { role: Role::Member, reviewer: false, note: key(), days: 7 };
    let invited = studio.make_invite(&ana.touched_admin(now).unwrap(), new).await.map(|_| ());
    assert_eq!(rule_of(invited), "secret.cloud_key");
    assert_eq!(studio.refusals(&ana).await.unwrap().len(), 5, "one for each operation and rule");

    // What is only marked is kept, and noted.
    studio.rename_conversation(&ana, opened.conversation, "To a.person@mail.example.org").await.unwrap();
    assert_eq!(audited(&house, &ana).await, [("personal_data.email".to_owned(), "person".to_owned())]);
    // Who is nobody yet is told the rule, and there is nobody whose record it would be.
    let new = studio::NewInvite { role: Role::Member, reviewer: false, note: String::new(), days: 7 };
    let code = studio.make_invite(&ana.touched_admin(now).unwrap(), new).await.unwrap();
    let joined = house.join(&code, "<script>go()</script>").await;
    assert!(matches!(joined, Err(Problem::Invalid { refusal: None, .. })), "{joined:?}");
}

#[tokio::test]
async fn what_was_sent_while_nothing_was_screened_is_screened_when_it_is_asked_again() {
    let house = House::new().await;
    let ana = house.owner().await;
    let switch = async |mode| {
        let admin = ana.touched_admin(house.studio.now()).unwrap();
        house.studio.set_flag(&admin, Flag::SafetyChecks, Some(mode)).await.unwrap();
    };
    switch(FlagMode::Off).await;
    let (opened, _) = house.chat(&ana, None, &format!("Keep {} for me", key())).await;
    switch(FlagMode::On).await;
    let again = house.studio.regenerate_message(&ana, opened.conversation, opened.answer.id, None).await;
    assert_eq!(rule_of(again.map(|_| ())), "secret.cloud_key");
}
