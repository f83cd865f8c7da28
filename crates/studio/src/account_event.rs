//! What happened to somebody's account.

use crate::{
    ACCOUNT_EVENTS_PER_PAGE, InSession, SignedIn, Studio, owned,
    ports::store::{AccountEventRow, Owned, Seen},
};
use api_types::{AccountEventId, AccountEventKind, PersonId, Problem, SessionId};

/// Unseen events that are looked through for what matters.
const UNSEEN_LOOKED_AT: u32 = 20;

/// One part of the list of events.
#[derive(Debug, Clone, Default)]
pub struct AccountEventPage {
    /// Newest first.
    pub events: Vec<AccountEventRow>,
    /// The last of this part, when there is another.
    pub next: Option<AccountEventId>,
}

/// What of the news is said before anything else: the latest of the kinds that matter, and how many more there are.
pub fn notice_of(news: &[AccountEventRow]) -> Option<(&AccountEventRow, usize)> {
    let mut matter = news.iter().filter(|event| event.kind.matters());
    let latest = matter.next()?;
    Some((latest, matter.count()))
}

/// One line of the log: what happened to whose account. Names of keys, devices and tokens stay out of it.
pub(crate) fn note(kind: AccountEventKind, of: PersonId) {
    tracing::info!(event = kind.as_str(), person = %of, "something happened to an account");
}

impl AccountEventRow {
    /// Done by its person in a session, which is not asked whether it was they.
    pub(crate) fn done_in(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Whether it is news to its person in this session: what they did in it they know, and what they have seen elsewhere.
    pub fn is_news_in(&self, session: SessionId) -> bool {
        self.seen_at.is_none() && self.session != Some(session)
    }
}

impl Studio {
    /// A new event; the one who changes something writes it down in the same unit of work.
    pub(crate) fn account_event(
        &self,
        owned: Owned,
        kind: AccountEventKind,
        detail: impl Into<String>,
    ) -> AccountEventRow {
        let (id, at) = (AccountEventId(self.ids.next()), self.now());
        // Whoever joins knows it.
        let seen_at = (kind == AccountEventKind::Joined).then_some(at);
        AccountEventRow { id, owned, kind, detail: detail.into(), session: None, at, seen_at }
    }

    /// One part of the person's events.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn account_events(
        &self,
        by: &InSession<'_>,
        before: Option<AccountEventId>,
    ) -> Result<AccountEventPage, Problem> {
        let owned = owned(by.signed_in());
        let mut events = self.store.account_events(owned, before, ACCOUNT_EVENTS_PER_PAGE + 1).await?;
        let more = events.len() > ACCOUNT_EVENTS_PER_PAGE as usize;
        events.truncate(ACCOUNT_EVENTS_PER_PAGE as usize);
        let next = if more { events.last().map(|last| last.id) } else { None };
        Ok(AccountEventPage { events, next })
    }

    /// What the person has not seen yet, the latest first and not all of it; nothing that was done in this very session.
    /// One statement.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn account_news(&self, by: &SignedIn) -> Result<Vec<AccountEventRow>, Problem> {
        Ok(self.store.unseen_account_events(owned(by), by.session(), UNSEEN_LOOKED_AT).await?)
    }

    /// The person has seen one event, or all that a list showed. What was done in this very session stays news to the others:
    /// whoever did something with a stolen session cannot put away what tells of it.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn see_account_events(&self, by: &InSession<'_>, seen: Seen) -> Result<(), Problem> {
        let by = by.signed_in();
        let (owned, session, now) = (owned(by), by.session(), self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move { Ok(tx.account_events_seen(owned, session, seen, now).await?) })
            })
            .await
    }
}
