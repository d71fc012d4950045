//! Settings of a node and the accounts it starts with.

use crate::{
    arbos::ArbosVersion,
    chain::Clock,
    evm::{ConsoleSink, DEV_ACCOUNT, DEV_CHAIN_ID},
};
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{Address, B256, U256, address, b256};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    time::Duration,
};

/// First timestamp of a node made with [`Config::test`]: 2027-01-15T08:00:00Z in Unix seconds.
pub const TEST_GENESIS_TIME: u64 = 1_800_000_000;

/// Key of [`DEV_ACCOUNT`], which every Nitro development chain publishes.
const DEV_ACCOUNT_KEY: B256 =
    b256!("b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659");

/// Accounts 0 to 9 at `m/44'/60'/0'/0/i` of the mnemonic that development tools share, `test test
/// test test test test test test test test test junk`.
const MNEMONIC_ACCOUNTS: [(Address, B256); 10] = [
    (
        address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    ),
    (
        address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    ),
    (
        address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
        b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    ),
    (
        address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
        b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    ),
    (
        address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
        b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    ),
    (
        address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
        b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    ),
    (
        address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
        b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    ),
    (
        address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
        b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    ),
    (
        address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
        b256!("dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    ),
    (
        address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
        b256!("2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
    ),
];

/// Settings of a [`crate::DevNode`].
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on. Anything but a loopback address lets every machine that reaches this
    /// one use the node, and it asks for no password.
    pub host: IpAddr,
    /// TCP port to listen on; 0 takes a free one.
    pub port: u16,
    /// EIP-155 chain id. The keys in [`Self::accounts`] are public knowledge, so keep to one that no
    /// chain of value uses.
    pub chain_id: u64,
    /// `ArbOS` version at genesis.
    pub arbos_version: ArbosVersion,
    /// Where block times come from.
    pub clock: Clock,
    /// Accounts funded at genesis with [`Self::balance`] each.
    pub accounts: Vec<DevAccount>,
    /// Wei each account starts with.
    pub balance: U256,
    /// Whether a program in front of the node keeps its banner to itself. The library never prints.
    pub quiet: bool,
    /// Time between blocks: then each holds what arrived since the one before, or nothing. `None` makes
    /// a block for each transaction at once.
    pub block_time: Option<Duration>,
    /// The file the chain is kept in; it is made if there is none. In memory only if `None`.
    pub state: Option<PathBuf>,
    /// Who hears what programs print through `console`; nobody if `None`.
    pub console: Option<ConsoleSink>,
}

impl Default for Config {
    /// A Nitro development chain on a free loopback port: chain id 412346, system clock, the usual
    /// development account and the ten of the shared test mnemonic with 1000 ether each.
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            chain_id: DEV_CHAIN_ID,
            arbos_version: ArbosVersion::default(),
            clock: Clock::System,
            accounts: DevAccount::well_known(),
            balance: U256::from(1_000_000_000_000_000_000_000_u128),
            quiet: false,
            block_time: None,
            state: None,
            console: None,
        }
    }
}

impl Config {
    /// For tests: as the default, silent, and with a clock that stands at [`TEST_GENESIS_TIME`]
    /// until it is moved by `evm_increaseTime`, so that two runs give the same blocks.
    #[must_use]
    pub fn test() -> Self {
        Self {
            clock: Clock::Fixed(TEST_GENESIS_TIME),
            quiet: true,
            ..Self::default()
        }
    }

    /// Listens on `port`; 0 takes a free one.
    #[must_use]
    pub const fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Runs this `ArbOS` version from genesis on.
    #[must_use]
    pub const fn with_arbos_version(mut self, version: ArbosVersion) -> Self {
        self.arbos_version = version;
        self
    }

    /// Makes one block per interval.
    #[must_use]
    pub const fn with_block_time(mut self, interval: Duration) -> Self {
        self.block_time = Some(interval);
        self
    }

    /// Keeps the chain in a file.
    #[must_use]
    pub fn with_state(mut self, path: impl Into<PathBuf>) -> Self {
        self.state = Some(path.into());
        self
    }

    /// Takes block times from `clock`.
    #[must_use]
    pub const fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

/// An account whose key the node gives to whoever asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DevAccount {
    address: Address,
    private_key: B256,
}

/// The number is not a secp256k1 private key: zero, or not below the group order (SEC 2 §2.4.1).
#[derive(Debug, thiserror::Error)]
#[error("the private key is not in the range of secp256k1")]
pub struct InvalidPrivateKey(#[source] alloy::signers::k256::ecdsa::Error);

impl DevAccount {
    /// The account of a private key (32 bytes, big-endian).
    ///
    /// # Errors
    /// [`InvalidPrivateKey`] for zero and for numbers from the group order up.
    pub fn try_from_private_key(private_key: B256) -> Result<Self, InvalidPrivateKey> {
        let signer = PrivateKeySigner::from_bytes(&private_key).map_err(InvalidPrivateKey)?;
        Ok(Self {
            address: signer.address(),
            private_key,
        })
    }

    /// The usual account of a Nitro development chain, `0x3f1E…2d0E`, then the ten of the test
    /// mnemonic `test test test test test test test test test test test junk`.
    pub fn well_known() -> Vec<Self> {
        std::iter::once((DEV_ACCOUNT, DEV_ACCOUNT_KEY))
            .chain(MNEMONIC_ACCOUNTS)
            .map(|(address, private_key)| Self {
                address,
                private_key,
            })
            .collect()
    }

    /// Address of the account.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Private key of the account, 32 bytes big-endian.
    ///
    /// # Security
    /// The well-known ones are printed in the documentation of many tools: whatever is sent to them
    /// on a public chain is lost at once.
    pub const fn private_key(&self) -> B256 {
        self.private_key
    }

    /// A signer for the account that knows no chain id.
    #[expect(clippy::missing_panics_doc, reason = "the key was checked before")]
    pub fn signer(&self) -> PrivateKeySigner {
        PrivateKeySigner::from_bytes(&self.private_key)
            .expect("the key was checked when the account was made")
    }
}

impl fmt::Debug for DevAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevAccount")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn well_known_addresses_belong_to_their_keys() {
        let accounts = DevAccount::well_known();
        assert_eq!(accounts.len(), 11);
        for account in accounts {
            assert_eq!(
                DevAccount::try_from_private_key(account.private_key()).unwrap(),
                account
            );
        }
    }

    #[test]
    fn a_key_out_of_range_is_refused() {
        assert!(DevAccount::try_from_private_key(B256::ZERO).is_err());
        assert!(DevAccount::try_from_private_key(B256::repeat_byte(0xff)).is_err());
    }

    #[test]
    fn debug_shows_no_key() {
        let account = DevAccount::well_known()[0];
        let shown = format!("{account:?}");
        assert!(!shown.contains("b6b15c8c"), "{shown}");
    }
}
