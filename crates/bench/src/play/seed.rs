//! State that was there before: people with sessions, passkeys, conversations. It is written through the studio's own
//! units of work into a database that no server has open.

use super::talk::{Talk, conversation, minutes_before, opening, talk};
use crate::clock;
use adapters::{Tokens, WebauthnPasskeys};
use anyhow::{Context as _, Result};
use api_types::{
    AMOUNT_MAX, ConversationId, ConversationSettings, EntryKind, HoldId, ModelRef, OrganizationId, PersonId,
    Role, RunId, SessionId,
};
use std::{sync::Arc, time::Duration};
use storage::Database;
use studio::{
    SESSION_LIFE, SessionToken,
    ports::{
        Passkeys, Timestamp,
        store::{
            AnswerRow, EntryRow, HoldRow, Owned, PasskeyRow, PersonRow, SessionRow, SpendingLimits, Store,
            StoreError,
        },
    },
};
use virtual_authenticator::Browser;

/// Rows of so many conversations or people go into one unit of work.
const AT_ONCE: usize = 100;

/// What a chat leaves in the ledger: a hold, its settlement, what is given back.
const ROWS_OF_A_CHAT: usize = 3;

/// A person who is there, and the cookie of a session of theirs.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) owned: Owned,
    pub(crate) cookie: String,
}

/// An open database.
pub(crate) struct Seed {
    database: Arc<Database>,
    store: Arc<dyn Store>,
    tokens: Tokens,
    origin: String,
    organization: OrganizationId,
}

impl Seed {
    /// `key` signs sessions, as the server's does.
    pub(crate) fn open(database: Arc<Database>, key: &[u8], origin: String) -> Result<Self> {
        let store: Arc<dyn Store> = database.clone();
        let tokens = Tokens::new(key, &origin)?;
        Ok(Self { database, store, tokens, origin, organization: OrganizationId(clock::new_id()) })
    }

    /// Puts everything on the disk and leaves the database to the server.
    pub(crate) async fn close(self) {
        self.database.close().await;
    }

    /// Founds the organization with so many people, the first its owner, each with a session that was used just now.
    pub(crate) async fn people(&self, count: usize) -> Result<Vec<Member>> {
        let (organization, now) = (self.organization, clock::now());
        self.store
            .write::<_, StoreError, _>(move |tx| {
                Box::pin(async move { tx.insert_organization(organization, "Bench", now).await })
            })
            .await?;
        let rows: Vec<(PersonRow, SessionRow)> = (0..count).map(|number| self.person(number, now)).collect();
        let members = rows.iter().map(|(_, session)| self.member(session)).collect();
        for some in rows.chunks(AT_ONCE) {
            let some = some.to_vec();
            self.store
                .write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move {
                        for (person, session) in &some {
                            tx.insert_person(person).await?;
                            tx.insert_session(session).await?;
                        }
                        Ok(())
                    })
                })
                .await?;
        }
        Ok(members)
    }

    fn person(&self, number: usize, now: Timestamp) -> (PersonRow, SessionRow) {
        let person = PersonRow {
            id: PersonId(clock::new_id()),
            organization: self.organization,
            name: format!("Person {number}"),
            role: if number == 0 { Role::Owner } else { Role::Member },
            reviewer: false,
            created_at: now,
            disabled_at: None,
            deleted_at: None,
        };
        let session = session(Owned { organization: self.organization, owner: person.id }, now);
        (person, session)
    }

    fn member(&self, session: &SessionRow) -> Member {
        let token = SessionToken { session: session.id, epoch: session.epoch };
        let token = self.tokens.issue(token, session.created_at, session.expires_at);
        Member { owned: session.owned, cookie: format!("vobio-session={token}") }
    }

    /// The same person signed in once more, and which session that is.
    pub(crate) async fn another_session(&self, member: &Member) -> Result<(SessionId, Member)> {
        let session = session(member.owned, clock::now());
        let another = (session.id, self.member(&session));
        self.store
            .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.insert_session(&session).await }))
            .await?;
        Ok(another)
    }

    /// Gives somebody a passkey, by the same ceremony as the studio's.
    pub(crate) async fn passkey(&self, member: &Member) -> Result<Browser> {
        let webauthn = WebauthnPasskeys::new(&self.origin, "Vobio AI Studio")?;
        let (options, state) = webauthn.start_registration(member.owned.owner, "Person", &[])?;
        let mut browser = Browser::at(&self.origin);
        let made = webauthn.finish_registration(&state, &browser.create(&options)?)?;
        let row = PasskeyRow {
            credential_id: made.credential_id,
            owned: member.owned,
            name: "Bench".to_owned(),
            passkey: made.passkey,
            created_at: clock::now(),
            last_used_at: None,
            aaguid: String::new(),
            synced: None,
            cloned_at: None,
            rp_id: None,
        };
        self.store
            .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.insert_passkey(&row).await }))
            .await?;
        Ok(browser)
    }

    /// An empty conversation with these settings.
    pub(crate) async fn conversation(
        &self,
        member: &Member,
        settings: ConversationSettings,
    ) -> Result<ConversationId> {
        let row = conversation(member.owned, settings, clock::now());
        let id = row.id;
        self.write_talks(vec![Talk { conversation: row, messages: Vec::new(), runs: Vec::new() }]).await?;
        Ok(id)
    }

    /// So many conversations of a question and an answer, a minute apart.
    pub(crate) async fn conversations(&self, member: &Member, count: usize) -> Result<()> {
        let now = clock::now();
        let talks: Vec<Talk> = (0..count)
            .map(|number| talk(member.owned, 2, minutes_before(now, count - number)))
            .collect::<Result<_>>()?;
        let mut talks = talks.into_iter().peekable();
        while talks.peek().is_some() {
            self.write_talks(talks.by_ref().take(AT_ONCE).collect()).await?;
        }
        Ok(())
    }

    /// One conversation of so many messages.
    pub(crate) async fn long_conversation(&self, member: &Member, messages: usize) -> Result<ConversationId> {
        let talk = talk(member.owned, messages, minutes_before(clock::now(), 1))?;
        let id = talk.conversation.id;
        self.write_talks(vec![talk]).await?;
        Ok(id)
    }

    async fn write_talks(&self, talks: Vec<Talk>) -> Result<()> {
        self.store
            .write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    for talk in &talks {
                        tx.insert_conversation(&talk.conversation).await?;
                        // A message's parent has to be there before it; within a statement it is.
                        tx.insert_messages(&talk.messages).await?;
                        for run in &talk.runs {
                            tx.commit_run(&opening(run))
                                .await
                                .map_err(|error| StoreError::Fault(error.to_string()))?;
                            tx.insert_answer(run).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }

    /// So many rows in the ledger: chats of the last year that were held for, settled and given back for.
    pub(crate) async fn ledger(&self, member: &Member, rows: usize) -> Result<()> {
        const MOST: SpendingLimits = SpendingLimits { hour: AMOUNT_MAX, day: AMOUNT_MAX };
        let (holds, now) = (rows.div_ceil(ROWS_OF_A_CHAT), clock::now());
        let step = Duration::from_secs(365 * 24 * 3600) / u32::try_from(holds)?;
        let model = ModelRef::new("mock", "echo").context("no name of a model")?;
        let hold = |number: usize| HoldRow {
            id: HoldId(clock::new_id()),
            owned: member.owned,
            run: RunId(clock::new_id()),
            operation: "chat".to_owned(),
            model: model.clone(),
            amount: 10_000,
            at: now - step * u32::try_from(holds - number).unwrap_or(u32::MAX),
        };
        for first in (0..holds).step_by(AT_ONCE) {
            let some: Vec<HoldRow> = (first..holds.min(first + AT_ONCE)).map(hold).collect();
            self.store
                .write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move {
                        for hold in &some {
                            tx.take_hold(hold, MOST).await?;
                            tx.end_hold(hold.owned, hold.run).await?;
                            let parts = [(EntryKind::Settle, 200), (EntryKind::Release, hold.amount - 200)];
                            tx.book(&parts.map(|(kind, amount)| EntryRow::of(hold, kind, amount, hold.at)))
                                .await?;
                        }
                        Ok(())
                    })
                })
                .await?;
        }
        Ok(())
    }

    /// A run as it ended.
    pub(crate) async fn run(&self, member: &Member, run: RunId) -> Result<Option<AnswerRow>> {
        Ok(self.store.answer(member.owned, run).await?)
    }
}

/// A session of somebody that was used just now.
fn session(owned: Owned, now: Timestamp) -> SessionRow {
    SessionRow {
        id: SessionId(clock::new_id()),
        owned,
        user_agent: "bench".to_owned(),
        created_at: now,
        last_seen_at: now,
        expires_at: now + SESSION_LIFE,
        ended_at: None,
        end_reason: None,
        epoch: 0,
        epoch_at: now,
        epoch_seen_at: None,
        touched_at: now,
        credential_id: None,
        browser: String::new(),
    }
}
