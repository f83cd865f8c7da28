//! Flags: who may switch them, for whom, and what is refused then.

use crate::{house::House, two_processes::on_postgres};
use api_types::{Flag, FlagMode, FlagReason, Problem, Role};
use futures::future::BoxFuture;
use studio::{SWITCHES_MAX, SignedIn, Studio, ports::store::SwitchRow};

async fn switch(studio: &Studio, by: &SignedIn, flag: Flag, mode: Option<FlagMode>) -> Result<(), Problem> {
    studio.set_flag(&by.touched_admin(studio.now())?, flag, mode).await
}

/// The flag that a refusal names.
fn off(problem: Problem) -> Flag {
    match problem {
        Problem::SwitchedOff { flag, .. } => flag,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn where_chat_is_off_nothing_is_sent_and_nothing_is_shown_and_all_of_it_is_there_afterwards() {
    let house = House::new().await;
    let ana = house.owner().await;
    let studio = &house.studio;
    let sent = house.send(&ana, None, "Hello").await.unwrap();
    switch(studio, &ana, Flag::Chat, Some(FlagMode::Off)).await.unwrap();
    let (chat, answer) = (sent.conversation, sent.answer.id);
    let question = sent.question.unwrap().id;
    let refusals: [BoxFuture<'_, Option<Problem>>; 8] = [
        Box::pin(async { house.send(&ana, None, "Again").await.err() }),
        Box::pin(async { house.send(&ana, Some(chat), "Again").await.err() }),
        Box::pin(async { studio.edit_message(&ana, chat, question, "x".to_owned(), None).await.err() }),
        Box::pin(async { studio.regenerate_message(&ana, chat, answer, None).await.err() }),
        Box::pin(async { studio.conversations(&ana, None).await.err() }),
        Box::pin(async { studio.find_conversations(&ana, "x", None).await.err() }),
        Box::pin(async { studio.conversation(&ana, chat, None).await.err() }),
        Box::pin(async { studio.rename_conversation(&ana, chat, "x").await.err() }),
    ];
    for refused in refusals {
        assert_eq!(refused.await.map(off), Some(Flag::Chat));
    }
    switch(studio, &ana, Flag::Chat, None).await.unwrap();
    assert_eq!(studio.conversation(&ana, chat, None).await.unwrap().turns.len(), 2);
}

#[tokio::test]
async fn a_switch_for_one_person_is_theirs_alone_and_a_share_is_of_people() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (ben, cem) =
        (house.joins(&ana, "Ben", Role::Member).await, house.joins(&ana, "Cem", Role::Member).await);
    let studio = &house.studio;
    let boss = ana.touched_admin(studio.now()).unwrap();
    studio.set_person_flag(&boss, ben.person(), Flag::Chat, Some(false)).await.unwrap();
    assert_eq!(off(house.send(&ben, None, "Hello").await.unwrap_err()), Flag::Chat);
    house.send(&cem, None, "Hello").await.unwrap();
    // He is let in although nobody else is.
    switch(studio, &ana, Flag::Chat, Some(FlagMode::Share(0))).await.unwrap();
    studio.set_person_flag(&boss, ben.person(), Flag::Chat, Some(true)).await.unwrap();
    house.send(&ben, None, "Hello").await.unwrap();
    assert_eq!(off(house.send(&cem, None, "Hello").await.unwrap_err()), Flag::Chat);
    studio.set_person_flag(&boss, ben.person(), Flag::Chat, None).await.unwrap();
    assert_eq!(off(house.send(&ben, None, "Hello").await.unwrap_err()), Flag::Chat);
    let seen = studio.flags(&ana.admin().unwrap()).await.unwrap();
    let chat = seen.iter().find(|view| view.flag == Flag::Chat).unwrap();
    assert_eq!(chat.decision.reason, FlagReason::Share);
    assert!(chat.people.is_empty() && chat.switch.as_ref().is_some_and(|listed| listed.by == "Ana"));
}

#[tokio::test]
async fn where_costs_are_off_nothing_is_counted_and_where_the_screen_is_off_nothing_is_looked_at() {
    let house = House::new().await;
    let ana = house.owner().await;
    let studio = &house.studio;
    let boss = ana.touched_admin(studio.now()).unwrap();
    let nothing = Some(api_types::Micros(0));
    studio.set_limits(&boss, ana.person(), nothing, nothing).await.unwrap();
    let refused = house.send(&ana, None, "Hello").await.unwrap_err();
    assert!(matches!(refused, Problem::OverBudget { .. }), "{refused:?}");
    switch(studio, &ana, Flag::CostTracking, Some(FlagMode::Off)).await.unwrap();
    house.send(&ana, None, "Hello").await.unwrap();
    assert!(!studio.usage(&ana).await.unwrap().tracks_cost);
    assert_eq!(studio.ledger(&ana, None).await.unwrap().entries, []);

    // Of the form of an access key, and nobody's.
    let secret = format!("My key is AKIA{}", "Q7RZT3LW2XK6VBNM");
    let refused = house.send(&ana, None, &secret).await.unwrap_err();
    assert!(matches!(refused, Problem::Unsafe { .. }), "{refused:?}");
    switch(studio, &ana, Flag::SafetyChecks, Some(FlagMode::Off)).await.unwrap();
    house.send(&ana, None, &secret).await.unwrap();
}

#[tokio::test]
async fn what_is_not_built_cannot_be_switched_and_nobody_switches_those_above_them() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Admin).await;
    let cem = house.joins(&ana, "Cem", Role::Member).await;
    let studio = &house.studio;
    if let Some(flag) = Flag::ALL.iter().find(|flag| !flag.is_built()) {
        let refused = switch(studio, &ana, *flag, Some(FlagMode::On)).await.unwrap_err();
        assert!(matches!(refused, Problem::Invalid { .. }), "{refused:?}");
    }
    assert_eq!(switch(studio, &cem, Flag::Chat, None).await, Err(Problem::NotPermitted));
    let by_ben = ben.touched_admin(studio.now()).unwrap();
    for (person, expected) in [
        (ana.person(), Err(Problem::NotPermitted)),
        (ben.person(), Err(Problem::NotPermitted)),
        (cem.person(), Ok(())),
    ] {
        assert_eq!(studio.set_person_flag(&by_ben, person, Flag::CostTracking, Some(false)).await, expected);
    }
    let nobody = api_types::PersonId(house.new_id());
    let missed = studio.set_person_flag(&by_ben, nobody, Flag::Chat, Some(true)).await;
    assert_eq!(missed, Err(Problem::NotFound));
}

#[tokio::test]
async fn there_are_so_many_switches_and_no_more() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (home, by, now) = (ana.owned().organization, ana.person(), house.studio.now());
    let ids: Vec<_> = (0..SWITCHES_MAX).map(|_| api_types::PersonId(house.new_id())).collect();
    let rows = ids.into_iter().map(move |person| SwitchRow {
        organization: home,
        flag: Flag::Chat,
        person: Some(person),
        mode: FlagMode::On,
        changed_by: by,
        changed_at: now,
    });
    let rows: Vec<_> = rows.collect();
    house
        .studio
        .store
        .write::<_, Problem, _>(move |tx| {
            Box::pin(async move {
                for row in rows {
                    tx.set_switch(&row).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    let refused = switch(&house.studio, &ana, Flag::Chat, Some(FlagMode::Off)).await.unwrap_err();
    assert!(matches!(&refused, Problem::Changed { detail } if detail.contains("1000")), "{refused:?}");
}

#[tokio::test]
async fn another_process_knows_of_a_switch_when_it_looks() {
    on_postgres(async |house, there| {
        let ana = house.owner().await;
        switch(&house.studio, &ana, Flag::Chat, Some(FlagMode::Off)).await.unwrap();
        assert!(there.is_on(Flag::Chat, &ana).await, "it has not looked");
        there.refresh().await.unwrap();
        assert!(!there.is_on(Flag::Chat, &ana).await);
        assert_eq!(off(there.conversations(&ana, None).await.unwrap_err()), Flag::Chat);
    })
    .await;
}
