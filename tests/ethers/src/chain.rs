//! A chain, and people with accounts on it.

use crate::{Program, program::built, values::bytes};
use ethers::{
    core::{k256::ecdsa::SigningKey, rand::rngs::OsRng},
    middleware::SignerMiddleware,
    providers::{Http, JsonRpcError, Middleware as _, MiddlewareError as _, Provider},
    signers::{LocalWallet, Signer as _},
    types::{Address, BlockNumber, Bytes, TransactionReceipt, TransactionRequest},
    utils::parse_ether,
};
use serde_json::Value;
use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Mutex;

/// Somebody with an account: signs here, sends to the node.
pub type Client = SignerMiddleware<Provider<Http>, LocalWallet>;

/// The chain of Nitro's development node, whose funded key is public.
const DEVELOPMENT_CHAIN: u64 = 412_346;
const DEVELOPMENT_KEY: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
/// How often ethers asks for a receipt.
const POLL: Duration = Duration::from_millis(10);

/// Held while somebody is paid: tests that run at once share the paying account, whose transactions are numbered.
static PAYING: Mutex<()> = Mutex::const_new(());

/// A chain, with an account that pays for everybody else's.
#[derive(Debug)]
pub struct Chain {
    /// Its JSON-RPC endpoint.
    pub url: String,
    /// Its number.
    pub id: u64,
    funded: LocalWallet,
    provider: Provider<Http>,
    node: Option<Child>,
}

/// A public encryption key: a point, as the contracts take it.
#[derive(Clone, Debug)]
pub struct Key {
    /// x-coordinate.
    pub x: Value,
    /// Parity of y.
    pub parity: u8,
}

impl Key {
    /// A new key, whose secret is forgotten.
    pub fn random() -> Self {
        let key = SigningKey::random(&mut OsRng);
        let point = key.verifying_key().to_encoded_point(true);
        let (tag, x) = point.as_bytes().split_at(1);
        Self {
            x: bytes(x),
            parity: tag[0] & 1,
        }
    }
}

impl Chain {
    /// The chain of `PATIENTPORT_TEST_RPC_URL`, on which the key in the file `PATIENTPORT_TEST_KEY_FILE` has ether
    /// (not needed on Nitro's development chain); else a development chain of its own.
    pub async fn start() -> Self {
        let Ok(url) = env::var("PATIENTPORT_TEST_RPC_URL") else {
            return Self::spawn().await;
        };
        let key = match env::var_os("PATIENTPORT_TEST_KEY_FILE") {
            Some(file) => fs::read_to_string(file).expect("the key file is readable"),
            None => DEVELOPMENT_KEY.to_owned(),
        };
        let chain = Self::at(url, &key, None).await;
        assert!(
            env::var_os("PATIENTPORT_TEST_KEY_FILE").is_some() || chain.id == DEVELOPMENT_CHAIN,
            "PATIENTPORT_TEST_KEY_FILE names no key for chain {}",
            chain.id
        );
        chain
    }

    async fn spawn() -> Self {
        let mut node = Command::new(built("STYLUS_DEVNODE", "stylus-devnode"))
            .args(["--port", "0", "--json", "--silent"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("stylus-devnode can be started");
        let stdout = node.stdout.take().expect("its output is piped");
        let mut line = String::new();
        // Comes once the node answers.
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("stylus-devnode says where it listens");
        let endpoint: Value = serde_json::from_str(&line).expect("it says so in JSON");
        let text = |value: &Value| value.as_str().expect("its members are text").to_owned();
        let key = text(&endpoint["accounts"][0]["private_key"]);
        Self::at(text(&endpoint["url"]), &key, Some(node)).await
    }

    async fn at(url: String, key: &str, node: Option<Child>) -> Self {
        let provider = Provider::<Http>::try_from(url.as_str())
            .expect("the endpoint is a URL")
            .interval(POLL);
        let id = provider.get_chainid().await.expect("the node answers");
        let funded: LocalWallet = key.trim().parse().expect("a key is 32 bytes, hexadecimal");
        Self {
            url,
            id: id.as_u64(),
            funded: funded.with_chain_id(id.as_u64()),
            provider,
            node,
        }
    }

    fn client(&self, wallet: LocalWallet) -> Arc<Client> {
        let wallet = wallet.with_chain_id(self.id);
        Arc::new(SignerMiddleware::new(self.provider.clone(), wallet))
    }

    /// Somebody new, with an ether.
    pub async fn somebody(&self) -> Arc<Client> {
        let somebody = self.client(LocalWallet::new(&mut OsRng));
        self.give(somebody.address()).await;
        somebody
    }

    /// Sends an ether.
    pub async fn give(&self, to: Address) {
        let ether = parse_ether(1).expect("a number of ether");
        let payment = TransactionRequest::pay(to, ether);
        let _paying = PAYING.lock().await;
        self.transact(&self.client(self.funded.clone()), payment)
            .await;
    }

    /// Sends a transaction as it is, and waits for it.
    pub async fn transact(
        &self,
        by: &Arc<Client>,
        transaction: TransactionRequest,
    ) -> TransactionReceipt {
        let pending = by.send_transaction(transaction, None).await;
        let pending = pending.expect("the node takes the transaction");
        let receipt = pending.await.expect("the node answers");
        receipt.expect("the transaction is mined")
    }

    /// The time of the latest block, in Unix seconds.
    pub async fn now(&self) -> u64 {
        let block = self.provider.get_block(BlockNumber::Latest).await;
        let block = block.expect("the node answers").expect("there is a block");
        block.timestamp.as_u64()
    }

    /// The program, its wallet funded.
    pub async fn program(&self) -> Program {
        let (program, wallet) = Program::new(&self.url);
        self.give(wallet.parse().expect("a wallet has an address"))
            .await;
        program
    }

    /// Asks the node to run a transaction without sending it: what it answers, or what it reverts with.
    pub async fn ask(
        &self,
        by: &Arc<Client>,
        transaction: TransactionRequest,
    ) -> Result<Bytes, Bytes> {
        let call = transaction.from(by.address()).into();
        let answer = by.call(&call, None).await;
        answer.map_err(|error| {
            let refusal = error
                .as_error_response()
                .and_then(JsonRpcError::as_revert_data);
            refusal.unwrap_or_else(|| panic!("the node does not run the call: {error}"))
        })
    }

    /// The contract that these init bytes make.
    pub async fn create(&self, by: &Arc<Client>, init: Vec<u8>) -> Address {
        let receipt = self
            .transact(by, TransactionRequest::new().data(init))
            .await;
        receipt.contract_address.expect("a contract was created")
    }

    /// Parameters of a JSON-RPC call and its answer, for what ethers has no method for.
    pub async fn rpc(&self, method: &str, params: Value) -> Value {
        let answer = self.provider.request(method, params).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        if let Some(node) = &mut self.node {
            // It keeps nothing, so there is nothing to lose; a node that has ended already is as good.
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}
