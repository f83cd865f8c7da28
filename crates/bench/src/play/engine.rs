//! An engine of runs at work on a database, without a server around it.

use super::{Home, Member};
use crate::clock;
use anyhow::{Context, Result, bail};
use api_types::RunId;
use async_trait::async_trait;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use storage::Database;
use studio::ports::{
    Timestamp,
    store::{Change, StoreError, Tx, owner_of},
};
use tokio::task::JoinHandle;
use uuid::Uuid;
use workflow::{Checkpointer, Engine, Graph, Host, Settings, State};

/// What the product would write along: nothing.
#[derive(Debug, Clone)]
pub(crate) struct Nothing;

#[async_trait]
impl Change for Nothing {
    async fn apply(&self, _: RunId, _: Timestamp, _: &mut dyn Tx) -> Result<(), StoreError> {
        Ok(())
    }
}

struct World;

impl Host for World {
    fn now(&self) -> workflow::Timestamp {
        workflow::Timestamp(clock::now().0)
    }

    fn id(&self) -> Uuid {
        clock::new_id()
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

/// A process's life: its database, and its engine at work.
pub(crate) struct Life {
    engine: Arc<Engine<Nothing>>,
    database: Arc<Database>,
    working: JoinHandle<()>,
}

impl Life {
    /// Opens the database and begins; every former life is over.
    pub(crate) async fn begin<S: State>(
        home: &Home,
        graphs: &[&Arc<Graph<S, Nothing>>],
        at_once: usize,
    ) -> Result<Self> {
        let database = home.database().await?;
        let door: Arc<dyn Checkpointer<Nothing>> = database.clone();
        let settings = Settings { dead_after: Duration::ZERO, grace: Duration::from_secs(1) };
        let graphs = graphs.iter().fold(Engine::builder(), |all, graph| all.graph(graph, at_once));
        let engine = Arc::new(graphs.build(Arc::new(World), door, settings)?);
        engine.enter().await?;
        let working = engine.clone();
        #[expect(clippy::disallowed_methods, reason = "Life keeps the handle, and ends it")]
        let working = tokio::spawn(async move { working.work().await });
        Ok(Self { engine, database, working })
    }

    /// Opens a run and lets it go.
    pub(crate) async fn run<S: State>(
        &self,
        graph: &Arc<Graph<S, Nothing>>,
        of: &Member,
        state: &S,
    ) -> Result<()> {
        let opening = self.engine.open(graph, owner_of(of.owned), state)?;
        Checkpointer::<Nothing>::commit(&*self.database, Arc::new(opening.commit)).await?;
        self.engine.start(opening.ticket.context("it has no ticket")?);
        Ok(())
    }

    /// How many runs it drives.
    pub(crate) fn drives(&self) -> usize {
        self.engine.live().len()
    }

    /// Ends without a word, as a killed process does; what was kept stays.
    pub(crate) async fn die(self) {
        self.working.abort();
        let _aborted = self.working.await;
        drop(self.engine);
        self.database.close().await;
    }
}

/// Looks every millisecond until it is so; how long that took.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) -> Result<Duration> {
    let begun = Instant::now();
    while !is_so() {
        if begun.elapsed() > Duration::from_secs(120) {
            bail!("{what}: not within two minutes");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(begun.elapsed())
}
