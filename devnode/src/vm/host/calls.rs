//! Calls, creations and the data they return.

use super::{Fault, Frame, length, pricing};
use crate::vm::api::{CallKind, ProgramCall, ProgramCallResult, ProgramCreate};
use alloy_primitives::{Address, B256, Bytes, U256};

/// What a call answers when it succeeded.
const CALL_SUCCEEDED: u8 = 0;
/// What a call answers after any failure.
const CALL_FAILED: u8 = 2;

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
        let traced = self.host.traces.then(|| call.clone());
        let result = if self.host.env.is_static && !call.value.is_zero() {
            ProgramCallResult::default()
        } else {
            self.host.api.call(call)?
        };
        self.pay_gas(result.gas_cost)?;
        let output_bytes = length(&result.output);
        self.write_u32(arguments.return_length, output_bytes)?;
        self.host.return_data = result.output;
        let status = if result.success {
            CALL_SUCCEEDED
        } else {
            CALL_FAILED
        };
        if let Some(call) = traced {
            self.report_call(&call, arguments.gas, output_bytes, status);
        }
        Ok(u32::from(status))
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
        let traced = self.host.traces.then(|| create.clone());
        let result = self.host.api.create(create)?;
        self.pay_gas(result.gas_cost)?;
        let address = result.address.unwrap_or(Address::ZERO);
        self.write_u32(arguments.revert_length, length(&result.output))?;
        self.write_bytes(arguments.address, address.as_slice())?;
        if let Some(create) = traced {
            self.report_create(&create, address, length(&result.output));
        }
        self.host.return_data = result.output;
        Ok(())
    }

    /// Reports a call. `gas` is what the program asked for, before it was capped.
    fn report_call(&mut self, call: &ProgramCall, gas: u64, output_bytes: u32, status: u8) {
        let (address, gas) = (call.address.as_slice(), gas.to_be_bytes());
        let outs: [&[u8]; 2] = [&output_bytes.to_be_bytes(), &[status]];
        let plain: [&[u8]; 3] = [address, &gas, &call.calldata];
        match call.kind {
            CallKind::Call => {
                let value = call.value.to_be_bytes::<32>();
                let args: [&[u8]; 4] = [address, &gas, &value, &call.calldata];
                self.report("call_contract", &args, &outs);
            }
            CallKind::Delegate => self.report("delegate_call_contract", &plain, &outs),
            CallKind::Static => self.report("static_call_contract", &plain, &outs),
        }
    }

    fn report_create(&mut self, create: &ProgramCreate, address: Address, output_bytes: u32) {
        let endowment = create.endowment.to_be_bytes::<32>();
        let outs: [&[u8]; 2] = [address.as_slice(), &output_bytes.to_be_bytes()];
        match &create.salt {
            None => self.report("create1", &[&endowment, &create.init_code], &outs),
            Some(salt) => {
                let args: [&[u8]; 3] = [&endowment, salt.as_slice(), &create.init_code];
                self.report("create2", &args, &outs);
            }
        }
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
        let rest = data.get(offset as usize..).unwrap_or(&[]);
        let bytes = length(rest).min(size);
        self.pay_for_write(bytes)?;
        let part = &rest[..bytes as usize];
        if !part.is_empty() {
            self.write_bytes(dest, part)?;
        }
        self.report(
            "read_return_data",
            &[&offset.to_be_bytes(), &size.to_be_bytes()],
            &[part],
        );
        Ok(bytes)
    }

    pub(in crate::vm) fn return_data_size(&mut self) -> Result<u32, Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        let bytes = length(&self.host.return_data);
        self.report("return_data_size", &[], &[&bytes.to_be_bytes()]);
        Ok(bytes)
    }
}
