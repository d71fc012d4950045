//! Methods that need keys: those of the development accounts, which everybody knows anyway. Impersonated
//! accounts send without one.

use super::{Api, RpcError, call::TIMEOUT, convert, params::Params, typed_data::TypedData};
use crate::{
    chain::SignedTransaction,
    config::DevAccount,
    evm::{Deadline, StateOverrides},
};
use alloy::{
    consensus::{SignableTransaction, TxEnvelope, TypedTransaction},
    eips::{BlockId, eip2718::Encodable2718},
    rpc::types::TransactionRequest,
    signers::SignerSync,
};
use alloy_primitives::{Address, B256, Bytes, TxKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;

/// Accounts that send without a key.
#[derive(Clone, Debug, Default)]
pub(super) struct Impersonated {
    accounts: HashSet<Address>,
    everybody: bool,
}

impl Impersonated {
    fn contains(&self, account: Address) -> bool {
        self.everybody || self.accounts.contains(&account)
    }
}

/// What `eth_signTransaction` answers.
#[derive(Debug, Serialize)]
pub(super) struct Signed {
    raw: Bytes,
    tx: TxEnvelope,
}

/// Typed data as an object, or as the text of one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum TypedDataParam {
    Text(String),
    Object(Value),
}

impl Api {
    fn account(&self, address: Address) -> Result<&DevAccount, RpcError> {
        self.accounts()
            .iter()
            .find(|account| account.address() == address)
            .ok_or(RpcError::UnknownAccount(address))
    }

    fn sign_hash(&self, account: Address, hash: &B256) -> Result<Bytes, RpcError> {
        let signature = self
            .account(account)?
            .signer()
            .sign_hash_sync(hash)
            .map_err(|error| RpcError::Internal(error.to_string()))?;
        Ok(signature.as_bytes().into())
    }

    fn sign_message(&self, account: Address, message: &[u8]) -> Result<Bytes, RpcError> {
        self.sign_hash(account, &alloy_primitives::eip191_hash_message(message))
    }

    /// Signs a message in the manner of EIP-191.
    pub(super) fn eth_sign(&self, mut params: Params<'_>) -> Result<Bytes, RpcError> {
        let account: Address = params.required("address")?;
        let message: Bytes = params.required("data")?;
        params.finish()?;
        self.sign_message(account, &message)
    }

    /// As `eth_sign`, the other way round; the password is not looked at.
    pub(super) fn personal_sign(&self, mut params: Params<'_>) -> Result<Bytes, RpcError> {
        let message: Bytes = params.required("data")?;
        let account: Address = params.required("address")?;
        let _password: Option<String> = params.optional("password")?;
        params.finish()?;
        self.sign_message(account, &message)
    }

    pub(super) fn sign_typed_data(&self, mut params: Params<'_>) -> Result<Bytes, RpcError> {
        let account: Address = params.required("address")?;
        let data: TypedDataParam = params.required("typedData")?;
        params.finish()?;
        let data: Result<TypedData, _> = match data {
            TypedDataParam::Text(text) => serde_json::from_str(&text),
            TypedDataParam::Object(object) => serde_json::from_value(object),
        };
        let data = data.map_err(|error| RpcError::BadParam(format!("typed data: {error}")))?;
        let hash = data
            .signing_hash()
            .map_err(|error| RpcError::BadParam(format!("typed data: {error}")))?;
        self.sign_hash(account, &hash)
    }

    /// Signs a transaction that is complete, as in geth.
    pub(super) fn sign_transaction(&self, mut params: Params<'_>) -> Result<Signed, RpcError> {
        let request: TransactionRequest = params.required("transaction")?;
        params.finish()?;
        let missing = |what: &str| Err(RpcError::BadParam(format!("{what} not specified")));
        if request.gas.is_none() {
            return missing("gas");
        }
        if request.gas_price.is_none() && request.max_fee_per_gas.is_none() {
            return missing("gasPrice or maxFeePerGas");
        }
        if request.nonce.is_none() {
            return missing("nonce");
        }
        let from = request.from.unwrap_or_default();
        let tx = self.signed(from, self.complete(request)?)?;
        Ok(Signed {
            raw: tx.encoded_2718().into(),
            tx,
        })
    }

    /// Completes a transaction, signs it or, for an impersonated sender, does not, and hands it to the
    /// chain.
    pub(super) fn send_transaction(&self, mut params: Params<'_>) -> Result<B256, RpcError> {
        let request: TransactionRequest = params.required("transaction")?;
        params.finish()?;
        let from = request.from.unwrap_or_default();
        let known = self.account(from).is_ok();
        if !known && !self.impersonated().contains(from) {
            return Err(RpcError::UnknownAccount(from));
        }
        let transaction = self.complete(request)?;
        let transaction = if known {
            let signed = self.signed(from, transaction)?;
            SignedTransaction::try_decode(&signed.encoded_2718(), self.chain_id())?
        } else {
            SignedTransaction::try_impersonated(transaction, from, self.chain_id())?
        };
        self.submit(transaction)
    }

    fn signed(&self, from: Address, transaction: TypedTransaction) -> Result<TxEnvelope, RpcError> {
        let signature = self
            .account(from)?
            .signer()
            .sign_hash_sync(&transaction.signature_hash())
            .map_err(|error| RpcError::Internal(error.to_string()))?;
        Ok(transaction.into_envelope(signature))
    }

    /// Fills in what the sender left to the node: nonce, gas, fee.
    fn complete(&self, mut request: TransactionRequest) -> Result<TypedTransaction, RpcError> {
        let from = request.from.unwrap_or_default();
        let input = std::mem::take(&mut request.input)
            .try_into_unique_input()
            .map_err(|error| RpcError::BadParam(error.to_string()))?;
        request.input = input.unwrap_or_default().into();
        // Says what is wrong with chain id, fees and kind.
        let mut call = convert::call_request(request.clone(), self.chain_id())?;
        let (nonce, base_fee) = {
            let chain = self.read()?;
            (chain.pending_nonce(from), u128::from(chain.base_fee()))
        };
        request.chain_id = Some(self.chain_id());
        request.to.get_or_insert(TxKind::Create);
        request.nonce.get_or_insert(nonce);
        if request.gas_price.is_none() {
            let tip = *request.max_priority_fee_per_gas.get_or_insert(0);
            // Geth's rule: enough for a base fee that doubles.
            request
                .max_fee_per_gas
                .get_or_insert(base_fee.saturating_mul(2).saturating_add(tip));
        }
        if request.gas.is_none() {
            call.deadline = Some(Deadline::after(TIMEOUT));
            call.gas_price = request.gas_price.or(request.max_fee_per_gas);
            let _history = self.keep_history();
            let simulation = self.simulation(BlockId::pending())?;
            request.gas = Some(simulation.estimate_gas(&call, &StateOverrides::new())?);
        }
        request.build_typed_tx().map_err(|request| {
            RpcError::BadParam(format!(
                "a transaction of type `{:?}` cannot be made of these fields",
                request.preferred_type()
            ))
        })
    }

    pub(super) fn impersonate(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let account: Address = params.required("address")?;
        params.finish()?;
        self.impersonated().accounts.insert(account);
        Ok(())
    }

    pub(super) fn stop_impersonating(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let account: Address = params.required("address")?;
        params.finish()?;
        self.impersonated().accounts.remove(&account);
        Ok(())
    }

    pub(super) fn impersonate_everybody(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let everybody: bool = params.required("enabled")?;
        params.finish()?;
        self.impersonated().everybody = everybody;
        Ok(())
    }
}
