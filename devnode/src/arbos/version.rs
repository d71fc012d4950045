//! `ArbOS` versions and what they bring.

pub(crate) use crate::vm::FRAGMENTS_ARBOS;
use alloy_primitives::U256;
use revm::primitives::hardfork::SpecId;
use std::{fmt, num::ParseIntError, str::FromStr};

/// First version with Osaka's opcodes and precompiles and with a compute cap for each transaction.
pub(crate) const OSAKA_ARBOS: u64 = 50;
/// What `ArbSys.arbOSVersion` adds to the version: Nitro follows 55 versions of Classic.
const CLASSIC_VERSIONS: u64 = 55;

/// An `ArbOS` version that this chain can run: 40, 50, 51, 59 or 60.
///
/// | version | brings |
/// | --- | --- |
/// | 40 | Prague, EIP-2935 |
/// | 50 | Osaka, a stack counter of 22,000 words, a compute cap for each transaction |
/// | 51 | nothing for programs |
/// | 59 | Stylus 3, `ArbWasm.activationGas` |
/// | 60 | programs in parts, modules of 256 KiB, programs of the same block count as cached |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArbosVersion(u64);

/// No chain of this crate's runs that `ArbOS` version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ArbOS version `{version}` is not supported, only 40, 50, 51, 59 and 60 are")]
pub struct UnsupportedArbosVersion {
    /// The version asked for.
    pub version: u64,
}

/// A text is no [`ArbosVersion`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseArbosVersionError {
    /// It is no number.
    #[error("ArbOS version `{text}` is not a number")]
    Number {
        /// The text.
        text: String,
        /// What is wrong with it.
        #[source]
        source: ParseIntError,
    },
    /// It is a number of a version that is not supported.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedArbosVersion),
}

impl ArbosVersion {
    /// The versions supported, oldest first.
    pub const SUPPORTED: [Self; 5] = [Self(40), Self(50), Self(51), Self(59), Self(60)];

    /// A supported version.
    ///
    /// # Errors
    /// [`UnsupportedArbosVersion`] for every other number.
    pub const fn try_new(version: u64) -> Result<Self, UnsupportedArbosVersion> {
        match version {
            40 | 50 | 51 | 59 | 60 => Ok(Self(version)),
            version => Err(UnsupportedArbosVersion { version }),
        }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl Default for ArbosVersion {
    /// 51, what public chains run: Stylus 2.
    fn default() -> Self {
        Self(51)
    }
}

impl TryFrom<u64> for ArbosVersion {
    type Error = UnsupportedArbosVersion;

    fn try_from(version: u64) -> Result<Self, UnsupportedArbosVersion> {
        Self::try_new(version)
    }
}

impl FromStr for ArbosVersion {
    type Err = ParseArbosVersionError;

    fn from_str(text: &str) -> Result<Self, ParseArbosVersionError> {
        let version = text
            .parse()
            .map_err(|source| ParseArbosVersionError::Number {
                text: text.to_owned(),
                source,
            })?;
        Ok(Self::try_new(version)?)
    }
}

impl fmt::Display for ArbosVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The rules of Ethereum a version runs under.
pub(crate) const fn spec(arbos_version: u64) -> SpecId {
    if arbos_version >= OSAKA_ARBOS {
        SpecId::OSAKA
    } else {
        SpecId::PRAGUE
    }
}

/// What `ArbSys.arbOSVersion` answers under a version.
pub(super) fn public_version(arbos_version: u64) -> U256 {
    U256::from(arbos_version + CLASSIC_VERSIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_supported_versions_can_be_made() {
        for version in 0..100 {
            let supported = ArbosVersion::SUPPORTED
                .iter()
                .any(|known| known.get() == version);
            assert_eq!(ArbosVersion::try_new(version).is_ok(), supported);
        }
        let error = "52".parse::<ArbosVersion>().expect_err("52 is no version");
        assert_eq!(
            error.to_string(),
            "ArbOS version `52` is not supported, only 40, 50, 51, 59 and 60 are"
        );
        let error = "new".parse::<ArbosVersion>().expect_err("not a number");
        assert_eq!(error.to_string(), "ArbOS version `new` is not a number");
        assert_eq!("60".parse(), Ok(ArbosVersion(60)));
        assert_eq!(ArbosVersion::default().to_string(), "51");
    }
}
