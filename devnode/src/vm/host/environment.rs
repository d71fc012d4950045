//! The block, the transaction, the message and what is left of gas and ink.

use super::{Fault, Frame, pricing};
use alloy_primitives::{Address, U256};

impl Frame<'_, '_> {
    fn answer_number(&mut self, dest: u32, number: U256) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + pricing::POINTER)?;
        self.write_number(dest, number)
    }

    fn answer_address(&mut self, dest: u32, address: Address) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + pricing::POINTER)?;
        self.write_bytes(dest, address.as_slice())
    }

    fn answer<T>(&mut self, value: T) -> Result<T, Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        Ok(value)
    }

    pub(in crate::vm) fn block_basefee(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_number(dest, self.host.env.block_basefee)
    }

    pub(in crate::vm) fn chainid(&mut self) -> Result<u64, Fault> {
        self.answer(self.host.env.chain_id)
    }

    pub(in crate::vm) fn block_coinbase(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_address(dest, self.host.env.block_coinbase)
    }

    pub(in crate::vm) fn block_gas_limit(&mut self) -> Result<u64, Fault> {
        self.answer(self.host.env.block_gas_limit)
    }

    pub(in crate::vm) fn block_number(&mut self) -> Result<u64, Fault> {
        self.answer(self.host.env.block_number)
    }

    pub(in crate::vm) fn block_timestamp(&mut self) -> Result<u64, Fault> {
        self.answer(self.host.env.block_timestamp)
    }

    pub(in crate::vm) fn contract_address(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_address(dest, self.host.env.contract_address)
    }

    /// Gas left after paying for this call.
    pub(in crate::vm) fn evm_gas_left(&mut self) -> Result<u64, Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        Ok(self.gas_left())
    }

    /// Ink left after paying for this call.
    pub(in crate::vm) fn evm_ink_left(&mut self) -> Result<u64, Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        Ok(self.ink)
    }

    pub(in crate::vm) fn msg_reentrant(&mut self) -> Result<u32, Fault> {
        self.answer(u32::from(self.host.env.reentrant))
    }

    pub(in crate::vm) fn msg_sender(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_address(dest, self.host.env.msg_sender)
    }

    pub(in crate::vm) fn msg_value(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_number(dest, self.host.env.msg_value)
    }

    pub(in crate::vm) fn tx_gas_price(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_number(dest, self.host.env.tx_gas_price)
    }

    pub(in crate::vm) fn tx_ink_price(&mut self) -> Result<u32, Fault> {
        self.answer(self.host.env.ink_price)
    }

    pub(in crate::vm) fn tx_origin(&mut self, dest: u32) -> Result<(), Fault> {
        self.answer_address(dest, self.host.env.tx_origin)
    }
}
