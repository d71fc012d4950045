//! Storage through the frame's cache, and transient storage.

use super::{Fault, Frame, pricing};
use crate::vm::api::ApiError;
use alloy_primitives::U256;

/// `ArbOS` version from which a flush that cannot be paid is out of ink. Before, it ended the program in
/// a revert that kept the gas.
const FLUSH_OUT_OF_INK_ARBOS: u64 = 50;

impl Frame<'_, '_> {
    pub(in crate::vm) fn storage_load_bytes32(&mut self, key: u32, dest: u32) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 2 * pricing::POINTER)?;
        let api_gas = pricing::API / u64::from(self.host.env.ink_price.max(1));
        self.require_gas(pricing::COLD_SLOAD_GAS + pricing::CACHE_ACCESS_GAS + api_gas)?;
        let key = self.read_number(key)?;
        let mut gas = self.host.storage.read_gas();
        let value = if let Some(value) = self.host.storage.get(key) {
            value
        } else {
            let loaded = self.host.api.storage_load(key)?;
            gas = gas.saturating_add(loaded.gas).saturating_add(api_gas);
            self.host.storage.fill(key, loaded.value);
            loaded.value
        };
        self.pay_gas(gas)?;
        self.write_number(dest, value)?;
        self.report_slot("storage_load_bytes32", key, value, true);
        Ok(())
    }

    pub(in crate::vm) fn storage_cache_bytes32(
        &mut self,
        key: u32,
        value: u32,
    ) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 2 * pricing::POINTER)?;
        self.require_gas(pricing::SSTORE_SENTRY_GAS + pricing::CACHE_ACCESS_GAS)?;
        let key = self.read_number(key)?;
        let value = self.read_number(value)?;
        let gas = self.host.storage.write_gas();
        self.pay_gas(gas)?;
        self.host.storage.write(key, value);
        self.report_slot("storage_cache_bytes32", key, value, false);
        Ok(())
    }

    pub(in crate::vm) fn storage_flush_cache(&mut self, clear: u32) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + pricing::API)?;
        self.require_gas(pricing::SSTORE_SENTRY_GAS)?;
        let dirty = self.host.storage.dirty();
        if !dirty.is_empty() {
            self.host.refuse_static("storage write")?;
            // One more than is held is offered; spending it runs out of ink here rather than there.
            let budget = self.gas_left().saturating_add(1);
            let gas = match self.host.api.storage_flush(&dirty, budget) {
                Err(ApiError::OutOfGas) if self.host.env.arbos_version < FLUSH_OUT_OF_INK_ARBOS => {
                    return Err(Fault::Failure("flush exceeds the gas left".to_owned()));
                }
                flushed => flushed?,
            };
            self.host.storage.settle();
            self.pay_gas(gas)?;
        }
        if clear != 0 {
            self.host.storage.clear();
        }
        self.report("storage_flush_cache", &[&[u8::from(clear != 0)]], &[]);
        Ok(())
    }

    pub(in crate::vm) fn transient_load_bytes32(
        &mut self,
        key: u32,
        dest: u32,
    ) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 2 * pricing::POINTER + pricing::API)?;
        self.pay_gas(pricing::TRANSIENT_GAS)?;
        let key = self.read_number(key)?;
        let value = self.host.api.transient_load(key)?;
        self.write_number(dest, value)?;
        self.report_slot("transient_load_bytes32", key, value, true);
        Ok(())
    }

    pub(in crate::vm) fn transient_store_bytes32(
        &mut self,
        key: u32,
        value: u32,
    ) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 2 * pricing::POINTER + pricing::API)?;
        self.pay_gas(pricing::TRANSIENT_GAS)?;
        let key = self.read_number(key)?;
        let value = self.read_number(value)?;
        self.host.refuse_static("transient write")?;
        self.host.api.transient_store(key, value)?;
        self.report_slot("transient_store_bytes32", key, value, false);
        Ok(())
    }

    fn report_slot(&mut self, name: &'static str, key: U256, value: U256, loaded: bool) {
        if self.host.traces {
            let (key, value) = (key.to_be_bytes::<32>(), value.to_be_bytes::<32>());
            if loaded {
                self.report(name, &[&key], &[&value]);
            } else {
                self.report(name, &[&key, &value], &[]);
            }
        }
    }
}
