//! What happened to somebody's account.

use crate::{
    ACCOUNT_EVENTS_PER_PAGE, InSession, SignedIn, Studio,
    audit::action_of,
    owned,
    ports::{
        Timestamp,
        store::{AccountEventRow, AuditTarget, Happened, Owned, Seen},
    },
};
use api_types::{AccountEventId, AccountEventKind, PersonId, Problem, SessionId};

/// Unseen events that are looked through for what matters.
pub(crate) const UNSEEN_LOOKED_AT: u32 = 20;

/// One part of the list of events.
#[derive(Debug, Clone, Default)]
pub struct AccountEventPage {
    /// Newest first.
    pub events: Vec<AccountEventRow>,
    /// Which of them are news in this session.
    pub news: Vec<AccountEventId>,
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
    /// Whether it is news to its person in this session, whose passkey came to be `since` then: what they did in it they know,
    /// what they have seen elsewhere too, and what was before the passkey is for others.
    fn is_news_in(&self, session: SessionId, since: Timestamp) -> bool {
        self.seen_at.is_none() && self.session != Some(session) && self.at > since
    }
}

impl Studio {
    /// A new event with its row of the audit log; the one who changes something writes it down in the same unit of work.
    pub(crate) fn account_event(
        &self,
        owned: Owned,
        kind: AccountEventKind,
        detail: impl Into<String>,
    ) -> Happened {
        let (id, at) = (AccountEventId(self.ids.next()), self.now());
        // Whoever joins knows it.
        let seen_at = (kind == AccountEventKind::Joined).then_some(at);
        let event = AccountEventRow { id, owned, kind, detail: detail.into(), session: None, at, seen_at };
        let (action, who) = action_of(kind, owned.owner);
        let target = AuditTarget::person(owned.owner);
        Happened { event, audit: self.audit(owned.organization, who, action, target) }
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
        let by = by.signed_in();
        let owned = owned(by);
        let key = by.credential_id();
        let own = self.store.passkeys(owned).await?;
        let since = own.iter().find(|passkey| Some(passkey.credential_id.as_str()) == key);
        let since = since.map_or(Timestamp(0), |passkey| passkey.created_at);
        let mut events = self.store.account_events(owned, before, ACCOUNT_EVENTS_PER_PAGE + 1).await?;
        let more = events.len() > ACCOUNT_EVENTS_PER_PAGE as usize;
        events.truncate(ACCOUNT_EVENTS_PER_PAGE as usize);
        let next = if more { events.last().map(|last| last.id) } else { None };
        let is_news = |event: &&AccountEventRow| event.is_news_in(by.session(), since);
        let news = events.iter().filter(is_news).map(|event| event.id).collect();
        Ok(AccountEventPage { events, news, next })
    }

    /// What the person has not seen yet, the latest first and not all of it; nothing that was done in this very session.
    /// One statement.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn account_news(&self, by: &SignedIn) -> Result<Vec<AccountEventRow>, Problem> {
        let key = by.credential_id().unwrap_or_default();
        Ok(self.store.unseen_account_events(owned(by), by.session(), key, UNSEEN_LOOKED_AT).await?)
    }

    /// The person has seen one event, or all that a list showed. What was done in this very session stays news to the others:
    /// whoever did something with a stolen session cannot put away what tells of it.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn see_account_events(&self, by: &InSession<'_>, seen: Seen) -> Result<(), Problem> {
        let by = by.signed_in();
        let (owned, session, now) = (owned(by), by.session(), self.now());
        let key = by.credential_id().unwrap_or_default().to_owned();
        self.store
            .write(move |tx| {
                Box::pin(async move { Ok(tx.account_events_seen(owned, session, &key, seen, now).await?) })
            })
            .await
    }
}
