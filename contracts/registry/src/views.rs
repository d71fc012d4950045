//! Views. Pages are bounded.

use alloc::vec::Vec;

use alloy_primitives::Address;
use patientport_abi::limits;
use patientport_kit::{Args, Out, Slot, account};

use crate::{
    layout::{header, map, provider, single},
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

impl Registry {
    /// `owner()`.
    pub(crate) fn owner(&self) -> Vec<u8> {
        one_account(self.account_word(single::HEADER))
    }

    /// `pendingOwner()`.
    pub(crate) fn pending_owner(&self) -> Vec<u8> {
        one_account(self.account_word(single::PENDING_OWNER))
    }

    /// `portImplementation()`.
    pub(crate) fn port_implementation(&self) -> Vec<u8> {
        one_account(self.account_word(single::IMPLEMENTATION))
    }

    /// `isAttester(address account)`.
    pub(crate) fn is_attester(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        Ok(one_number(
            self.flag(map::ATTESTER, &args.account()?).into(),
        ))
    }

    /// `isPort(address account)`.
    pub(crate) fn is_port(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        Ok(one_number(self.flag(map::PORT, &args.account()?).into()))
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
        let kind_parity = provider::KIND_PARITY.byte(&word);
        let mut out = Out::new();
        out.number(provider::STATUS.get(&word))
            .number((kind_parity & !provider::PARITY_BIT).into())
            .number(provider::NPI.get(&word))
            .account(&account(&word))
            .number(provider::UNTIL.get(&word))
            .word(&self.load(Slot::account(map::KEY, &subject)).0)
            .number((kind_parity & provider::PARITY_BIT != 0).into())
            .word(&self.load(Slot::account(map::IDENTITY, &subject)).0);
        Ok(out.finish())
    }

    /// `providerByNpi(uint64 npi)`.
    pub(crate) fn provider_by_npi(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        Ok(one_account(self.npi_holder(args.u64()?)))
    }

    /// `providerCount()`.
    pub(crate) fn provider_count(&self) -> Vec<u8> {
        one_number(header::PROVIDERS.get(&self.header()))
    }

    /// `providers(uint32 from, uint32 limit)` → `address[]`; indices count from 0.
    pub(crate) fn providers(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let from = u64::from(args.u32()?);
        let limit = u64::from(args.u32()?.min(limits::MAX_PAGE));
        let length = header::PROVIDERS
            .get(&self.header())
            .saturating_sub(from)
            .min(limit);
        let mut out = Out::new();
        out.number(32).number(length);
        for index in from..from.wrapping_add(length) {
            out.account(&account(&self.load(Slot::number(map::LIST, index))));
        }
        Ok(out.finish())
    }
}
