//! Bytes of an input, taken one field after another. What is missing is zero.

use rand_core::{CryptoRng, Error, RngCore};

pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.array())
    }

    /// At most `length` bytes.
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Bytes of at most `limit`, as literals and runs, so that a short input gives a long text: a byte below 128
    /// opens a literal of one more than that, others a run of 1 to 8 times what two bytes say, of a fourth.
    pub(crate) fn unpack(&mut self, limit: usize) -> Vec<u8> {
        let mut text = Vec::new();
        while !self.0.is_empty() && text.len() < limit {
            let tag = self.byte();
            if tag < 128 {
                text.extend_from_slice(self.take(usize::from(tag) + 1));
            } else {
                let length = usize::from(self.u16()) * (usize::from(tag % 8) + 1);
                let value = self.byte();
                text.resize(text.len() + length, value);
            }
        }
        text.truncate(limit);
        text
    }
}

/// Gives the bytes it was made of, in order, and panics when they are used up.
pub(crate) struct FixedRng(pub(crate) Vec<u8>);

impl RngCore for FixedRng {
    fn next_u32(&mut self) -> u32 {
        unreachable!("the crate draws bytes only")
    }

    fn next_u64(&mut self) -> u64 {
        unreachable!("the crate draws bytes only")
    }

    fn fill_bytes(&mut self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.0[..buffer.len()]);
        self.0.drain(..buffer.len());
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(buffer);
        Ok(())
    }
}

impl CryptoRng for FixedRng {}
