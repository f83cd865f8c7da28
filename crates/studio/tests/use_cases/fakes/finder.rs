//! A neighbourhood with the model servers that a test puts there.

use super::FakeModels;
use api_types::ModelKind;
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use studio::ports::{AddressRefused, ModelSource, SourceAddress, SourceFinder};

/// Finds what is there. Copies look at the same place.
#[derive(Clone, Default)]
pub(crate) struct FakeFinder {
    there: Arc<Mutex<Vec<SourceAddress>>>,
    looks: Arc<AtomicUsize>,
    provided: Arc<Mutex<Vec<(SourceAddress, Option<String>)>>>,
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

    /// The key with which the last server was made, and its address.
    pub(crate) fn last_provided(&self) -> (String, Option<String>) {
        let provided = self.provided.lock().unwrap();
        let (address, key) = provided.last().unwrap();
        (address.base_url.clone(), key.clone())
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

    fn provide(
        &self,
        address: &SourceAddress,
        key: Option<SecretString>,
    ) -> Result<Arc<dyn ModelSource>, AddressRefused> {
        if address.base_url.contains("169.254") {
            return Err(AddressRefused::Address("Nothing is asked there.".to_owned()));
        }
        let models = FakeModels::bare(&address.name);
        models.has("model", ModelKind::Remote, None);
        let key = key.map(|key| key.expose_secret().to_owned());
        self.provided.lock().unwrap().push((address.clone(), key));
        Ok(Arc::new(models))
    }
}
