//! Flags: what is switched off, for whom, and who had the last word.
//!
//! ```text
//! default < vobio.toml < an administrator's switch, or a remote service in its place < environment
//! ```

use crate::{
    Admin, SWITCHES_MAX, SignedIn, Studio, TouchedAdmin,
    ladder::subject,
    ports::{
        FlagContext, FlagDecision, RemoteFlags,
        store::{AuditTarget, AuditValue, ListedSwitch, Owned, SwitchRow},
    },
};
use api_types::{AuditAction, Flag, FlagMode, FlagReason, PersonId, Problem, Role};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What the operator says of flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlagSettings {
    /// In `vobio.toml`: a switch may say otherwise.
    pub file: BTreeMap<Flag, bool>,
    /// In the environment: nobody may.
    pub environment: BTreeMap<Flag, bool>,
}

/// A flag, as administrators look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagView {
    /// Which.
    pub flag: Flag,
    /// What it is where no person is asked for.
    pub decision: FlagDecision,
    /// The switch for everybody, where there is one.
    pub switch: Option<ListedSwitch>,
    /// Those for single persons.
    pub people: Vec<ListedSwitch>,
}

/// What the layers above the remote service and the switches, and below them, say. Pure.
///
/// `middle` is the layer between: the remote service's word, or what [`switched`] finds.
pub fn decide_flag(flag: Flag, settings: &FlagSettings, middle: Option<(bool, FlagReason)>) -> FlagDecision {
    if !flag.is_built() {
        return FlagDecision { is_on: false, reason: FlagReason::NotBuilt };
    }
    let (is_on, reason) = match (settings.environment.get(&flag), middle, settings.file.get(&flag)) {
        (Some(fixed), ..) => (*fixed, FlagReason::Environment),
        (None, Some(middle), _) => middle,
        (None, None, Some(said)) => (*said, FlagReason::File),
        (None, None, None) => (flag.default_on(), FlagReason::Default),
    };
    FlagDecision { is_on, reason }
}

/// What administrators' switches say: a person's own goes before the one for everybody. Pure.
pub fn switched(flag: Flag, context: FlagContext, switches: &[SwitchRow]) -> Option<(bool, FlagReason)> {
    let organization = context.organization.or_else(|| only_organization(switches))?;
    let mut own = switches.iter().filter(|row| row.flag == flag && row.organization == organization);
    let of = |person: Option<PersonId>| own.clone().find(|row| row.person == person);
    if let Some(row) = context.person.and_then(|person| of(Some(person))) {
        return Some((row.mode == FlagMode::On, FlagReason::Person));
    }
    let row = own.find(|row| row.person.is_none())?;
    Some(match row.mode {
        FlagMode::On => (true, FlagReason::Switch),
        FlagMode::Off => (false, FlagReason::Switch),
        // Of the studio as a whole it is only on when it is for all.
        FlagMode::Share(percent) => {
            let is_in = context.person.map_or(percent == 100, |person| is_in_share(flag, person, percent));
            (is_in, FlagReason::Share)
        }
    })
}

/// Who asks without an organization is answered for the only one that there is.
fn only_organization(switches: &[SwitchRow]) -> Option<api_types::OrganizationId> {
    let first = switches.first()?.organization;
    switches.iter().all(|row| row.organization == first).then_some(first)
}

/// Whether somebody is among so many of a hundred: always the same people for a flag, others for another one, and whoever is in a
/// share is in every larger one.
fn is_in_share(flag: Flag, person: PersonId, percent: u8) -> bool {
    let digest = Sha256::digest(format!("{}:{person}", flag.as_str()));
    let place = digest.iter().take(4).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    // Ten thousand places, so that a share is right to a hundredth of a percent.
    (place * 10_000) >> 32 < u64::from(percent) * 100
}

impl Studio {
    /// Whether a flag is on for somebody.
    pub async fn is_on(&self, flag: Flag, by: &SignedIn) -> bool {
        self.is_on_for(flag, by.owned()).await
    }

    pub(crate) async fn is_on_for(&self, flag: Flag, owned: Owned) -> bool {
        self.flags.decide(flag, owned.into()).await.is_on
    }

    /// The first question of the gate.
    ///
    /// # Errors
    /// `SwitchedOff`.
    pub async fn switched_on(&self, flag: Flag, owned: Owned) -> Result<(), Problem> {
        if self.is_on_for(flag, owned).await {
            Ok(())
        } else {
            Err(Problem::SwitchedOff { flag, refusal: None })
        }
    }

    /// All flags: for somebody, or for the studio as a whole.
    pub async fn features(&self, by: Option<&SignedIn>) -> Vec<(Flag, FlagDecision)> {
        let nobody = FlagContext { organization: None, person: None };
        self.features_for(by.map_or(nobody, |by| by.owned().into())).await
    }

    pub(crate) async fn features_for(&self, context: FlagContext) -> Vec<(Flag, FlagDecision)> {
        let mut features = Vec::with_capacity(Flag::ALL.len());
        for flag in Flag::ALL {
            features.push((*flag, self.flags.decide(*flag, context).await));
        }
        features
    }

    /// The remote service that decides flags, where there is one, and how it is.
    pub fn remote_flags(&self) -> Option<RemoteFlags> {
        self.flags.remote()
    }

    /// Asks the remote service once more, where there is one. At every start, and again and again.
    pub async fn poll_flags(&self) {
        self.flags.poll().await;
    }

    /// All flags with their switches, for whoever moves them.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn flags(&self, by: &Admin<'_>) -> Result<Vec<FlagView>, Problem> {
        let organization = by.signed_in().owned().organization;
        let listed = self.store.listed_switches(organization).await?;
        let context = FlagContext { organization: Some(organization), person: None };
        let mut views = Vec::with_capacity(Flag::ALL.len());
        for flag in Flag::ALL {
            let of = |row: &&ListedSwitch| row.switch.flag == *flag;
            let (mut everybody, people): (Vec<_>, Vec<_>) =
                listed.iter().filter(of).cloned().partition(|row| row.switch.person.is_none());
            let decision = self.flags.decide(*flag, context).await;
            views.push(FlagView { flag: *flag, decision, switch: everybody.pop(), people });
        }
        Ok(views)
    }

    /// Puts a switch somewhere for everybody; `None` takes it away.
    ///
    /// # Errors
    /// `Invalid` where there is nothing to switch, `Changed` where the environment or a remote service decides.
    pub async fn set_flag(
        &self,
        by: &TouchedAdmin<'_>,
        flag: Flag,
        mode: Option<FlagMode>,
    ) -> Result<(), Problem> {
        self.put_switch(by, flag, None, mode).await
    }

    /// Puts a switch somewhere for one person, on or off; `None` takes it away. As with limits: an owner may for everybody, an
    /// administrator for those below.
    ///
    /// # Errors
    /// As [`Studio::set_flag`]; `NotFound`, `NotPermitted`.
    pub async fn set_person_flag(
        &self,
        by: &TouchedAdmin<'_>,
        person: PersonId,
        flag: Flag,
        is_on: Option<bool>,
    ) -> Result<(), Problem> {
        let mode = is_on.map(|is_on| if is_on { FlagMode::On } else { FlagMode::Off });
        self.put_switch(by, flag, Some(person), mode).await
    }

    async fn put_switch(
        &self,
        by: &TouchedAdmin<'_>,
        flag: Flag,
        person: Option<PersonId>,
        mode: Option<FlagMode>,
    ) -> Result<(), Problem> {
        self.can_be_switched(flag).await?;
        let (by, now) = (by.signed_in(), self.now());
        let target = person.map_or_else(|| AuditTarget::of("flag", &flag.as_str()), AuditTarget::person);
        let audit = self.audit_by(by, AuditAction::FlagChanged, target);
        self.change_settings(by, move |tx, by| {
            Box::pin(async move {
                if let Some(person) = person {
                    if person == by.id && by.role != Role::Owner {
                        return Err(Problem::NotPermitted);
                    }
                    subject(tx, &by, person).await?;
                }
                let organization = by.organization;
                let is_this = |row: &SwitchRow| {
                    (row.organization, row.flag, row.person) == (organization, flag, person)
                };
                let switches = tx.switches().await?;
                let before = switches.iter().find(|row| is_this(row)).map(|row| row.mode);
                if before == mode {
                    return Ok(());
                }
                if before.is_none() && switches.len() >= SWITCHES_MAX {
                    return Err(too_many());
                }
                match mode {
                    Some(mode) => {
                        let row = SwitchRow {
                            organization,
                            flag,
                            person,
                            mode,
                            changed_by: by.id,
                            changed_at: now,
                        };
                        tx.set_switch(&row).await?;
                    }
                    None => tx.remove_switch(organization, flag, person).await?,
                }
                let percent = |mode: Option<FlagMode>| {
                    mode.map_or(AuditValue::Absent, |mode| AuditValue::from(i64::from(mode.percent())))
                };
                let audit = audit.because(flag.as_str()).changing("percent", percent(before), percent(mode));
                Ok(tx.insert_audit(&audit).await?)
            })
        })
        .await
    }

    /// # Errors
    /// Why nobody here can move it.
    async fn can_be_switched(&self, flag: Flag) -> Result<(), Problem> {
        if !flag.is_built() {
            return Err(Problem::field("flag", format!("This version has no {} yet.", flag.title())));
        }
        if let Some(remote) = self.flags.remote() {
            let detail = format!("Flags are decided by the service at {}. Switch it there.", remote.address);
            return Err(Problem::Changed { detail });
        }
        let nobody = FlagContext { organization: None, person: None };
        match self.flags.decide(flag, nobody).await.reason {
            FlagReason::Environment => Err(Problem::Changed {
                detail: format!(
                    "The operator fixed this in the environment: ENABLE_{}. It cannot be switched here.",
                    flag.as_str().to_uppercase()
                ),
            }),
            _ => Ok(()),
        }
    }
}

fn too_many() -> Problem {
    Problem::Changed {
        detail: format!(
            "There are {SWITCHES_MAX} switches, which is all there can be. Take some of single people away, or use a share."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Timestamp;
    use api_types::OrganizationId;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn person(number: u128) -> PersonId {
        PersonId(Uuid::from_u128(number))
    }

    fn home() -> OrganizationId {
        OrganizationId(Uuid::from_u128(1))
    }

    fn row(flag: Flag, person: Option<PersonId>, mode: FlagMode) -> SwitchRow {
        let changed_by = self::person(9);
        SwitchRow { organization: home(), flag, person, mode, changed_by, changed_at: Timestamp(0) }
    }

    fn of(number: u128) -> FlagContext {
        FlagContext { organization: Some(home()), person: Some(person(number)) }
    }

    #[test]
    fn each_layer_goes_before_the_one_below_it() {
        let flag = Flag::Chat;
        let mut settings = FlagSettings::default();
        let decided = |settings: &FlagSettings, middle| {
            let FlagDecision { is_on, reason } = decide_flag(flag, settings, middle);
            (is_on, reason)
        };
        assert_eq!(decided(&settings, None), (true, FlagReason::Default));
        settings.file.insert(flag, false);
        assert_eq!(decided(&settings, None), (false, FlagReason::File));
        let switch = Some((true, FlagReason::Switch));
        assert_eq!(decided(&settings, switch), (true, FlagReason::Switch));
        settings.environment.insert(flag, false);
        assert_eq!(decided(&settings, switch), (false, FlagReason::Environment));
    }

    #[test]
    fn what_is_not_built_is_off_whoever_says_otherwise() {
        let flag = Flag::ALL.iter().find(|flag| !flag.is_built()).copied();
        let Some(flag) = flag else { return };
        let settings =
            FlagSettings { environment: BTreeMap::from([(flag, true)]), ..FlagSettings::default() };
        let decision = decide_flag(flag, &settings, Some((true, FlagReason::Remote)));
        assert_eq!(decision, FlagDecision { is_on: false, reason: FlagReason::NotBuilt });
    }

    #[test]
    fn a_persons_own_switch_goes_before_the_one_for_everybody() {
        let flag = Flag::Chat;
        let switches = [
            row(flag, None, FlagMode::Off),
            row(flag, Some(person(2)), FlagMode::On),
            row(Flag::SafetyChecks, None, FlagMode::On),
        ];
        assert_eq!(switched(flag, of(2), &switches), Some((true, FlagReason::Person)));
        assert_eq!(switched(flag, of(3), &switches), Some((false, FlagReason::Switch)));
        let studio = FlagContext { organization: None, person: None };
        assert_eq!(switched(flag, studio, &switches), Some((false, FlagReason::Switch)));
        let foreign = FlagContext { organization: Some(OrganizationId(Uuid::from_u128(7))), ..of(2) };
        assert_eq!(switched(flag, foreign, &switches), None, "another organization's switches are its own");
    }

    #[test]
    fn a_share_is_about_so_many_people_and_others_for_another_flag() {
        let in_share = |flag, percent| (0..10_000).filter(|n| is_in_share(flag, person(*n), percent)).count();
        assert_eq!((in_share(Flag::Chat, 0), in_share(Flag::Chat, 100)), (0, 10_000));
        let quarter = in_share(Flag::Chat, 25);
        assert!((2_350..=2_650).contains(&quarter), "{quarter} of 10,000");
        let both = (0..10_000)
            .filter(|n| {
                is_in_share(Flag::Chat, person(*n), 25) && is_in_share(Flag::SafetyChecks, person(*n), 25)
            })
            .count();
        assert!((500..=750).contains(&both), "a sixteenth: {both} of 10,000");
    }

    proptest! {
        #[test]
        fn whoever_is_in_a_share_is_in_every_larger_one(number: u128, small in 0_u8..=100, more in 0_u8..=100) {
            let large = small.saturating_add(more).min(100);
            let is_in = |percent| is_in_share(Flag::Chat, person(number), percent);
            prop_assert!(!is_in(small) || is_in(large));
        }
    }
}
