//! Accounts whose keys a test knows, and the one that pays for them.

use std::{
    fmt,
    fs::{self, File},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use alloy::{
    consensus::{SignableTransaction as _, TxEip1559},
    eips::eip2718::Encodable2718 as _,
    network::TxSignerSync as _,
    primitives::{Address, Bytes, TxKind, U256, hex, utils::parse_ether},
    signers::local::PrivateKeySigner,
};
use serde_json::{Value, json};
use stylus_devnode::DevAccount;

use crate::{Node, node::quantity};

/// Names a file with the private key, in hexadecimal, of the account that pays on a foreign chain.
pub const KEY_FILE_VARIABLE: &str = "PATIENTPORT_TEST_KEY_FILE";
/// Says how much ether each of the people gets, as a decimal number.
pub const ETHER_VARIABLE: &str = "PATIENTPORT_TEST_ETHER";
/// What they get by default. A deployment uses about 12 million gas, 0.0025 ether at twice the least price; what is left
/// goes back.
const ETHER: &str = "0.02";
/// Nitro's development chains, where everybody knows the key of a rich account.
const DEVELOPMENT_CHAIN: u64 = 412_346;
/// Gas of a transfer, at least.
const TRANSFER_GAS: u64 = 21_000;
/// How long a transaction may take to be mined.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often its receipt is asked for.
const INTERVAL: Duration = Duration::from_millis(100);

/// An account whose key is known here.
#[derive(Clone)]
pub struct Account(PrivateKeySigner);

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Account").field(&self.0.address()).finish()
    }
}

/// What a transaction offers for its gas.
#[derive(Clone, Copy, Debug)]
struct Offer {
    gas_limit: u64,
    max_fee: u64,
}

impl Account {
    /// A new one.
    pub fn random() -> Self {
        Self(PrivateKeySigner::random())
    }

    /// The one of Nitro's development chains, whose key everybody knows.
    ///
    /// # Panics
    /// Never: there is one.
    pub fn well_known() -> Self {
        let accounts = DevAccount::well_known();
        Self(accounts.first().expect("there are eleven").signer())
    }

    /// Its address, in lower case.
    pub fn address(&self) -> String {
        format!("{:#x}", self.0.address())
    }

    /// Its key, in hexadecimal, to be typed or piped.
    pub fn key(&self) -> String {
        hex::encode_prefixed(self.0.to_bytes())
    }

    /// Sends a transaction of this account's with a client that is not the program, waits until it is mined, and gives
    /// its receipt. Without `to` it creates a contract.
    ///
    /// # Panics
    /// If the node refuses it, or it fails.
    #[track_caller]
    pub fn send(&self, node: &Node, to: Option<&str>, data: &[u8]) -> Value {
        self.send_with(node, to, data, U256::ZERO)
    }

    /// As [`Self::send`], with so many wei.
    ///
    /// # Panics
    /// If the node refuses it, or it fails.
    #[track_caller]
    pub fn send_with(&self, node: &Node, to: Option<&str>, data: &[u8], value: U256) -> Value {
        let mut call = json!({
            "from": self.address(),
            "data": hex::encode_prefixed(data),
            "value": value,
        });
        if let Some(to) = to {
            call["to"] = json!(to);
        }
        let estimate = quantity(&node.rpc("eth_estimateGas", &json!([call])));
        let offer = Offer {
            gas_limit: estimate + estimate / 4,
            max_fee: 2 * quantity(&node.rpc("eth_gasPrice", &json!([]))),
        };
        let to = to.map_or(TxKind::Create, |it| {
            TxKind::Call(it.parse().expect("an address"))
        });
        let nonce = self.nonce(node);
        let raw = self.signed(node.chain_id(), nonce, to, value, data, offer);
        let hash = node.rpc("eth_sendRawTransaction", &json!([raw]));
        let receipt = receipt(node, &hash);
        assert_eq!(receipt["status"], "0x1", "{receipt:#}");
        receipt
    }

    fn nonce(&self, node: &Node) -> u64 {
        quantity(&node.rpc(
            "eth_getTransactionCount",
            &json!([self.address(), "pending"]),
        ))
    }

    fn signed(
        &self,
        chain_id: u64,
        nonce: u64,
        to: TxKind,
        value: U256,
        data: &[u8],
        offer: Offer,
    ) -> String {
        let mut transaction = TxEip1559 {
            chain_id,
            nonce,
            gas_limit: offer.gas_limit,
            max_fee_per_gas: offer.max_fee.into(),
            max_priority_fee_per_gas: 0,
            to,
            value,
            access_list: alloy::eips::eip2930::AccessList::default(),
            input: Bytes::copy_from_slice(data),
        };
        let signature = self
            .0
            .sign_transaction_sync(&mut transaction)
            .expect("a key in memory signs");
        hex::encode_prefixed(transaction.into_signed(signature).encoded_2718())
    }

    /// Sends all this account has to `to`, but for what the transaction may cost.
    ///
    /// # Errors
    /// What the node said. An account that has too little to send it is left alone.
    fn try_empty(&self, node: &Node, to: &str) -> Result<Option<Value>, String> {
        let ask = |method: &str, params: Value| node.try_rpc(method, &params);
        let from = self.address();
        let balance = ask("eth_getBalance", json!([from, "latest"]))?;
        let balance: U256 = serde_json::from_value(balance).map_err(|error| error.to_string())?;
        let transfer = json!([{ "from": from, "to": to, "value": "0x1" }]);
        let price = quantity(&ask("eth_gasPrice", json!([]))?);
        // A node estimates nothing for an account that could not pay for a transfer.
        if balance <= U256::from(price) * U256::from(TRANSFER_GAS) {
            return Ok(None);
        }
        let gas = quantity(&ask("eth_estimateGas", transfer)?);
        let offer = Offer {
            gas_limit: gas + gas / 8,
            max_fee: price + price / 8,
        };
        let fee = U256::from(offer.gas_limit) * U256::from(offer.max_fee);
        let Some(value) = balance.checked_sub(fee).filter(|it| !it.is_zero()) else {
            return Ok(None);
        };
        let nonce = ask("eth_getTransactionCount", json!([from, "pending"]))?;
        let to: Address = to.parse().expect("an address");
        let raw = self.signed(
            node.chain_id(),
            quantity(&nonce),
            to.into(),
            value,
            &[],
            offer,
        );
        ask("eth_sendRawTransaction", json!([raw])).map(Some)
    }

    /// Sends all this account has back to who paid for it, and waits until that is done. It has too little for a
    /// transaction then.
    ///
    /// # Panics
    /// If the node refuses it.
    pub(crate) fn give_back(&self, node: &Node) {
        let sent = self.try_empty(node, &node.faucet().account.address());
        let sent = sent.unwrap_or_else(|error| panic!("ether cannot be given back: {error}"));
        if let Some(hash) = sent {
            assert_eq!(receipt(node, &hash)["status"], "0x1");
        }
    }

    /// As [`Self::give_back`], if it goes, and without waiting: for the end of a test, however it ends.
    pub(crate) fn leave(&self, node: &Node) {
        // A test is judged by what it is about.
        let _ = self.try_empty(node, &node.faucet().account.address());
    }
}

/// The receipt of a transaction, as soon as it is mined.
pub(crate) fn receipt(node: &Node, hash: &Value) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let receipt = node.rpc("eth_getTransactionReceipt", &json!([hash]));
        if !receipt.is_null() {
            return receipt;
        }
        assert!(Instant::now() < end, "{hash} is not mined");
        thread::sleep(INTERVAL);
    }
}

/// The account that pays for everybody.
#[derive(Clone, Debug)]
pub(crate) struct Faucet {
    account: Account,
    /// Held while its transactions are on their way, because other tests send with the same nonces.
    lock: Option<PathBuf>,
}

impl Faucet {
    /// The embedded chain's, where every test is alone.
    pub(crate) fn of_devnode() -> Self {
        Self {
            account: Account::well_known(),
            lock: None,
        }
    }

    /// Whose key the environment names; else, on a development chain only, the one that everybody knows.
    ///
    /// # Panics
    /// If there is none, or the user's cache is not writable.
    pub(crate) fn of_foreign(chain_id: u64) -> Self {
        let account = match std::env::var(KEY_FILE_VARIABLE) {
            Ok(file) if !file.is_empty() => {
                let key = fs::read_to_string(&file).unwrap_or_else(|error| {
                    panic!("`{KEY_FILE_VARIABLE}`: cannot read the file: {error}")
                });
                let key = key.trim().parse().unwrap_or_else(|_| {
                    panic!(
                        "`{KEY_FILE_VARIABLE}`: the file holds no private key in hexadecimal digits"
                    )
                });
                Account(key)
            }
            _ if chain_id == DEVELOPMENT_CHAIN => Account::well_known(),
            _ => panic!(
                "nobody pays for the tests on chain {chain_id}: let `{KEY_FILE_VARIABLE}` name a file with the private \
                 key of an account that has ether there"
            ),
        };
        let directory = std::env::home_dir()
            .expect("whoever runs tests has a home")
            .join(".cache/patientport-tests");
        fs::create_dir_all(&directory).expect("the user's cache is writable");
        let lock = directory.join(format!("{chain_id}-{}.lock", account.address()));
        Self {
            account,
            lock: Some(lock),
        }
    }

    /// Gives each of these accounts what one of the people gets, and waits until they have it.
    ///
    /// # Panics
    /// If the node refuses it: the faucet has too little, above all.
    pub(crate) fn give(&self, node: &Node, accounts: &[&str]) {
        let ether = std::env::var(ETHER_VARIABLE).unwrap_or_else(|_| ETHER.to_owned());
        let value = parse_ether(&ether).unwrap_or_else(|error| {
            panic!("`{ETHER_VARIABLE}`: `{ether}` is no amount of ether: {error}")
        });
        let from = self.account.address();
        let offer = Offer {
            gas_limit: {
                let to = accounts.first().expect("somebody is given something");
                let transfer = json!({ "from": from, "to": to, "value": "0x1" });
                let gas = quantity(&node.rpc("eth_estimateGas", &json!([transfer])));
                gas + gas / 4
            },
            max_fee: 2 * quantity(&node.rpc("eth_gasPrice", &json!([]))),
        };
        let chain_id = node.chain_id();
        let held = self.lock.as_ref().map(|path| {
            let file = File::create(path).expect("the user's cache is writable");
            file.lock().expect("a file can be locked");
            file
        });
        let first = self.account.nonce(node);
        let sent: Vec<_> = (first..)
            .zip(accounts)
            .map(|(nonce, to)| {
                let to: Address = to.parse().expect("an address");
                let raw = self
                    .account
                    .signed(chain_id, nonce, to.into(), value, &[], offer);
                let sent = node.try_rpc("eth_sendRawTransaction", &json!([raw]));
                sent.unwrap_or_else(|error| panic!("{from} cannot pay {ether} ether: {error}"))
            })
            .collect();
        for hash in &sent {
            assert_eq!(receipt(node, hash)["status"], "0x1");
        }
        drop(held);
    }
}
