//! What one simulated call sees instead of the chain's state and block.

use super::{RpcError, params::Number};
use crate::evm::{BlockContext, StateOverride, StateOverrides};
use alloy::rpc::types::state::StateOverride as RpcStateOverride;
use alloy_primitives::{Address, B256, U64, U256};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Block overrides as clients write them; fields that are not here are refused by name.
///
/// `number` replaces both the block's own number (`ArbSys.arbBlockNumber`) and the parent chain's, which
/// the opcode `NUMBER` answers and `BLOCKHASH` counts from. The hashes are those of `BLOCKHASH`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct BlockOverrides {
    #[serde(alias = "blockNumber")]
    number: Option<U64>,
    #[serde(alias = "timestamp")]
    time: Option<U64>,
    gas_limit: Option<U64>,
    #[serde(alias = "feeRecipient")]
    coinbase: Option<Address>,
    difficulty: Option<U256>,
    #[serde(alias = "prevRandao")]
    random: Option<B256>,
    #[serde(alias = "baseFeePerGas")]
    base_fee: Option<U64>,
    block_hash: Option<BTreeMap<Number, B256>>,
}

impl BlockOverrides {
    /// Puts them into a block.
    pub(super) fn apply(self, block: &mut BlockContext) {
        let quantity = |value: Option<U64>, place: &mut u64| {
            if let Some(value) = value {
                *place = value.to();
            }
        };
        quantity(self.number, &mut block.number);
        quantity(self.number, &mut block.l1_block_number);
        quantity(self.time, &mut block.timestamp);
        quantity(self.gas_limit, &mut block.gas_limit);
        quantity(self.base_fee, &mut block.base_fee);
        if let Some(coinbase) = self.coinbase {
            block.beneficiary = coinbase;
        }
        // One opcode answers both.
        if let Some(random) = self.random.or(self.difficulty.map(B256::from)) {
            block.prev_randao = random;
        }
        for (Number(number), hash) in self.block_hash.unwrap_or_default() {
            block.block_hashes.insert(number, hash);
        }
    }
}

/// State overrides as the executor takes them.
pub(super) fn state_overrides(
    overrides: Option<RpcStateOverride>,
) -> Result<StateOverrides, RpcError> {
    overrides
        .unwrap_or_default()
        .into_iter()
        .map(|(address, account)| {
            if account.move_precompile_to.is_some() {
                return Err(RpcError::BadParam(format!(
                    "account `{address}`: `movePrecompileToAddress` is not supported"
                )));
            }
            if account.state.is_some() && account.state_diff.is_some() {
                return Err(RpcError::BadParam(format!(
                    "account `{address}` has both `state` and `stateDiff`"
                )));
            }
            let replaced = StateOverride {
                balance: account.balance,
                nonce: account.nonce,
                code: account.code,
                state: account.state.map(|slots| slots.into_iter().collect()),
                state_diff: account.state_diff.unwrap_or_default().into_iter().collect(),
            };
            Ok((address, replaced))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use serde_json::json;

    fn applied(overrides: serde_json::Value) -> BlockContext {
        let overrides: BlockOverrides = serde_json::from_value(overrides).unwrap();
        let mut block = BlockContext::new(1, 2, 3);
        overrides.apply(&mut block);
        block
    }

    #[test]
    fn both_spellings_of_a_field_mean_the_same() {
        let coinbase = Address::repeat_byte(7);
        let random = B256::repeat_byte(9);
        let expected = BlockContext {
            number: 16,
            l1_block_number: 16,
            timestamp: 32,
            gas_limit: 48,
            beneficiary: coinbase,
            prev_randao: random,
            base_fee: 64,
            block_hashes: BTreeMap::from([(5, random)]),
            ..BlockContext::new(1, 2, 3)
        };
        for overrides in [
            json!({
                "number": "0x10", "time": "0x20", "gasLimit": "0x30", "coinbase": coinbase,
                "random": random, "baseFee": "0x40", "blockHash": {"0x5": random},
            }),
            json!({
                "blockNumber": "0x10", "timestamp": "0x20", "gasLimit": "0x30",
                "feeRecipient": coinbase, "prevRandao": random, "baseFeePerGas": "0x40",
                "blockHash": {"5": random},
            }),
        ] {
            assert_eq!(applied(overrides), expected);
        }
        assert_eq!(
            applied(json!({"difficulty": "0x9"})).prev_randao,
            B256::with_last_byte(9)
        );
        assert_eq!(applied(json!({})), BlockContext::new(1, 2, 3));
    }

    #[test]
    fn a_field_that_is_not_served_is_refused_by_name() {
        for field in ["blobBaseFee", "withdrawals", "beaconRoot", "tiem"] {
            let refused = serde_json::from_value::<BlockOverrides>(json!({field: null}));
            let message = refused.unwrap_err().to_string();
            assert!(message.contains(&format!("`{field}`")), "{message}");
        }
    }
}
