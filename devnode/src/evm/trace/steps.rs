//! The default tracer: every opcode with what it found, as geth's struct logger lists them.

use super::{Finished, MAX_TRACE_BYTES, Step, StepEnd, StepOptions, TraceTooLarge, Tracer};
use crate::evm::ExecutionStatus;
use alloy_primitives::{Address, Bytes, U256, hex};
use revm::bytecode::opcode::{OpCode, SLOAD, SSTORE};
use serde::Serialize;
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    mem,
};

/// The answer of the opcode tracer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepTrace {
    /// Gas paid for.
    pub gas: u64,
    /// Whether it did not succeed.
    pub failed: bool,
    /// Return data, revert data or deployed code.
    pub return_value: Bytes,
    /// The opcodes in order. Host functions of programs are not among them.
    pub struct_logs: Vec<TracedStep>,
}

/// One opcode, before it ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedStep {
    /// Place in the code.
    pub pc: u64,
    /// Its name.
    pub op: Cow<'static, str>,
    /// Gas left before it.
    pub gas: u64,
    /// Gas it costs. Of one that the gas did not suffice for: its price as far as known, at least
    /// the gas that was left.
    pub gas_cost: u64,
    /// Depth of the frame; 1 is the transaction's own.
    pub depth: u64,
    /// Why it could not begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Stack, the top last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<Vec<U256>>,
    /// What the last call of the frame returned, if not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_data: Option<Bytes>,
    /// Memory in words of 64 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Vec<String>>,
    /// At `SLOAD` and `SSTORE`: every slot of the contract that was read or written so far, with
    /// the value after this opcode, 64 digits each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<BTreeMap<String, String>>,
    /// Gas to be refunded at the end, as far as known.
    #[serde(skip_serializing_if = "is_zero")]
    pub refund: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Debug)]
pub(in crate::evm) struct StepTracer {
    options: StepOptions,
    steps: Vec<TracedStep>,
    storage: HashMap<Address, BTreeMap<U256, U256>>,
    /// Refunds of the frames on the stack, outermost first.
    refunds: Vec<i64>,
    /// Set while a slot is being read: its contract and key.
    reading: Option<(Address, U256)>,
    /// Whether the step that runs is listed.
    listed: bool,
    bytes: usize,
}

impl StepTracer {
    pub(super) fn new(options: StepOptions) -> Self {
        Self {
            options,
            steps: Vec::new(),
            storage: HashMap::new(),
            refunds: Vec::new(),
            reading: None,
            listed: false,
            bytes: 0,
        }
    }

    pub(super) fn finish(self, finished: &Finished<'_>) -> StepTrace {
        let outcome = finished.outcome;
        StepTrace {
            gas: outcome.gas_used,
            failed: outcome.status != ExecutionStatus::Success,
            return_value: outcome.output.clone(),
            struct_logs: self.steps,
        }
    }

    fn refund(&mut self, step: &Step<'_>) -> u64 {
        self.refunds.resize(step.depth, 0);
        if let Some(own) = self.refunds.last_mut() {
            *own = step.refund;
        }
        let sum: i64 = self.refunds.iter().sum();
        u64::try_from(sum).unwrap_or_default()
    }

    fn slots(&self, contract: Address) -> BTreeMap<String, String> {
        let digits = |number: &U256| hex::encode(number.to_be_bytes::<32>());
        self.storage
            .get(&contract)
            .into_iter()
            .flatten()
            .map(|(slot, value)| (digits(slot), digits(value)))
            .collect()
    }
}

/// Geth's name of an opcode.
pub(super) fn opcode_name(opcode: u8) -> Cow<'static, str> {
    OpCode::info_by_op(opcode).map_or_else(
        || Cow::Owned(format!("opcode {opcode:#x} not defined")),
        |info| Cow::Borrowed(info.name()),
    )
}

/// Length of a word in digits with what holds it.
const WORD_TEXT_BYTES: usize = 64 + mem::size_of::<String>();

impl Tracer for StepTracer {
    fn wants_steps(&self) -> bool {
        true
    }

    fn step_begins(&mut self, step: &Step<'_>) -> Result<(), TraceTooLarge> {
        let refund = self.refund(step);
        self.reading = None;
        let mut storage = None;
        if !self.options.disable_storage {
            match (step.opcode, step.stack) {
                (SLOAD, [.., slot]) => self.reading = Some((step.contract, *slot)),
                (SSTORE, [.., value, slot]) => {
                    let slots = self.storage.entry(step.contract).or_default();
                    slots.insert(*slot, *value);
                    storage = Some(self.slots(step.contract));
                }
                _ => {}
            }
        }
        self.listed = self.options.limit == 0 || (self.steps.len() as u64) < self.options.limit;
        if !self.listed {
            return Ok(());
        }
        let memory = self
            .options
            .enable_memory
            .then(|| step.memory.chunks(32).map(hex::encode).collect::<Vec<_>>());
        let stack = (!self.options.disable_stack).then(|| step.stack.to_vec());
        self.bytes += mem::size_of::<TracedStep>()
            + stack.as_ref().map_or(0, |stack| stack.len() * 32)
            + memory
                .as_ref()
                .map_or(0, |memory| memory.len() * WORD_TEXT_BYTES)
            + storage
                .as_ref()
                .map_or(0, |slots| slots.len() * 2 * WORD_TEXT_BYTES);
        if self.bytes > MAX_TRACE_BYTES {
            return Err(TraceTooLarge);
        }
        self.steps.push(TracedStep {
            pc: step.pc as u64,
            op: opcode_name(step.opcode),
            gas: step.gas,
            gas_cost: 0,
            depth: step.depth as u64,
            error: None,
            stack,
            return_data: Some(step.return_data)
                .filter(|data| self.options.enable_return_data && !data.is_empty())
                .cloned(),
            memory,
            storage,
            refund,
        });
        Ok(())
    }

    fn step_ends(&mut self, end: StepEnd) {
        let mut storage = None;
        if let (Some((contract, slot)), None, Some(value)) =
            (self.reading.take(), &end.error, end.top)
        {
            self.storage
                .entry(contract)
                .or_default()
                .insert(slot, value);
            if self.listed {
                let slots = self.slots(contract);
                self.bytes += slots.len() * 2 * WORD_TEXT_BYTES;
                storage = Some(slots);
            }
        }
        if self.listed
            && let Some(step) = self.steps.last_mut()
        {
            step.gas_cost = end.cost;
            step.error = end.error;
            if storage.is_some() {
                step.storage = storage;
            }
        }
    }
}
