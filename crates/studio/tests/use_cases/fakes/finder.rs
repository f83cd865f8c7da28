//! A neighbourhood with the model servers that a test puts there.

use super::FakeModels;
use async_trait::async_trait;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use studio::ports::{ModelSource, SourceAddress, SourceFinder};

/// Finds what is there. Copies look at the same place.
#[derive(Clone, Default)]
pub(crate) struct FakeFinder {
    there: Arc<Mutex<Vec<SourceAddress>>>,
    looks: Arc<AtomicUsize>,
}

impl FakeFinder {
    /// From now on there is a server of this name.
    pub(crate) fn put(&self, name: &str) {
        let address = SourceAddress {
            name: name.to_owned(),
            label: format!("{name} nearby"),
            dialect: "openai".to_owned(),
            base_url: format!("http://localhost/{name}"),
        };
        self.there.lock().unwrap().push(address);
    }

    /// How often somebody looked.
    pub(crate) fn looks(&self) -> usize {
        self.looks.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SourceFinder for FakeFinder {
    async fn look(&self) -> Vec<SourceAddress> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.there.lock().unwrap().clone()
    }

    fn connect(&self, address: &SourceAddress) -> Result<Arc<dyn ModelSource>, String> {
        if address.name == "broken" {
            return Err("This address makes no sense.".to_owned());
        }
        Ok(Arc::new(FakeModels::named(&address.name)))
    }
}
