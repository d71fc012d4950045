//! Methods that only test nodes have: time, snapshots, balances by decree.

use super::{
    Api, RpcError,
    params::{Number, Params},
};
use crate::chain::Chain;
use alloy_primitives::{Address, U64, U256};
use serde::Deserialize;

/// Most blocks one `evm_mine` makes.
const MAX_MINED_BLOCKS: u64 = 10_000;

/// What `evm_mine` takes: a timestamp, or an object.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum MineOptions {
    Timestamp(Number),
    Options(MineFields),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MineFields {
    #[serde(default)]
    timestamp: Option<Number>,
    #[serde(default)]
    blocks: Option<Number>,
}

impl Api {
    /// Moves the clock ahead; answers with the seconds it has been moved in all.
    pub(super) fn increase_time(&self, mut params: Params<'_>) -> Result<i64, RpcError> {
        let Number(secs) = params.required("seconds")?;
        params.finish()?;
        Ok(self.change(|chain| chain.increase_time(secs))??)
    }

    /// Fixes the timestamp of the next block; the clock goes on from there.
    pub(super) fn set_next_block_timestamp(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let Number(secs) = params.required("timestamp")?;
        params.finish()?;
        Ok(self.change(|chain| chain.set_next_timestamp(secs))??)
    }

    /// Makes blocks, the first of them at the timestamp given and with what waits for its turn.
    pub(super) fn mine(&self, mut params: Params<'_>) -> Result<&'static str, RpcError> {
        let options: Option<MineOptions> = params.optional("options")?;
        params.finish()?;
        let (timestamp, blocks) = match options {
            None => (None, 1),
            Some(MineOptions::Timestamp(timestamp)) => (Some(timestamp.0), 1),
            Some(MineOptions::Options(fields)) => (
                fields.timestamp.map(|timestamp| timestamp.0),
                fields.blocks.map_or(1, |blocks| blocks.0),
            ),
        };
        if blocks > MAX_MINED_BLOCKS {
            return Err(RpcError::BadParam(format!(
                "at most {MAX_MINED_BLOCKS} blocks can be made at once"
            )));
        }
        self.change(|chain| {
            if let Some(timestamp) = timestamp {
                chain.set_next_timestamp(timestamp)?;
            }
            for _ in 0..blocks {
                chain.mine();
            }
            Ok("0x0")
        })?
    }

    /// Marks the present; answers with the mark's number.
    pub(super) fn snapshot(&self, params: Params<'_>) -> Result<U64, RpcError> {
        params.finish()?;
        Ok(U64::from(self.change(Chain::snapshot)?))
    }

    /// Goes back to a mark and uses it up; answers whether there was one.
    pub(super) fn revert(&self, mut params: Params<'_>) -> Result<bool, RpcError> {
        let Number(id) = params.required("snapshotId")?;
        params.finish()?;
        self.go_back(id)
    }

    pub(super) fn set_balance(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let address: Address = params.required("address")?;
        let balance: U256 = params.required("balance")?;
        params.finish()?;
        Ok(self.change(|chain| chain.set_balance(address, balance))??)
    }
}
