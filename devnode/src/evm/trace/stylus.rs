//! `stylusTracer`: the host functions programs call, in the form `cargo stylus trace` and `replay` read.

use super::{FrameBegin, FrameEnd, FrameKind, MAX_TRACE_BYTES, TraceTooLarge, Tracer};
use crate::vm::HostCall;
use alloy_primitives::{Address, Bytes, U256};
use serde::Serialize;
use std::{borrow::Cow, mem};

/// A host function a program called, or a frame that was opened by something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostStep {
    /// Name of the function; of a frame that no program's call opened, what would have opened it
    /// with `evm_` in front.
    pub name: Cow<'static, str>,
    /// What it was given, one after the other.
    pub args: Bytes,
    /// What it answered, one after the other.
    pub outs: Bytes,
    /// Ink before it.
    pub start_ink: u64,
    /// Ink after it.
    pub end_ink: u64,
    /// Whose code a call ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What happened in the frame a call opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Self>>,
}

/// Host functions whose frame is shown inside of them rather than before them.
const CALLS: [&str; 3] = [
    "call_contract",
    "delegate_call_contract",
    "static_call_contract",
];

#[derive(Debug, Default)]
pub(in crate::evm) struct StylusTracer {
    /// Steps of the frames that have not ended, with how each came to be; the outermost frame's are
    /// first and stand for themselves.
    open: Vec<(FrameBegin, Vec<HostStep>)>,
    outermost: Vec<HostStep>,
    bytes: usize,
}

impl StylusTracer {
    pub(super) fn finish(self) -> Vec<HostStep> {
        self.outermost
    }

    fn push(&mut self, step: HostStep) {
        if let Some((_, steps)) = self.open.last_mut() {
            steps.push(step);
        }
    }

    /// The frame that the last call of the present one opened, if it opened one.
    fn take_frame(&mut self) -> Option<HostStep> {
        let (_, steps) = self.open.last_mut()?;
        steps.pop_if(|step| step.name.starts_with(FRAME))
    }
}

/// Begins the name of a frame that is not shown inside of a host function.
const FRAME: &str = "evm_";

fn frame_step(name: &'static str, address: Address, steps: Vec<HostStep>) -> HostStep {
    HostStep {
        name: Cow::Borrowed(name),
        args: Bytes::new(),
        outs: Bytes::new(),
        start_ink: 0,
        end_ink: 0,
        address: Some(address),
        steps: Some(steps),
    }
}

const fn frame_name(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Call => "evm_call_contract",
        FrameKind::CallCode => "evm_call_code",
        FrameKind::DelegateCall => "evm_delegate_call_contract",
        FrameKind::StaticCall => "evm_static_call_contract",
        FrameKind::Create => "evm_create1",
        FrameKind::Create2 => "evm_create2",
        FrameKind::SelfDestruct => "evm_self_destruct",
    }
}

impl Tracer for StylusTracer {
    fn frame_begins(&mut self, frame: FrameBegin) -> Result<(), TraceTooLarge> {
        self.bytes += mem::size_of::<HostStep>();
        self.open.push((frame, Vec::new()));
        Ok(())
    }

    fn frame_ends(&mut self, _end: FrameEnd) {
        let Some((frame, steps)) = self.open.pop() else {
            return;
        };
        if self.open.is_empty() {
            self.outermost = steps;
        } else {
            self.push(frame_step(frame_name(frame.kind), frame.to, steps));
        }
    }

    fn self_destructs(&mut self, _contract: Address, heir: Address, _balance: U256) {
        self.push(frame_step(
            frame_name(FrameKind::SelfDestruct),
            heir,
            Vec::new(),
        ));
    }

    fn wants_host_calls(&self) -> bool {
        true
    }

    fn host_call(&mut self, call: HostCall) -> Result<(), TraceTooLarge> {
        self.bytes += mem::size_of::<HostStep>() + call.args.len() + call.outs.len();
        if self.bytes > MAX_TRACE_BYTES {
            return Err(TraceTooLarge);
        }
        let (mut address, mut steps) = (None, None);
        if CALLS.contains(&call.name) {
            // A call that failed before its frame has none; its callee is its first argument.
            let callee = call.args.first_chunk().map(|bytes| Address::new(*bytes));
            let frame = self.take_frame();
            address = frame.as_ref().and_then(|frame| frame.address).or(callee);
            steps = Some(frame.and_then(|frame| frame.steps).unwrap_or_default());
        }
        // What prints a number prints text too, and only text of any length can be read back.
        let name = match call.name {
            "console_log" => "console_log_text",
            name => name,
        };
        self.push(HostStep {
            name: Cow::Borrowed(name),
            args: call.args,
            outs: call.outs,
            start_ink: call.start_ink,
            end_ink: call.end_ink,
            address,
            steps,
        });
        Ok(())
    }
}
