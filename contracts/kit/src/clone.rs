//! The code of a port: a minimal clone (EIP-1167) with its parties behind it.
//!
//! What never changes in a port's life lies in its code, where 200 gas a byte at creation buys what
//! 22,100 gas a word would buy in storage, and where nobody can initialise it a second time.
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

use alloc::vec::Vec;

use alloy_primitives::Address;

/// Length of a port's code.
pub const CLONE_BYTES: usize = 109;

/// Init code that returns the [`CLONE_BYTES`] bytes behind it.
const INIT: [u8; 10] = [0x3d, 0x60, 0x6d, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x81, 0xf3];
const HEAD: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
const TAIL: [u8; 15] = [
    0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3,
];

/// Whom a port was made by and for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parties {
    /// The registry that created the port.
    pub registry: Address,
    /// The provider that issued it.
    pub issuer: Address,
    /// The patient it was issued to, its first owner.
    pub patient: Address,
}

impl Parties {
    /// The init code of the `number`th port of a registry.
    pub fn init_code(&self, implementation: &Address, number: u32) -> Vec<u8> {
        let parts: [&[u8]; 8] = [
            &INIT,
            &HEAD,
            implementation.as_slice(),
            &TAIL,
            self.registry.as_slice(),
            self.issuer.as_slice(),
            self.patient.as_slice(),
            &number.to_be_bytes(),
        ];
        let mut code = Vec::with_capacity(INIT.len().saturating_add(CLONE_BYTES));
        for part in parts {
            code.extend_from_slice(part);
        }
        code
    }

    /// The parties in an account's code, if it has the length of a port's. Whether the account is a
    /// port of a registry is that registry's to say ([`init_code_of`]).
    pub fn of_code(code: &[u8]) -> Option<Self> {
        if code.len() != CLONE_BYTES {
            return None;
        }
        let account = |at: usize| {
            let bytes = code.get(at..)?.first_chunk::<20>()?;
            Some(Address::new(*bytes))
        };
        Some(Self {
            registry: account(45)?,
            issuer: account(65)?,
            patient: account(85)?,
        })
    }
}

/// The init code that makes an account of this code. An account whose address is the CREATE2 address
/// (EIP-1014) of this init code under a registry was created by that registry, with these parties.
pub fn init_code_of(code: &[u8]) -> Vec<u8> {
    let mut init = Vec::with_capacity(INIT.len().saturating_add(code.len()));
    init.extend_from_slice(&INIT);
    init.extend_from_slice(code);
    init
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use alloy_primitives::hex;

    use super::*;

    #[test]
    fn code_carries_implementation_and_parties() {
        let parties = Parties {
            registry: Address::repeat_byte(1),
            issuer: Address::repeat_byte(2),
            patient: Address::repeat_byte(3),
        };
        let init = parties.init_code(&Address::repeat_byte(0xcc), 7);
        let expected = [
            &hex!("3d606d80600a3d3981f3 363d3d373d3d3d363d73")[..],
            &[0xcc; 20],
            &hex!("5af43d82803e903d91602b57fd5bf3"),
            &[1; 20],
            &[2; 20],
            &[3; 20],
            &[0, 0, 0, 7],
        ]
        .concat();
        assert_eq!(init, expected);
        let code = init.get(10..).unwrap();
        assert_eq!(code.len(), CLONE_BYTES);
        assert_eq!(Parties::of_code(code), Some(parties));
        assert_eq!(init_code_of(code), init);
    }

    #[test]
    fn code_of_another_length_has_no_parties() {
        for length in [0, 45, 108, 110, 11_000] {
            assert_eq!(Parties::of_code(&alloc::vec![0; length]), None);
        }
    }
}
