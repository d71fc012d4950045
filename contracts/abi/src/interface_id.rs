//! Interface ids (ERC-165).

/// The id of ERC-165 itself: the selector of `supportsInterface(bytes4)`.
pub const ERC165: u32 = 0x01ff_c9a7;

/// The id of an interface: the XOR of the selectors of all its functions but `supportsInterface`, which
/// ERC-165 counts as an interface of its own.
///
/// # Examples
/// ```
/// use patientport_abi::{IRegistry::IRegistryCalls, interface_id};
///
/// const ID: u32 = interface_id(IRegistryCalls::SELECTORS);
/// assert_ne!(ID, interface_id(&[]));
/// ```
pub const fn interface_id(selectors: &[[u8; 4]]) -> u32 {
    let mut id = 0;
    let mut rest = selectors;
    while let [selector, others @ ..] = rest {
        let selector = u32::from_be_bytes(*selector);
        if selector != ERC165 {
            id ^= selector;
        }
        rest = others;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        // `Simpson` of ERC-165: is2D() and skinColor().
        let (is_2d, skin_color) = (
            alloy_primitives::keccak256("is2D()"),
            alloy_primitives::keccak256("skinColor()"),
        );
        let selector = |hash: alloy_primitives::B256| *hash.0.first_chunk::<4>().unwrap_or(&[0; 4]);
        let expected =
            u32::from_be_bytes(selector(is_2d)) ^ u32::from_be_bytes(selector(skin_color));
        let selectors = [selector(is_2d), selector(skin_color)];
        assert_eq!(interface_id(&selectors), expected);
        let declared = [selectors[0], ERC165.to_be_bytes(), selectors[1]];
        assert_eq!(interface_id(&declared), expected);
        assert_eq!(interface_id(&[]), 0);
    }
}
