//! The block, the transaction, the message and what is left of gas and ink.

use super::{Fault, Frame, pricing};
use alloy_primitives::{Address, U256};

impl Frame<'_, '_> {
    fn answer_bytes(&mut self, name: &'static str, dest: u32, bytes: &[u8]) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + pricing::POINTER)?;
        self.write_bytes(dest, bytes)?;
        self.report(name, &[], &[bytes]);
        Ok(())
    }

    fn answer_number(&mut self, name: &'static str, dest: u32, number: U256) -> Result<(), Fault> {
        self.answer_bytes(name, dest, &number.to_be_bytes::<32>())
    }

    fn answer_address(
        &mut self,
        name: &'static str,
        dest: u32,
        address: Address,
    ) -> Result<(), Fault> {
        self.answer_bytes(name, dest, address.as_slice())
    }

    fn answer_u32(&mut self, name: &'static str, value: u32) -> Result<u32, Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        self.report(name, &[], &[&value.to_be_bytes()]);
        Ok(value)
    }

    fn answer_u64(&mut self, name: &'static str, value: u64) -> Result<u64, Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        self.report(name, &[], &[&value.to_be_bytes()]);
        Ok(value)
    }

    pub(in crate::vm) fn block_basefee(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_number("block_basefee", dest, self.host.env.block_basefee)
    }

    pub(in crate::vm) fn chainid(&mut self) -> Result<u64, Fault> {
        self.answer_u64("chainid", self.host.env.chain_id)
    }

    pub(in crate::vm) fn block_coinbase(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_address("block_coinbase", dest, self.host.env.block_coinbase)
    }

    pub(in crate::vm) fn block_gas_limit(&mut self) -> Result<u64, Fault> {
        self.answer_u64("block_gas_limit", self.host.env.block_gas_limit)
    }

    pub(in crate::vm) fn block_number(&mut self) -> Result<u64, Fault> {
        self.answer_u64("block_number", self.host.env.block_number)
    }

    pub(in crate::vm) fn block_timestamp(&mut self) -> Result<u64, Fault> {
        self.answer_u64("block_timestamp", self.host.env.block_timestamp)
    }

    pub(in crate::vm) fn contract_address(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_address("contract_address", dest, self.host.env.contract_address)
    }

    /// Gas left after paying for this call.
    pub(in crate::vm) fn evm_gas_left(&mut self) -> Result<u64, Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        let gas = self.gas_left();
        self.report("evm_gas_left", &[], &[&gas.to_be_bytes()]);
        Ok(gas)
    }

    /// Ink left after paying for this call.
    pub(in crate::vm) fn evm_ink_left(&mut self) -> Result<u64, Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        self.report("evm_ink_left", &[], &[&self.ink.to_be_bytes()]);
        Ok(self.ink)
    }

    pub(in crate::vm) fn msg_reentrant(&mut self) -> Result<u32, Fault> {
        self.answer_u32("msg_reentrant", u32::from(self.host.env.reentrant))
    }

    pub(in crate::vm) fn msg_sender(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_address("msg_sender", dest, self.host.env.msg_sender)
    }

    pub(in crate::vm) fn msg_value(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_number("msg_value", dest, self.host.env.msg_value)
    }

    pub(in crate::vm) fn tx_gas_price(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_number("tx_gas_price", dest, self.host.env.tx_gas_price)
    }

    pub(in crate::vm) fn tx_ink_price(&mut self) -> Result<u32, Fault> {
        self.answer_u32("tx_ink_price", self.host.env.ink_price)
    }

    pub(in crate::vm) fn tx_origin(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_address("tx_origin", dest, self.host.env.tx_origin)
    }
}
