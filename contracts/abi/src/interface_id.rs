//! Interface identifiers (ERC-165).

/// The identifier of an interface with these functions: the exclusive or of their selectors without that of
/// `supportsInterface`, which ERC-165 leaves out.
pub const fn interface_id(selectors: &[[u8; 4]], supports_interface: [u8; 4]) -> u32 {
    let mut id = u32::from_be_bytes(supports_interface);
    let mut rest = selectors;
    while let [selector, tail @ ..] = rest {
        id ^= u32::from_be_bytes(*selector);
        rest = tail;
    }
    id
}
