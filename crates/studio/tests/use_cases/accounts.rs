//! One's own account: name, export, deletion.

use crate::house::{House, field_of};
use api_types::{Problem, Role};
use serde_json::Value;
use std::collections::BTreeMap;
use studio::{
    EXPORT_MEMORIES_AT_ONCE, EXPORT_MESSAGES_AT_ONCE, Export, NAME_CHARS_MAX, SignedIn, TOUCH_LIFE,
    ports::Clock,
};

impl House {
    /// The files of an export.
    async fn exported(&self, by: &SignedIn) -> BTreeMap<String, String> {
        let mut export = self.studio.begin_export(&by.in_session().unwrap()).await.unwrap();
        let (mut files, mut open) = (BTreeMap::new(), String::new());
        while let Some(part) = self.studio.export_part(&mut export).await.unwrap() {
            open = part.file.unwrap_or(open);
            files.entry(open.clone()).or_insert_with(String::new).push_str(&part.text);
        }
        files
    }
}

#[tokio::test]
async fn a_name_is_ones_own_and_one_line() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    house.studio.rename_account(&ben.in_session().unwrap(), " Benedict \n K ").await.unwrap();
    assert_eq!(house.studio.signed_in(ben.session()).await.unwrap().name(), "Benedict K");
    assert_eq!(house.studio.signed_in(ana.session()).await.unwrap().name(), "Ana");
    let long = "n".repeat(NAME_CHARS_MAX + 1);
    for wrong in ["", " ", "a\0b", &long] {
        assert_eq!(
            field_of(&house.studio.rename_account(&ben.in_session().unwrap(), wrong).await.unwrap_err()),
            "name"
        );
    }
}

#[tokio::test]
async fn an_export_holds_every_version_of_what_is_ones_own_and_nothing_else() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    let (opened, _) = house.chat(&ben, None, "First question").await;
    house.studio.regenerate_message(&ben, opened.conversation, opened.answer.id, None).await.unwrap();
    house.work().await;
    for number in 0..EXPORT_MESSAGES_AT_ONCE {
        house.chat(&ben, Some(opened.conversation), &format!("Question {number}")).await;
    }
    let (binned, _) = house.chat(&ben, None, "Thrown away").await;
    house.studio.delete_conversation(&ben, binned.conversation).await.unwrap();
    house.chat(&ana, None, "Hers alone").await;

    let metadata = serde_json::Map::from_iter([("from".to_owned(), "a program".into())]);
    for number in 0..=EXPORT_MEMORIES_AT_ONCE {
        house.studio.store_memory(&ben, &format!("Note {number}"), &metadata).await.unwrap();
    }
    house.studio.store_memory(&ana, "Hers alone", &metadata).await.unwrap();

    let files = house.exported(&ben).await;
    assert_eq!(files.len(), 5, "{:?}", files.keys());
    let memories: Vec<Value> = serde_json::from_str(&files["memories.json"]).unwrap();
    let interactions = memories.iter().filter(|memory| memory["kind"] == "interaction").count();
    assert_eq!(
        interactions,
        3 + EXPORT_MESSAGES_AT_ONCE as usize,
        "one for each answer that came to its end"
    );
    let last = memories.last().unwrap();
    assert_eq!(last["content"], format!("Note {EXPORT_MEMORIES_AT_ONCE}"));
    assert_eq!(last["metadata"]["from"], "a program");
    assert!(files["README.txt"].contains("conversations/ID.json"));
    let account: Value = serde_json::from_str(&files["account.json"]).unwrap();
    assert_eq!((&account["person"]["name"], &account["person"]["role"]), (&"Ben".into(), &"member".into()));
    assert_eq!(account["passkeys"][0]["name"], "Passkey");
    assert_eq!(account["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(account["events"][0]["kind"], "joined");
    assert!(account["exported_at"].as_str().unwrap().ends_with('Z'), "{account}");
    assert!(!files["account.json"].contains("signed"), "the key itself is not in it");

    let name = |id| format!("conversations/{id}.json");
    let whole: Value = serde_json::from_str(&files[&name(opened.conversation)]).unwrap();
    let messages = whole["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 3 + 2 * EXPORT_MESSAGES_AT_ONCE as usize);
    let versions = messages.iter().filter(|message| message["parent"] == messages[0]["id"]).count();
    assert_eq!(versions, 2, "both answers to the first question");
    assert_eq!(messages[1]["runs"][0]["state"], "finished");
    let last = messages.iter().find(|message| message["id"] == whole["shown"]).unwrap();
    assert_eq!(last["role"], "assistant");
    let thrown: Value = serde_json::from_str(&files[&name(binned.conversation)]).unwrap();
    assert!(thrown["in_bin_since"].is_string());
    assert!(!format!("{files:?}").contains("Hers alone"));
}

#[tokio::test]
async fn one_export_of_a_person_runs_at_a_time_and_ends_with_the_session() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    let (opened, _) = house.chat(&ben, None, "Something").await;
    for number in 0..EXPORT_MESSAGES_AT_ONCE {
        house.chat(&ben, Some(opened.conversation), &format!("Question {number}")).await;
    }
    let mut first: Export = house.studio.begin_export(&ben.in_session().unwrap()).await.unwrap();
    let second = house.studio.begin_export(&ben.in_session().unwrap()).await.map(drop);
    assert!(matches!(second, Err(Problem::RateLimited { .. })), "{second:?}");
    assert!(
        house.studio.begin_export(&ana.in_session().unwrap()).await.is_ok(),
        "others are not kept waiting"
    );
    for file in [Some("README.txt"), Some("account.json"), None] {
        let part = house.studio.export_part(&mut first).await.unwrap().unwrap();
        assert!(file.is_none_or(|file| part.file.as_deref() == Some(file)), "{part:?}");
    }
    house.studio.sign_out(&ben).await.unwrap();
    let end = house.studio.export_part(&mut first).await;
    assert_eq!(end, Err(Problem::SignIn), "in the middle of a conversation");
    drop(first);
    assert!(house.studio.begin_export(&ben.in_session().unwrap()).await.is_ok());
}

#[tokio::test]
async fn one_deletes_oneself_with_a_touch_and_ones_name() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    house.chat(&ben, None, "Mine").await;
    assert_eq!(house.studio.belongings(&ben).await.unwrap().conversations, 1);
    let touched = ben.touched(house.clock.now()).unwrap();
    assert_eq!(field_of(&house.studio.delete_account(&touched, "ben").await.unwrap_err()), "name");
    house.studio.delete_account(&touched, "Ben").await.unwrap();
    assert_eq!(house.studio.signed_in(ben.session()).await.map(drop), Err(Problem::SignIn));
    assert_eq!(house.studio.empty_bin().await.unwrap(), 1);

    house.clock.pass(TOUCH_LIFE + std::time::Duration::from_secs(1));
    assert_eq!(ana.touched(house.clock.now()).map(drop), Err(Problem::TouchNeeded));
}
