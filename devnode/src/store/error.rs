//! Why a file cannot be used.

use super::RowError;
use std::{io, path::PathBuf};

/// Why the state file cannot be opened, or a change not be kept in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process, or another node of this one, has it open.
    #[error("state file `{}` is in use by another node", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// It was not made by this program. Nothing was written to it.
    #[error("`{}` is no state file of this program; it was left as it is", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It was made by a version of this program that stores things in another way.
    #[error("state file `{}` has format `{found}`, this program reads format `{wanted}`", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The format this program reads.
        wanted: u64,
    },
    /// It holds another chain.
    #[error("state file `{}` holds chain `{found}`, not chain `{wanted}`", path.display())]
    OtherChain {
        /// The file.
        path: PathBuf,
        /// EIP-155 chain id in the file.
        found: u64,
        /// EIP-155 chain id asked for.
        wanted: u64,
    },
    /// It holds a chain of another `ArbOS` version.
    #[error("state file `{}` was made with ArbOS version `{found}`, not `{wanted}`", path.display())]
    OtherArbos {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: u64,
        /// Version asked for.
        wanted: u64,
    },
    /// A row is not what was written.
    #[error("state file `{}` is damaged: row `{row}` of table `{table}`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
        /// What is wrong with it.
        #[source]
        source: RowError,
    },
    /// A row that must be there is not.
    #[error("state file `{}` is damaged: table `{table}` has no row `{row}`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
    },
    /// The file system refused, for lack of space for instance.
    #[error("cannot use state file `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The database found its own pages broken.
    #[error("state file `{}` cannot be read or written", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What it found.
        #[source]
        source: Box<redb::Error>,
    },
}
