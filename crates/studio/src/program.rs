//! Programs that sign in with a passkey and go on with a bearer token.

use crate::{
    NewSession, Studio,
    ports::store::{API_CLIENT, AuditTarget, SessionEnd},
};
use api_types::{AuditAction, Problem, User};

impl Studio {
    /// Ends a ceremony that was begun for [`API_CLIENT`] and opens a session that lives a day at most. A name, where one is
    /// said, has to be that of the person.
    ///
    /// # Errors
    /// `KeyRefused` for whatever is wrong with the ceremony, the key, the name or the person; `RateLimited`.
    pub async fn sign_in_program(
        &self,
        ceremony: &str,
        credential: &str,
        username: Option<&str>,
        user_agent: &str,
    ) -> Result<(NewSession, User), Problem> {
        let ceremony = ceremony.parse().map_err(|_| Problem::KeyRefused)?;
        let session = match self.finish_sign_in(ceremony, credential, API_CLIENT, user_agent).await {
            Err(Problem::Expired { .. }) => return Err(Problem::KeyRefused),
            other => other?,
        };
        let by = self.signed_in(session.id).await?;
        if username.is_some_and(|name| name != by.name()) {
            let (owned, id, now) = (by.owned(), session.id, self.now());
            let ended = self
                .audit_by(&by, AuditAction::SessionEnded, AuditTarget::session(id))
                .because("another_name");
            self.store
                .write::<_, Problem, _>(move |tx| {
                    Box::pin(async move {
                        tx.end_session(owned, id, SessionEnd::SignedOut, now).await?;
                        Ok(tx.insert_audit(&ended).await?)
                    })
                })
                .await?;
            return Err(Problem::KeyRefused);
        }
        Ok((session, User { user_id: by.person(), username: by.name().to_owned(), role: by.role() }))
    }
}
