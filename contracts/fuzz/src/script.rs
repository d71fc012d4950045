//! From bytes to calls and back.
//!
//! | offset | length | content |
//! |---|---|---|
//! | 0 | 1 | which prepared contract, modulo their number |
//!
//! Then one call after another, at most [`MAX_CALLS`]:
//!
//! | offset | length | content |
//! |---|---|---|
//! | 0 | 1 | sender, an index into the subject's accounts, modulo their number |
//! | 1 | 1 | bits 0..3 how long to wait before it ([`WAITS`]), bit 7 whether it carries ether |
//! | 2 | 2 | length of the calldata, big-endian; more than there is = all there is |
//! | 4 | | calldata |
//!
//! Every string of bytes is a script.

use patientport_abi::limits;

/// Calls beyond these are not read.
pub(crate) const MAX_CALLS: usize = 32;

const DAY: u64 = 24 * 60 * 60;
/// Seconds before a call; on both sides of an hour, and as long as requests live.
pub(crate) const WAITS: [u64; 8] = [
    0,
    1,
    3599,
    3600,
    DAY,
    10 * DAY,
    limits::REQUEST_LIFETIME_SECS,
    365 * DAY,
];
const PAID: u8 = 0x80;

/// A contract in some state, and calls to it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Script {
    pub(crate) world: u8,
    pub(crate) calls: Vec<Call>,
}

/// One call.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Call {
    pub(crate) sender: u8,
    /// An index into [`WAITS`].
    pub(crate) wait: u8,
    /// Whether it carries ether.
    pub(crate) paid: bool,
    pub(crate) input: Vec<u8>,
}

impl Script {
    pub(crate) fn read(data: &[u8]) -> Self {
        let Some((world, mut rest)) = data.split_first() else {
            return Self::default();
        };
        let mut calls = Vec::new();
        while calls.len() < MAX_CALLS
            && let Some(([sender, timing, high, low], tail)) = rest.split_first_chunk()
        {
            let length = usize::from(u16::from_be_bytes([*high, *low])).min(tail.len());
            let (input, after) = tail.split_at(length);
            rest = after;
            calls.push(Call {
                sender: *sender,
                wait: timing & 7,
                paid: timing & PAID != 0,
                input: input.to_vec(),
            });
        }
        Self {
            world: *world,
            calls,
        }
    }

    /// The bytes that read as this script.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut data = vec![self.world];
        for call in &self.calls {
            let length = u16::try_from(call.input.len()).expect("a script's calls are short");
            let paid = if call.paid { PAID } else { 0 };
            data.extend([call.sender, call.wait | paid]);
            data.extend(length.to_be_bytes());
            data.extend(&call.input);
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_survive_writing_and_reading() {
        let script = Script {
            world: 3,
            calls: vec![
                Call {
                    sender: 1,
                    wait: 7,
                    paid: true,
                    input: vec![1, 2, 3],
                },
                Call::default(),
            ],
        };
        assert_eq!(Script::read(&script.write()), script);
    }

    #[test]
    fn every_string_of_bytes_is_a_script() {
        assert_eq!(Script::read(&[]), Script::default());
        let cut = Script::read(&[2, 1, 0, 0xff, 0xff, 9, 9]);
        assert_eq!(cut.calls[0].input, [9, 9]);
        assert_eq!(Script::read(&[2, 1, 0, 0]).calls, []);
        assert_eq!(Script::read(&[0; 4 * 100]).calls.len(), MAX_CALLS);
    }
}
