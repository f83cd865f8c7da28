//! A life of this process: it begins, drives runs, and goes down.

use crate::{Studio, ports::Timestamp, run::refused};
use api_types::Problem;

/// One life of one process, as its state folder remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Its number.
    pub epoch: u64,
    /// When it began: another database has lives of the same number.
    pub entered_at: Timestamp,
}

impl Studio {
    /// Drives runs until [`Studio::close`], and then as long as they need to come to rest. For the worker.
    pub async fn drive(&self) {
        self.engine.work().await;
    }

    /// How many runs this process drives, or is to drive.
    pub fn runs_here(&self) -> usize {
        self.engine.live().len()
    }

    /// Begins a life of this process: from now on runs can be opened. `former` is the life that had this state folder before, and is
    /// over: what it drove is taken up at once instead of when it is taken for dead.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn start(&self, former: Option<Life>) -> Result<Life, Problem> {
        if let Some(Life { epoch, entered_at }) = former {
            let entered = workflow::Timestamp(entered_at.0);
            let buried: Result<(), workflow::StoreError> = self
                .store
                .write(move |tx| Box::pin(async move { tx.bury_process(epoch, entered).await }))
                .await;
            buried.map_err(|error| refused(error.into()))?;
        }
        let epoch = self.engine.enter().await.map_err(refused)?;
        Ok(Life { epoch: epoch.0, entered_at: self.keeper.entered_at() })
    }

    /// The life of this process, while it has one: another one after it was taken for dead.
    pub fn life(&self) -> Option<Life> {
        let epoch = self.engine.epoch()?;
        Some(Life { epoch: epoch.0, entered_at: self.keeper.entered_at() })
    }

    /// The process goes down: no run begins, those under way come to rest, streams end.
    pub fn close(&self) {
        self.live.close();
        self.engine.close();
    }

    /// Whether this process has failed to look for runs that are due, for seconds on end.
    pub fn is_stuck(&self) -> bool {
        self.engine.is_stuck()
    }

    /// Whether this process can write its database, as far as it knows.
    pub fn is_writing(&self) -> bool {
        !self.keeper.is_down()
    }
}
