//! Calls, creations and the data they return.

use super::{Fault, Frame, length, pricing};
use crate::vm::api::{CallKind, ProgramCall, ProgramCallResult, ProgramCreate};
use alloy_primitives::{Address, B256, Bytes, U256};

/// What a call answers when it succeeded.
const CALL_SUCCEEDED: u32 = 0;
/// What a call answers after any failure.
const CALL_FAILED: u32 = 2;

/// Where a call's arguments lie in the program's memory.
pub(in crate::vm) struct CallArguments {
    pub(in crate::vm) address: u32,
    pub(in crate::vm) calldata: u32,
    pub(in crate::vm) calldata_bytes: u32,
    /// Only a plain call has one.
    pub(in crate::vm) value: Option<u32>,
    /// Gas to give, not a pointer.
    pub(in crate::vm) gas: u64,
    pub(in crate::vm) return_length: u32,
}

/// Where a creation's arguments lie in the program's memory.
pub(in crate::vm) struct CreateArguments {
    pub(in crate::vm) code: u32,
    pub(in crate::vm) code_bytes: u32,
    pub(in crate::vm) endowment: u32,
    /// Only `create2` has one.
    pub(in crate::vm) salt: Option<u32>,
    pub(in crate::vm) address: u32,
    pub(in crate::vm) revert_length: u32,
}

impl Frame<'_, '_> {
    pub(in crate::vm) fn call(
        &mut self,
        kind: CallKind,
        arguments: &CallArguments,
    ) -> Result<u32, Fault> {
        self.pay_ink(pricing::HOSTIO + 3 * pricing::POINTER + pricing::API)?;
        // Once to read it, once to hand it over.
        self.pay_for_read(arguments.calldata_bytes)?;
        self.pay_for_read(arguments.calldata_bytes)?;
        let gas_left = self.gas_left();
        let call = ProgramCall {
            kind,
            address: self.read_address(arguments.address)?,
            calldata: self.read_bytes(arguments.calldata, arguments.calldata_bytes)?,
            value: arguments
                .value
                .map_or(Ok(U256::ZERO), |value| self.read_number(value))?,
            gas_left,
            gas_requested: arguments.gas.min(gas_left),
        };
        let result = if self.host.env.is_static && !call.value.is_zero() {
            ProgramCallResult::default()
        } else {
            self.host.api.call(call)?
        };
        self.pay_gas(result.gas_cost)?;
        self.write_u32(arguments.return_length, length(&result.output))?;
        self.host.return_data = result.output;
        Ok(if result.success {
            CALL_SUCCEEDED
        } else {
            CALL_FAILED
        })
    }

    pub(in crate::vm) fn create(&mut self, arguments: &CreateArguments) -> Result<(), Fault> {
        let salt_pointer = arguments.salt.map_or(0, |_| pricing::POINTER);
        self.pay_ink(pricing::HOSTIO + 3 * pricing::POINTER + salt_pointer + pricing::API)?;
        self.pay_for_read(arguments.code_bytes)?;
        self.pay_for_read(arguments.code_bytes)?;
        let init_code = self.read_bytes(arguments.code, arguments.code_bytes)?;
        let endowment = self.read_number(arguments.endowment)?;
        let salt: Option<B256> = arguments
            .salt
            .map(|salt| self.read_word(salt))
            .transpose()?;
        let gas_left = self.gas_left();
        self.host.refuse_static("contract creation")?;
        let create = ProgramCreate {
            init_code,
            endowment,
            salt,
            gas_left,
        };
        let result = self.host.api.create(create)?;
        self.pay_gas(result.gas_cost)?;
        let address = result.address.unwrap_or(Address::ZERO);
        self.write_u32(arguments.revert_length, length(&result.output))?;
        self.write_bytes(arguments.address, address.as_slice())?;
        self.host.return_data = result.output;
        Ok(())
    }

    pub(in crate::vm) fn read_return_data(
        &mut self,
        dest: u32,
        offset: u32,
        size: u32,
    ) -> Result<u32, Fault> {
        self.pay_ink(pricing::HOSTIO + pricing::API)?;
        // A cheap handle, so that the memory can be written while it is read.
        let data: Bytes = self.host.return_data.clone();
        self.write_part(&data, dest, offset, size)
    }

    pub(in crate::vm) fn return_data_size(&mut self) -> Result<u32, Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        Ok(length(&self.host.return_data))
    }

    /// Pays for and writes what exists of `size` bytes of `data` from `offset`; answers how many.
    fn write_part(&mut self, data: &[u8], dest: u32, offset: u32, size: u32) -> Result<u32, Fault> {
        let rest = data.get(offset as usize..).unwrap_or(&[]);
        let bytes = length(rest).min(size);
        self.pay_for_write(bytes)?;
        let part = &rest[..bytes as usize];
        if !part.is_empty() {
            self.write_bytes(dest, part)?;
        }
        Ok(bytes)
    }
}
