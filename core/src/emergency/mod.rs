//! Emergency packages: section secrets that neither the responder nor a custodian can open alone,
//! `docs/record-format.md` §2.
//!
//! The secrets are sealed to the responder, and that message again to each custodian: HPKE in HPKE. Once the chain
//! grants the emergency access, any one custodian takes its layer off ([`Package::open_layer`]) and hands the rest to
//! the responder ([`open_emergency_secrets`]).

mod error;
mod package;

use alloy_primitives::Address;
use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};

pub use error::EmergencyError;
pub use package::{MAX_CUSTODIANS, MAX_PACKAGE_BYTES, Package};

use crate::keys::{PublicKey, SecretKey};
use crate::seal::{self, OpenError, Purpose, SealContext};
use crate::section::{SecretEntry, open_secrets, seal_secrets};

/// What a package is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PackagePlace {
    /// The chain that the port lives on.
    pub chain_id: u64,
    /// The port.
    pub port: Address,
    /// The account that made the package: the patient or a delegate.
    pub sender: Address,
    /// The responder that it is for in the end.
    pub responder: Address,
}

impl PackagePlace {
    /// What a custodian's layer is bound to.
    const fn layer(&self, custodian: Address) -> SealContext {
        SealContext {
            purpose: Purpose::EmergencyLayer,
            chain_id: self.chain_id,
            port: self.port,
            sender: self.sender,
            recipient: custodian,
            request_id: 0,
        }
    }

    /// What the responder's message is bound to.
    const fn secrets(&self) -> SealContext {
        SealContext {
            purpose: Purpose::EmergencySecrets,
            chain_id: self.chain_id,
            port: self.port,
            sender: self.sender,
            recipient: self.responder,
            request_id: 0,
        }
    }

    /// What a layer binds of the responder, in place of a list.
    fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.responder).into()
    }
}

/// Makes a package of `entries`, whose sections ascend strictly, for 1 to [`MAX_CUSTODIANS`] custodians in any order.
///
/// Draws the ephemeral key of the responder's message (32 bytes) and then one for each custodian, by ascending account.
///
/// # Errors
/// [`EmergencyError::CustodianCount`], [`EmergencyError::CustodianRepeated`], [`EmergencyError::Secrets`].
pub fn seal_package(
    place: &PackagePlace,
    responder_key: &PublicKey,
    custodians: &[(Address, PublicKey)],
    entries: &[SecretEntry],
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<Package, EmergencyError> {
    let count = custodians.len();
    if !(1..=MAX_CUSTODIANS).contains(&count) {
        return Err(EmergencyError::CustodianCount { count });
    }
    let mut custodians = custodians.to_vec();
    custodians.sort_by_key(|(account, _)| *account);
    if let Some(pair) = custodians.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(EmergencyError::CustodianRepeated {
            custodian: pair[0].0,
        });
    }
    let message = seal_secrets(&place.secrets(), responder_key, entries, rng)?;
    let layers = custodians
        .iter()
        .map(|(account, key)| {
            let context = place.layer(*account);
            let (enc, sealed) =
                seal::seal_parts(&context, key, &place.digest(), &[], &message, rng);
            (*account, [enc.as_slice(), &sealed].concat())
        })
        .collect();
    Ok(Package::new(*place, layers))
}

/// Opens the responder's message, which a custodian took out of a package.
///
/// # Security
/// A sender can seal any scalar, and a custodian can hand over any bytes: compare each secret's public half with the
/// section's key on chain.
///
/// # Errors
/// [`OpenError`].
pub fn open_emergency_secrets(
    place: &PackagePlace,
    secret: &SecretKey,
    message: &[u8],
) -> Result<Vec<SecretEntry>, OpenError> {
    open_secrets(&place.secrets(), secret, message)
}

#[cfg(test)]
mod tests;
