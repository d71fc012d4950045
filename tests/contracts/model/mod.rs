//! What a port must do, said a second time: plain Rust over plain collections, written from the interface
//! and from `docs/access-model.md`. It shares with the contracts the ABI's types and the limits, nothing else.

mod delegates;
mod emergency;
mod grants;
mod holders;
mod parties;
mod records;
pub(crate) mod registry;
mod requests;
mod sections;
mod signed;
mod views;

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use alloy_primitives::{Address, B256, LogData, keccak256};
use alloy_sol_types::{SolError, SolEvent};
use patientport_abi::IPatientPort::{self as abi, IPatientPortCalls as Call};

pub(crate) use grants::Grant;
pub(crate) use registry::Registry;
pub(crate) use requests::Request;
pub(crate) use sections::Section;
pub(crate) use signed::{HALF_ORDER, digest};

/// A result, or what the call reverts with.
pub(crate) type Done<T> = Result<T, Vec<u8>>;

#[expect(clippy::needless_pass_by_value, reason = "made where it is returned")]
fn refuse<T>(error: impl SolError) -> Done<T> {
    Err(error.abi_encode())
}

/// Calldata that is none of the port's.
fn malformed<T>() -> Done<T> {
    Err(Vec::new())
}

/// The circumstances of one call.
#[derive(Clone, Copy)]
pub(crate) struct Now<'a> {
    pub(crate) caller: Address,
    pub(crate) time: u64,
    pub(crate) chain_id: u64,
    pub(crate) registry: &'a Registry,
    /// Within `execute`.
    pub(crate) signed: bool,
}

/// A port.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    pub(crate) address: Address,
    pub(crate) registry: Address,
    pub(crate) issuer: Address,
    pub(crate) claimed: bool,
    pub(crate) owner: Address,
    pub(crate) pending_owner: Address,
    pub(crate) primary_care: Address,
    pub(crate) key: (B256, u8),
    pub(crate) sections: BTreeMap<u8, Section>,
    /// Shared between the states before and after a call that leaves them alone.
    pub(crate) records: Rc<Vec<abi::Record>>,
    pub(crate) requests: Rc<Vec<Request>>,
    pub(crate) blocked: BTreeSet<Address>,
    /// The list of holders.
    pub(crate) list: Vec<Address>,
    pub(crate) grants: BTreeMap<Address, Grant>,
    pub(crate) delegates: BTreeMap<Address, abi::Delegate>,
    /// States are 0, 1, 2 (broken) and 5; what follows from time is derived.
    pub(crate) responders: BTreeMap<Address, abi::Responder>,
    pub(crate) custodians: [abi::Custodian; 3],
    pub(crate) nonce: u32,
    pub(crate) head: B256,
    /// Events of the call under way.
    events: Vec<LogData>,
}

impl Port {
    /// As it is issued.
    pub(crate) fn new(
        address: Address,
        registry: Address,
        issuer: Address,
        patient: Address,
    ) -> Self {
        Self {
            address,
            registry,
            issuer,
            claimed: false,
            owner: patient,
            pending_owner: Address::ZERO,
            primary_care: issuer,
            key: (B256::ZERO, 0),
            sections: BTreeMap::new(),
            records: Rc::default(),
            requests: Rc::default(),
            blocked: BTreeSet::new(),
            list: Vec::new(),
            grants: BTreeMap::new(),
            delegates: BTreeMap::new(),
            responders: BTreeMap::new(),
            custodians: Default::default(),
            nonce: 0,
            head: B256::ZERO,
            events: Vec::new(),
        }
    }

    /// Makes a call: what it returns and the events it leaves, or what it reverts with, and then
    /// nothing has happened.
    pub(crate) fn call(&mut self, now: Now<'_>, call: &Call) -> Done<(Vec<u8>, Vec<LogData>)> {
        let mut next = self.clone();
        let output = next.route(now, call)?;
        let events = std::mem::take(&mut next.events);
        *self = next;
        Ok((output, events))
    }

    fn route(&mut self, now: Now<'_>, call: &Call) -> Done<Vec<u8>> {
        match call {
            Call::claim(call) => self.claim(now, call),
            Call::setEncryptionKey(call) => self.set_encryption_key(now, call),
            Call::transferOwnership(call) => self.transfer_ownership(now, call),
            Call::acceptOwnership(_) => self.accept_ownership(now),
            Call::setPrimaryCare(call) => self.set_primary_care(now, call),
            Call::rotate(call) => self.rotate(now, call),
            Call::reseal(call) => self.reseal(now, call),
            Call::add(call) => return self.add(now, call),
            Call::supersede(call) => return self.supersede(now, call),
            Call::retract(call) => self.retract(now, call),
            Call::publish(call) => self.publish(now, call),
            Call::share(call) => self.share(now, call),
            Call::request(call) => return self.request(now, call),
            Call::cancel(call) => self.cancel(now, call),
            Call::deny(call) => self.deny(now, call),
            Call::setBlocked(call) => self.set_blocked(now, call),
            Call::approve(call) => self.approve(now, call),
            Call::grant(call) => self.grant(now, call),
            Call::revoke(call) => self.revoke(now, call),
            Call::setDelegate(call) => self.set_delegate(now, call),
            Call::setCustodian(call) => self.set_custodian(now, call),
            Call::setResponder(call) => self.set_responder(now, call),
            Call::setPackage(call) => self.set_package(now, call),
            Call::breakGlass(call) => self.break_glass(now, call),
            Call::veto(call) => self.veto(now, call),
            Call::release(call) => self.release(now, call),
            Call::execute(call) => return self.execute(now, call),
            Call::cancelSignatures(_) => self.cancel_signatures(now),
            view => return self.view(now.time, view),
        }?;
        Ok(Vec::new())
    }

    /// Leaves an event and folds it into the head: `keccak256(head ‖ topic count ‖ topics ‖ data length
    /// ‖ data ‖ time)`, under a count in the first five bytes.
    fn emit(&mut self, now: Now<'_>, event: &impl SolEvent) {
        let log = event.encode_log_data();
        self.head = fold(self.head, &log, now.time);
        self.events.push(log);
    }

    // --- who may --------------------------------------------------------------------------------

    fn must_be_claimed(&self) -> Done<()> {
        if self.claimed {
            Ok(())
        } else {
            refuse(abi::NotClaimed {})
        }
    }

    fn must_be_patient(&self, now: Now<'_>) -> Done<()> {
        self.must_be_claimed()?;
        if self.owner == now.caller {
            Ok(())
        } else {
            unauthorized(now)
        }
    }

    /// The caller is the patient, or a live delegate with one of these rights.
    fn must_act(&self, now: Now<'_>, rights: u8) -> Done<()> {
        self.must_be_claimed()?;
        if self.owner == now.caller || self.delegation(now.caller, now.time) & rights != 0 {
            Ok(())
        } else {
            unauthorized(now)
        }
    }

    fn must_be_verified(now: Now<'_>, provider: Address) -> Done<()> {
        if now.registry.is_verified(provider, now.time) {
            Ok(())
        } else {
            refuse(abi::UnverifiedProvider { provider })
        }
    }
}

/// The head after one more event.
pub(crate) fn fold(head: B256, log: &LogData, time: u64) -> B256 {
    let word = |number: u64| B256::left_padding_from(&number.to_be_bytes());
    let mut text = Vec::new();
    text.extend(head);
    text.extend(word(log.topics().len() as u64));
    for topic in log.topics() {
        text.extend(topic);
    }
    text.extend(word(log.data.len() as u64));
    text.extend(&log.data);
    text.extend(word(time));
    let mut next = keccak256(text);
    let count = u64::from_be_bytes([0, 0, 0, head[0], head[1], head[2], head[3], head[4]]) + 1;
    next[..5].copy_from_slice(&count.to_be_bytes()[3..]);
    next
}

fn unauthorized<T>(now: Now<'_>) -> Done<T> {
    refuse(abi::Unauthorized { caller: now.caller })
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

/// A byte string of 1 to `max` bytes, or of none where that is allowed.
fn must_fit(bytes: &[u8], may_be_empty: bool, max: u32) -> Done<()> {
    let given = length(bytes);
    if given <= max && (may_be_empty || given != 0) {
        Ok(())
    } else {
        refuse(abi::InvalidMessageLength { given, max })
    }
}

fn must_be_somebody(account: Address) -> Done<()> {
    if account == Address::ZERO {
        refuse(abi::InvalidAddress { account })
    } else {
        Ok(())
    }
}

/// x of a point is neither 0 nor the field prime or more; the parity is 0 or 1.
pub(crate) fn is_key(x: B256, parity: u8) -> bool {
    let prime = alloy_primitives::U256::MAX - alloy_primitives::U256::from((1_u64 << 32) + 976);
    let x = alloy_primitives::U256::from_be_bytes(x.0);
    !x.is_zero() && x < prime && parity <= 1
}

fn must_be_key(x: B256, parity: u8) -> Done<()> {
    if is_key(x, parity) {
        Ok(())
    } else {
        refuse(abi::InvalidKey { x, parity })
    }
}

fn must_be_reason(reason: u8, reasons: std::ops::RangeInclusive<u8>) -> Done<()> {
    if reasons.contains(&reason) {
        Ok(())
    } else {
        refuse(abi::InvalidReason { reason })
    }
}
