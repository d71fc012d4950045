//! Arithmetic on 256-bit numbers and hashing. Results overwrite the first operand; numbers are
//! big-endian; dividing by zero gives zero, as in the EVM.

use super::{Fault, Frame, pricing};
use alloy_primitives::{U256, keccak256};

impl Frame<'_, '_> {
    pub(in crate::vm) fn math_div(&mut self, value: u32, divisor: u32) -> Result<(), Fault> {
        self.divide(value, divisor, U256::checked_div)
    }

    pub(in crate::vm) fn math_mod(&mut self, value: u32, modulus: u32) -> Result<(), Fault> {
        self.divide(value, modulus, U256::checked_rem)
    }

    fn divide(
        &mut self,
        value: u32,
        by: u32,
        operation: impl FnOnce(U256, U256) -> Option<U256>,
    ) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 3 * pricing::POINTER + pricing::DIV)?;
        let result = operation(self.read_number(value)?, self.read_number(by)?);
        self.write_number(value, result.unwrap_or(U256::ZERO))
    }

    pub(in crate::vm) fn math_pow(&mut self, value: u32, exponent: u32) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 3 * pricing::POINTER)?;
        let exponent = self.read_word(exponent)?;
        self.pay_ink(pricing::pow(&exponent))?;
        let base = self.read_number(value)?;
        self.write_number(value, base.wrapping_pow(exponent.into()))
    }

    pub(in crate::vm) fn math_add_mod(
        &mut self,
        value: u32,
        addend: u32,
        modulus: u32,
    ) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 4 * pricing::POINTER + pricing::ADD_MOD)?;
        let (a, b) = (self.read_number(value)?, self.read_number(addend)?);
        let modulus = self.read_number(modulus)?;
        self.write_number(value, a.add_mod(b, modulus))
    }

    pub(in crate::vm) fn math_mul_mod(
        &mut self,
        value: u32,
        multiplier: u32,
        modulus: u32,
    ) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 4 * pricing::POINTER + pricing::MUL_MOD)?;
        let (a, b) = (self.read_number(value)?, self.read_number(multiplier)?);
        let modulus = self.read_number(modulus)?;
        self.write_number(value, a.mul_mod(b, modulus))
    }

    pub(in crate::vm) fn native_keccak256(
        &mut self,
        input: u32,
        bytes: u32,
        dest: u32,
    ) -> Result<(), Fault> {
        self.pay_ink(pricing::keccak(bytes))?;
        let hash = keccak256(self.slice(input, bytes)?);
        self.write_bytes(dest, hash.as_slice())
    }
}
