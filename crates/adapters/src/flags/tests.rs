//! The layers through OpenFeature, and a flag service that does what it is told.

use super::*;
use api_types::{FlagMode, OrganizationId, PersonId};
use serde_json::json;
use std::time::Duration;
use studio::ports::{Timestamp, store::SwitchRow};
use uuid::Uuid;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{body_partial_json, header, method, path},
};

const STUDIO: FlagContext = FlagContext { organization: None, person: None };

fn somebody(number: u128) -> FlagContext {
    FlagContext {
        organization: Some(OrganizationId(Uuid::from_u128(1))),
        person: Some(PersonId(Uuid::from_u128(number))),
    }
}

fn settings(environment: &[(Flag, bool)], file: &[(Flag, bool)]) -> FlagSettings {
    FlagSettings { file: file.iter().copied().collect(), environment: environment.iter().copied().collect() }
}

async fn decided(flags: &OpenFeatureFlags, flag: Flag, context: FlagContext) -> (bool, FlagReason) {
    let FlagDecision { is_on, reason } = flags.decide(flag, context).await;
    (is_on, reason)
}

fn remote(server: &MockServer, token: Option<&str>) -> Remote {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let base = format!("{}/", server.uri()).parse().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Remote::new(client, RemoteAddress { base, token: token.map(Into::into) })
}

fn says(flags: &[(&str, serde_json::Value)]) -> ResponseTemplate {
    let flags: Vec<_> =
        flags.iter().map(|(key, value)| json!({ "key": key, "value": value, "reason": "STATIC" })).collect();
    ResponseTemplate::new(200).insert_header("etag", "\"1\"").set_body_json(json!({ "flags": flags }))
}

#[tokio::test]
async fn the_layers_come_through_openfeature_as_they_are() {
    let flags =
        OpenFeatureFlags::new(settings(&[(Flag::SafetyChecks, true)], &[(Flag::CostTracking, false)]), None)
            .await;
    assert_eq!(decided(&flags, Flag::Chat, STUDIO).await, (true, FlagReason::Default));
    assert_eq!(decided(&flags, Flag::CostTracking, STUDIO).await, (false, FlagReason::File));
    let row = |flag, person, mode| SwitchRow {
        organization: OrganizationId(Uuid::from_u128(1)),
        flag,
        person,
        mode,
        changed_by: PersonId(Uuid::from_u128(9)),
        changed_at: Timestamp(0),
    };
    let ben = somebody(2);
    flags.set_switches(
        vec![
            row(Flag::Chat, None, FlagMode::Off),
            row(Flag::Chat, ben.person, FlagMode::On),
            row(Flag::CostTracking, None, FlagMode::Share(0)),
            row(Flag::SafetyChecks, None, FlagMode::Off),
        ]
        .into(),
    );
    assert_eq!(decided(&flags, Flag::Chat, ben).await, (true, FlagReason::Person));
    assert_eq!(decided(&flags, Flag::Chat, somebody(3)).await, (false, FlagReason::Switch));
    assert_eq!(decided(&flags, Flag::CostTracking, ben).await, (false, FlagReason::Share));
    assert_eq!(decided(&flags, Flag::SafetyChecks, ben).await, (true, FlagReason::Environment));
    assert_eq!(flags.remote(), None);
}

#[tokio::test]
async fn what_is_no_flag_of_ours_is_an_error_of_openfeature() {
    let flags = OpenFeatureFlags::new(FlagSettings::default(), None).await;
    let unknown = flags.client.get_bool_details("nothing", None, None).await.unwrap_err();
    assert_eq!(unknown.code, EvaluationErrorCode::FlagNotFound);
    let number = flags.client.get_int_value("chat", None, None).await.unwrap_err();
    assert_eq!(number.code, EvaluationErrorCode::TypeMismatch);
}

#[tokio::test]
async fn a_remote_service_is_asked_once_for_all_flags_of_somebody_and_with_its_token() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/ofrep/v1/evaluate/flags"))
        .and(header("authorization", "Bearer classified"))
        .and(body_partial_json(json!({ "context": { "targetingKey": Uuid::from_u128(2).to_string() } })))
        .respond_with(says(&[
            ("chat", false.into()),
            ("lifesync", true.into()),
            ("cost_tracking", "maybe".into()),
        ]))
        .expect(1)
        .mount(&server)
        .await;
    let settings = settings(&[(Flag::SafetyChecks, true)], &[]);
    let flags = OpenFeatureFlags::new(settings, Some(remote(&server, Some("classified")))).await;
    let ben = somebody(2);
    assert_eq!(decided(&flags, Flag::Chat, ben).await, (false, FlagReason::Remote));
    assert_eq!(
        decided(&flags, Flag::CostTracking, ben).await,
        (true, FlagReason::Default),
        "maybe is neither"
    );
    assert_eq!(decided(&flags, Flag::SafetyChecks, ben).await, (true, FlagReason::Environment));
    assert_eq!(decided(&flags, Flag::Lifesync, ben).await, (false, FlagReason::NotBuilt));
}

#[tokio::test]
async fn what_is_new_is_heard_at_the_next_poll_and_what_is_not_is_asked_for_with_its_etag() {
    let server = MockServer::start().await;
    let ask = || Mock::given(path("/ofrep/v1/evaluate/flags"));
    ask().respond_with(says(&[("chat", true.into())])).up_to_n_times(1).mount(&server).await;
    ask()
        .and(header("if-none-match", "\"1\""))
        .respond_with(ResponseTemplate::new(304))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    let flags = OpenFeatureFlags::new(FlagSettings::default(), Some(remote(&server, None))).await;
    assert_eq!(decided(&flags, Flag::Chat, STUDIO).await, (true, FlagReason::Remote));
    flags.poll().await;
    assert_eq!(decided(&flags, Flag::Chat, STUDIO).await, (true, FlagReason::Remote), "as before");
    ask().respond_with(says(&[("chat", false.into())])).mount(&server).await;
    flags.poll().await;
    assert_eq!(decided(&flags, Flag::Chat, STUDIO).await, (false, FlagReason::Remote));
}

#[tokio::test]
async fn where_the_service_fails_its_last_answer_counts_and_then_the_default() {
    let server = MockServer::start().await;
    let ask = || Mock::given(path("/ofrep/v1/evaluate/flags"));
    ask().respond_with(says(&[("chat", false.into())])).up_to_n_times(1).mount(&server).await;
    let flags = OpenFeatureFlags::new(FlagSettings::default(), Some(remote(&server, None))).await;
    let (ben, eva) = (somebody(2), somebody(3));
    assert_eq!(decided(&flags, Flag::Chat, ben).await, (false, FlagReason::Remote));
    // wiremock answers 404 to what nothing is mounted for.
    flags.poll().await;
    assert_eq!(flags.remote().unwrap().failure, Some("it answers with an error"));
    assert_eq!(decided(&flags, Flag::Chat, ben).await, (false, FlagReason::Remote), "its last word");
    assert_eq!(
        decided(&flags, Flag::Chat, eva).await,
        (true, FlagReason::Default),
        "nothing is known of Eva"
    );
    ask().respond_with(says(&[("chat", true.into())])).mount(&server).await;
    flags.poll().await;
    assert_eq!(flags.remote().unwrap().failure, None);
    assert_eq!(decided(&flags, Flag::Chat, ben).await, (true, FlagReason::Remote));
}

#[tokio::test]
async fn answers_that_are_none_too_long_or_too_late_are_failures_with_a_sentence() {
    let late = ResponseTemplate::new(200).set_delay(ANSWER_TIME_MAX + Duration::from_millis(500));
    let long = ResponseTemplate::new(200).set_body_string("x".repeat(ANSWER_BYTES_MAX + 1));
    for (answer, failure) in [
        (ResponseTemplate::new(200).set_body_string("no"), "its answer is none of the protocol"),
        (ResponseTemplate::new(401), "it does not take our token"),
        (long, "its answer is too long"),
        (late, "it does not answer in time"),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let flags = OpenFeatureFlags::new(FlagSettings::default(), Some(remote(&server, None))).await;
        assert_eq!(decided(&flags, Flag::Chat, STUDIO).await, (true, FlagReason::Default));
        assert_eq!(flags.remote().unwrap().failure, Some(failure));
    }
}

#[tokio::test]
async fn the_people_it_is_asked_for_are_bounded() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(|_: &Request| says(&[("chat", false.into())]))
        .mount(&server)
        .await;
    let remote = remote(&server, None);
    for number in 0..ANSWERS_KEPT_MAX as u128 + 20 {
        remote.says(Flag::Chat, somebody(number)).await;
    }
    assert_eq!(remote.answers(), ANSWERS_KEPT_MAX);
    assert_eq!(
        remote.says(Flag::Chat, somebody(5)).await,
        Some(false),
        "who was forgotten is asked for again"
    );
}
