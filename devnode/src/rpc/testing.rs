//! Methods that only test nodes have: time, mining, snapshots, state by decree.

use super::{
    Api, RpcError,
    params::{Number, Params},
};
use crate::chain::{Chain, Mining};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use serde::Deserialize;
use std::time::Duration;

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
        refuse_too_many(blocks)?;
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

    /// Sets the clock; answers with the seconds it has been moved in all.
    pub(super) fn set_time(&self, mut params: Params<'_>) -> Result<i64, RpcError> {
        let Number(secs) = params.required("timestamp")?;
        params.finish()?;
        Ok(self.change(|chain| chain.set_time(secs))??)
    }

    /// Makes blocks, the clock moved ahead by so many seconds before each.
    pub(super) fn mine_many(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let blocks: Option<Number> = params.optional("blocks")?;
        let interval: Option<Number> = params.optional("interval")?;
        params.finish()?;
        let blocks = blocks.map_or(1, |Number(blocks)| blocks);
        refuse_too_many(blocks)?;
        self.change(|chain| {
            for _ in 0..blocks {
                if let Some(Number(secs)) = interval {
                    chain.increase_time(secs)?;
                }
                chain.mine();
            }
            Ok(())
        })?
    }

    /// Whether each transaction gets a block at once. Switching that off leaves an interval as it is.
    pub(super) fn set_automine(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let automine: bool = params.required("enabled")?;
        params.finish()?;
        self.change(|chain| {
            if automine {
                chain.set_mining(Mining::OnDemand);
            } else if chain.mining() == Mining::OnDemand {
                chain.set_mining(Mining::Manual);
            }
        })
    }

    /// A block every so many seconds; none by itself if 0.
    pub(super) fn set_interval_mining(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let Number(secs) = params.required("seconds")?;
        params.finish()?;
        let mining = match secs {
            0 => Mining::Manual,
            secs => Mining::Interval(Duration::from_secs(secs)),
        };
        self.change(|chain| chain.set_mining(mining))
    }

    pub(super) fn automine(&self, params: Params<'_>) -> Result<bool, RpcError> {
        params.finish()?;
        Ok(self.read()?.mining() == Mining::OnDemand)
    }

    pub(super) fn set_nonce(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let address: Address = params.required("address")?;
        let Number(nonce) = params.required("nonce")?;
        params.finish()?;
        self.change(|chain| chain.set_nonce(address, nonce))
    }

    pub(super) fn set_code(&self, mut params: Params<'_>) -> Result<(), RpcError> {
        let address: Address = params.required("address")?;
        let code: Bytes = params.required("code")?;
        params.finish()?;
        self.change(|chain| chain.set_code(address, &code))
    }

    pub(super) fn set_storage(&self, mut params: Params<'_>) -> Result<bool, RpcError> {
        let address: Address = params.required("address")?;
        let slot: U256 = params.required("slot")?;
        let value: U256 = params.required("value")?;
        params.finish()?;
        self.change(|chain| chain.set_storage(address, slot.into(), value.into()))?;
        Ok(true)
    }

    /// Forgets a transaction that waits; answers with its hash if there was one.
    pub(super) fn drop_transaction(
        &self,
        mut params: Params<'_>,
    ) -> Result<Option<B256>, RpcError> {
        let hash: B256 = params.required("transactionHash")?;
        params.finish()?;
        let dropped = self.change(|chain| chain.drop_waiting(hash))?;
        Ok(dropped.then_some(hash))
    }

    pub(super) fn drop_all_transactions(&self, params: Params<'_>) -> Result<(), RpcError> {
        params.finish()?;
        self.change(Chain::drop_all_waiting)
    }
}

fn refuse_too_many(blocks: u64) -> Result<(), RpcError> {
    if blocks > MAX_MINED_BLOCKS {
        return Err(RpcError::BadParam(format!(
            "at most {MAX_MINED_BLOCKS} blocks can be made at once"
        )));
    }
    Ok(())
}
