//! Padded lengths that tell little: Padmé, PETS 2019-0056 §4.

/// The bits of a length that Padmé rounds away, as a mask.
fn mask(length: u64) -> u64 {
    let Some(exponent) = length.checked_ilog2().filter(|exponent| *exponent > 0) else {
        return 0;
    };
    let significant = exponent.ilog2() + 1;
    (1 << exponent.saturating_sub(significant)) - 1
}

/// The padded length of `length` bytes, at most 12 % more; none where it would not fit.
///
/// `E = ⌊log₂ L⌋`, `S = ⌊log₂ E⌋ + 1`; the low `E − S` bits of `L` are rounded up to zero.
///
/// # Examples
/// ```
/// # use patientport_core::record::padme;
/// assert_eq!(padme(9), Some(10));
/// assert_eq!(padme(1_000_001), Some(1_015_808));
/// ```
pub fn padme(length: u64) -> Option<u64> {
    let mask = mask(length);
    Some(length.checked_add(mask)? & !mask)
}

/// Whether some length pads to `length`.
pub(super) fn is_padded(length: u64) -> bool {
    length & mask(length) == 0
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_of_the_paper() {
        // Worked by hand from the formula: (L, padded).
        for (length, padded) in [
            (0, 0),
            (1, 1),
            (8, 8),
            (9, 10),
            (10, 10),
            (16, 16),
            (17, 18),
            (100, 104),
            (1024, 1024),
        ] {
            assert_eq!(padme(length), Some(padded), "{length}");
        }
        assert_eq!(padme(u64::MAX), None);
        assert_eq!(padme(1 << 63), Some(1 << 63));
    }

    proptest! {
        #[test]
        fn padding_is_small_and_stable(length in prop_oneof![0u64..100_000, 0..u64::MAX / 2]) {
            let padded = padme(length).unwrap();
            prop_assert!(padded >= length);
            prop_assert!(u128::from(padded - length) * 100 <= u128::from(length) * 12);
            prop_assert_eq!(padme(padded), Some(padded));
            prop_assert!(is_padded(padded));
            prop_assert_eq!(is_padded(length), padded == length);
        }
    }
}
