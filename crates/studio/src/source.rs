//! Model servers: what is connected, what was found nearby and is offered.

use crate::{
    Admin, SignedIn, Studio,
    ports::{
        SourceAddress, SourceStatus, Timestamp,
        store::{AuditTarget, Tx},
    },
};
use api_types::{AuditAction, Problem};

/// Fact: servers an administrator connected (JSON list of addresses).
const CONNECTED: &str = "connected_sources";
/// Fact: servers found nearby at the last look (JSON list of addresses).
const FOUND: &str = "found_sources";

/// A source as the models page shows it.
#[derive(Debug, Clone)]
pub struct SourceView {
    /// The part before the slash in its models' names.
    pub name: String,
    /// How it is.
    pub status: SourceStatus,
    /// Who brought it.
    pub from: SourceFrom,
}

/// Who brought a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceFrom {
    /// The configuration: no page changes it.
    Operator,
    /// It was found nearby, and an administrator connected it.
    Nearby,
    /// An administrator added it with its address.
    Page,
}

fn parse(json: Option<String>) -> Result<Vec<SourceAddress>, Problem> {
    json.map_or(Ok(Vec::new()), |json| {
        serde_json::from_str(&json)
            .map_err(|e| crate::broken("a stored list of model servers cannot be read", &e))
    })
}

fn written(addresses: &[SourceAddress]) -> Result<String, Problem> {
    serde_json::to_string(addresses)
        .map_err(|e| crate::broken("a list of model servers could not be written", &e))
}

/// Changes the connected servers within one unit of work, with the list held: two who change them at once, in whatever
/// process, both get what they asked for.
async fn change_connected<R>(
    tx: &mut dyn Tx,
    now: Timestamp,
    change: impl FnOnce(&mut Vec<SourceAddress>) -> R,
) -> Result<R, Problem> {
    let mut connected = parse(tx.hold_fact(CONNECTED).await?)?;
    let result = change(&mut connected);
    tx.set_fact(CONNECTED, &written(&connected)?, now).await?;
    Ok(result)
}

impl Studio {
    /// Connects again what was connected and added before, and on the very first start looks around. For boot.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn restore_sources(&self) -> Result<(), Problem> {
        self.refresh().await?;
        for address in parse(self.store.fact(CONNECTED).await?)? {
            match self.finder.connect(&address) {
                Ok(source) => self.catalog.add(source),
                Err(why) => {
                    tracing::warn!(source = address.name, why, "a model server cannot be connected again")
                }
            }
        }
        if self.store.fact(FOUND).await?.is_none() {
            self.look_for_sources().await?;
        }
        Ok(())
    }

    /// Looks at the usual ports of this machine and remembers what is there.
    async fn look_for_sources(&self) -> Result<(), Problem> {
        let found = self.finder.look().await;
        for address in &found {
            tracing::info!(
                source = address.name,
                url = address.base_url,
                "a model server is nearby; connect it on the Models page"
            );
        }
        let (json, now) = (written(&found)?, self.now());
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move { Ok(tx.set_fact(FOUND, &json, now).await?) })
            })
            .await
    }

    /// Every source with its state, asked now.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn sources(&self, _by: &SignedIn) -> Result<Vec<SourceView>, Problem> {
        let connected = parse(self.store.fact(CONNECTED).await?)?;
        let statuses = self.catalog.statuses().await;
        Ok(statuses
            .into_iter()
            .map(|(name, status)| SourceView { from: self.from(&name, &connected), name, status })
            .collect())
    }

    /// One source, asked now.
    ///
    /// # Errors
    /// `NotFound`, `TryLater`, `Broken`.
    pub async fn source(&self, _by: &SignedIn, name: &str) -> Result<SourceView, Problem> {
        let connected = parse(self.store.fact(CONNECTED).await?)?;
        let status = self.catalog.status(name).await.ok_or(Problem::NotFound)?;
        Ok(SourceView { from: self.from(name, &connected), name: name.to_owned(), status })
    }

    fn from(&self, name: &str, connected: &[SourceAddress]) -> SourceFrom {
        let is_provided = || self.known().providers.iter().any(|known| known.row.name == name);
        if connected.iter().any(|address| address.name == name) {
            SourceFrom::Nearby
        } else if !self.catalog.is_taken(name) && is_provided() {
            SourceFrom::Page
        } else {
            SourceFrom::Operator
        }
    }

    /// Servers that were found nearby and are not connected.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn offers(&self, _by: &SignedIn) -> Result<Vec<SourceAddress>, Problem> {
        let mut found = parse(self.store.fact(FOUND).await?)?;
        found.retain(|address| !self.catalog.has_source(&address.name));
        Ok(found)
    }

    /// Looks around again.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn find_sources(&self, _by: &Admin<'_>) -> Result<(), Problem> {
        self.look_for_sources().await
    }

    /// Connects a server that was found nearby.
    ///
    /// # Errors
    /// `NotFound` when it is not among the offers.
    pub async fn connect_source(&self, by: &Admin<'_>, name: &str) -> Result<(), Problem> {
        let offer = self
            .offers(by.signed_in())
            .await?
            .into_iter()
            .find(|address| address.name == name)
            .ok_or(Problem::NotFound)?;
        let source = self.finder.connect(&offer).map_err(|why| Problem::field("name", why))?;
        let now = self.now();
        // Until the catalog has it too: who disconnects it at once comes after both.
        let _one_at_a_time = self.connecting.lock().await;
        let row =
            self.audit_by(by.signed_in(), AuditAction::SourceConnected, AuditTarget::source(&offer.name));
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    change_connected(tx, now, move |connected| {
                        connected.retain(|known| known.name != offer.name);
                        connected.push(offer);
                    })
                    .await?;
                    Ok(tx.insert_audit(&row).await?)
                })
            })
            .await?;
        self.catalog.add(source);
        Ok(())
    }

    /// Disconnects a server that was connected here.
    ///
    /// # Errors
    /// `NotFound` when it was not connected here.
    pub async fn disconnect_source(&self, by: &Admin<'_>, name: &str) -> Result<(), Problem> {
        let (gone, now) = (name.to_owned(), self.now());
        let _one_at_a_time = self.connecting.lock().await;
        let row = self.audit_by(by.signed_in(), AuditAction::SourceDisconnected, AuditTarget::source(name));
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    let was_there = change_connected(tx, now, move |connected| {
                        let before = connected.len();
                        connected.retain(|known| known.name != gone);
                        connected.len() < before
                    })
                    .await?;
                    if !was_there {
                        return Err(Problem::NotFound);
                    }
                    Ok(tx.insert_audit(&row).await?)
                })
            })
            .await?;
        self.catalog.remove(name);
        Ok(())
    }
}
