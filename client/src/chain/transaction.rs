//! A transaction's life: simulate, estimate, sign, send, wait.

use std::time::{Duration, Instant};

use alloy::consensus::TxEip1559;
use alloy::primitives::{Address, B256, Bytes, TxKind, U64, U256};
use alloy::rpc::types::Log;
use alloy::sol_types::SolCall;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Chain, Signer, rpc};
use crate::error::{Error, Result};
use crate::revert::Revert;
use crate::units::{Gas, Wei};

/// Longest pause between two looks at what became of a transaction.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// How often a transaction is sent anew because another one of the account took its nonce.
const MOST_LOST_NONCES: u32 = 16;

/// What a transaction does: whom it calls, with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The contract called.
    pub to: Address,
    /// Wei sent along.
    pub value: U256,
    /// Selector and arguments.
    pub data: Bytes,
}

impl Call {
    /// A call without value.
    pub(super) fn view(to: Address, call: &impl SolCall) -> Self {
        Self {
            to,
            value: U256::ZERO,
            data: Bytes::from(call.abi_encode()),
        }
    }

    pub(super) fn to_json(&self, from: Option<Address>) -> Value {
        let mut object = json!({ "to": self.to, "value": self.value, "input": self.data });
        if let Some(from) = from {
            object["from"] = json!(from);
        }
        object
    }
}

/// A transaction composed and not yet sent.
#[derive(Clone, Debug)]
#[must_use = "a transaction does nothing until it is sent"]
pub struct Transaction {
    chain: Chain,
    call: Call,
}

/// A transaction that was simulated and priced.
#[derive(Clone, Debug)]
#[must_use = "a prepared transaction does nothing until it is sent"]
pub struct Prepared {
    /// The sender.
    pub from: Address,
    /// What it does.
    pub call: Call,
    /// Gas that the node expects it to use.
    pub gas: Gas,
    /// Gas that it may use at most.
    pub gas_limit: Gas,
    /// The price it would pay now.
    pub gas_price: Wei,
    /// The price per unit of gas that it pays at most.
    pub max_fee_per_gas: Wei,
    /// The part of the price that goes to the block's producer.
    pub max_priority_fee_per_gas: Wei,
    /// What the simulation returned.
    pub output: Bytes,
}

impl Prepared {
    /// The fee expected.
    pub fn fee(&self) -> Wei {
        Wei(u128::from(self.gas.0).saturating_mul(self.gas_price.0))
    }

    /// The most that the sender can lose: highest fee and value.
    pub fn highest_cost(&self) -> Wei {
        let fee = u128::from(self.gas_limit.0).saturating_mul(self.max_fee_per_gas.0);
        Wei(fee.saturating_add(self.call.value.saturating_to()))
    }
}

/// A transaction that was mined and succeeded.
#[derive(Clone, Debug)]
pub struct TxReport {
    /// The transaction.
    pub hash: B256,
    /// The block it is in.
    pub block: u64,
    /// Gas it used.
    pub gas_used: Gas,
    /// The price paid per unit of gas.
    pub effective_gas_price: Wei,
    /// The fee paid.
    pub fee_wei: Wei,
    /// What it emitted.
    pub logs: Vec<Log>,
}

/// The part of a receipt that every chain has; Nitro's extra members and types do not matter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    transaction_hash: B256,
    block_number: Option<U64>,
    gas_used: U64,
    effective_gas_price: Option<U256>,
    status: Option<U64>,
    #[serde(default)]
    from: Address,
    to: Option<Address>,
    #[serde(default)]
    logs: Vec<Log>,
}

impl Transaction {
    /// A transaction that makes `call`.
    pub fn new(chain: Chain, call: Call) -> Self {
        Self { chain, call }
    }

    /// Sends `value` wei along.
    pub fn with_value(mut self, value: U256) -> Self {
        self.call.value = value;
        self
    }

    /// The chain it is for.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// What it does.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Simulates and prices it, as sent by `from`. Costs nothing.
    ///
    /// # Errors
    /// [`Error::Refused`] with the contract's decoded refusal; [`Error::Halted`];
    /// [`Error::InsufficientFunds`].
    pub async fn prepare(&self, from: Address) -> Result<Prepared> {
        /// What a node that serves no such method would have said: a base fee without a tip.
        const NO_TIP: Wei = Wei(0);
        let inner = &self.chain.0;
        let output = self.chain.call_raw(Some(from), &self.call).await?;
        let price: U256 = rpc::request(inner, "eth_gasPrice", ()).await?;
        let gas_price = Wei(price.saturating_to());
        let tip = match rpc::request::<_, U256>(inner, "eth_maxPriorityFeePerGas", ()).await {
            Ok(tip) => Wei(tip.saturating_to()),
            Err(Error::Rpc { .. }) => NO_TIP,
            Err(error) => return Err(error),
        };
        // Twice the price of now survives six full blocks of rising base fee; what is not needed is not paid.
        let max_fee_per_gas = Wei(gas_price.0.saturating_mul(2));
        let balance = self.chain.balance(from).await?;
        let estimate: Result<U64> = rpc::execute(
            inner,
            "eth_estimateGas",
            (self.call.to_json(Some(from)),),
            &self.call,
        )
        .await;
        let gas = match estimate {
            Ok(gas) => Gas(gas.to()),
            Err(Error::Rpc { message, .. }) if message.contains("insufficient funds") => {
                let needed = Wei(self.call.value.saturating_to());
                return Err(Error::InsufficientFunds {
                    account: from,
                    balance,
                    needed,
                });
            }
            Err(error) => return Err(error),
        };
        // The state may have moved until it is mined, and part of Arbitrum's gas follows the parent chain's fee.
        let gas_limit = Gas(gas.0.saturating_add(gas.0 / 5));
        let prepared = Prepared {
            from,
            call: self.call.clone(),
            gas,
            gas_limit,
            gas_price,
            max_fee_per_gas,
            max_priority_fee_per_gas: tip.min(max_fee_per_gas),
            output,
        };
        let needed = prepared.highest_cost();
        if balance < needed {
            return Err(Error::InsufficientFunds {
                account: from,
                balance,
                needed,
            });
        }
        Ok(prepared)
    }

    /// Simulates, prices, signs and sends it, and waits for its receipt.
    ///
    /// # Errors
    /// As [`Self::prepare`] and [`Self::send_prepared`].
    pub async fn send(&self, signer: &Signer) -> Result<TxReport> {
        let prepared = self.prepare(signer.address()).await?;
        self.send_prepared(signer, &prepared).await
    }

    /// Signs and sends what [`Self::prepare`] returned, and waits for its receipt.
    ///
    /// # Errors
    /// [`Error::ReceiptTimeout`] with the hash, when it was sent and is not mined in time;
    /// [`Error::TransactionFailed`] when it was mined and failed.
    pub async fn send_prepared(&self, signer: &Signer, prepared: &Prepared) -> Result<TxReport> {
        let hash = self.submit(signer, prepared).await?;
        wait(&self.chain, hash).await
    }

    /// Signs and sends what [`Self::prepare`] returned; returns the hash at once. Where another process that uses the same
    /// account has taken the nonce meanwhile, it is simulated once more and sent with the next.
    ///
    /// # Errors
    /// [`Error::Refused`], where what the other process did leaves nothing to do; [`Error::InsufficientFunds`].
    pub async fn submit(&self, signer: &Signer, prepared: &Prepared) -> Result<B256> {
        if signer.address() != prepared.from {
            return Err(Error::PreparedElsewhere {
                what: "account",
                prepared: prepared.from.to_string(),
                given: signer.address().to_string(),
            });
        }
        let mut lost = 0;
        loop {
            let unsigned = self.unsigned(prepared).await?;
            let nonce = unsigned.nonce;
            let (raw, hash) = signer.sign(unsigned).await?;
            let error = match broadcast(&self.chain, raw, hash, &prepared.call).await {
                Ok(hash) => return Ok(hash),
                Err(error) => error,
            };
            match &error {
                Error::Rpc { message, .. } if message.contains("insufficient funds") => {
                    return Err(Error::InsufficientFunds {
                        account: prepared.from,
                        balance: self.chain.balance(prepared.from).await?,
                        needed: prepared.highest_cost(),
                    });
                }
                Error::Rpc { message, .. } if is_taken(message) && lost < MOST_LOST_NONCES => {
                    // Another run of the same account was faster. What it did may be what this one wants to do.
                    let is_ours = known(&self.chain, hash).await;
                    let next = self.unsigned(prepared).await?.nonce;
                    if !matches!(is_ours, Ok(false)) || next <= nonce {
                        return Err(error);
                    }
                    self.chain
                        .call_raw(Some(prepared.from), &prepared.call)
                        .await?;
                    lost += 1;
                }
                _ => return Err(error),
            }
        }
    }

    /// What [`Self::submit`] would sign, with the nonce that is next now.
    pub async fn unsigned(&self, prepared: &Prepared) -> Result<TxEip1559> {
        let inner = &self.chain.0;
        let nonce: U64 =
            rpc::request(inner, "eth_getTransactionCount", (prepared.from, "pending")).await?;
        Ok(TxEip1559 {
            chain_id: inner.chain_id,
            nonce: nonce.to(),
            gas_limit: prepared.gas_limit.0,
            max_fee_per_gas: prepared.max_fee_per_gas.0,
            max_priority_fee_per_gas: prepared.max_priority_fee_per_gas.0,
            to: TxKind::Call(prepared.call.to),
            value: prepared.call.value,
            access_list: alloy::eips::eip2930::AccessList::default(),
            input: prepared.call.data.clone(),
        })
    }
}

/// Whether a node says that another transaction of the account has the nonce: geth and Nitro, then Erigon.
fn is_taken(message: &str) -> bool {
    [
        "nonce too low",
        "replacement transaction underpriced",
        "could not replace existing tx",
    ]
    .iter()
    .any(|said| message.contains(said))
}

/// Sends what was signed; its hash, whatever the node calls it.
pub(super) async fn broadcast(chain: &Chain, raw: Bytes, hash: B256, call: &Call) -> Result<B256> {
    let sent: Result<B256> = rpc::execute(&chain.0, "eth_sendRawTransaction", (raw,), call).await;
    match sent {
        // The hash is computed here: a node cannot make us wait for another transaction.
        Ok(_) => Ok(hash),
        Err(Error::Rpc { message, .. }) if message.contains("already known") => Ok(hash),
        // The node may have taken it before the connection broke, the time ran out, or what stands before it said that it
        // is busy, and then says of the second attempt that its nonce is used: look for it, lest it be sent anew.
        Err(
            error @ (Error::Timeout { .. }
            | Error::Unreachable { .. }
            | Error::InvalidResponse { .. }
            | Error::Busy { .. }
            | Error::Rpc { .. }),
        ) => match known(chain, hash).await {
            Ok(true) => Ok(hash),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// Waits until the node counts no transaction of `account` as pending.
pub(super) async fn settle(chain: &Chain, account: Address) -> Result<()> {
    let after = chain.0.options.receipt_timeout;
    let started = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        let mined: U64 =
            rpc::request(&chain.0, "eth_getTransactionCount", (account, "latest")).await?;
        let sent: U64 =
            rpc::request(&chain.0, "eth_getTransactionCount", (account, "pending")).await?;
        if sent <= mined {
            return Ok(());
        }
        if started.elapsed() + pause > after {
            return Err(Error::Unsettled {
                account,
                count: (sent - mined).to(),
                after,
            });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

async fn known(chain: &Chain, hash: B256) -> Result<bool> {
    let found: Option<Value> = rpc::request(&chain.0, "eth_getTransactionByHash", (hash,)).await?;
    Ok(found.is_some())
}

/// Waits for a receipt, asking often at first: development chains answer within milliseconds.
pub(super) async fn wait(chain: &Chain, hash: B256) -> Result<TxReport> {
    let after = chain.0.options.receipt_timeout;
    let started = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        match rpc::request::<_, Option<Receipt>>(&chain.0, "eth_getTransactionReceipt", (hash,))
            .await
        {
            Ok(Some(receipt)) if receipt.block_number.is_some() => {
                return report(chain, hash, receipt).await;
            }
            // The transaction is out: a node that stumbles now must not make us forget its hash.
            Ok(_)
            | Err(
                Error::Unreachable { .. }
                | Error::Timeout { .. }
                | Error::Busy { .. }
                | Error::InvalidResponse { .. }
                | Error::Rpc { .. },
            ) => {}
            Err(error) => return Err(error),
        }
        if started.elapsed() + pause > after {
            return Err(Error::ReceiptTimeout { hash, after });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

async fn report(chain: &Chain, hash: B256, receipt: Receipt) -> Result<TxReport> {
    let block = receipt.block_number.unwrap_or_default().to();
    if receipt.transaction_hash != hash || receipt.status != Some(U64::ONE) {
        let revert = why_failed(chain, &receipt, block).await;
        return Err(Error::TransactionFailed { hash, revert });
    }
    let gas_used = Gas(receipt.gas_used.to());
    let effective_gas_price = Wei(receipt
        .effective_gas_price
        .unwrap_or_default()
        .saturating_to());
    Ok(TxReport {
        hash,
        block,
        gas_used,
        effective_gas_price,
        fee_wei: Wei(u128::from(gas_used.0).saturating_mul(effective_gas_price.0)),
        logs: receipt.logs,
    })
}

/// Runs a failed transaction again on the state before its block, to learn what the contract said.
async fn why_failed(chain: &Chain, receipt: &Receipt, block: u64) -> Option<Box<Revert>> {
    #[derive(Debug, Deserialize)]
    struct Sent {
        #[serde(default)]
        value: U256,
        input: Bytes,
    }
    let hash = receipt.transaction_hash;
    let sent: Option<Sent> = rpc::request(&chain.0, "eth_getTransactionByHash", (hash,))
        .await
        .ok()?;
    let sent = sent?;
    let call = Call {
        to: receipt.to?,
        value: sent.value,
        data: sent.input,
    };
    let before = format!("{:#x}", block.saturating_sub(1));
    for block in [before.as_str(), "latest"] {
        if let Err(Error::Refused(revert)) =
            chain.call_at(Some(receipt.from), &call, block, None).await
        {
            return Some(revert);
        }
    }
    None
}
