//! Model servers that administrators add: who may, what is refused, where the key goes.

use crate::{
    house::{House, field_of},
    two_processes::on_postgres,
};
use api_types::{Problem, ProviderKind, Role};
use studio::{
    KeyChange, NewProvider, PROVIDERS_MAX, ProviderChange, SignedIn, SourceFrom, Studio,
    ports::store::{ProviderRow, StoreError},
};

const ADDRESS: &str = "https://api.example/v1";

fn called(name: &str, key: &str) -> NewProvider {
    NewProvider {
        name: name.to_owned(),
        kind: ProviderKind::OpenAi,
        base_url: format!("{ADDRESS}/"),
        key: Some(key.to_owned().into()),
    }
}

async fn add(studio: &Studio, by: &SignedIn, new: NewProvider) -> Result<(), Problem> {
    studio.add_provider(&by.touched_admin(studio.now())?, new).await
}

async fn change(studio: &Studio, by: &SignedIn, base_url: &str, key: KeyChange) -> Result<(), Problem> {
    let change = ProviderChange { kind: ProviderKind::OpenAi, base_url: base_url.to_owned(), key };
    studio.change_provider(&by.touched_admin(studio.now())?, "acme", change).await
}

fn replace(key: &str) -> KeyChange {
    KeyChange::Replace(key.to_owned().into())
}

async fn rows(house: &House, by: &SignedIn) -> Vec<ProviderRow> {
    house.studio.store.providers(by.owned().organization).await.unwrap()
}

async fn has_model(studio: &Studio) -> bool {
    studio.catalog.find(&"acme/model".parse().unwrap()).await.is_some()
}

#[tokio::test]
async fn what_is_added_answers_at_once_and_its_key_is_kept_sealed() {
    let house = House::new().await;
    let ana = house.owner().await;
    add(&house.studio, &ana, called("acme", " sk-1\n")).await.unwrap();
    assert_eq!(house.finder.last_provided(), (ADDRESS.to_owned(), Some("sk-1".to_owned())));
    assert!(has_model(&house.studio).await);
    let row = rows(&house, &ana).await.remove(0);
    let sealed = row.key.unwrap();
    assert!(!sealed.text.contains("sk-1"), "{sealed:?}");
    let view = house.studio.providers(&ana.admin().unwrap()).remove(0);
    assert!(view.has_key && !view.is_set_aside && view.base_url == ADDRESS);
    assert!(!format!("{view:?}").contains("sk-1"));
    let source = house.studio.source(&ana, "acme").await.unwrap();
    assert_eq!((source.from, source.status.state), (SourceFrom::Page, Ok("well".to_owned())));
    let tested = house.studio.test_provider(&ana.admin().unwrap(), "acme").await.unwrap();
    assert!(tested.works && tested.words == "well", "{tested:?}");
    let nobody = house.studio.test_provider(&ana.admin().unwrap(), "nobody").await;
    assert_eq!(nobody, Err(Problem::NotFound));
}

#[tokio::test]
async fn without_a_key_none_is_kept_and_the_vault_is_left_alone() {
    let house = House::new().await;
    let ana = house.owner().await;
    add(&house.studio, &ana, NewProvider { key: None, ..called("acme", "") }).await.unwrap();
    add(&house.studio, &ana, called("beta", "  ")).await.unwrap();
    assert!(rows(&house, &ana).await.iter().all(|row| row.key.is_none()));
    house.vault.has(None);
    assert!(has_model(&house.studio).await);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_the_name_of_its_field_and_nothing_is_kept() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.finder.put("near");
    house.studio.find_sources(&ana.admin().unwrap()).await.unwrap();
    house.studio.connect_source(&ana.admin().unwrap(), "near").await.unwrap();
    let at = |base_url: &str| NewProvider { base_url: base_url.to_owned(), ..called("acme", "k") };
    for (new, field) in [
        (called("", "k"), "name"),
        (called("a/b", "k"), "name"),
        (called("mock", "k"), "name"),
        (called("fake", "k"), "name"),
        (called("near", "k"), "name"),
        (at(""), "base_url"),
        (at("http://169.254.169.254/"), "base_url"),
        (called("acme", &"k".repeat(10_000)), "key"),
    ] {
        let refused = add(&house.studio, &ana, new.clone()).await.unwrap_err();
        assert_eq!(field_of(&refused), field, "{new:?}");
    }
    assert!(rows(&house, &ana).await.is_empty());
    add(&house.studio, &ana, called("acme", "k")).await.unwrap();
    assert_eq!(field_of(&add(&house.studio, &ana, called("acme", "k")).await.unwrap_err()), "name");
    for number in 1..PROVIDERS_MAX {
        add(&house.studio, &ana, called(&format!("p{number}"), "k")).await.unwrap();
    }
    let one_too_many = add(&house.studio, &ana, called("last", "k")).await;
    assert!(matches!(one_too_many, Err(Problem::Changed { .. })), "{one_too_many:?}");
}

#[tokio::test]
async fn a_key_goes_to_the_address_it_was_given_for_and_to_no_other() {
    let house = House::new().await;
    let ana = house.owner().await;
    add(&house.studio, &ana, called("acme", "sk-1")).await.unwrap();
    let refused = change(&house.studio, &ana, "https://evil.example", KeyChange::Keep).await.unwrap_err();
    assert_eq!(field_of(&refused), "key");
    assert_eq!(house.finder.last_provided(), ("https://evil.example".to_owned(), None), "tried without it");
    // Nor does a row that somebody changed in the database.
    let row =
        ProviderRow { base_url: "https://evil.example".to_owned(), ..rows(&house, &ana).await.remove(0) };
    let moved = row.clone();
    let written = house
        .studio
        .store
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.change_provider(&moved).await }));
    assert!(written.await.unwrap());
    let started = house.restarted().await;
    started.restore_sources().await.unwrap();
    assert_ne!(house.finder.last_provided().1.as_deref(), Some("sk-1"), "its key was not handed out");
    let status = started.source(&ana, "acme").await.unwrap().status.state.unwrap_err();
    assert!(status.contains("cannot be opened: its row was changed"), "{status}");
    let sent = house.studio.providers(&ana.admin().unwrap());
    assert_eq!(sent.len(), 1);
    change(&started, &ana, "https://evil.example", replace("sk-2")).await.unwrap();
    assert_eq!(house.finder.last_provided().1.as_deref(), Some("sk-2"), "given anew");
}

#[tokio::test]
async fn a_key_is_kept_replaced_and_removed() {
    let house = House::new().await;
    let ana = house.owner().await;
    add(&house.studio, &ana, called("acme", "sk-1")).await.unwrap();
    let first = rows(&house, &ana).await;
    change(&house.studio, &ana, ADDRESS, KeyChange::Keep).await.unwrap();
    change(&house.studio, &ana, ADDRESS, replace("  ")).await.unwrap();
    assert_eq!(rows(&house, &ana).await, first, "nothing was changed");
    change(&house.studio, &ana, ADDRESS, replace("sk-2")).await.unwrap();
    assert_eq!(house.finder.last_provided().1.as_deref(), Some("sk-2"));
    change(&house.studio, &ana, ADDRESS, KeyChange::Remove).await.unwrap();
    assert_eq!(house.finder.last_provided().1, None);
    change(&house.studio, &ana, "http://localhost:1", KeyChange::Keep).await.unwrap();
    let admin = ana.touched_admin(house.studio.now()).unwrap();
    house.studio.remove_provider(&admin, "acme").await.unwrap();
    assert!(!has_model(&house.studio).await && rows(&house, &ana).await.is_empty());
    assert_eq!(house.studio.remove_provider(&admin, "acme").await, Err(Problem::NotFound));
    assert_eq!(change(&house.studio, &ana, ADDRESS, KeyChange::Keep).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn where_the_key_file_is_lost_a_chat_is_refused_with_the_reason_until_the_key_is_given_again() {
    let house = House::new().await;
    let ana = house.owner().await;
    add(&house.studio, &ana, called("acme", "sk-1")).await.unwrap();
    let model = "acme/model".parse().unwrap();
    let price = api_types::Price { prompt_micros_per_million: 1, completion_micros_per_million: 1 };
    let admin = ana.touched_admin(house.studio.now()).unwrap();
    house.studio.set_price(&admin, model, price, None).await.unwrap();
    let (opened, _) = {
        let message = studio::SendMessage {
            conversation: None,
            text: "Hello".to_owned(),
            settings: Some(api_types::ConversationSettings {
                model: "acme/model".parse().unwrap(),
                temperature: None,
                max_tokens: None,
                system_prompt: String::new(),
            }),
        };
        let opened = house.studio.send_message(&ana, message, None).await.unwrap();
        house.work().await;
        (opened, ())
    };
    for (key, says) in
        [(None, "the key file of the studio is not there"), (Some("other"), "another key file")]
    {
        house.vault.has(key);
        let started = house.restarted().await;
        started.restore_sources().await.unwrap();
        let again = studio::SendMessage {
            conversation: Some(opened.conversation),
            text: "Again".to_owned(),
            settings: None,
        };
        let Err(Problem::Invalid { fields, .. }) = started.send_message(&ana, again, None).await else {
            panic!("not refused for its model");
        };
        assert!(fields[0].field == "model" && fields[0].message.contains(says), "{fields:?}");
        assert!(fields[0].message.starts_with("The API key of acme cannot be opened"), "{fields:?}");
    }
    house.vault.has(Some("other"));
    let started = house.restarted().await;
    started.restore_sources().await.unwrap();
    change(&started, &ana, ADDRESS, replace("sk-2")).await.unwrap();
    assert!(has_model(&started).await);
}

#[tokio::test]
async fn what_the_operator_names_goes_before_what_was_added_by_the_same_name() {
    let house = House::new().await;
    let ana = house.owner().await;
    add(&house.studio, &ana, called("openai", "sk-1")).await.unwrap();
    let fixed = crate::fakes::FakeModels::named("openai");
    house.studio.catalog.add(std::sync::Arc::new(fixed));
    let view = house.studio.providers(&ana.admin().unwrap()).remove(0);
    assert!(view.is_set_aside);
    let models = house.studio.catalog.models().await;
    let names: Vec<_> = models.iter().filter(|info| info.model.source() == "openai").collect();
    assert!(names.len() == 1 && names[0].model.name() == "openai", "{names:?}");
}

#[tokio::test]
async fn adding_and_changing_is_for_administrators_with_a_fresh_touch() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    assert_eq!(add(&house.studio, &ben, called("acme", "k")).await, Err(Problem::NotPermitted));
    let late = house.somebody_at(&ana).await;
    assert_eq!(add(&house.studio, &late, called("acme", "k")).await, Err(Problem::TouchNeeded));
    // Who was one when the request came, and is none when it is done.
    let cem = house.joins(&ana, "Cem", Role::Admin).await;
    let boss = ana.touched_admin(house.studio.now()).unwrap();
    house.studio.set_role(&boss, cem.person(), Role::Member, false).await.unwrap();
    assert_eq!(add(&house.studio, &cem, called("acme", "k")).await, Err(Problem::NotPermitted));
    assert!(rows(&house, &ana).await.is_empty());
    let eve = house.seed(|person| person.role = Role::Owner).await;
    let eve = house.studio.signed_in(eve).await.unwrap();
    add(&house.studio, &ana, called("acme", "k")).await.unwrap();
    assert!(house.studio.providers(&eve.admin().unwrap()).is_empty(), "another organization sees none");
    assert_eq!(change(&house.studio, &eve, ADDRESS, KeyChange::Remove).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn another_process_takes_it_up_with_one_statement_where_nothing_was_changed() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        elsewhere.refresh().await.unwrap();
        add(&house.studio, &ana, called("acme", "sk-1")).await.unwrap();
        assert!(!has_model(elsewhere).await);
        elsewhere.refresh().await.unwrap();
        assert!(has_model(elsewhere).await);
        let before = elsewhere.store.statements();
        elsewhere.refresh().await.unwrap();
        assert_eq!(elsewhere.store.statements() - before, 1);
        let admin = ana.touched_admin(elsewhere.now()).unwrap();
        elsewhere.remove_provider(&admin, "acme").await.unwrap();
        house.studio.refresh().await.unwrap();
        assert!(!has_model(&house.studio).await);
    })
    .await;
}

#[tokio::test]
async fn a_process_with_another_key_file_seals_nothing_and_says_so() {
    on_postgres(async |house, _| {
        let ana = house.owner().await;
        add(&house.studio, &ana, called("acme", "sk-1")).await.unwrap();
        for key in [None, Some("other")] {
            house.vault.has(key);
            let Err(Problem::Changed { detail }) = add(&house.studio, &ana, called("beta", "sk-2")).await
            else {
                panic!("it was sealed with another key");
            };
            assert!(detail.contains("PROVIDER_KEY_FILE") && detail.contains("key of acme"), "{detail}");
        }
        // Without a key there is nothing to seal, and one's own key can always be given anew.
        add(&house.studio, &ana, called("beta", "")).await.unwrap();
        change(&house.studio, &ana, ADDRESS, replace("sk-3")).await.unwrap();
        add(&house.studio, &ana, called("gamma", "sk-4")).await.unwrap();
    })
    .await;
}
