//! The contracts' code: built into this program, or from a directory.

use std::path::Path;

use patientport_client::deploy::ContractCode;

use crate::error::Error;
use crate::home::files;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
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
