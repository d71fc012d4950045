//! The chain without JSON in front: blocks of many transactions, and the file it is kept in.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod durable;
mod mining;

use super::{Chain, Clock, SignedTransaction};
use crate::{
    DevAccount,
    evm::{ChainParams, MIN_BASE_FEE},
};
use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    network::TxSignerSync,
};
use alloy_primitives::{Address, Bytes, TxKind, U256};

/// Logs nothing twice, under the length of the calldata as topic.
const LOGGER: &[u8] = &[0x36, 0x5f, 0x5f, 0xa1, 0x36, 0x5f, 0x5f, 0xa1, 0x00];
const LOGGER_ADDRESS: Address = Address::repeat_byte(0x10);

const CLOCK: Clock = Clock::Fixed(1_800_000_000);

fn params() -> ChainParams {
    let mut params = ChainParams::default();
    for account in DevAccount::well_known() {
        params.alloc.entry(account.address()).or_default().balance =
            U256::from(10).pow(U256::from(21));
    }
    params.alloc.entry(LOGGER_ADDRESS).or_default().code = Bytes::from_static(LOGGER);
    params
}

fn new_chain() -> Chain {
    Chain::new(params(), CLOCK)
}

fn address(account: usize) -> Address {
    DevAccount::well_known()[account].address()
}

/// A transfer of 1 wei that is fine as it is.
fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: params().chain_id,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: MIN_BASE_FEE.into(),
        to: TxKind::Call(Address::repeat_byte(7)),
        value: U256::ONE,
        ..TxEip1559::default()
    }
}

/// A call of [`LOGGER`] with `length` bytes.
fn log_call(nonce: u64, length: usize) -> TxEip1559 {
    TxEip1559 {
        to: TxKind::Call(LOGGER_ADDRESS),
        input: vec![1; length].into(),
        value: U256::ZERO,
        ..transfer(nonce)
    }
}

/// Signs with the key of a well-known account.
fn sign<T>(account: usize, mut tx: T) -> SignedTransaction
where
    T: SignableTransaction<alloy_primitives::Signature>,
    TxEnvelope: From<alloy::consensus::Signed<T>>,
{
    let signer = DevAccount::well_known()[account].signer();
    let signature = signer.sign_transaction_sync(&mut tx).unwrap();
    let raw = TxEnvelope::from(tx.into_signed(signature)).encoded_2718();
    SignedTransaction::try_decode(&raw, params().chain_id).unwrap()
}
