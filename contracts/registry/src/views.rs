//! Views. Pages are bounded.

use alloc::vec::Vec;

use alloy_primitives::Address;
use patientport_abi::{ERC165, IRegistry::IRegistryCalls, interface_id, limits};
use patientport_kit::{Args, Out, Slot, account};

use crate::{
    layout::{attester, header, map, provider, single, tail},
    registry::{Registry, Result},
};

fn one_account(account: Address) -> Vec<u8> {
    let mut out = Out::new();
    out.account(&account);
    out.finish()
}

fn one_number(value: u64) -> Vec<u8> {
    let mut out = Out::new();
    out.number(value);
    out.finish()
}

/// `supportsInterface(bytes4 interfaceId)`.
pub(crate) fn supports_interface(args: &mut Args<'_>) -> Result<Vec<u8>> {
    const REGISTRY: u32 = interface_id(IRegistryCalls::SELECTORS);
    let id = args.bytes4()?;
    Ok(one_number((id == ERC165 || id == REGISTRY).into()))
}

impl Registry {
    /// `owner()`.
    pub(crate) fn owner(&self) -> Vec<u8> {
        self.single_account(single::HEADER)
    }

    /// `pendingOwner()`.
    pub(crate) fn pending_owner(&self) -> Vec<u8> {
        self.single_account(single::PENDING_OWNER)
    }

    /// `portImplementation()`.
    pub(crate) fn port_implementation(&self) -> Vec<u8> {
        self.single_account(single::IMPLEMENTATION)
    }

    fn single_account(&self, index: u8) -> Vec<u8> {
        one_account(account(&self.single(index)))
    }

    /// `isAttester(address account)`.
    pub(crate) fn is_attester(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let word = self.attester_word(&args.account()?);
        Ok(one_number(attester::ACTIVE.get(&word)))
    }

    /// `attesters(uint32 from, uint32 limit)` → `Attester[]`; the index of the first is 1.
    pub(crate) fn attesters(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let from = u64::from(args.u32()?);
        let limit = u64::from(args.u32()?.min(limits::MAX_PAGE));
        let length = header::ATTESTERS
            .get(&self.single(single::HEADER))
            .saturating_sub(from)
            .min(limit);
        let mut out = Out::new();
        out.number(32).number(length);
        for before in from..from.wrapping_add(length) {
            let account = self.attester_at(before.wrapping_add(1));
            let word = self.attester_word(&account);
            out.account(&account).number(attester::ACTIVE.get(&word));
        }
        Ok(out.finish())
    }

    /// `isPort(address account)`.
    pub(crate) fn is_port(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        Ok(one_number(self.issued(args.account()?).into()))
    }

    /// `isVerified(address account)`.
    pub(crate) fn is_verified(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        Ok(one_number(
            self.verified(&self.provider_word(&args.account()?)).into(),
        ))
    }

    /// `provider(address account)` → `Provider`.
    pub(crate) fn provider(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let subject = args.account()?;
        let word = self.provider_word(&subject);
        let mut out = Out::new();
        out.number(provider::status(&word).into())
            .number(provider::kind(&word).into())
            .number(provider::NPI.get(&word))
            .account(&self.attester_at(provider::ATTESTER.get(&word)))
            .number(provider::UNTIL.get(&word))
            .word(&self.load(Slot::account(map::KEY, &subject)).0)
            .number(provider::parity(&word).into())
            .word(&self.load(Slot::account(map::IDENTITY, &subject)).0);
        Ok(out.finish())
    }

    /// `providerByNpi(uint64 npi)`.
    pub(crate) fn provider_by_npi(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        Ok(one_account(self.npi_holder(args.u64()?)))
    }

    /// `providerCount()`.
    pub(crate) fn provider_count(&self) -> Vec<u8> {
        one_number(tail::PROVIDERS.get(&self.single(single::TAIL)))
    }

    /// `providers(address before, uint32 limit)` → `address[]`, the newest first.
    pub(crate) fn providers(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let before = args.account()?;
        let limit = args.u32()?.min(limits::MAX_PAGE);
        let start = if before.is_zero() {
            self.single(single::TAIL)
        } else {
            self.only_registered(before)?
        };
        let mut next = account(&start);
        let mut page = Vec::new();
        for _ in 0..limit {
            if next.is_zero() {
                break;
            }
            page.push(next.into_word().0);
            next = account(&self.provider_word(&next));
        }
        let mut out = Out::new();
        out.number(32).words(&page);
        Ok(out.finish())
    }
}
