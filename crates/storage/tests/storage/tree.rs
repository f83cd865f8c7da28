//! Any tree of messages: a branch is the way from its root, and siblings are those with the same parent.

use crate::common::{
    on_both,
    rows::{chat, message, put, somebody},
};
use api_types::MessageId;
use proptest::{
    prelude::*,
    sample::Index,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use std::collections::HashMap;
use studio::ports::store::MessageRow;

/// A tree as the test knows it: each message's parent, oldest first.
struct Tree {
    ids: Vec<MessageId>,
    parents: HashMap<MessageId, Option<MessageId>>,
}

impl Tree {
    fn children(&self, parent: Option<MessageId>) -> Vec<MessageId> {
        self.ids.iter().copied().filter(|id| self.parents[id] == parent).collect()
    }

    fn way_to(&self, leaf: MessageId) -> Vec<MessageId> {
        let mut way: Vec<_> = std::iter::successors(Some(leaf), |id| self.parents[id]).collect();
        way.reverse();
        way
    }

    fn youngest_below(&self, from: MessageId) -> MessageId {
        self.children(Some(from)).last().map_or(from, |child| self.youngest_below(*child))
    }
}

#[tokio::test]
async fn any_tree_is_read_back_branch_by_branch() {
    // Each message answers one that was there before, or begins a branch of its own.
    let shapes = prop::collection::vec(prop::option::weighted(0.9, any::<Index>()), 1..40);
    on_both(|fresh| {
        let shapes = shapes.clone();
        async move {
            let store = fresh.store();
            let owned = somebody(&store).await;
            let mut runner =
                TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().new_rng());
            for _ in 0..24 {
                let shape: Vec<Option<Index>> = shapes.new_tree(&mut runner).unwrap().current();
                let conversation = chat(&store, owned).await;
                let mut rows: Vec<MessageRow> = Vec::new();
                for parent in &shape {
                    let parent = parent.as_ref().filter(|_| !rows.is_empty()).map(|index| index.get(&rows));
                    rows.push(message(owned, conversation, parent.map(|row| row.id)));
                }
                let tree = Tree {
                    ids: rows.iter().map(|row| row.id).collect(),
                    parents: rows.iter().map(|row| (row.id, row.parent)).collect(),
                };
                put(&store, move |tx| Box::pin(async move { tx.insert_messages(&rows).await })).await;

                for leaf in &tree.ids {
                    let way = tree.way_to(*leaf);
                    for limit in [1, 2, 1_000] {
                        let turns = store.branch(owned, conversation, *leaf, limit).await.unwrap();
                        let read: Vec<MessageId> = turns.iter().map(|turn| turn.message.id).collect();
                        assert_eq!(read, way[way.len().saturating_sub(limit as usize)..], "{shape:?}");
                        for turn in turns {
                            assert_eq!(turn.siblings, tree.children(turn.message.parent), "{shape:?}");
                        }
                    }
                    let youngest = store.youngest_leaf(owned, conversation, *leaf).await.unwrap();
                    assert_eq!(youngest, Some(tree.youngest_below(*leaf)), "{shape:?}");
                }
            }
        }
    })
    .await;
}
