#![doc = include_str!("../README.md")]

pub mod arbos;
pub mod chain;
#[cfg(feature = "cli")]
pub mod cli;
mod config;
pub mod evm;
mod node;
pub mod rpc;
pub mod store;
pub mod vm;

pub use arbos::{ArbosVersion, ParseArbosVersionError, UnsupportedArbosVersion};
pub use chain::Clock;
pub use config::{Config, DevAccount, InvalidPrivateKey, TEST_GENESIS_TIME};
pub use evm::ConsoleSink;
pub use node::{DevNode, SpawnError, StopHandle};
