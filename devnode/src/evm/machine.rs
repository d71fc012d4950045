//! One execution: revm's frames for EVM code, and between them the frames that are not EVM code.
//!
//! A frame that runs a Stylus program, a precompile of the chain or a built-in contract is executed as
//! a whole when it is opened ([`Machine::frame_init`]) and never lies on revm's frame stack; what it
//! calls runs in a frame stack of its own over the same journal ([`Machine::run_nested`]).

use super::{
    BlockContext, ChainParams, ConsoleSink, Deadline, ExecError, Halt,
    database::Db,
    handler::MachineHandler,
    instructions,
    precompiles::Precompiles,
    trace::{AnyTracer, Stopped, run_observed},
};
use crate::{
    arbos::{self, ArbosParams, OSAKA_ARBOS, ProgramCache, RecentPrograms},
    vm::{self, PageCounter, StylusParams},
};
use alloy_primitives::{Address, Bytes, U256};
use revm::{
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, Context, Evm, FrameStack, Journal, TxEnv},
    context_interface::{
        context::ContextError,
        journaled_state::{JournalCheckpoint, JournalTr},
        result::EVMError,
    },
    handler::{
        EthFrame, EvmTr, FrameData, FrameInitOrResult, FrameResult, Handler, ItemOrResult,
        evm::{ContextDbError, FrameInitResult},
        instructions::EthInstructions,
    },
    interpreter::{
        CallInputs, CallOutcome, CallScheme, CallValue, FrameInput, Gas, InstructionResult,
        InterpreterAction, InterpreterResult, interpreter::EthInterpreter,
        interpreter_action::FrameInit,
    },
    primitives::constants::CALL_STACK_LIMIT,
    state::AccountInfo,
};
use std::{collections::HashMap, convert::Infallible, mem};

/// revm's context over our database.
pub(crate) type Ctx<'a> = Context<BlockEnv, TxEnv, CfgEnv, Db<'a>, Journal<Db<'a>>, ()>;
/// What can go wrong with revm's own bookkeeping; nothing a contract can cause.
pub(crate) type Fault = ContextError<Infallible>;
/// A fault in words.
pub(crate) fn fault_text(fault: &Fault) -> &str {
    match fault {
        ContextError::Custom(text) => text,
        ContextError::Db(never) => match *never {},
    }
}

/// What a handler may fail with: a transaction that is not valid, or a [`Fault`].
pub(crate) type RunError = EVMError<Infallible>;

type InnerEvm<'a> = Evm<
    Ctx<'a>,
    (),
    EthInstructions<EthInterpreter, Ctx<'a>>,
    Precompiles,
    EthFrame<EthInterpreter>,
>;

/// The state of one transaction or simulated call while it runs.
#[derive(Debug)]
pub(crate) struct Machine<'a> {
    pub(super) inner: InnerEvm<'a>,
    /// The block on this chain.
    pub(crate) block: &'a BlockContext,
    pub(crate) chain: &'a ChainParams,
    /// `ArbOS` version. It changes between blocks only.
    pub(crate) arbos_version: u64,
    pub(crate) programs: &'a ProgramCache,
    /// Memory pages of the transaction.
    pub(crate) pages: PageCounter,
    /// Non-delegate frames on the stack, by the address they act for.
    frames: HashMap<Address, u32>,
    /// Caller of every frame on the stack, outermost first.
    callers: Vec<Address>,
    /// Programs that ran in this block, from `ArbOS` 60 on.
    pub(super) recent: RecentPrograms,
    /// Why the frame that just ended was stopped, if it was no EVM frame.
    pub(crate) halt: Option<Halt>,
    /// Gas above the compute cap, held aside until the end.
    pub(super) held_gas: u64,
    /// Whether the compute cap of a transaction applies.
    pub(super) capped: bool,
    /// When to give up.
    deadline: Option<Deadline>,
    /// Why the whole execution is given up, if it is.
    given_up: Option<ExecError>,
    /// Who watches; nobody in an ordinary execution.
    pub(super) tracer: Option<&'a mut AnyTracer>,
    /// Who hears what programs print.
    pub(super) console: Option<&'a ConsoleSink>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(
        ctx: Ctx<'a>,
        block: &'a BlockContext,
        chain: &'a ChainParams,
        arbos_version: u64,
        programs: &'a ProgramCache,
        capped: bool,
        deadline: Option<Deadline>,
    ) -> Self {
        Self {
            inner: Evm::new(
                ctx,
                instructions::table(arbos::spec(arbos_version)),
                Precompiles::new(arbos_version),
            ),
            block,
            chain,
            arbos_version,
            programs,
            pages: PageCounter::default(),
            frames: HashMap::new(),
            callers: Vec::new(),
            recent: RecentPrograms::default(),
            halt: None,
            held_gas: 0,
            capped,
            deadline,
            given_up: None,
            tracer: None,
            console: None,
        }
    }

    /// Fails once the deadline has passed; the whole execution ends by that.
    pub(crate) fn check_time(&mut self) -> Result<(), Fault> {
        if self.given_up.is_some() || self.deadline.is_some_and(|deadline| deadline.is_over()) {
            return Err(self.give_up(Stopped::Late));
        }
        Ok(())
    }

    pub(super) fn give_up(&mut self, why: Stopped) -> Fault {
        let error = match (why, self.deadline) {
            (Stopped::Late, Some(deadline)) => ExecError::TimedOut {
                timeout: deadline.timeout(),
            },
            (Stopped::TooLarge | Stopped::Late, _) => ExecError::TraceTooLarge,
        };
        // The first reason is the one that counts.
        self.given_up.get_or_insert(error);
        ContextError::Custom("the execution was given up".to_owned())
    }

    /// The reason if the execution was given up.
    pub(super) const fn given_up(&mut self) -> Option<ExecError> {
        self.given_up.take()
    }

    pub(crate) const fn journal(&mut self) -> &mut Journal<Db<'a>> {
        &mut self.inner.ctx.journaled_state
    }

    /// The Stylus parameters as they stand now; an owner may change them between two calls.
    pub(crate) fn stylus(&mut self) -> StylusParams {
        ArbosParams::load(self.journal()).stylus
    }

    /// The transaction, as revm sees it.
    pub(crate) const fn tx(&self) -> &TxEnv {
        &self.inner.ctx.tx
    }

    /// The block, as the opcodes see it.
    pub(crate) const fn block_env(&self) -> &BlockEnv {
        &self.inner.ctx.block
    }

    /// Prices of the EVM's operations.
    pub(crate) const fn gas_params(&self) -> &revm::context_interface::cfg::GasParams {
        &self.inner.ctx.cfg.gas_params
    }

    /// Calldata of a frame, out of the memory it may share with its caller.
    pub(crate) fn calldata(&self, inputs: &CallInputs) -> Bytes {
        inputs.input.bytes(&self.inner.ctx)
    }

    /// Runs a frame and everything under it to its end, on a frame stack of its own.
    pub(crate) fn run_nested(&mut self, init: FrameInit) -> Result<FrameResult, Fault> {
        let outer = mem::take(&mut self.inner.frame_stack);
        let result = MachineHandler::default().run_exec_loop(self, init);
        self.inner.frame_stack = outer;
        result.map_err(|error| match error {
            EVMError::Custom(message) => ContextError::Custom(message),
            other => ContextError::Custom(other.to_string()),
        })
    }

    /// Code of an account without touching what is warm and cold.
    pub(crate) fn peek_code(&self, address: Address) -> Bytecode {
        let info = self.peek(address);
        info.code
            .unwrap_or_else(|| self.inner.ctx.journaled_state.database.code(info.code_hash))
    }

    /// Balance of an account without touching what is warm and cold.
    pub(crate) fn peek_balance(&self, address: Address) -> U256 {
        self.peek(address).balance
    }

    fn peek(&self, address: Address) -> AccountInfo {
        let journal = &self.inner.ctx.journaled_state;
        match journal.state.get(&address) {
            Some(account) => account.info.clone(),
            None => journal.database.account(address).unwrap_or_default(),
        }
    }

    /// Caller of the innermost frame on the stack; zero outside of all frames.
    pub(crate) fn innermost_caller(&self) -> Address {
        self.callers.last().copied().unwrap_or_default()
    }

    /// How many frames on the stack act for `address` without being delegate calls.
    pub(crate) fn live_frames(&self, address: Address) -> u32 {
        self.frames.get(&address).copied().unwrap_or_default()
    }

    pub(crate) fn enter(&mut self, acting: Option<Address>, caller: Address) {
        self.callers.push(caller);
        if let Some(address) = acting {
            *self.frames.entry(address).or_default() += 1;
        }
    }

    pub(crate) fn leave(&mut self, acting: Option<Address>) {
        self.callers.pop();
        if let Some(address) = acting
            && let Some(count) = self.frames.get_mut(&address)
        {
            *count = count.saturating_sub(1);
        }
    }

    /// Opens a frame that is no EVM code: depth, checkpoint and value first, then `body`, then commit
    /// or revert by its result.
    pub(super) fn native_frame(
        &mut self,
        mut init: FrameInit,
        inputs: &CallInputs,
        body: impl FnOnce(&mut Self, &mut FrameInit, &CallInputs) -> Result<InterpreterResult, Fault>,
    ) -> Result<FrameResult, Fault> {
        self.halt = None;
        let result = match self.open_call(init.depth, inputs) {
            Err(refused) => empty_result(refused, Gas::new(inputs.gas_limit)),
            Ok(checkpoint) => {
                let result = body(self, &mut init, inputs)?;
                if result.result.is_ok() {
                    self.journal().checkpoint_commit();
                } else {
                    self.journal().checkpoint_revert(checkpoint);
                }
                result
            }
        };
        Ok(FrameResult::Call(CallOutcome::new(
            result,
            inputs.return_memory_offset.clone(),
        )))
    }

    fn open_call(
        &mut self,
        depth: usize,
        inputs: &CallInputs,
    ) -> Result<JournalCheckpoint, InstructionResult> {
        if depth as u64 > CALL_STACK_LIMIT {
            return Err(InstructionResult::CallTooDeep);
        }
        let journal = self.journal();
        let checkpoint = journal.checkpoint();
        if let CallValue::Transfer(value) = inputs.value
            && let Some(error) =
                journal.transfer_loaded(inputs.caller, inputs.target_address, value)
        {
            journal.checkpoint_revert(checkpoint);
            return Err(error.into());
        }
        Ok(checkpoint)
    }

    /// EIP-7702: delegating to a precompile of the chain is delegating to no code, from version 50 on.
    fn drop_delegation_to_precompile(&self, inputs: &mut CallInputs) {
        if self.arbos_version < OSAKA_ARBOS
            || inputs.known_bytecode.1.original_byte_slice() != arbos::PRECOMPILE_CODE.as_slice()
        {
            return;
        }
        let delegate = self.peek_code(inputs.bytecode_address).eip7702_address();
        if delegate.is_some_and(|delegate| arbos::is_native(delegate, self.arbos_version)) {
            inputs.known_bytecode = (alloy_primitives::KECCAK256_EMPTY, Bytecode::default());
        }
    }
}

/// The address a call frame acts for, unless it acts for its caller's.
pub(super) fn acting_address(inputs: &CallInputs) -> Option<Address> {
    match inputs.scheme {
        CallScheme::Call | CallScheme::StaticCall => Some(inputs.target_address),
        CallScheme::CallCode | CallScheme::DelegateCall => None,
    }
}

/// A frame result without output.
pub(super) fn empty_result(result: InstructionResult, gas: Gas) -> InterpreterResult {
    InterpreterResult::new(result, Bytes::new(), gas)
}

/// A frame that was stopped: all its gas is gone.
pub(super) fn stopped(result: InstructionResult, gas_limit: u64) -> InterpreterResult {
    let mut gas = Gas::new(gas_limit);
    gas.tracker_mut().spend_all();
    empty_result(result, gas)
}

impl<'a> EvmTr for Machine<'a> {
    type Context = Ctx<'a>;
    type Instructions = EthInstructions<EthInterpreter, Ctx<'a>>;
    type Precompiles = Precompiles;
    type Frame = EthFrame<EthInterpreter>;

    fn all(
        &self,
    ) -> (
        &Self::Context,
        &Self::Instructions,
        &Self::Precompiles,
        &FrameStack<Self::Frame>,
    ) {
        self.inner.all()
    }

    fn all_mut(
        &mut self,
    ) -> (
        &mut Self::Context,
        &mut Self::Instructions,
        &mut Self::Precompiles,
        &mut FrameStack<Self::Frame>,
    ) {
        self.inner.all_mut()
    }

    fn frame_init(
        &mut self,
        mut init: FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, ContextDbError<Self::Context>> {
        self.check_time()?;
        self.trace_begin(&init);
        if let FrameInput::Call(inputs) = &mut init.frame_input {
            self.drop_delegation_to_precompile(inputs);
            let native = arbos::is_native(inputs.bytecode_address, self.arbos_version);
            let code = inputs.known_bytecode.1.original_byte_slice();
            if native || vm::is_program(code, self.arbos_version) {
                let FrameInput::Call(inputs) =
                    mem::replace(&mut init.frame_input, FrameInput::Empty)
                else {
                    unreachable!("the input was matched as a call above");
                };
                let result = if native {
                    self.native_frame(init, &inputs, arbos::run_native)?
                } else {
                    self.native_frame(init, &inputs, Self::run_program)?
                };
                self.trace_end(&result, None, false);
                return Ok(ItemOrResult::Result(result));
            }
        }
        let (acting, caller) = match self.inner.frame_init(init)? {
            ItemOrResult::Item(frame) => (frame_address(frame), frame_caller(frame)),
            ItemOrResult::Result(result) => {
                self.halt = None;
                self.trace_end(&result, None, false);
                return Ok(ItemOrResult::Result(result));
            }
        };
        self.enter(acting, caller);
        Ok(ItemOrResult::Item(self.inner.frame_stack.get()))
    }

    fn frame_run(
        &mut self,
    ) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let Evm {
            ctx,
            instruction,
            frame_stack,
            ..
        } = &mut self.inner;
        let frame = frame_stack.get();
        let mut error = None;
        let mut action = if let Some(tracer) = &mut self.tracer {
            let depth = frame.depth;
            let code = &mut frame.interpreter;
            match run_observed(*tracer, code, instruction, ctx, depth, self.deadline) {
                Ok(observed) => {
                    error = observed.error;
                    observed.action
                }
                Err(why) => return Err(self.give_up(why)),
            }
        } else {
            frame.interpreter.run_plain(
                instruction.instruction_table(),
                instruction.gas_table(),
                ctx,
            )
        };
        if let (FrameData::Create(_), InterpreterAction::Return(result)) =
            (&frame.data, &mut action)
            && result.result.is_ok()
            && breaks_eip3541(&result.output, self.arbos_version)
        {
            result.result = InstructionResult::CreateContractStartingWithEF;
        }
        let ran_well =
            matches!(&action, InterpreterAction::Return(result) if result.result.is_ok());
        let next = frame.process_next_action::<_, ContextDbError<Self::Context>>(ctx, action)?;
        if next.is_result() {
            frame.set_finished(true);
            let acting = frame_address(frame);
            self.leave(acting);
            self.halt = None;
        }
        if let ItemOrResult::Result(result) = &next {
            self.trace_end(result, error, ran_well);
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Self::Context>> {
        self.inner.frame_return_result(result)
    }
}

/// EIP-3541 refuses code that begins with `0xEF`, except a Stylus program and its parts.
///
/// Size and deposit are checked after this by revm; all of them stop the frame.
fn breaks_eip3541(code: &[u8], arbos_version: u64) -> bool {
    code.first() == Some(&0xEF) && !vm::is_program_code(code, arbos_version)
}

fn frame_caller(frame: &EthFrame<EthInterpreter>) -> Address {
    match &frame.input {
        FrameInput::Call(inputs) => inputs.caller,
        FrameInput::Create(inputs) => inputs.caller(),
        FrameInput::Empty => Address::ZERO,
    }
}

fn frame_address(frame: &EthFrame<EthInterpreter>) -> Option<Address> {
    match (&frame.data, &frame.input) {
        (FrameData::Create(create), _) => Some(create.created_address),
        (_, FrameInput::Call(inputs)) => acting_address(inputs),
        _ => None,
    }
}
