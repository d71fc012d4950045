//! The code of a port: a minimal clone (EIP-1167) with the parties behind it, and what it proves.
//!
//! | offset | length | content |
//! |---|---|---|
//! | 0 | 10 | `363d3d373d3d3d363d73` |
//! | 10 | 20 | implementation |
//! | 30 | 15 | `5af43d82803e903d91602b57fd5bf3` |
//! | 45 | 20 | registry that created it |
//! | 65 | 20 | issuer, the first primary care provider |
//! | 85 | 20 | patient |
//! | 105 | 4 | number of the port at its registry, big-endian, from 1 |
//!
//! A registry creates it by CREATE2 (EIP-1014) with salt zero, so the port's address is a hash of registry and
//! code: whoever knows the two addresses needs nobody's word for the code.

use alloy::primitives::{Address, B256};

/// Length of a port's code.
const CLONE_BYTES: usize = 109;
const HEAD: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
const TAIL: [u8; 15] = [
    0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3,
];
/// Init code that returns the [`CLONE_BYTES`] bytes behind it: RETURNDATASIZE, PUSH1 109, DUP1, PUSH1 10,
/// RETURNDATASIZE, CODECOPY, DUP2, RETURN.
const INIT: [u8; 10] = [0x3d, 0x60, 0x6d, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x81, 0xf3];

/// What a port's code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortCode {
    /// The code that the port runs.
    pub implementation: Address,
    /// The registry that created it.
    pub registry: Address,
    /// The provider that issued it.
    pub issuer: Address,
    /// The patient it was issued to, its first owner.
    pub patient: Address,
    /// Its number at the registry, from 1.
    pub number: u32,
}

impl PortCode {
    /// Reads a port's code; `None` if it is anything else.
    pub fn parse(code: &[u8]) -> Option<Self> {
        if code.len() != CLONE_BYTES || !code.starts_with(&HEAD) || code.get(30..45)? != TAIL {
            return None;
        }
        let account = |at: usize| Some(Address::new(*code.get(at..)?.first_chunk()?));
        Some(Self {
            implementation: account(10)?,
            registry: account(45)?,
            issuer: account(65)?,
            patient: account(85)?,
            number: u32::from_be_bytes(*code.get(105..)?.first_chunk()?),
        })
    }

    /// Where the registry named creates an account of this code, and of no other.
    pub fn address(&self) -> Address {
        let init_code = [&INIT[..], &self.to_bytes()].concat();
        self.registry.create2_from_code(B256::ZERO, init_code)
    }

    fn to_bytes(self) -> Vec<u8> {
        let parts: [&[u8]; 7] = [
            &HEAD,
            self.implementation.as_slice(),
            &TAIL,
            self.registry.as_slice(),
            self.issuer.as_slice(),
            self.patient.as_slice(),
            &self.number.to_be_bytes(),
        ];
        parts.concat()
    }
}

#[cfg(test)]
mod tests {
    use alloy::hex;

    use super::*;

    const CODE: PortCode = PortCode {
        implementation: Address::repeat_byte(0xcc),
        registry: Address::repeat_byte(1),
        issuer: Address::repeat_byte(2),
        patient: Address::repeat_byte(3),
        number: 7,
    };

    fn bytes() -> Vec<u8> {
        [
            &hex!("363d3d373d3d3d363d73")[..],
            &[0xcc; 20],
            &hex!("5af43d82803e903d91602b57fd5bf3"),
            &[1; 20],
            &[2; 20],
            &[3; 20],
            &[0, 0, 0, 7],
        ]
        .concat()
    }

    #[test]
    fn the_parties_are_read_from_a_ports_code_and_from_nothing_else() {
        assert_eq!(PortCode::parse(&bytes()), Some(CODE));
        for index in (0..10).chain(30..45) {
            let mut altered = bytes();
            altered[index] ^= 1;
            assert_eq!(PortCode::parse(&altered), None, "byte {index}");
        }
        // A clone without parties, and ones with bytes too few or too many.
        for code in [
            &bytes()[..45],
            &bytes()[..108],
            &[bytes(), vec![0]].concat(),
            &[],
        ] {
            assert_eq!(PortCode::parse(code), None, "{} bytes", code.len());
        }
    }

    #[test]
    fn the_address_follows_from_every_byte_of_the_code() {
        // keccak256(0xff ‖ registry ‖ 0 ‖ keccak256(init code)), by another implementation.
        let init_code = [&hex!("3d606d80600a3d3981f3")[..], &bytes()].concat();
        let preimage = [
            &[0xff][..],
            &[1; 20],
            &[0; 32],
            alloy::primitives::keccak256(init_code).as_slice(),
        ]
        .concat();
        let hash = alloy::primitives::keccak256(preimage);
        assert_eq!(CODE.address(), Address::from_slice(&hash[12..]));
        for index in (10..30).chain(45..109) {
            let mut altered = bytes();
            altered[index] ^= 1;
            let other = PortCode::parse(&altered).map(|code| code.address());
            assert!(other.is_some_and(|it| it != CODE.address()), "byte {index}");
        }
    }
}
