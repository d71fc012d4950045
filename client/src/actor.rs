//! Who acts at a port: its patient, or a delegate whom the patient has given rights. Both are compared with what the
//! node shows once, and never asked about again.

use alloy::primitives::Address;
use patientport_core::keys::PublicKey;
use patientport_core::section::{SecretEntry, SectionSet};

use crate::error::{Error, Result};
use crate::identity::IdentityKeys;
use crate::keyring::Keyring;
use crate::port::{DelegateRights, Delegation, Port, PortInfo};
use crate::rotation::Recipient;
use crate::units::Timestamp;

/// As what an account may act at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The port's patient: it may do everything.
    Patient,
    /// A delegate whose delegation runs.
    Delegate(Delegation),
}

impl Role {
    /// The role of an account at a port now. Needs no key.
    ///
    /// `clock` is the caller's idea of the time: see [`Chain::now`](crate::Chain::now).
    ///
    /// # Errors
    /// [`Error::NotThePatient`] for somebody without a role; [`Error::DelegationOver`].
    pub async fn of(
        port: &Port,
        info: &PortInfo,
        account: Address,
        clock: Timestamp,
    ) -> Result<Self> {
        if account == info.patient {
            return Ok(Self::Patient);
        }
        let now = port.chain().now(clock).await?;
        let delegation = port.holder_of(account, now).await?.delegation;
        if delegation.is_live {
            return Ok(Self::Delegate(delegation));
        }
        Err(if delegation.rights.is_empty() {
            Error::NotThePatient {
                port: port.address(),
                owner: info.patient,
                account,
            }
        } else {
            Error::DelegationOver {
                port: port.address(),
                account,
                until: delegation.until,
            }
        })
    }

    /// Refuses a delegate who has none of the rights, of which one is needed.
    ///
    /// # Errors
    /// [`Error::RightMissing`].
    pub fn require(&self, port: &Port, account: Address, needed: DelegateRights) -> Result<()> {
        match self {
            Self::Delegate(delegation) if !delegation.rights.intersects(needed) => {
                Err(Error::RightMissing {
                    port: port.address(),
                    account,
                    has: delegation.rights,
                    needed,
                })
            }
            _ => Ok(()),
        }
    }
}

/// Somebody ready to act at a port: account and identity are the caller's own, and were found to be what the port
/// shows. Whatever is sealed to the patient is sealed to the key given here, whatever a node says later.
#[derive(Clone, Debug)]
pub struct Actor {
    port: Port,
    account: Address,
    role: Role,
    patient: Address,
    patient_key: PublicKey,
    identity: Option<IdentityKeys>,
    keyring: Keyring,
}

impl Actor {
    /// The patient: compares account and the identity's key in use with what the port shows, and collects the section
    /// secrets.
    ///
    /// # Errors
    /// [`Error::NotClaimed`]; those of [`Self::patient_with_info`].
    pub async fn patient(port: &Port, account: Address, identity: IdentityKeys) -> Result<Self> {
        let info = port.claimed_info().await?;
        Self::patient_with_info(port, &info, account, identity).await
    }

    /// As [`Self::patient`], with what the port said before.
    ///
    /// # Errors
    /// [`Error::NotThePatient`]; [`Error::WrongPatientKey`]; those of reading the log.
    pub async fn patient_with_info(
        port: &Port,
        info: &PortInfo,
        account: Address,
        identity: IdentityKeys,
    ) -> Result<Self> {
        if info.patient != account {
            return Err(Error::NotThePatient {
                port: port.address(),
                owner: info.patient,
                account,
            });
        }
        if info.patient_key()? != identity.public() {
            return Err(Error::WrongPatientKey {
                port: port.address(),
            });
        }
        let keyring = Keyring::collect(port, account, &identity).await?;
        Ok(Self {
            port: port.clone(),
            account,
            role: Role::Patient,
            patient: account,
            patient_key: identity.public(),
            identity: Some(identity),
            keyring,
        })
    }

    /// Who has just become the patient of a port that still shows the former patient's key, with the secrets that it
    /// could collect so far.
    pub fn new_owner(
        port: &Port,
        account: Address,
        identity: IdentityKeys,
        keyring: Keyring,
    ) -> Self {
        Self {
            port: port.clone(),
            account,
            role: Role::Patient,
            patient: account,
            patient_key: identity.public(),
            identity: Some(identity),
            keyring,
        }
    }

    /// A delegate. `patient_key` is the port's, as the caller compared it with what it knows. Without an identity there
    /// are no section secrets: enough for ending access, and for saying no.
    ///
    /// # Errors
    /// [`Error::DelegationOver`]; [`Error::WrongDelegateKey`] if the port shows another key for it; those of reading
    /// the log.
    pub async fn delegate(
        port: &Port,
        patient: (Address, PublicKey),
        account: Address,
        delegation: Delegation,
        identity: Option<IdentityKeys>,
    ) -> Result<Self> {
        if !delegation.is_live {
            return Err(Error::DelegationOver {
                port: port.address(),
                account,
                until: delegation.until,
            });
        }
        let keyring = match &identity {
            Some(identity) if Some(identity.public()) != delegation.key => {
                return Err(Error::WrongDelegateKey {
                    port: port.address(),
                    account,
                });
            }
            Some(identity) => Keyring::collect(port, account, identity).await?,
            None => Keyring::default(),
        };
        Ok(Self {
            port: port.clone(),
            account,
            role: Role::Delegate(delegation),
            patient: patient.0,
            patient_key: patient.1,
            identity,
            keyring,
        })
    }

    /// The port.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// The account that acts.
    pub fn account(&self) -> Address {
        self.account
    }

    /// As what it acts.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Until when it may act as a delegate; `None` for the patient.
    pub fn acts_until(&self) -> Option<Timestamp> {
        match self.role {
            Role::Patient => None,
            Role::Delegate(delegation) => Some(delegation.until),
        }
    }

    /// The port's patient.
    pub fn patient_account(&self) -> Address {
        self.patient
    }

    /// The patient's key, that requests and section secrets are sealed to.
    pub fn patient_key(&self) -> PublicKey {
        self.patient_key
    }

    /// The keys that open what was sealed to this account; none if they were not needed.
    pub fn identity(&self) -> Option<&IdentityKeys> {
        self.identity.as_ref()
    }

    /// The section secrets.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The same, with secrets that were just made, whether the chain shows them yet or not.
    #[must_use]
    pub fn with_secrets(&self, made: &[SecretEntry]) -> Self {
        let mut actor = self.clone();
        actor.keyring.insert(made);
        actor
    }

    /// The patient as one who is given section secrets.
    pub(crate) fn patient_recipient(&self, sections: SectionSet) -> Recipient {
        Recipient {
            account: self.patient,
            key: self.patient_key,
            sections,
        }
    }
}
