//! National provider identifiers of the United States.

use std::fmt;
use std::str::FromStr;

/// A number that cannot be an NPI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NpiError {
    /// Not ten decimal digits with a first digit that is not zero.
    #[error("`{text}` is not an NPI: ten digits, the first not zero")]
    Form {
        /// The text given, cut to 32 characters.
        text: String,
    },
    /// The last digit is not the check digit of the others.
    #[error("`{number}` is not an NPI: its check digit should be `{expected}`")]
    CheckDigit {
        /// The number given.
        number: u64,
        /// The digit that would make it valid.
        expected: u8,
    },
}

/// A ten-digit national provider identifier whose check digit is right.
///
/// The check digit is Luhn's (ISO/IEC 7812-1) over the digits prefixed with 80840, 45 CFR § 162.406.
/// Whether the number was ever assigned, and to whom, only an attester can say.
///
/// # Examples
/// ```
/// # use patientport_core::npi::Npi;
/// assert_eq!("1234567893".parse::<Npi>()?.get(), 1_234_567_893);
/// assert!("1234567890".parse::<Npi>().is_err());
/// # Ok::<(), patientport_core::npi::NpiError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Npi(u64);

impl Npi {
    /// Parses ten digits.
    pub fn parse(text: &str) -> Result<Self, NpiError> {
        let refuse = || NpiError::Form {
            text: text.chars().take(32).collect(),
        };
        if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refuse());
        }
        Self::try_from(text.parse::<u64>().map_err(|_| refuse())?)
    }

    /// The number, as the registry stores it.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Luhn sum of the constant prefix 80840, whose digits never double differently for ten-digit numbers.
const PREFIX_SUM: u64 = 24;

/// The check digit for the nine leading digits.
fn check_digit(mut leading: u64) -> u8 {
    let mut sum = PREFIX_SUM;
    let mut doubles = true;
    while leading > 0 {
        let digit = leading % 10;
        sum += match (doubles, digit) {
            (false, _) => digit,
            (true, 0..5) => 2 * digit,
            (true, _) => 2 * digit - 9,
        };
        doubles = !doubles;
        leading /= 10;
    }
    u8::try_from((10 - sum % 10) % 10).expect("a digit fits")
}

impl TryFrom<u64> for Npi {
    type Error = NpiError;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        if !(1_000_000_000..10_000_000_000).contains(&number) {
            return Err(NpiError::Form {
                text: number.to_string(),
            });
        }
        let expected = check_digit(number / 10);
        if number % 10 == u64::from(expected) {
            Ok(Self(number))
        } else {
            Err(NpiError::CheckDigit { number, expected })
        }
    }
}

impl FromStr for Npi {
    type Err = NpiError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Npi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;

    /// Luhn over the written-out number with its prefix, the other way round.
    fn luhn_holds(number: u64) -> bool {
        let text = format!("80840{number}");
        let sum: u32 = text
            .bytes()
            .rev()
            .enumerate()
            .map(|(position, byte)| {
                let digit = u32::from(byte - b'0');
                if position % 2 == 0 {
                    digit
                } else {
                    digit * 2 / 10 + digit * 2 % 10
                }
            })
            .sum();
        sum.is_multiple_of(10)
    }

    #[test]
    fn the_published_example_is_valid_and_its_neighbours_are_not() {
        // CMS, "Requirements for NPI and NPI check digit": 1234567893.
        assert_eq!(Npi::parse("1234567893").unwrap().to_string(), "1234567893");
        for last in (0..10).filter(|last| *last != 3) {
            let number = 1_234_567_890 + last;
            assert_eq!(
                Npi::try_from(number),
                Err(NpiError::CheckDigit {
                    number,
                    expected: 3
                })
            );
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "123456789",
            "12345678933",
            "0234567893",
            "123456789a",
            " 234567893",
            "+234567893",
            "１２３",
        ] {
            assert!(
                matches!(Npi::parse(text), Err(NpiError::Form { .. })),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn valid_exactly_where_luhn_holds(number in 1_000_000_000u64..10_000_000_000) {
            prop_assert_eq!(Npi::try_from(number).is_ok(), luhn_holds(number));
        }
    }
}
