//! What goes wrong inside is called by the request in which it did.

use crate::house::House;
use api_types::Problem;
use studio::{TRACE, broken};

#[tokio::test]
async fn a_fault_in_a_unit_of_work_has_the_trace_id_of_its_request() {
    let house = House::new().await;
    let work =
        house.studio.store.write::<(), Problem, _>(|_| Box::pin(async { Err(broken("it broke", &"why")) }));
    let problem = TRACE.scope("a-request".to_owned(), work).await.unwrap_err();
    assert_eq!(problem, Problem::Broken { trace_id: "a-request".to_owned() });
}
