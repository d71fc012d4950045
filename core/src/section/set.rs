//! Section numbers and sets of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SectionError;
use crate::limits::SECTIONS;

const _: () = assert!(SECTIONS as u32 == u64::BITS, "a set of sections is one u64");

/// A section's number, 0..63. What it is called is private to the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(u8);

impl SectionId {
    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for SectionId {
    type Error = SectionError;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        if number < SECTIONS {
            Ok(Self(number))
        } else {
            Err(SectionError::OutOfRange {
                number: number.into(),
            })
        }
    }
}

impl From<SectionId> for u8 {
    fn from(section: SectionId) -> Self {
        section.0
    }
}

/// Decimal digits without sign.
impl FromStr for SectionId {
    type Err = SectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || SectionError::NotANumber {
            text: text.chars().take(32).collect(),
        };
        if text.is_empty() || text.len() > 18 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refuse());
        }
        let number: u64 = text.parse().map_err(|_| refuse())?;
        u8::try_from(number)
            .or(Err(SectionError::OutOfRange { number }))
            .and_then(Self::try_from)
    }
}

impl fmt::Display for SectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for SectionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

impl<'de> Deserialize<'de> for SectionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(u8::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A set of sections: bit *n* of the bitmap is section *n*, as on chain.
///
/// In JSON it is an array of numbers, written ascending, read in any order.
///
/// # Examples
/// ```
/// # use patientport_core::section::{SectionId, SectionSet};
/// let set: SectionSet = [5, 1].into_iter().map(SectionId::try_from).collect::<Result<_, _>>()?;
/// assert_eq!(set.bits(), 0b10_0010);
/// assert_eq!(set.to_string(), "1,5");
/// # Ok::<(), patientport_core::section::SectionError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SectionSet(u64);

impl SectionSet {
    /// The set without sections.
    pub const EMPTY: Self = Self(0);

    /// The set of a bitmap.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bitmap.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// How many sections are in the set.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no section is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `section` is in the set.
    pub const fn contains(self, section: SectionId) -> bool {
        self.0 & 1 << section.0 != 0
    }

    /// Adds `section`.
    pub const fn insert(&mut self, section: SectionId) {
        self.0 |= 1 << section.0;
    }

    /// Sections of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Sections of both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Sections of this set that are not in `other`.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The sections, ascending.
    pub fn iter(self) -> impl ExactSizeIterator<Item = SectionId> + Clone {
        let mut rest = self.0;
        (0..self.len()).map(move |_| {
            let number = rest.trailing_zeros();
            rest &= rest - 1;
            // At most 63, so the low byte is all of it.
            SectionId(number.to_le_bytes()[0])
        })
    }
}

impl From<SectionId> for SectionSet {
    fn from(section: SectionId) -> Self {
        Self(1 << section.0)
    }
}

impl FromIterator<SectionId> for SectionSet {
    fn from_iter<I: IntoIterator<Item = SectionId>>(sections: I) -> Self {
        sections
            .into_iter()
            .fold(Self::EMPTY, |set, section| set.union(section.into()))
    }
}

/// The numbers, ascending, joined by commas; `none` for the empty set.
impl fmt::Display for SectionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (index, section) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            section.fmt(f)?;
        }
        Ok(())
    }
}

impl Serialize for SectionSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for SectionSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<SectionId>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn numbers(set: SectionSet) -> BTreeSet<u8> {
        set.iter().map(SectionId::get).collect()
    }

    #[test]
    fn numbers_from_64_on_are_no_sections() {
        assert_eq!("63".parse::<SectionId>().unwrap().get(), 63);
        assert_eq!(
            "64".parse::<SectionId>(),
            Err(SectionError::OutOfRange { number: 64 })
        );
        assert_eq!(
            "99999".parse::<SectionId>(),
            Err(SectionError::OutOfRange { number: 99999 })
        );
        for text in ["", "-1", "+1", "1 ", "x", "1111111111111111111111111"] {
            assert!(
                matches!(
                    text.parse::<SectionId>(),
                    Err(SectionError::NotANumber { .. })
                ),
                "{text}"
            );
        }
        assert!(serde_json::from_str::<SectionSet>("[64]").is_err());
        assert_eq!(
            serde_json::from_str::<SectionSet>("[3,0]").unwrap().bits(),
            9
        );
    }

    proptest! {
        #[test]
        fn sets_behave_as_sets(a: u64, b: u64) {
            let (set_a, set_b) = (SectionSet::from_bits(a), SectionSet::from_bits(b));
            let (model_a, model_b) = (numbers(set_a), numbers(set_b));
            prop_assert!(set_a.iter().is_sorted());
            prop_assert_eq!(set_a.len(), model_a.len());
            prop_assert_eq!(set_a.iter().collect::<SectionSet>(), set_a);
            prop_assert_eq!(numbers(set_a.union(set_b)), model_a.union(&model_b).copied().collect());
            prop_assert_eq!(numbers(set_a.intersection(set_b)), model_a.intersection(&model_b).copied().collect());
            prop_assert_eq!(numbers(set_a.difference(set_b)), model_a.difference(&model_b).copied().collect());
            for number in 0..64 {
                let section = SectionId::try_from(number).unwrap();
                prop_assert_eq!(set_a.contains(section), model_a.contains(&number));
            }
            let json = serde_json::to_string(&set_a).unwrap();
            prop_assert_eq!(serde_json::from_str::<SectionSet>(&json).unwrap(), set_a);
        }
    }
}
