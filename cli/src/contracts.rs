//! The contracts' code: built into this program, or from a directory.

use std::path::Path;

use alloy::primitives::B256;
use patientport_client::deploy::ContractCode;

use crate::error::Error;
use crate::home::files;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
}

/// `version contract toolchain hash`, a line each; `#` begins a comment. See `docs/deployments.md`.
const CODE_HASHES: &str = include_str!("../../contracts/code-hashes.txt");

/// Code that was built from a version of the contracts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownCode {
    /// Version of the sources.
    pub version: &'static str,
    /// `registry` or `patientport`.
    pub contract: &'static str,
    /// Compiler and optimiser, which decide over every byte.
    pub toolchain: &'static str,
    /// keccak256 of the code.
    pub code_hash: B256,
}

/// Every code that this program knows by its hash.
pub fn known() -> impl Iterator<Item = KnownCode> {
    let lines = CODE_HASHES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        Some(KnownCode {
            version: words.next()?,
            contract: words.next()?,
            toolchain: words.next()?,
            code_hash: words.next()?.parse().ok()?,
        })
    })
}

/// Longest file that could hold a contract's code; the chain's own limit is far below.
const MAX_CODE_FILE_BYTES: u64 = 1 << 20;

/// Registry and port, from `directory` or as built in.
///
/// # Errors
/// [`Error::NoContracts`]; [`Error::Input`]; the client's for code that is no program.
pub fn load(directory: Option<&Path>) -> Result<(ContractCode, ContractCode), Error> {
    let Some(directory) = directory else {
        return match (embedded::REGISTRY, embedded::PORT) {
            (Some(registry), Some(port)) => Ok((
                ContractCode::new("registry", registry.to_vec())?,
                ContractCode::new("patientport", port.to_vec())?,
            )),
            _ => Err(Error::NoContracts),
        };
    };
    let read = |name: &str| {
        let path = directory.join(name).with_extension("code");
        let bytes =
            files::read_bounded(&path, MAX_CODE_FILE_BYTES).map_err(|error| match error {
                files::FileError::Io { path, source, .. } => Error::Input { path, source },
                _ => Error::TooLarge {
                    what: "a contract's code",
                    limit: MAX_CODE_FILE_BYTES,
                },
            })?;
        Ok::<_, Error>(ContractCode::new(name, bytes)?)
    };
    Ok((read("registry")?, read("patientport")?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn every_line_of_the_list_of_known_code_is_read_and_says_something_of_its_own() {
        let lines = CODE_HASHES.lines().filter(|line| !line.starts_with('#'));
        let known: Vec<_> = known().collect();
        assert_eq!(known.len(), lines.count());
        for (index, it) in known.iter().enumerate() {
            assert!(["registry", "patientport"].contains(&it.contract), "{it:?}");
            let same = |other: &KnownCode| {
                (other.version, other.contract, other.toolchain)
                    == (it.version, it.contract, it.toolchain)
            };
            assert!(!known[index + 1..].iter().any(same), "{it:?} stands twice");
        }
    }

    #[test]
    fn the_documents_list_every_known_code() {
        let document = include_str!("../../docs/deployments.md");
        for it in known() {
            let row = format!(
                "| {} | {} | {} | `{}` |",
                it.version, it.contract, it.toolchain, it.code_hash
            );
            assert!(document.contains(&row), "docs/deployments.md lacks {row}");
        }
    }

    #[test]
    fn a_directory_must_hold_both_programs() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(
            load(Some(root.path())).unwrap_err().code(),
            "input.unreadable"
        );
        for name in ["registry.code", "patientport.code"] {
            std::fs::write(root.path().join(name), [0xef, 0xf0, 0, 0, 1, 2]).unwrap();
        }
        let (registry, port) = load(Some(root.path())).unwrap();
        assert_eq!((registry.name(), port.name()), ("registry", "patientport"));
        std::fs::write(root.path().join("registry.code"), b"\0asm").unwrap();
        assert_eq!(
            load(Some(root.path())).unwrap_err().code(),
            "deploy.invalid_code"
        );
    }
}
