//! The text of answers under way, into rows.

use crate::{
    FLUSH_EVERY, LiveRun, Studio,
    live::Inner,
    ports::{Timestamp, store::AnswerPart},
};

impl Studio {
    /// Writes the text of all answers to rows every [`FLUSH_EVERY`] or [`FLUSH_BYTES`](crate::FLUSH_BYTES), all of them in one
    /// commit, until the process goes down. For the worker.
    pub async fn save_answers(&self) {
        loop {
            tokio::select! {
                () = self.live.closing.cancelled() => return,
                () = tokio::time::sleep(FLUSH_EVERY) => {}
                () = self.live.flush_now.notified() => {}
            }
            self.save_answers_once().await;
            self.live.sweep(self.now());
        }
    }

    async fn save_answers_once(&self) {
        let now = self.now();
        let mut batch = Vec::new();
        for live in self.live.unsaved() {
            let part = unsaved_part(&live, &live.inner(), now);
            if let Some(part) = part {
                batch.push((live, part));
            }
        }
        if batch.is_empty() {
            return;
        }
        let Some(epoch) = self.engine.epoch() else { return };
        let parts: Vec<AnswerPart> = batch.iter().map(|(_, part)| part.clone()).collect();
        let written = self
            .store
            .write(move |tx| Box::pin(async move { tx.append_answer_parts(epoch.0, &parts).await }))
            .await;
        match written {
            // Taken for dead: what it was writing is not its own any more.
            Ok(0) => {}
            Ok(_) => {
                for (live, part) in batch {
                    let mut inner = live.inner();
                    inner.saved += part.body.len();
                    inner.next_seq += 1;
                }
            }
            // The text stays in memory and goes with the next tick.
            Err(fault) => tracing::error!(fault = %fault, "text of answers could not be saved; trying again"),
        }
    }
}

/// The text that is no row yet.
fn unsaved_part(live: &LiveRun, inner: &Inner, at: Timestamp) -> Option<AnswerPart> {
    let body = inner.text.get(inner.saved..).filter(|text| !text.is_empty())?;
    Some(AnswerPart { run: live.run, seq: inner.next_seq, owned: live.owned, body: body.to_owned(), at })
}
