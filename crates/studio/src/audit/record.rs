//! Rows of the audit log, as the use cases make them.

use crate::{
    SignedIn, Studio, TRACE,
    ports::store::{
        AccountEventRow, AuditChange, AuditRow, AuditTarget, AuditValue, AuditVia, AuditWho, Happened,
        PasskeyRow,
    },
};
use api_types::{
    AccountEventKind, AuditAction, AuditId, OrganizationId, PersonId, Problem, RunId, SessionId,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl AuditRow {
    /// The rule that decided, or the way it came about.
    #[must_use]
    pub fn because(self, why: &'static str) -> Self {
        Self { why: Some(why), ..self }
    }

    /// What was changed; nothing where it stayed the same.
    #[must_use]
    pub fn changing(
        mut self,
        what: &'static str,
        old: impl Into<AuditValue>,
        new: impl Into<AuditValue>,
    ) -> Self {
        let (old, new) = (old.into(), new.into());
        if old != new {
            self.change.push(AuditChange { what, old, new });
        }
        self
    }

    /// The run that it was decided for.
    #[must_use]
    pub fn in_run(self, run: RunId) -> Self {
        Self { run: Some(run), ..self }
    }

    /// What was changed, as it is kept: `{"role":["member","admin"]}`.
    pub fn change_json(&self) -> Option<String> {
        if self.change.is_empty() {
            return None;
        }
        // By the alphabet: a map of serde_json has the order that another crate's features give it.
        let change: BTreeMap<&str, Value> = self
            .change
            .iter()
            .map(|change| (change.what, json!([value(&change.old), value(&change.new)])))
            .collect();
        Some(json!(change).to_string())
    }
}

fn value(value: &AuditValue) -> Value {
    match value {
        AuditValue::Absent => Value::Null,
        AuditValue::Flag(flag) => json!(flag),
        AuditValue::Number(number) => json!(number),
        AuditValue::Word(word) => json!(word),
        AuditValue::Named(name) => json!(name),
    }
}

impl SignedIn {
    /// What they came with, as the audit names it.
    fn audit_via(&self) -> AuditVia {
        match self.token() {
            Some((token, _)) => AuditVia::Token(token),
            None => AuditVia::Session(self.session()),
        }
    }
}

impl Studio {
    /// A row that is about to be written.
    pub(crate) fn audit(
        &self,
        organization: OrganizationId,
        who: AuditWho,
        action: AuditAction,
        target: AuditTarget,
    ) -> AuditRow {
        AuditRow {
            id: AuditId(self.ids.next()),
            organization,
            at: self.now(),
            who,
            via: None,
            action,
            target,
            why: None,
            change: Vec::new(),
            run: None,
            trace: TRACE.try_with(Clone::clone).ok(),
        }
    }

    /// The same of somebody who is signed in.
    pub(crate) fn audit_by(&self, by: &SignedIn, action: AuditAction, target: AuditTarget) -> AuditRow {
        let row = self.audit(by.owned().organization, AuditWho::Person(by.person()), action, target);
        AuditRow { via: Some(by.audit_via()), ..row }
    }

    /// Writes a row that stands for itself: a refusal changes nothing else.
    pub(crate) async fn record(&self, row: AuditRow) -> Result<(), Problem> {
        self.store.write(move |tx| Box::pin(async move { Ok(tx.insert_audit(&row).await?) })).await
    }
}

impl Happened {
    /// Done by its person in a session, which is not asked whether it was they.
    pub(crate) fn done_in(self, session: SessionId) -> Self {
        let event = AccountEventRow { session: Some(session), ..self.event };
        Self { event, audit: AuditRow { via: Some(AuditVia::Session(session)), ..self.audit } }
    }

    /// It happened with this passkey, and no later: to a session that is opened with it, it is no news.
    pub(crate) fn with(self, passkey: &PasskeyRow) -> Self {
        Self { event: AccountEventRow { at: passkey.created_at, ..self.event }, ..self }
    }

    /// What it was done to, where that is not the person.
    pub(crate) fn on(self, target: AuditTarget) -> Self {
        Self { audit: AuditRow { target, ..self.audit }, ..self }
    }

    /// What the audit says of it besides.
    pub(crate) fn audited(self, say: impl FnOnce(AuditRow) -> AuditRow) -> Self {
        Self { audit: say(self.audit), ..self }
    }
}

/// What the audit calls what happens to an account, and who is behind it where nobody else is named. What administrators do to
/// others is said by the use cases.
pub(crate) fn action_of(kind: AccountEventKind, of: PersonId) -> (AuditAction, AuditWho) {
    use AccountEventKind as Kind;
    let action = match kind {
        Kind::Joined => AuditAction::PersonJoined,
        Kind::NewDevice => AuditAction::SignedIn,
        Kind::PasskeyAdded => AuditAction::PasskeyAdded,
        Kind::PasskeyRemoved => AuditAction::PasskeyRemoved,
        Kind::PasskeyCloned => AuditAction::PasskeyCloned,
        Kind::CodesMade => AuditAction::CodesMade,
        Kind::CodeUsed => AuditAction::CodeUsed,
        Kind::OlderToken => AuditAction::SessionCopied,
        Kind::SessionEnded => AuditAction::SessionEnded,
        Kind::OthersEnded => AuditAction::OtherSessionsEnded,
        Kind::TokenMade => AuditAction::TokenMade,
        Kind::TokenRevoked => AuditAction::TokenRevoked,
        Kind::RoleChanged => AuditAction::RoleChanged,
        Kind::AccessChanged => AuditAction::PersonDisabled,
    };
    let who = match kind {
        // It is not known to have been they.
        Kind::PasskeyCloned | Kind::OlderToken => AuditWho::System,
        _ => AuditWho::Person(of),
    };
    (action, who)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Timestamp;
    use api_types::Role;
    use uuid::Uuid;

    #[test]
    fn a_change_is_small_json_and_what_stays_the_same_is_left_out() {
        let row = AuditRow {
            id: AuditId(Uuid::nil()),
            organization: OrganizationId(Uuid::nil()),
            at: Timestamp(0),
            who: AuditWho::System,
            via: None,
            action: AuditAction::RoleChanged,
            target: AuditTarget::studio(),
            why: None,
            change: Vec::new(),
            run: None,
            trace: None,
        };
        assert_eq!(row.change_json(), None);
        let row = row
            .changing("role", Role::Member, Role::Admin)
            .changing("reviewer", false, false)
            .changing("limit_micros", AuditValue::Absent, 2_000_000);
        let expected = json!({ "role": ["member", "admin"], "limit_micros": [null, 2_000_000] });
        assert_eq!(serde_json::from_str::<Value>(&row.change_json().unwrap()).unwrap(), expected);
    }
}
