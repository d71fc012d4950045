//! What the nodes are made to do: signed transactions, contracts.

use crate::{Failure, client::Client, node::CHAIN_ID};
use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::{eip2718::Encodable2718, eip2930::AccessList},
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_primitives::{Address, Bytes, TxKind, U256, address, hex, keccak256};
use serde_json::{Value, json};
use stylus_devnode::{DevAccount, vm::encode_program};

/// Wei per gas that both nodes take at all times of a run.
const MAX_FEE: u128 = 20_000_000_000;
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

/// Logs, for every number from the first word of calldata on, as many as the second word says, the
/// topics 1 and that number with 32 bytes of data.
const LOGGER: &str = "
    5f                  // i = 0
    5b                  // 01:
    8060203514601a57    // if i == count go to 1a
    805f3501            // topic 1: base + i
    6001                // topic 0: 1
    60205f a2           // LOG2 of 32 zero bytes
    600101              // i += 1
    6001 56             // go to 01
    5b 00               // 1a: stop
";

/// Bytes of a listing: hexadecimal digits, blanks, comments from `//` to the end of a line.
pub(crate) fn assemble(listing: &str) -> Vec<u8> {
    let digits: String = listing
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .flat_map(str::chars)
        .filter(|it| !it.is_whitespace())
        .collect();
    hex::decode(digits).expect("the listings are written by hand and tested by use")
}

/// Init code that returns `runtime`.
fn init_code(runtime: &[u8]) -> Bytes {
    let length = u16::try_from(runtime.len()).expect("contracts are at most 24 KiB");
    // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
    let mut code = vec![0x61];
    code.extend(length.to_be_bytes());
    code.extend([0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3]);
    code.extend(runtime);
    code.into()
}

/// Accounts that both nodes fund.
pub(crate) fn senders() -> Vec<Sender> {
    let shared = DevAccount::well_known().into_iter().skip(1);
    shared
        .map(|account| Sender {
            signer: account.signer(),
            nonce: 0,
        })
        .collect()
}

/// An account and its next nonce on one chain.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    signer: PrivateKeySigner,
    pub(crate) nonce: u64,
}

impl Sender {
    pub(crate) fn address(&self) -> Address {
        self.signer.address()
    }

    /// A signed transaction with the next nonce.
    pub(crate) fn sign(
        &mut self,
        to: TxKind,
        value: U256,
        gas_limit: u64,
        input: Bytes,
    ) -> Result<Bytes, Failure> {
        let transaction = TxEip1559 {
            chain_id: CHAIN_ID,
            nonce: self.nonce,
            gas_limit,
            max_fee_per_gas: MAX_FEE,
            max_priority_fee_per_gas: 0,
            to,
            value,
            access_list: AccessList::default(),
            input,
        };
        self.nonce += 1;
        let signature = self.signer.sign_hash_sync(&transaction.signature_hash())?;
        let envelope = TxEnvelope::from(transaction.into_signed(signature));
        Ok(envelope.encoded_2718().into())
    }

    /// A signed transfer of 1 wei.
    pub(crate) fn transfer(&mut self) -> Result<Bytes, Failure> {
        let to = TxKind::Call(Address::repeat_byte(7));
        self.sign(to, U256::ONE, 21_000, Bytes::new())
    }

    /// Sends a transaction and returns its receipt, which must be of a success.
    pub(crate) fn send(
        &mut self,
        client: &mut Client,
        to: TxKind,
        value: U256,
        input: Bytes,
    ) -> Result<Value, Failure> {
        let raw = self.sign(to, value, 25_000_000, input)?;
        let hash = client.call("eth_sendRawTransaction", &json!([raw]))?;
        let receipt = client.receipt(&hash)?;
        if receipt["status"] != "0x1" {
            return Err(format!("a transaction failed: {receipt}").into());
        }
        Ok(receipt)
    }

    fn deploy(&mut self, client: &mut Client, runtime: &[u8]) -> Result<Address, Failure> {
        let code = init_code(runtime);
        let receipt = self.send(client, TxKind::Create, U256::ZERO, code)?;
        Ok(serde_json::from_value(receipt["contractAddress"].clone())?)
    }

    /// The counter as EVM code.
    pub(crate) fn deploy_counter(&mut self, client: &mut Client) -> Result<Address, Failure> {
        let listing = include_str!("../../../tests/interop/contracts/counter.hex");
        let counter = self.deploy(client, &assemble(listing))?;
        self.set_number(client, counter)?;
        Ok(counter)
    }

    /// The same counter as a Stylus program, activated.
    pub(crate) fn deploy_program(&mut self, client: &mut Client) -> Result<Address, Failure> {
        let wasm = wat::parse_str(include_str!("../../../tests/interop/contracts/counter.wat"))?;
        let counter = self.deploy(client, &encode_program(&wasm))?;
        let mut input = hex!("58c780c2").to_vec(); // activateProgram(address)
        input.extend(counter.into_word());
        let fee = U256::from(10_u64.pow(18));
        self.send(client, TxKind::Call(ARB_WASM), fee, input.into())?;
        self.set_number(client, counter)?;
        Ok(counter)
    }

    fn set_number(&mut self, client: &mut Client, counter: Address) -> Result<(), Failure> {
        let mut input = selector("setNumber(uint256)").to_vec();
        input.extend(U256::from(42).to_be_bytes::<32>());
        self.send(client, TxKind::Call(counter), U256::ZERO, input.into())?;
        let number = client.call("eth_call", &call_number(counter))?;
        if number != json!(hex::encode_prefixed(U256::from(42).to_be_bytes::<32>())) {
            return Err(format!("the counter stands at {number}, not at 42").into());
        }
        Ok(())
    }

    /// The contract that logs.
    pub(crate) fn deploy_logger(&mut self, client: &mut Client) -> Result<Address, Failure> {
        self.deploy(client, &assemble(LOGGER))
    }
}

fn selector(signature: &str) -> [u8; 4] {
    let hash = keccak256(signature);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Parameters of an `eth_call` of the counter's `number()`.
pub(crate) fn call_number(counter: Address) -> Value {
    let input = hex::encode_prefixed(selector("number()"));
    json!([{ "to": counter, "input": input }, "latest"])
}

/// Calldata that makes the logger log `count` numbers from `base` on.
pub(crate) fn log_numbers(base: u64, count: u64) -> Bytes {
    let words = [base, count].map(|it| U256::from(it).to_be_bytes::<32>());
    words.concat().into()
}
