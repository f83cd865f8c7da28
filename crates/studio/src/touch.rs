//! A fresh touch of a passkey, for what matters most: keys, codes, tokens, roles, deletion.

use crate::{
    SignedIn, Studio, broken,
    ceremony::{keep, memo, to_entitled, wrong_key},
    owned,
    ports::CeremonyState,
};
use api_types::{CeremonyId, CeremonyPurpose, CeremonyStart, Problem, SessionId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Asked for again when less than this is left: what was begun with a touch can be ended with it.
const TOUCH_SPARE: Duration = Duration::from_secs(30);

/// What the ceremony remembers: the session whose touch it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memo {
    session: SessionId,
}

fn not_yours() -> Problem {
    wrong_key("That passkey is not one of yours, or you have removed it. Use one of your list.")
}

impl Studio {
    /// Begins a touch; `None` where the last one is fresh enough for what is to be done now.
    ///
    /// # Errors
    /// `WrongKey` for somebody without a passkey, `TryLater` or `Broken`.
    pub async fn start_touch(
        &self,
        by: &SignedIn,
        browser: String,
    ) -> Result<Option<CeremonyStart>, Problem> {
        let is_fresh = by.touched(self.now() + TOUCH_SPARE).is_ok();
        if is_fresh {
            return Ok(None);
        }
        let own: Vec<String> =
            self.store.passkeys(owned(by)).await?.into_iter().map(|key| key.credential_id).collect();
        if own.is_empty() {
            return Err(wrong_key("Your account has no passkey that could be touched."));
        }
        let (options, state) =
            self.passkeys.start_touch(&own).map_err(|refused| broken("a touch could not begin", &refused))?;
        let memo = Memo { session: by.session() };
        let ceremony = self.ceremony(CeremonyPurpose::Touch, state, &memo, browser)?;
        self.begin(ceremony, options).await.map(Some)
    }

    /// Ends it: for [`TOUCH_LIFE`](crate::TOUCH_LIFE) the session may do what needs a touch.
    ///
    /// # Errors
    /// `WrongKey` with the reason, `Expired` for the ceremony.
    pub async fn finish_touch(
        &self,
        by: &SignedIn,
        ceremony: CeremonyId,
        credential: &str,
        browser: &str,
    ) -> Result<(), Problem> {
        const WHAT: &str = "a touch";
        let row = self.take_ceremony(ceremony, CeremonyPurpose::Touch, browser, credential).await?;
        if memo::<Memo>(&row)?.session != by.session() {
            return Err(crate::session::ceremony_elsewhere());
        }
        let id = self.passkeys.credential_id(credential).map_err(|r| to_entitled(&r, WHAT))?;
        let own = self.store.passkeys(owned(by)).await?;
        let passkey = own.into_iter().find(|key| key.credential_id == id).ok_or_else(not_yours)?;
        let verified = self
            .verify(&passkey, &CeremonyState(row.state), credential)
            .await
            .map_err(|refused| refused.for_entitled(WHAT))?;
        let (session, now) = (by.session(), self.now());
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    if !keep(tx, &passkey, &verified, now).await? {
                        return Err(not_yours());
                    }
                    Ok(tx.session_touched(passkey.owned, session, now).await?)
                })
            })
            .await
    }
}
