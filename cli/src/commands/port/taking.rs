//! What `patientport port accept` writes to the home: the number of the new key before it is published, and what the port
//! is to this home once it shows that key.

use alloy::primitives::Address;
use patientport_client::Actor;
use patientport_core::keys::IdentitySeed;

use super::reserved::Reserved;
use crate::args::port::AcceptArgs;
use crate::context::{ChosenPort, Context, Wallet};
use crate::error::Error;
use crate::home::HomeError;
use crate::home::pins::{Pin, PinState, Subject};
use crate::home::ports::{KnownPort, Ports, free_name, next_key_index};

/// Who takes a port over.
pub(super) struct Taker {
    pub(super) wallet: Wallet,
    pub(super) identity: String,
    pub(super) seed: IdentitySeed,
}

/// Writes the number of the new key beside what the home knows of the port: that of an earlier run, or one that no port
/// has had.
pub(super) fn reserve(
    context: &Context,
    chosen: &ChosenPort,
    args: &AcceptArgs,
    taker: &Taker,
) -> Result<Reserved, Error> {
    let least = context.home().derived(&taker.seed)?.next_patient_key;
    let (chain_id, address) = (chosen.port.chain().chain_id(), chosen.port.address());
    let reserved = context.home().change_ports(|ports| {
        let earlier = entry(ports, chain_id, address);
        let name = match (&earlier, &args.name) {
            (Some((name, _)), None) => name.clone(),
            _ => free_name(ports, args.name.as_deref(), address)?,
        };
        let mut known = match &earlier {
            Some((earlier, known)) => {
                ports.remove(earlier);
                known.clone()
            }
            None => KnownPort::of_another(chain_id, address),
        };
        let is_same = known.next_identity.as_ref() == Some(&taker.identity);
        let index = known
            .next_key
            .filter(|_| is_same)
            .unwrap_or_else(|| next_key_index(ports, &taker.identity).max(least));
        // A number that the port has had under this identity is used up.
        let index = match (&known.identity, known.key_index) {
            (Some(identity), Some(used)) if *identity == taker.identity => {
                index.max(used.saturating_add(1))
            }
            _ => index,
        };
        known.next_key = Some(index);
        known.next_identity = Some(taker.identity.clone());
        known.registry = Some(chosen.port.registry().address());
        known.account = Some(taker.wallet.name.clone());
        ports.insert(name.clone(), known.clone());
        Ok::<_, HomeError>(Reserved {
            name,
            index,
            written: known,
            earlier,
        })
    })?;
    Ok(reserved)
}

pub(super) fn entry(ports: &Ports, chain_id: u64, address: Address) -> Option<(String, KnownPort)> {
    let mut ports = ports.iter();
    ports
        .find(|(_, known)| known.chain_id == chain_id && known.address == address)
        .map(|(name, known)| (name.clone(), known.clone()))
}

/// Remembers that the port is this home's, with this key and these names.
pub(super) fn settle(
    context: &Context,
    chosen: &ChosenPort,
    name: &str,
    taker: &Taker,
    index: u32,
    actor: &Actor,
) -> Result<(), Error> {
    let port = &chosen.port;
    let chain_id = port.chain().chain_id();
    context.home().change_ports(|ports| {
        let known = ports
            .entry(name.to_owned())
            .or_insert_with(|| KnownPort::of_another(chain_id, port.address()));
        known.registry = Some(port.registry().address());
        known.account = Some(taker.wallet.name.clone());
        known.identity = Some(taker.identity.clone());
        known.key_index = Some(index);
        known.next_key = None;
        known.next_identity = None;
        let held = actor.keyring().held().map(|(section, _)| section);
        for section in held {
            if let Some(told) = actor.keyring().name(section) {
                known.sections.insert(section.get(), told.to_owned());
            }
        }
        Ok(())
    })?;
    context.home().keep_pins(&[Pin {
        chain_id,
        subject: Subject::Account(port.address()),
        fingerprint: taker
            .seed
            .patient_key(index)
            .public()
            .fingerprint()
            .to_string(),
        // This home's own key: whatever stood there is the former owner's.
        state: PinState::Replaced,
    }])?;
    Ok(())
}
