//! Tracers: what is seen of an execution while it runs, in the shapes of geth's `debug` namespace.
//!
//! A `Tracer` hears what happens in a `Machine`: frames that begin and end, logs, destructions, opcodes,
//! host functions of programs. Ordinary executions have none and pay one branch per frame for that. The
//! answers ([`Trace`]) are serialised with the member names of geth (`eth/tracers/native`,
//! `eth/tracers/logger`) and of Nitro's `stylusTracer`.

mod call;
mod four_byte;
mod observe;
mod prestate;
mod report;
mod request;
mod steps;
mod stylus;

pub use call::{CallFrame, CallLog};
pub use prestate::{AccountBefore, PrestateDiff, StateBefore};
pub use request::{CallTracerOptions, PrestateOptions, StepOptions, TracerKind};
pub use steps::{StepTrace, TracedStep};
pub use stylus::HostStep;

use super::{ExecutionOutcome, database::Db};
use crate::vm::HostCall;
use alloy_primitives::{Address, Bytes, Log, U256};
use call::CallTracer;
use four_byte::FourByteTracer;
use prestate::PrestateTracer;
use revm::state::EvmState;
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Debug};
use steps::StepTracer;
use stylus::StylusTracer;

pub(super) use observe::{Stopped, run_observed};

/// Kind of a frame, named as geth names the opcode that opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FrameKind {
    /// An ordinary call, or the transaction's own.
    Call,
    /// `CALLCODE`: the callee's code in the caller's place, with a value of its own.
    CallCode,
    /// A call with the callee's code in the caller's place.
    DelegateCall,
    /// A call that changes no state.
    StaticCall,
    /// A creation at an address by nonce.
    Create,
    /// A creation at an address by salt.
    Create2,
    /// An account that gave its balance away; never has frames under it.
    SelfDestruct,
}

impl FrameKind {
    const fn creates(self) -> bool {
        matches!(self, Self::Create | Self::Create2)
    }
}

/// A frame that begins, also one that will fail before it runs.
#[derive(Clone, Debug)]
pub(super) struct FrameBegin {
    pub(super) kind: FrameKind,
    /// The account that acts.
    pub(super) from: Address,
    /// Whose code runs, or the contract to be made.
    pub(super) to: Address,
    /// `None` for a static call.
    pub(super) value: Option<U256>,
    pub(super) gas: u64,
    pub(super) input: Bytes,
}

/// How the frame that began last and has not ended came out.
#[derive(Clone, Debug)]
pub(super) struct FrameEnd {
    pub(super) gas_left: u64,
    /// Return data, revert data or deployed code.
    pub(super) output: Bytes,
    /// Geth's name for what went wrong.
    pub(super) error: Option<String>,
}

/// An opcode that is about to run.
#[derive(Debug)]
pub(super) struct Step<'s> {
    pub(super) pc: usize,
    pub(super) opcode: u8,
    pub(super) gas: u64,
    /// 1 for the transaction's own frame.
    pub(super) depth: usize,
    /// The account that acts.
    pub(super) contract: Address,
    /// The top is the last.
    pub(super) stack: &'s [U256],
    pub(super) memory: &'s [u8],
    /// What the last call of this frame returned.
    pub(super) return_data: &'s Bytes,
    /// Gas this frame has to be refunded so far; negative when an outer frame's refund was undone.
    pub(super) refund: i64,
}

/// What the last [`Step`] came to.
#[derive(Clone, Debug)]
pub(super) struct StepEnd {
    /// Gas it cost, with what was handed to a called frame, without what was handed to a creation.
    pub(super) cost: u64,
    /// Why it could not begin: gas or stack.
    pub(super) error: Option<String>,
    /// The new top of the stack.
    pub(super) top: Option<U256>,
}

/// Hears what happens in an execution.
pub(super) trait Tracer: Debug + Send {
    /// A frame begins. After an error the whole execution ends soon.
    fn frame_begins(&mut self, frame: FrameBegin) -> Result<(), TraceTooLarge> {
        let _ = frame;
        Ok(())
    }

    fn frame_ends(&mut self, end: FrameEnd) {
        let _ = end;
    }

    fn self_destructs(&mut self, contract: Address, heir: Address, balance: U256) {
        let _ = (contract, heir, balance);
    }

    fn logs(&mut self, log: &Log) {
        let _ = log;
    }

    /// Whether [`Self::step_begins`] and [`Self::step_ends`] do anything.
    fn wants_steps(&self) -> bool {
        false
    }

    /// An opcode begins. An error ends the whole execution.
    fn step_begins(&mut self, step: &Step<'_>) -> Result<(), TraceTooLarge> {
        let _ = step;
        Ok(())
    }

    fn step_ends(&mut self, end: StepEnd) {
        let _ = end;
    }

    /// Whether [`Self::host_call`] does anything.
    fn wants_host_calls(&self) -> bool {
        false
    }

    fn host_call(&mut self, call: HostCall) -> Result<(), TraceTooLarge> {
        let _ = call;
        Ok(())
    }
}

/// A trace has grown beyond what one answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trace is larger than `{MAX_TRACE_BYTES}` bytes")]
pub(super) struct TraceTooLarge;

/// About the most memory that one trace may take.
pub(super) const MAX_TRACE_BYTES: usize = 256 * 1024 * 1024;

/// The answer of a tracer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Trace {
    /// `callTracer`.
    Call(Box<CallFrame>),
    /// `prestateTracer`.
    Prestate(StateBefore),
    /// `prestateTracer` with `diffMode`.
    Diff(PrestateDiff),
    /// `stylusTracer`.
    Stylus(Vec<HostStep>),
    /// `4byteTracer`: how often each selector was called, by `selector-bytes of arguments`.
    FourByte(BTreeMap<String, u64>),
    /// `noopTracer`: nothing.
    Noop(Nothing),
    /// `muxTracer`: the answers of several, by their names.
    Mux(BTreeMap<String, Self>),
    /// The default: opcode by opcode.
    Steps(Box<StepTrace>),
}

/// An empty object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Nothing {}

/// An execution and what was seen of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// What the execution came to.
    pub outcome: ExecutionOutcome,
    /// What the tracer answers.
    pub trace: Trace,
}

/// What a tracer needs to know at the end.
#[derive(Debug)]
pub(super) struct Finished<'f> {
    pub(super) outcome: &'f ExecutionOutcome,
    /// Every account and slot the execution loaded, as it left them.
    pub(super) after: &'f EvmState,
    /// The state it began with.
    pub(super) before: &'f Db<'f>,
    pub(super) sender: Address,
    /// Called or created.
    pub(super) target: Address,
    pub(super) coinbase: Address,
}

/// A tracer of any kind.
#[derive(Debug)]
pub(super) enum AnyTracer {
    Call(CallTracer),
    Prestate(PrestateTracer),
    Stylus(StylusTracer),
    FourByte(FourByteTracer),
    Noop,
    Mux(BTreeMap<String, Self>),
    Steps(StepTracer),
}

impl AnyTracer {
    /// A tracer for a transaction with this gas limit.
    pub(super) fn new(kind: &TracerKind, gas_limit: u64) -> Self {
        match kind {
            TracerKind::Call(options) => Self::Call(CallTracer::new(*options, gas_limit)),
            TracerKind::Prestate(options) => Self::Prestate(PrestateTracer::new(*options)),
            TracerKind::Stylus => Self::Stylus(StylusTracer::default()),
            TracerKind::FourByte => Self::FourByte(FourByteTracer::default()),
            TracerKind::Noop => Self::Noop,
            TracerKind::Mux(kinds) => Self::Mux(
                kinds
                    .iter()
                    .map(|(name, kind)| (name.clone(), Self::new(kind, gas_limit)))
                    .collect(),
            ),
            TracerKind::Steps(options) => Self::Steps(StepTracer::new(*options)),
        }
    }

    pub(super) fn finish(self, finished: &Finished<'_>) -> Trace {
        match self {
            Self::Call(tracer) => Trace::Call(Box::new(tracer.finish(finished))),
            Self::Prestate(tracer) => tracer.finish(finished),
            Self::Stylus(tracer) => Trace::Stylus(tracer.finish()),
            Self::FourByte(tracer) => Trace::FourByte(tracer.finish()),
            Self::Noop => Trace::Noop(Nothing::default()),
            Self::Mux(tracers) => Trace::Mux(
                tracers
                    .into_iter()
                    .map(|(name, tracer)| (name, tracer.finish(finished)))
                    .collect(),
            ),
            Self::Steps(tracer) => Trace::Steps(Box::new(tracer.finish(finished))),
        }
    }

    /// Does something with every tracer in it.
    fn each<E>(&mut self, act: &mut dyn FnMut(&mut dyn Tracer) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Call(tracer) => act(tracer),
            Self::Prestate(tracer) => act(tracer),
            Self::Stylus(tracer) => act(tracer),
            Self::FourByte(tracer) => act(tracer),
            Self::Noop => Ok(()),
            Self::Mux(tracers) => tracers.values_mut().try_for_each(|tracer| tracer.each(act)),
            Self::Steps(tracer) => act(tracer),
        }
    }

    /// As [`Self::each`] for what cannot fail.
    fn tell(&mut self, mut act: impl FnMut(&mut dyn Tracer)) {
        let result: Result<(), std::convert::Infallible> = self.each(&mut |tracer| {
            act(tracer);
            Ok(())
        });
        match result {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    fn any(&self, asks: fn(&dyn Tracer) -> bool) -> bool {
        match self {
            Self::Call(tracer) => asks(tracer),
            Self::Prestate(tracer) => asks(tracer),
            Self::Stylus(tracer) => asks(tracer),
            Self::FourByte(tracer) => asks(tracer),
            Self::Noop => false,
            Self::Mux(tracers) => tracers.values().any(|tracer| tracer.any(asks)),
            Self::Steps(tracer) => asks(tracer),
        }
    }
}

impl Tracer for AnyTracer {
    fn frame_begins(&mut self, frame: FrameBegin) -> Result<(), TraceTooLarge> {
        self.each(&mut |tracer| tracer.frame_begins(frame.clone()))
    }

    fn frame_ends(&mut self, end: FrameEnd) {
        self.tell(|tracer| tracer.frame_ends(end.clone()));
    }

    fn self_destructs(&mut self, contract: Address, heir: Address, balance: U256) {
        self.tell(|tracer| tracer.self_destructs(contract, heir, balance));
    }

    fn logs(&mut self, log: &Log) {
        self.tell(|tracer| tracer.logs(log));
    }

    fn wants_steps(&self) -> bool {
        self.any(|tracer| tracer.wants_steps())
    }

    fn step_begins(&mut self, step: &Step<'_>) -> Result<(), TraceTooLarge> {
        self.each(&mut |tracer| tracer.step_begins(step))
    }

    fn step_ends(&mut self, end: StepEnd) {
        self.tell(|tracer| tracer.step_ends(end.clone()));
    }

    fn wants_host_calls(&self) -> bool {
        self.any(|tracer| tracer.wants_host_calls())
    }

    fn host_call(&mut self, call: HostCall) -> Result<(), TraceTooLarge> {
        self.each(&mut |tracer| tracer.host_call(call.clone()))
    }
}
