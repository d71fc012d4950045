//! A port's patient, compared with what the node shows once, and never asked about again.

use alloy::primitives::Address;
use patientport_core::keys::PublicKey;
use patientport_core::section::SectionSet;

use crate::error::{Error, Result};
use crate::identity::IdentityKeys;
use crate::keyring::Keyring;
use crate::port::{Port, PortInfo};
use crate::rotation::Recipient;

/// The patient of a port, ready to act: account and identity are the caller's own, and were found to be what the
/// port shows. Whatever is sealed to the patient is sealed to this key, whatever a node says later.
#[derive(Clone, Debug)]
pub struct Patient {
    port: Port,
    account: Address,
    identity: IdentityKeys,
    keyring: Keyring,
}

impl Patient {
    /// Compares account and the identity's key in use with what the port shows, and collects the section secrets.
    ///
    /// # Errors
    /// [`Error::NotClaimed`]; those of [`Self::with_info`].
    pub async fn open(port: &Port, account: Address, identity: IdentityKeys) -> Result<Self> {
        let info = port.claimed_info().await?;
        Self::with_info(port, &info, account, identity).await
    }

    /// As [`Self::open`], with what the port said before.
    ///
    /// # Errors
    /// [`Error::NotThePatient`]; [`Error::WrongPatientKey`]; those of reading the log.
    pub async fn with_info(
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
            identity,
            keyring,
        })
    }

    /// The port.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// The patient's account.
    pub fn account(&self) -> Address {
        self.account
    }

    /// The key that requests and section secrets are sealed to.
    pub fn key(&self) -> PublicKey {
        self.identity.public()
    }

    /// The secret half of [`Self::key`], and of those that the port showed before.
    pub fn identity(&self) -> &IdentityKeys {
        &self.identity
    }

    /// The section secrets.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The patient as one who is given section secrets.
    pub(crate) fn recipient(&self, sections: SectionSet) -> Recipient {
        Recipient {
            account: self.account,
            key: self.key(),
            sections,
        }
    }
}
