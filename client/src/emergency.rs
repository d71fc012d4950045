//! Emergency access: who is named, what the packages hold and whether they are up to date, and the four steps of an
//! emergency - arming, breaking the glass, releasing, reading.
//!
//! A package lies in a store like any blob. Nothing that a store gives is believed before it has the hash that stands on
//! chain, names this chain, port and responder, and was made by the account that put that hash there.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent;
use patientport_core::abi::IPatientPort::{self, IPatientPortEvents as Event};
use patientport_core::abi::IRegistry::EncryptionKeySet;
use patientport_core::emergency::{
    EmergencyError, MAX_PACKAGE_BYTES, Package, PackagePlace, seal_package,
};
use patientport_core::keys::PublicKey;
use patientport_core::rand_core::CryptoRngCore;
use patientport_core::seal::{Purpose, open_message, seal_message};
use patientport_core::section::{SectionSet, peek_secrets};
use patientport_core::text::EmergencyText;
use zeroize::Zeroizing;

use crate::access::context;
use crate::actor::Actor;
use crate::chain::{Emitted, Transaction};
use crate::error::{Error, Result};
use crate::history::{PortEvent, history};
use crate::identity::IdentityKeys;
use crate::port::{Emergency, EmergencyState, Port, SectionKey};
use crate::store::{BlobId, BlobStore};
use crate::units::Timestamp;

/// One of the three who pass an emergency package on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Custodian {
    /// Its number, 0 to 2.
    pub index: u8,
    /// The account.
    pub account: Address,
    /// The key that the patient set for it; `None` if that is no point of the curve.
    pub key: Option<PublicKey>,
}

impl Port {
    /// The custodians that are named, by their numbers.
    ///
    /// # Errors
    /// The chain's.
    pub async fn custodians(&self) -> Result<Vec<Custodian>> {
        let call = IPatientPort::custodiansCall {};
        let custodians = self.chain().call(self.address(), &call).await?;
        Ok((0..)
            .zip(custodians)
            .filter(|(_, it)| !it.account.is_zero())
            .map(|(index, it)| Custodian {
                index,
                account: it.account,
                key: PublicKey::from_chain(it.keyX, it.keyParity).ok(),
            })
            .collect())
    }
}

/// What the history tells of a responder's package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackageTold {
    /// Its BLAKE3.
    pub commitment: B256,
    /// Who made it: the patient of that time, or a delegate.
    pub sender: Address,
    /// When it was named.
    pub at: Timestamp,
    /// The sections that it is for.
    pub sections: SectionSet,
    /// Sections of it that have other keys by now: what it holds opens nothing that was added since.
    pub rotated: SectionSet,
    /// Whether a custodian was named, changed or removed since: new ones have no layer in it.
    pub custodians_changed: bool,
    /// Whether the responder has published another key since: who has lost the old one can open nothing.
    pub responder_key_changed: bool,
    /// Block and index of the event that named it.
    position: (u64, u64),
}

impl PackageTold {
    /// Whether it should be made anew.
    pub fn is_outdated(&self) -> bool {
        !self.rotated.is_empty() || self.custodians_changed || self.responder_key_changed
    }
}

/// The packages that are in force, by responder.
///
/// # Errors
/// Those of reading the [`history`] and the registry's log.
pub async fn packages(port: &Port) -> Result<BTreeMap<Address, PackageTold>> {
    let mut packages = told_packages(history(port).await?.events());
    if packages.is_empty() {
        return Ok(packages);
    }
    // Read from the log: the registry's program is not run, so its silence keeps no package from being seen.
    let registry = port.registry();
    let query = registry
        .events()
        .with_topic(0, [EncryptionKeySet::SIGNATURE_HASH])
        .with_topic(1, packages.keys().map(Address::into_word));
    for log in registry.chain().logs(&query).await? {
        let (Ok(event), Some(at)) = (EncryptionKeySet::decode_log(&log.inner), Emitted::of(&log))
        else {
            continue;
        };
        if let Some(package) = packages.get_mut(&event.provider)
            && package.position < (at.block, at.index)
        {
            package.responder_key_changed = true;
        }
    }
    Ok(packages)
}

/// What a port's own history tells of packages.
fn told_packages(events: &[PortEvent]) -> BTreeMap<Address, PackageTold> {
    let mut told: BTreeMap<Address, PackageTold> = BTreeMap::new();
    let mut owner = Address::ZERO;
    for PortEvent { emitted, event, at } in events {
        let position = (emitted.block, emitted.index);
        match event {
            Event::Claimed(it) => owner = it.patient,
            Event::OwnershipTransferred(it) => owner = it.newOwner,
            Event::ResponderSet(it) if it.sections == 0 => {
                told.remove(&it.responder);
            }
            Event::ResponderSet(it) => {
                let package = PackageTold {
                    commitment: it.package,
                    sender: owner,
                    at: *at,
                    sections: SectionSet::from_bits(it.sections),
                    rotated: SectionSet::EMPTY,
                    custodians_changed: false,
                    responder_key_changed: false,
                    position,
                };
                told.insert(it.responder, package);
            }
            Event::EmergencyPackageSet(it) => {
                if let Some(package) = told.get_mut(&it.responder) {
                    package.commitment = it.package;
                    package.sender = it.by;
                    package.at = *at;
                    package.rotated = SectionSet::EMPTY;
                    package.custodians_changed = false;
                    package.position = position;
                }
            }
            Event::SectionsRotated(it) => {
                let rotated = SectionSet::from_bits(it.sections);
                for package in told.values_mut() {
                    let of_it = rotated.intersection(package.sections);
                    package.rotated = package.rotated.union(of_it);
                }
            }
            Event::CustodianSet(_) => {
                for package in told.values_mut() {
                    package.custodians_changed = true;
                }
            }
            _ => {}
        }
    }
    told
}

/// Whoever made packages for a responder, the newest last; each once.
pub(crate) fn note_sender(senders: &mut Vec<Address>, sender: Address) {
    senders.retain(|known| *known != sender);
    senders.push(sender);
}

/// How a broken glass stands in the history.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The sealed reason.
    pub message: Vec<u8>,
    /// When.
    pub at: Timestamp,
    /// Who released the package since, in order; each custodian once.
    pub released_by: Vec<Address>,
}

/// The newest breaking of the glass by each responder.
pub fn broken(events: &[PortEvent]) -> BTreeMap<Address, Broken> {
    let mut broken: BTreeMap<Address, Broken> = BTreeMap::new();
    for PortEvent { event, at, .. } in events {
        match event {
            Event::GlassBroken(it) => {
                let glass = Broken {
                    message: it.message.to_vec(),
                    at: *at,
                    released_by: Vec::new(),
                };
                broken.insert(it.responder, glass);
            }
            Event::EmergencyReleased(it) => {
                if let Some(glass) = broken.get_mut(&it.responder)
                    && !glass.released_by.contains(&it.custodian)
                {
                    glass.released_by.push(it.custodian);
                }
            }
            _ => {}
        }
    }
    broken
}

/// Where emergency access stands, by the port's own word on whether it is open: neither this machine's clock nor the time
/// that one node tells opens a window early. On top of what is not in a block yet, for an idle chain's newest block is
/// old.
///
/// # Errors
/// The chain's.
pub async fn standing(
    port: &Port,
    responder: Address,
    emergency: &Emergency,
) -> Result<EmergencyState> {
    if emergency.state != EmergencyState::Open {
        return Ok(emergency.state);
    }
    for section in emergency.sections.iter() {
        let call = IPatientPort::hasAccessCall {
            reader: responder,
            section: section.get(),
        };
        if !port.chain().call_pending(port.address(), &call).await? {
            return Ok(EmergencyState::Pending);
        }
    }
    Ok(EmergencyState::Open)
}

impl Actor {
    /// Makes an emergency package of the current secrets of sections, for a responder, to be released by any of the
    /// custodians. Keys are those that the caller compared with what it knows.
    ///
    /// # Errors
    /// [`Error::NoMatchingKey`], [`Error::WrongSectionKey`] if the key ring lacks a current secret;
    /// [`Error::Emergency`].
    pub fn package(
        &self,
        (responder, key): (Address, &PublicKey),
        sections: &[SectionKey],
        custodians: &[(Address, PublicKey)],
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<Package> {
        let entries = self.keyring().checked_entries(sections)?;
        let place = PackagePlace {
            chain_id: self.port().chain().chain_id(),
            port: self.port().address(),
            sender: self.account(),
            responder,
        };
        Ok(seal_package(&place, key, custodians, &entries, rng)?)
    }
}

/// Gets a responder's package from a store, and believes it only if it is the one that stands on chain, about this
/// port and responder, and made by whom the history names. Blocking.
///
/// # Errors
/// [`Error::Package`] if no store has it intact; [`Error::Emergency`] with what it gets wrong.
pub fn fetch_package(
    port: &Port,
    responder: Address,
    told: &PackageTold,
    store: &dyn BlobStore,
) -> Result<Package> {
    let bytes = store
        .get(&BlobId(told.commitment), MAX_PACKAGE_BYTES as u64)
        .map_err(|source| Error::Package {
            responder,
            source: Box::new(source),
        })?;
    let place = PackagePlace {
        chain_id: port.chain().chain_id(),
        port: port.address(),
        sender: told.sender,
        responder,
    };
    Ok(Package::check(&bytes, told.commitment, &place)?)
}

/// Takes a custodian's layer off: the responder's message, and the sections that it says it is about.
///
/// # Errors
/// [`Error::Emergency`] if there is no layer for the custodian, it does not open with these keys, or what is inside is
/// no message of section secrets.
pub fn open_layer(
    package: &Package,
    custodian: Address,
    identity: &IdentityKeys,
) -> Result<(Zeroizing<Vec<u8>>, SectionSet)> {
    let mut opened = Err(EmergencyError::NoLayer { custodian });
    for key in identity.all() {
        opened = package.open_layer(custodian, key);
        if !matches!(opened, Err(EmergencyError::AuthenticationFailed)) {
            break;
        }
    }
    let message = opened?;
    let inside = peek_secrets(&message).map_err(EmergencyError::from)?;
    let sections = inside.iter().map(|(section, _)| *section).collect();
    Ok((message, sections))
}

/// Composes the breaking of the glass by `responder`, its reason sealed to the patient.
///
/// # Errors
/// [`Error::Text`].
pub fn break_glass(
    port: &Port,
    (patient, key): (Address, &PublicKey),
    responder: Address,
    text: &EmergencyText,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<Transaction> {
    let context = context(port, Purpose::EmergencyReason, responder, patient, 0);
    let message = seal_message(&context, key, &text.to_bytes()?, rng);
    Ok(port.break_glass(message))
}

/// Opens a responder's reason, with the patient's keys of this port. The responder's own words: escape before showing.
///
/// # Errors
/// [`Error::Open`]; [`Error::Text`].
pub fn read_reason(
    port: &Port,
    patient: Address,
    responder: Address,
    message: &[u8],
    identity: &IdentityKeys,
) -> Result<EmergencyText> {
    let context = context(port, Purpose::EmergencyReason, responder, patient, 0);
    let text = identity.open(|key| open_message(&context, key, message))?;
    Ok(EmergencyText::from_bytes(&text)?)
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Bytes;
    use patientport_core::abi::IPatientPort as abi;

    use super::*;

    const PATIENT: Address = Address::repeat_byte(1);
    const DELEGATE: Address = Address::repeat_byte(2);
    const WARD: Address = Address::repeat_byte(3);

    fn told(events: Vec<Event>) -> Vec<PortEvent> {
        let event = |(index, event)| PortEvent {
            emitted: Emitted {
                block: index,
                index: 0,
                tx: B256::ZERO,
            },
            at: Timestamp(index),
            event,
        };
        (0..).zip(events).map(event).collect()
    }

    fn claimed() -> Event {
        Event::Claimed(abi::Claimed {
            patient: PATIENT,
            keyX: B256::ZERO,
            keyParity: 0,
        })
    }

    fn armed(sections: u64, byte: u8) -> Event {
        Event::ResponderSet(abi::ResponderSet {
            responder: WARD,
            sections,
            delay: 1,
            window: 1,
            package: B256::repeat_byte(byte),
        })
    }

    fn rotated(sections: u64) -> Event {
        Event::SectionsRotated(abi::SectionsRotated {
            by: PATIENT,
            sections,
            epochs: Vec::new(),
            keys: Vec::new(),
            parities: 0,
            links: Bytes::new(),
        })
    }

    #[test]
    fn a_package_is_outdated_once_one_of_its_sections_or_a_custodian_changes() {
        let events = told(vec![claimed(), rotated(0b111), armed(0b011, 7)]);
        let package = told_packages(&events)[&WARD];
        assert_eq!((package.sender, package.is_outdated()), (PATIENT, false));

        let mut more = vec![claimed(), armed(0b011, 7), rotated(0b100)];
        assert!(!told_packages(&told(more.clone()))[&WARD].is_outdated());
        more.push(rotated(0b110));
        let package = told_packages(&told(more.clone()))[&WARD];
        assert_eq!(package.rotated, SectionSet::from_bits(0b010));

        more.push(Event::EmergencyPackageSet(abi::EmergencyPackageSet {
            responder: WARD,
            by: DELEGATE,
            package: B256::repeat_byte(8),
        }));
        let package = told_packages(&told(more.clone()))[&WARD];
        assert_eq!((package.sender, package.is_outdated()), (DELEGATE, false));
        assert_eq!(package.commitment, B256::repeat_byte(8));

        more.push(Event::CustodianSet(abi::CustodianSet {
            index: 0,
            account: DELEGATE,
            keyX: B256::ZERO,
            keyParity: 0,
        }));
        assert!(told_packages(&told(more.clone()))[&WARD].custodians_changed);
        more.push(armed(0, 0));
        assert!(told_packages(&told(more)).is_empty());
    }

    #[test]
    fn a_package_armed_after_a_transfer_is_the_new_owners() {
        let transferred = Event::OwnershipTransferred(abi::OwnershipTransferred {
            previousOwner: PATIENT,
            newOwner: DELEGATE,
        });
        let events = told(vec![claimed(), armed(1, 7), transferred, armed(1, 8)]);
        assert_eq!(told_packages(&events)[&WARD].sender, DELEGATE);
    }

    #[test]
    fn a_glass_broken_anew_waits_for_a_release_of_its_own() {
        let glass = || {
            Event::GlassBroken(abi::GlassBroken {
                responder: WARD,
                opensAt: 1,
                closesAt: 2,
                message: Bytes::new(),
            })
        };
        let release = Event::EmergencyReleased(abi::EmergencyReleased {
            responder: WARD,
            custodian: DELEGATE,
            message: Bytes::new(),
        });
        let mut events = vec![glass(), release.clone(), release];
        let by = |events: &[Event]| broken(&told(events.to_vec()))[&WARD].released_by.clone();
        assert_eq!(by(&events), [DELEGATE]);
        events.push(glass());
        assert!(by(&events).is_empty());
    }
}
