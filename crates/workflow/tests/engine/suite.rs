//! The store in memory keeps what every store keeps.

use std::sync::Arc;
use workflow::{Checkpointer, Memory, OwnerId, conformance};

#[tokio::test]
async fn the_store_in_memory_conforms() {
    conformance::all(|| async {
        let memory = Arc::new(Memory::<u64>::default());
        let store: Arc<dyn Checkpointer<u64>> = Arc::<Memory<u64>>::clone(&memory);
        let writes = Box::new(move || {
            let memory = Arc::clone(&memory);
            let written: futures::future::BoxFuture<'static, Vec<u64>> =
                Box::pin(async move { memory.writes() });
            written
        });
        let owner = Box::new(|name: &str| OwnerId::new(name));
        conformance::Subject { store, write: Arc::new(|number| number), owner, writes }
    })
    .await;
}
