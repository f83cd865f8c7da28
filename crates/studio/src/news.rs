//! That a commit of a run was kept, here or in another process: who looks at runs hears of it, and reads the rows.

use crate::{
    RUN_NEWS_WAITING_MAX, Studio,
    ports::store::{Heard, RunListener, RunNews},
};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::broadcast;

/// All who look at runs in this process.
///
/// # Design
/// What is passed on says where to look, not what is there: rows are the truth, and whoever falls behind looks at them instead of
/// waiting for what he missed. So nothing is kept here for anybody who is slow.
pub struct News {
    told: broadcast::Sender<Option<RunNews>>,
    /// Whether commits of other processes are not heard of.
    is_deaf: AtomicBool,
}

impl Default for News {
    fn default() -> Self {
        Self { told: broadcast::channel(RUN_NEWS_WAITING_MAX).0, is_deaf: AtomicBool::new(false) }
    }
}

impl News {
    /// Everything from now on. `None`: something may have been missed, rows have to be looked at.
    pub fn subscribe(&self) -> broadcast::Receiver<Option<RunNews>> {
        self.told.subscribe()
    }

    /// Whether commits of other processes are not heard of: rows have to be looked at again and again.
    pub fn is_deaf(&self) -> bool {
        self.is_deaf.load(Ordering::Relaxed)
    }

    pub(crate) fn tell(&self, news: RunNews) {
        let _nobody_listens = self.told.send(Some(news));
    }

    fn look(&self) {
        let _nobody_listens = self.told.send(None);
    }
}

impl Studio {
    /// Passes on what other processes keep, until the process goes down. For the worker.
    pub async fn hear_of_runs(&self, mut listener: Box<dyn RunListener>) {
        loop {
            let heard = tokio::select! {
                () = self.live.closed() => return,
                heard = listener.hear() => heard,
            };
            match heard {
                Heard::News(news) => self.news.tell(news),
                Heard::Lost(why) => {
                    self.news.is_deaf.store(true, Ordering::Relaxed);
                    tracing::warn!(
                        why,
                        "the connection on which other processes tell of their runs is lost; until it is back, pages \
                         of runs look into the database by themselves"
                    );
                    self.news.look();
                }
                Heard::Again => {
                    if self.news.is_deaf.swap(false, Ordering::Relaxed) {
                        tracing::info!("other processes are heard again");
                    }
                    self.news.look();
                }
            }
        }
    }
}
