//! HKDF-SHA256 (RFC 5869) with outputs that clear themselves.

use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// `HKDF-Extract(salt, ikm₁ ‖ ikm₂ ‖ …)`, RFC 5869 §2.2.
pub(crate) fn extract(salt: &[u8], ikm: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut hmac = HkdfExtract::<Sha256>::new(Some(salt));
    for part in ikm {
        hmac.input_ikm(part);
    }
    let (mut output, _) = hmac.finalize();
    let prk = Zeroizing::new(output.into());
    output.as_mut_slice().zeroize();
    prk
}

/// `HKDF-Expand(prk, info₁ ‖ info₂ ‖ …, N)`, RFC 5869 §2.3.
pub(crate) fn expand<const N: usize>(prk: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * 32, "HKDF-SHA256 gives at most 255 blocks") };
    let mut output = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::from_prk(prk)
        .expect("32 bytes are a whole SHA-256 output")
        .expand_multi_info(info, output.as_mut_slice())
        .expect("length was checked at compile time");
    output
}

/// Extract and expand in one step.
pub(crate) fn derive(salt: &[u8], ikm: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    expand(&extract(salt, &[ikm]), info)
}
