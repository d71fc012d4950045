//! National Provider Identifiers (US, 45 CFR 162.406).

/// What the digits of the prefix 80840 add to the Luhn sum of the fifteen digits.
const PREFIX_SUM: u64 = 24;

/// Whether `npi` has ten digits, begins with 1 or 2 and ends with the right check digit: Luhn
/// (ISO/IEC 7812-1 annex B) over the prefix 80840 and all ten digits.
pub(crate) fn is_valid(npi: u64) -> bool {
    if !(1_000_000_000..3_000_000_000).contains(&npi) {
        return false;
    }
    let mut rest = npi;
    let mut sum = PREFIX_SUM;
    for place in 0..10_u32 {
        let digit = rest % 10;
        rest /= 10;
        let weighted = digit << (place & 1);
        sum = sum.wrapping_add(weighted / 10).wrapping_add(weighted % 10);
    }
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_and_defective_numbers() {
        for good in [1_234_567_893, 1_993_999_998] {
            assert!(is_valid(good), "{good}");
        }
        for bad in [
            0,
            1,
            1_234_567_890,
            123_456_789,
            12_345_678_930,
            3_234_567_893,
            999_999_999,
        ] {
            assert!(!is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn one_check_digit_fits_each_stem() {
        for stem in [
            100_000_000_u64,
            199_999_999,
            200_000_000,
            299_999_999,
            123_456_789,
        ] {
            let fitting = (0..10).filter(|digit| is_valid(stem * 10 + digit)).count();
            assert_eq!(fitting, 1, "{stem}");
        }
    }

    #[test]
    fn the_prefix_constant_is_the_luhn_sum_of_80840() {
        // In the fifteen digits 80840‖npi, place 0 is the check digit; the prefix has places 10..15.
        let sum: u64 = [0_u64, 4, 8, 0, 8]
            .iter()
            .enumerate()
            .map(|(index, digit)| {
                if (index + 10) % 2 == 1 {
                    digit * 2
                } else {
                    *digit
                }
            })
            .map(|value| value / 10 + value % 10)
            .sum();
        assert_eq!(sum, PREFIX_SUM);
    }
}
