//! The bytes of a package, and the layers in it.

use std::fmt;

use alloy_primitives::{Address, B256};
use zeroize::Zeroizing;

use super::{EmergencyError, PackagePlace};
use crate::keys::{PublicKey, SecretKey};
use crate::seal;

const MAGIC: &[u8; 8] = b"PPORTEMG";
const VERSION: u8 = 1;

/// Longest package, in bytes.
pub const MAX_PACKAGE_BYTES: usize = 32_768;

/// Most custodians of a package.
pub const MAX_CUSTODIANS: usize = 3;

/// A package whose form is right. Nothing in it is authentic yet.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | magic `PPORTEMG` |
/// | 8 | 1 | version = 1 |
/// | 9 | 8 | chain id |
/// | 17 | 20 | port |
/// | 37 | 20 | sender account |
/// | 57 | 20 | responder account |
/// | 77 | 1 | count, 1 to 3 |
/// | 78 | n | count × (custodian account (20) ‖ len16(layer)) |
#[derive(Clone, PartialEq, Eq)]
pub struct Package {
    place: PackagePlace,
    /// Custodians, strictly ascending, with what is sealed to them.
    layers: Vec<(Address, Vec<u8>)>,
}

impl Package {
    /// Of layers that ascend strictly.
    pub(super) const fn new(place: PackagePlace, layers: Vec<(Address, Vec<u8>)>) -> Self {
        Self { place, layers }
    }

    /// Reads a package. Compare [`Self::commitment`] and [`Self::place`] with the chain before believing it
    /// ([`Self::check`]).
    ///
    /// # Errors
    /// [`EmergencyError::Malformed`], [`EmergencyError::UnsupportedVersion`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EmergencyError> {
        const CUT: EmergencyError = EmergencyError::Malformed("it is cut short");
        if bytes.len() > MAX_PACKAGE_BYTES {
            return Err(EmergencyError::Malformed("it is longer than 32768 bytes"));
        }
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or(EmergencyError::Malformed("it does not open as a package"))?;
        let (&version, mut rest) = rest.split_first().ok_or(CUT)?;
        if version != VERSION {
            return Err(EmergencyError::UnsupportedVersion { version });
        }
        let place = PackagePlace {
            chain_id: u64::from_be_bytes(take(&mut rest).ok_or(CUT)?),
            port: take::<20>(&mut rest).ok_or(CUT)?.into(),
            sender: take::<20>(&mut rest).ok_or(CUT)?.into(),
            responder: take::<20>(&mut rest).ok_or(CUT)?.into(),
        };
        let [count] = take(&mut rest).ok_or(CUT)?;
        if !(1..=MAX_CUSTODIANS).contains(&usize::from(count)) {
            return Err(EmergencyError::Malformed(
                "it is for no custodian or for more than 3",
            ));
        }
        let mut layers = Vec::with_capacity(count.into());
        for _ in 0..count {
            let custodian: Address = take::<20>(&mut rest).ok_or(CUT)?.into();
            let length = u16::from_be_bytes(take(&mut rest).ok_or(CUT)?);
            let (layer, after) = rest.split_at_checked(length.into()).ok_or(CUT)?;
            rest = after;
            let (enc, _) = seal::split(layer)?;
            PublicKey::from_sec1(enc).or(Err(EmergencyError::Malformed(
                "an ephemeral key is no point of the curve",
            )))?;
            layers.push((custodian, layer.to_vec()));
        }
        if !rest.is_empty() {
            return Err(EmergencyError::Malformed("something follows its layers"));
        }
        if !layers.is_sorted_by(|left, right| left.0 < right.0) {
            return Err(EmergencyError::Malformed(
                "its custodians are not ascending",
            ));
        }
        Ok(Self { place, layers })
    }

    /// Reads the package that the chain commits to, and checks that it is about what the chain says.
    ///
    /// # Errors
    /// [`EmergencyError::CommitmentMismatch`], those of [`Self::parse`], [`EmergencyError::WrongPlace`]; in this order.
    pub fn check(
        bytes: &[u8],
        commitment: B256,
        place: &PackagePlace,
    ) -> Result<Self, EmergencyError> {
        if blake3::hash(bytes).as_bytes() != commitment.as_slice() {
            return Err(EmergencyError::CommitmentMismatch);
        }
        let package = Self::parse(bytes)?;
        if package.place != *place {
            return Err(EmergencyError::WrongPlace);
        }
        Ok(package)
    }

    /// The encoding of the table above.
    ///
    /// # Panics
    /// Never: a package has at most 3 layers, which are sealed messages of at most 8 KiB.
    pub fn to_bytes(&self) -> Vec<u8> {
        let place = &self.place;
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.push(VERSION);
        bytes.extend_from_slice(&place.chain_id.to_be_bytes());
        for account in [place.port, place.sender, place.responder] {
            bytes.extend_from_slice(account.as_slice());
        }
        bytes.push(u8::try_from(self.layers.len()).expect("there are at most 3 layers"));
        for (custodian, layer) in &self.layers {
            bytes.extend_from_slice(custodian.as_slice());
            let length = u16::try_from(layer.len()).expect("a sealed message has at most 8 KiB");
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(layer);
        }
        bytes
    }

    /// What goes on chain: BLAKE3 of the encoding.
    pub fn commitment(&self) -> B256 {
        B256::from(*blake3::hash(&self.to_bytes()).as_bytes())
    }

    #[cfg(test)]
    pub(super) fn layers(&self) -> &[(Address, Vec<u8>)] {
        &self.layers
    }

    /// What the package claims to be about.
    pub const fn place(&self) -> &PackagePlace {
        &self.place
    }

    /// The custodians, ascending.
    pub fn custodians(&self) -> impl Iterator<Item = Address> {
        self.layers.iter().map(|(custodian, _)| *custodian)
    }

    /// Takes a custodian's layer off: the message for the responder,
    /// [`open_emergency_secrets`](super::open_emergency_secrets).
    ///
    /// # Errors
    /// [`EmergencyError::NoLayer`], [`EmergencyError::AuthenticationFailed`].
    pub fn open_layer(
        &self,
        custodian: Address,
        secret: &SecretKey,
    ) -> Result<Zeroizing<Vec<u8>>, EmergencyError> {
        let (_, layer) = self
            .layers
            .iter()
            .find(|(account, _)| *account == custodian)
            .ok_or(EmergencyError::NoLayer { custodian })?;
        let (enc, ciphertext) = seal::split(layer)?;
        let digest = self.place.digest();
        Ok(seal::open_parts(
            &self.place.layer(custodian),
            secret,
            &digest,
            &[],
            enc,
            ciphertext,
        )?)
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package")
            .field("place", &self.place)
            .field("custodians", &self.layers.len())
            .finish_non_exhaustive()
    }
}

/// Takes the first `N` bytes off.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}
