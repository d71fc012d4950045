//! What a program can learn about accounts.

use super::{Fault, Frame, length, pricing};
use alloy_primitives::{Address, Bytes};

impl Frame<'_, '_> {
    pub(in crate::vm) fn account_balance(&mut self, address: u32, dest: u32) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 2 * pricing::POINTER + pricing::API)?;
        self.require_gas(pricing::COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        let balance = self.host.api.account_balance(address)?;
        self.pay_gas(balance.gas)?;
        self.write_number(dest, balance.value)?;
        let balance = balance.value.to_be_bytes::<32>();
        self.report("account_balance", &[address.as_slice()], &[&balance]);
        Ok(())
    }

    pub(in crate::vm) fn account_codehash(&mut self, address: u32, dest: u32) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 2 * pricing::POINTER + pricing::API)?;
        self.require_gas(pricing::COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        let hash = self.host.api.account_codehash(address)?;
        self.pay_gas(hash.gas)?;
        self.write_bytes(dest, hash.value.as_slice())?;
        self.report(
            "account_codehash",
            &[address.as_slice()],
            &[hash.value.as_slice()],
        );
        Ok(())
    }

    pub(in crate::vm) fn account_code(
        &mut self,
        address: u32,
        offset: u32,
        size: u32,
        dest: u32,
    ) -> Result<u32, Fault> {
        self.pay_ink(pricing::HOSTIO + pricing::API)?;
        self.require_gas(pricing::COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        let code = self.code_of(address)?;
        // The whole code is paid for, however little of it is wanted.
        self.pay_for_write(length(&code))?;
        let rest = code.get(offset as usize..).unwrap_or(&[]);
        let bytes = length(rest).min(size);
        // The pointer must be in bounds even if nothing is written.
        let part = &rest[..bytes as usize];
        self.write_bytes(dest, part)?;
        self.report(
            "account_code",
            &[
                address.as_slice(),
                &offset.to_be_bytes(),
                &size.to_be_bytes(),
            ],
            &[part],
        );
        Ok(bytes)
    }

    pub(in crate::vm) fn account_code_size(&mut self, address: u32) -> Result<u32, Fault> {
        self.pay_ink(pricing::HOSTIO + pricing::API)?;
        self.require_gas(pricing::COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        let bytes = length(&self.code_of(address)?);
        self.report(
            "account_code_size",
            &[address.as_slice()],
            &[&bytes.to_be_bytes()],
        );
        Ok(bytes)
    }

    /// The code of an account, paid for. The last one fetched is remembered and free, unless it was
    /// empty.
    fn code_of(&mut self, address: Address) -> Result<Bytes, Fault> {
        if let Some((_, code)) = self
            .host
            .last_code
            .as_ref()
            .filter(|(last, _)| *last == address)
        {
            return Ok(code.clone());
        }
        let code = self.host.api.account_code(address)?;
        if !code.value.is_empty() {
            self.host.last_code = Some((address, code.value.clone()));
        }
        self.pay_gas(code.gas)?;
        Ok(code.value)
    }
}
