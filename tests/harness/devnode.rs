//! What only the embedded chain can do: time, balances and code by decree.

use crate::Node;
use serde_json::{Value, json};
use std::time::Duration;

/// The embedded chain's own methods, which no other node knows.
#[derive(Clone, Copy, Debug)]
pub struct Devnode<'a>(&'a Node);

impl<'a> Devnode<'a> {
    pub(crate) const fn new(node: &'a Node) -> Self {
        Self(node)
    }

    /// Gives `account` exactly this many wei.
    pub fn set_balance(self, account: &str, wei: u64) {
        self.rpc("anvil_setBalance", &json!([account, format!("{wei:#x}")]));
    }

    /// Moves the chain's clock forward and mines a block with the new time.
    pub fn pass(self, time: Duration) {
        self.rpc("evm_increaseTime", &json!([time.as_secs()]));
        self.mine(1);
    }

    /// Mines so many blocks.
    pub fn mine(self, blocks: usize) {
        for _ in 0..blocks {
            self.rpc("evm_mine", &json!([]));
        }
    }

    /// One JSON-RPC call.
    ///
    /// # Panics
    /// If the chain answers with an error.
    #[track_caller]
    pub fn rpc(self, method: &str, params: &Value) -> Value {
        self.0.rpc(method, params)
    }
}
