//! `callTracer`: the tree of frames.

use super::{
    CallTracerOptions, Finished, FrameBegin, FrameEnd, FrameKind, MAX_TRACE_BYTES, TraceTooLarge,
    Tracer,
};
use alloy_primitives::{Address, B256, Bytes, Log, U64, U256};
use serde::Serialize;
use std::mem;

/// One frame with the frames under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallFrame {
    /// The account that acts.
    pub from: Address,
    /// Gas given; for the outermost frame the transaction's gas limit.
    pub gas: U64,
    /// Gas spent; for the outermost frame what the transaction paid for.
    pub gas_used: U64,
    /// Whose code ran, or the contract made; absent for a creation that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Address>,
    /// Calldata or init code.
    pub input: Bytes,
    /// Return data, revert data or deployed code; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Bytes>,
    /// Geth's name for what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The reason if the revert data is `Error(string)` or a Solidity panic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revert_reason: Option<String>,
    /// Frames opened by this one, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Self>,
    /// Logs of this frame itself, with `withLog`; none if it or one above it failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<CallLog>,
    /// Wei sent along; absent for a static call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<U256>,
    /// Kind of the frame.
    #[serde(rename = "type")]
    pub kind: FrameKind,
}

/// A log within a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallLog {
    /// Who emitted it.
    pub address: Address,
    /// Topics.
    pub topics: Vec<B256>,
    /// Data.
    pub data: Bytes,
    /// Place among the transaction's logs, from 0. Logs that were reverted count.
    pub index: U64,
    /// How many frames this one had opened before.
    pub position: U64,
}

#[derive(Debug)]
pub(in crate::evm) struct CallTracer {
    options: CallTracerOptions,
    gas_limit: u64,
    /// Frames that have not ended, outermost first.
    open: Vec<CallFrame>,
    outermost: Option<CallFrame>,
    /// How deep the running frame lies; the same as `open` unless only the top is kept.
    depth: usize,
    logs: u64,
    bytes: usize,
}

impl CallTracer {
    pub(super) const fn new(options: CallTracerOptions, gas_limit: u64) -> Self {
        Self {
            options,
            gas_limit,
            open: Vec::new(),
            outermost: None,
            depth: 0,
            logs: 0,
            bytes: 0,
        }
    }

    pub(super) fn finish(self, finished: &Finished<'_>) -> CallFrame {
        let mut frame = self
            .outermost
            .expect("an execution that came to an outcome had an outermost frame");
        frame.gas_used = U64::from(finished.outcome.gas_used);
        drop_failed_logs(&mut frame, false);
        frame
    }

    fn kept(&self) -> bool {
        !self.options.only_top_call || self.depth <= 1
    }
}

/// What a reverted frame logged was never logged.
fn drop_failed_logs(frame: &mut CallFrame, above_failed: bool) {
    let failed = above_failed || frame.error.is_some();
    if failed {
        frame.logs.clear();
    }
    for inner in &mut frame.calls {
        drop_failed_logs(inner, failed);
    }
}

impl Tracer for CallTracer {
    fn frame_begins(&mut self, frame: FrameBegin) -> Result<(), TraceTooLarge> {
        self.depth += 1;
        if !self.kept() {
            return Ok(());
        }
        self.bytes += mem::size_of::<CallFrame>() + frame.input.len();
        let gas = if self.depth == 1 {
            self.gas_limit
        } else {
            frame.gas
        };
        self.open.push(CallFrame {
            from: frame.from,
            gas: U64::from(gas),
            gas_used: U64::from(frame.gas),
            to: Some(frame.to),
            input: frame.input,
            output: None,
            error: None,
            revert_reason: None,
            calls: Vec::new(),
            logs: Vec::new(),
            value: frame.value,
            kind: frame.kind,
        });
        if self.bytes > MAX_TRACE_BYTES {
            return Err(TraceTooLarge);
        }
        Ok(())
    }

    fn frame_ends(&mut self, end: FrameEnd) {
        let kept = self.kept();
        self.depth = self.depth.saturating_sub(1);
        if !kept {
            return;
        }
        let Some(mut frame) = self.open.pop() else {
            return;
        };
        self.bytes += end.output.len();
        // What was given stood here until now.
        frame.gas_used = frame.gas_used.saturating_sub(U64::from(end.gas_left));
        match end.error {
            None => frame.output = Some(end.output).filter(|output| !output.is_empty()),
            Some(error) => {
                if frame.kind.creates() {
                    frame.to = None;
                }
                if error == REVERTED && !end.output.is_empty() {
                    frame.revert_reason = crate::evm::error_reason(&end.output);
                    frame.output = Some(end.output);
                }
                frame.error = Some(error);
            }
        }
        match self.open.last_mut() {
            Some(outer) => outer.calls.push(frame),
            None => self.outermost = Some(frame),
        }
    }

    fn self_destructs(&mut self, contract: Address, heir: Address, balance: U256) {
        if self.options.only_top_call {
            return;
        }
        if let Some(frame) = self.open.last_mut() {
            frame.calls.push(CallFrame {
                from: contract,
                gas: U64::ZERO,
                gas_used: U64::ZERO,
                to: Some(heir),
                input: Bytes::new(),
                output: None,
                error: None,
                revert_reason: None,
                calls: Vec::new(),
                logs: Vec::new(),
                value: Some(balance),
                kind: FrameKind::SelfDestruct,
            });
        }
    }

    fn logs(&mut self, log: &Log) {
        self.bytes += mem::size_of::<CallLog>() + log.data.data.len();
        let index = U64::from(self.logs);
        self.logs += 1;
        if !self.options.with_log || !self.kept() {
            return;
        }
        if let Some(frame) = self.open.last_mut() {
            frame.logs.push(CallLog {
                address: log.address,
                topics: log.topics().to_vec(),
                data: log.data.data.clone(),
                index,
                position: U64::from(frame.calls.len()),
            });
        }
    }
}

/// Geth's name for an ordinary revert.
pub(super) const REVERTED: &str = "execution reverted";
