//! Arithmetic on 256-bit numbers and hashing. Results overwrite the first operand; numbers are
//! big-endian; dividing by zero gives zero, as in the EVM.

use super::{Fault, Frame, pricing};
use alloy_primitives::{U256, keccak256};

impl Frame<'_, '_> {
    pub(in crate::vm) fn math_div(&mut self, value: u32, divisor: u32) -> Result<(), Fault> {
        self.divide("math_div", value, divisor, U256::checked_div)
    }

    pub(in crate::vm) fn math_mod(&mut self, value: u32, modulus: u32) -> Result<(), Fault> {
        self.divide("math_mod", value, modulus, U256::checked_rem)
    }

    fn divide(
        &mut self,
        name: &'static str,
        value: u32,
        by: u32,
        operation: impl FnOnce(U256, U256) -> Option<U256>,
    ) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 3 * pricing::POINTER + pricing::DIV)?;
        let (a, b) = (self.read_number(value)?, self.read_number(by)?);
        let result = operation(a, b).unwrap_or(U256::ZERO);
        self.answer_math(name, value, &[a, b], result)
    }

    pub(in crate::vm) fn math_pow(&mut self, value: u32, exponent: u32) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + 3 * pricing::POINTER)?;
        let exponent = self.read_word(exponent)?;
        self.pay_ink(pricing::pow(&exponent))?;
        let base = self.read_number(value)?;
        let exponent = exponent.into();
        let result = base.wrapping_pow(exponent);
        self.answer_math("math_pow", value, &[base, exponent], result)
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
        let result = a.add_mod(b, modulus);
        self.answer_math("math_add_mod", value, &[a, b, modulus], result)
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
        let result = a.mul_mod(b, modulus);
        self.answer_math("math_mul_mod", value, &[a, b, modulus], result)
    }

    pub(in crate::vm) fn native_keccak256(
        &mut self,
        input: u32,
        bytes: u32,
        dest: u32,
    ) -> Result<(), Fault> {
        self.pay_ink(pricing::keccak(bytes))?;
        let hash = keccak256(self.slice(input, bytes)?);
        // The hash may overwrite what it is of.
        let preimage = if self.host.traces {
            self.slice(input, bytes)?.to_vec()
        } else {
            Vec::new()
        };
        self.write_bytes(dest, hash.as_slice())?;
        self.report("native_keccak256", &[&preimage], &[hash.as_slice()]);
        Ok(())
    }

    /// Writes a result over the first operand.
    fn answer_math(
        &mut self,
        name: &'static str,
        dest: u32,
        operands: &[U256],
        result: U256,
    ) -> Result<(), Fault> {
        self.write_number(dest, result)?;
        if self.host.traces {
            let operands: Vec<_> = operands.iter().map(U256::to_be_bytes::<32>).collect();
            self.report(
                name,
                &[operands.as_flattened()],
                &[&result.to_be_bytes::<32>()],
            );
        }
        Ok(())
    }
}
