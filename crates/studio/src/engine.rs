//! The engine of this studio: its graphs, and where it takes time, ids and chance from.

use crate::{
    DEAD_AFTER, GRACE, RUNS_AT_ONCE_MAX, StudioChange,
    chat::{self, Chat, ChatState, Keeper},
    ports::{Clock, Ids},
};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;
use workflow::{Engine, Graph, Host, Settings};

/// The outside world of the engine.
pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
}

impl Host for World {
    fn now(&self) -> workflow::Timestamp {
        workflow::Timestamp(self.clock.now().0)
    }

    fn id(&self) -> Uuid {
        self.ids.next()
    }

    fn jitter(&self) -> f64 {
        // Without chance, half of it: those who failed together come back together, and that is all.
        getrandom::u32().map_or(0.5, |chance| f64::from(chance) / (f64::from(u32::MAX) + 1.0))
    }
}

/// Puts it together.
#[expect(clippy::expect_used, reason = "the graphs stand in the source, and every test builds them")]
pub(crate) fn build(
    world: World,
    keeper: Arc<Keeper>,
    parts: Chat,
    alone: bool,
) -> (Arc<Graph<ChatState, StudioChange>>, Engine<StudioChange>) {
    let chat = Arc::new(chat::graph(&Arc::new(parts)).expect("the graph of a chat is sound"));
    let dead_after = if alone { Duration::ZERO } else { DEAD_AFTER };
    let settings = Settings { dead_after, grace: GRACE };
    let engine = Engine::builder()
        .graph(&chat, RUNS_AT_ONCE_MAX)
        .build(Arc::new(world), keeper, settings)
        .expect("no two graphs have the same name");
    (chat, engine)
}
