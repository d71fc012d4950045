//! The executor: owner of the state, entry point of transactions and simulated calls.

use super::{
    ARBOS_STATE, BlockContext, CallRequest, ChainParams, Deadline, ExecError, ExecutionOutcome,
    StateOverrides, StateView, Transaction,
    convert::{configure, outcome, refused, tx_env},
    database::Db,
    handler::MachineHandler,
    machine::Machine,
    run::Run,
    state::{AccountRecord, SharedState, State, StateWrite},
    trace::{AnyTracer, Finished, Traced, TracerKind},
};
use crate::arbos::{
    self, ArbosParams, FRAGMENTS_ARBOS, ProgramCache, RecentPrograms, SystemWrite, genesis_accounts,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    Database as _,
    context::{BlockEnv, CfgEnv, Context, TxEnv},
    context_interface::{
        block::BlobExcessGasAndPrice, cfg::gas::calculate_initial_tx_gas_for_tx,
        journaled_state::JournalTr,
    },
    handler::Handler,
    state::EvmState,
};
use std::{
    cell::Cell,
    ops::RangeInclusive,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

/// Stack of the thread an execution runs on. Reserved, not used: pages are taken as frames nest.
pub(crate) const STACK_BYTES: usize = 256 * 1024 * 1024;

thread_local! {
    static HAS_STACK: Cell<bool> = const { Cell::new(false) };
}

/// Says that the present thread has a stack of [`STACK_BYTES`], so executions need no other.
pub(crate) fn thread_has_stack() {
    HAS_STACK.set(true);
}

/// A point in the executor's past: cheap to make, to read at and to go back to.
///
/// Going back to one makes every later one meaningless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Snapshot(u64);

impl Snapshot {
    /// The snapshot of a version of the state.
    pub(crate) const fn at_version(version: u64) -> Self {
        Self(version)
    }

    /// The version it marks.
    pub(crate) const fn version(self) -> u64 {
        self.0
    }
}

/// Runs transactions over the state it owns.
///
/// Every change makes a new version, so a block's state is the [`Snapshot`] taken after it, and calls
/// and reads work at any of them.
#[derive(Debug)]
pub struct Executor {
    simulator: Simulator,
}

/// Runs calls over the state of an [`Executor`], at any version and beside its transactions. Cheap to
/// clone.
///
/// While the executor goes back to a snapshot, calls at later ones must not run: what they read would
/// vanish under them.
#[derive(Clone, Debug)]
pub struct Simulator {
    state: Arc<SharedState>,
    params: Arc<ChainParams>,
    programs: Arc<ProgramCache>,
}

/// An execution that was made.
struct Executed {
    outcome: ExecutionOutcome,
    /// What it changed.
    changes: EvmState,
    /// What the chain wrote besides, when the block began for instance.
    begun: Vec<SystemWrite>,
}

fn apply(state: &mut State, writes: &[SystemWrite]) {
    for write in writes {
        state.set_slot(write.address, write.slot, write.value);
    }
}

impl Executor {
    /// A chain at genesis: `params.alloc` and the chain's own contracts.
    #[must_use]
    pub fn new(params: ChainParams) -> Self {
        let mut state = State::default();
        for (address, account) in genesis_accounts(&params) {
            state.install(address, &account);
        }
        for (address, account) in &params.alloc {
            state.install(*address, account);
        }
        Self::with_state(params, state)
    }

    /// A chain that goes on from a state. `params` must be those it began with.
    pub(crate) fn with_state(params: ChainParams, state: State) -> Self {
        Self {
            simulator: Simulator {
                state: Arc::new(SharedState::new(state)),
                params: Arc::new(params),
                programs: Arc::default(),
            },
        }
    }

    /// The settings the chain was made with.
    pub fn params(&self) -> &ChainParams {
        &self.simulator.params
    }

    /// What runs calls over this state.
    pub const fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Executes a transaction and keeps its changes, fees and nonce included.
    ///
    /// The nonce, funds, fee cap and intrinsic gas are checked here (geth's texts); signature, chain
    /// id and encoding are the caller's.
    ///
    /// # Errors
    /// The transaction cannot be part of a block; nothing was changed.
    pub fn transact(
        &mut self,
        tx: &Transaction,
        block: &BlockContext,
    ) -> Result<ExecutionOutcome, ExecError> {
        let overrides = StateOverrides::new();
        let run = Run {
            console: true,
            ..Run::transaction(tx, block)?
        };
        let executed = self.simulator.run(self.snapshot(), run, &overrides)?;
        let mut state = self.simulator.state.write();
        state.advance();
        apply(&mut state, &executed.begun);
        state.commit(executed.changes);
        Ok(executed.outcome)
    }

    /// Begins a block: does what the chain itself does before the block's transactions. The block's
    /// first transaction would do it too, so this is for blocks without any.
    pub fn begin_block(&mut self, block: &BlockContext) {
        let begun = self.simulator.begin_block(self.snapshot(), block);
        let mut state = self.simulator.state.write();
        state.advance();
        apply(&mut state, &begun);
    }

    /// Checks what can be said of a transaction before its turn: its type, its fees against
    /// `base_fee`, and that its gas limit covers its data.
    ///
    /// # Errors
    /// It could not be part of a block either way.
    pub fn check(&self, tx: &Transaction, base_fee: u64) -> Result<(), ExecError> {
        let env = tx_env(tx)?;
        if tx.max_fee_per_gas < u128::from(base_fee) {
            return Err(ExecError::FeeCapTooLow {
                sender: tx.sender,
                max_fee: tx.max_fee_per_gas,
                base_fee,
            });
        }
        let spec = arbos::spec(self.state().arbos_version());
        let want = calculate_initial_tx_gas_for_tx(&env, spec, None).initial_total_gas();
        if tx.gas_limit < want {
            return Err(ExecError::IntrinsicGasTooLow {
                have: tx.gas_limit,
                want,
            });
        }
        Ok(())
    }

    /// Simulates a call on the newest state; nothing is kept.
    ///
    /// # Errors
    /// The call cannot be started, for lack of funds for instance. A revert or halt is no error.
    pub fn call(
        &self,
        request: &CallRequest,
        block: &BlockContext,
        overrides: &StateOverrides,
    ) -> Result<ExecutionOutcome, ExecError> {
        self.simulator
            .call_at(self.snapshot(), request, block, overrides)
    }

    /// Forgets what was compiled, as a node that starts again has.
    #[cfg(test)]
    pub(super) fn forget_programs(&mut self) {
        self.simulator.programs = Arc::default();
    }

    /// The newest state.
    pub fn state(&self) -> StateView<'_> {
        self.state_at(self.snapshot())
    }

    /// The state as it was at a snapshot.
    pub fn state_at(&self, at: Snapshot) -> StateView<'_> {
        self.simulator.state_at(at)
    }

    /// Marks the present state.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.simulator.state.read().version())
    }

    /// What the versions in a range wrote.
    pub(crate) fn writes_in(&self, versions: RangeInclusive<u64>) -> Vec<(u64, Vec<StateWrite>)> {
        self.simulator.state.read().writes_in(versions)
    }

    /// How many codes the state keeps.
    pub(crate) fn code_count(&self) -> usize {
        self.simulator.state.read().code_count()
    }

    /// The codes that came after the first `count`.
    pub(crate) fn codes_after(&self, count: usize) -> Vec<(B256, Bytes)> {
        self.simulator.state.read().codes_after(count)
    }

    /// Goes back to a marked state.
    pub fn restore(&mut self, to: Snapshot) {
        self.simulator.state.write().restore(to.0);
    }

    /// Sets a balance by decree, as test tools do.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.edit(address, |account| account.balance = balance);
    }

    /// Sets a nonce by decree.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.edit(address, |account| account.nonce = nonce);
    }

    /// Sets code by decree.
    pub fn set_code(&mut self, address: Address, code: &Bytes) {
        let code_hash = self.simulator.state.write().add_code(code);
        self.edit(address, |account| account.code_hash = code_hash);
    }

    /// Sets a storage slot by decree.
    pub fn set_storage(&mut self, address: Address, slot: B256, value: B256) {
        let mut state = self.simulator.state.write();
        state.advance();
        state.set_slot(address, slot.into(), value.into());
    }

    fn edit(&mut self, address: Address, change: impl FnOnce(&mut AccountRecord)) {
        let mut state = self.simulator.state.write();
        let mut account = state.account(state.version(), address).unwrap_or_default();
        change(&mut account);
        state.advance();
        state.set_account(address, account);
    }
}

impl Simulator {
    /// Simulates a call on the state of a snapshot; nothing is kept.
    ///
    /// # Errors
    /// As [`Executor::call`].
    pub fn call_at(
        &self,
        at: Snapshot,
        request: &CallRequest,
        block: &BlockContext,
        overrides: &StateOverrides,
    ) -> Result<ExecutionOutcome, ExecError> {
        let run = Run::call(request, block);
        self.run(at, run, overrides)
            .map(|executed| executed.outcome)
    }

    /// Simulates a call as [`Self::call_at`] does, under a tracer.
    ///
    /// # Errors
    /// As [`Executor::call`]; [`ExecError::TraceTooLarge`].
    pub fn trace_call_at(
        &self,
        at: Snapshot,
        request: &CallRequest,
        block: &BlockContext,
        overrides: &StateOverrides,
        tracer: &TracerKind,
    ) -> Result<Traced, ExecError> {
        self.trace(at, Run::call(request, block), overrides, tracer)
    }

    /// Executes a transaction again under a tracer, on the state it was executed on. Nothing is kept.
    ///
    /// # Errors
    /// As [`Executor::transact`] if the state is not that one; [`ExecError::TimedOut`],
    /// [`ExecError::TraceTooLarge`].
    pub fn trace_transaction_at(
        &self,
        at: Snapshot,
        tx: &Transaction,
        block: &BlockContext,
        tracer: &TracerKind,
        deadline: Option<Deadline>,
    ) -> Result<Traced, ExecError> {
        let run = Run {
            deadline,
            ..Run::transaction(tx, block)?
        };
        self.trace(at, run, &StateOverrides::new(), tracer)
    }

    fn trace(
        &self,
        at: Snapshot,
        run: Run<'_>,
        overrides: &StateOverrides,
        kind: &TracerKind,
    ) -> Result<Traced, ExecError> {
        let mut tracer = AnyTracer::new(kind, run.tx.gas_limit);
        let block = run.block;
        let sender = run.tx.caller;
        let target = run.tx.kind.to().copied();
        let run = Run {
            console: false,
            tracer: Some(&mut tracer),
            ..run
        };
        let executed = self.run(at, run, overrides)?;
        let (outcome, begun) = (executed.outcome, executed.begun);
        let created = outcome.contract_address.unwrap_or_default();
        let trace = tracer.finish(&Finished {
            outcome: &outcome,
            after: &executed.changes,
            before: &Db::new(&self.state, at.0, overrides, &block.block_hashes, &begun),
            sender,
            target: target.unwrap_or(created),
            coinbase: block.beneficiary,
        });
        Ok(Traced { outcome, trace })
    }

    /// The state as it was at a snapshot.
    pub fn state_at(&self, at: Snapshot) -> StateView<'_> {
        StateView {
            state: &self.state,
            version: at.0,
        }
    }

    /// What the chain writes when `block` begins on the state of a snapshot.
    fn begin_block(&self, at: Snapshot, block: &BlockContext) -> Vec<SystemWrite> {
        arbos::begin_block(|slot| self.slot(at, slot), block)
    }

    /// A slot of the chain's own account.
    fn slot(&self, at: Snapshot, slot: U256) -> U256 {
        self.state.read().slot(at.0, ARBOS_STATE, slot)
    }

    /// Executes on a thread whose stack holds 1024 nested programs: the present one if it does.
    fn run(
        &self,
        at: Snapshot,
        run: Run<'_>,
        overrides: &StateOverrides,
    ) -> Result<Executed, ExecError> {
        let execute = move || self.run_here(at, run, overrides);
        let finished = if HAS_STACK.get() {
            // Nothing that outlives a panic is changed by an execution.
            catch_unwind(AssertUnwindSafe(execute))
        } else {
            thread::scope(|scope| {
                let started = thread::Builder::new()
                    .name("stylus-execution".to_owned())
                    .stack_size(STACK_BYTES)
                    .spawn_scoped(scope, execute);
                match started {
                    Ok(thread) => thread.join(),
                    Err(error) => Ok(Err(ExecError::Internal(format!(
                        "no thread for the execution: {error}"
                    )))),
                }
            })
        };
        finished.unwrap_or_else(|_| Err(ExecError::Internal("the execution panicked".to_owned())))
    }

    fn run_here(
        &self,
        at: Snapshot,
        run: Run<'_>,
        overrides: &StateOverrides,
    ) -> Result<Executed, ExecError> {
        let Run {
            tx,
            block,
            fees,
            capped,
            nonce_checked,
            sender_checked,
            deadline,
            console,
            tracer,
        } = run;
        let begun = self.begin_block(at, block);
        let mut db = Db::new(&self.state, at.0, overrides, &block.block_hashes, &begun);
        let params = ArbosParams::read(|slot| {
            let Ok(value) = db.storage(ARBOS_STATE, slot);
            value
        });
        let spec = arbos::spec(params.arbos_version);
        let caller = db.account(tx.caller).unwrap_or_default();
        let base_fee = if fees { block.base_fee } else { 0 };
        let refusal = |error| refused(error, &tx, &caller, base_fee);
        let created = tx.kind.is_create().then(|| tx.caller.create(caller.nonce));

        let mut ctx = Context::<BlockEnv, TxEnv, CfgEnv, _>::new(db, spec)
            .with_block(BlockEnv {
                number: U256::from(block.l1_block_number),
                beneficiary: block.beneficiary,
                timestamp: U256::from(block.timestamp),
                gas_limit: block.gas_limit,
                basefee: base_fee,
                difficulty: U256::ONE,
                prevrandao: Some(block.prev_randao),
                // There are no blobs; revm only insists on a price from Cancun on.
                blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
                    excess_blob_gas: 0,
                    blob_gasprice: 1,
                }),
                slot_num: 0,
            })
            .with_tx(tx.clone());
        configure(&mut ctx.cfg, self.params.chain_id);
        ctx.cfg.disable_nonce_check = !nonce_checked;
        // A block override may set a limit below a simulated call's.
        ctx.cfg.disable_block_gas_limit = !nonce_checked;
        ctx.cfg.disable_eip3607 = !sender_checked;
        let mut machine = Machine::new(
            ctx,
            block,
            &self.params,
            params.arbos_version,
            &self.programs,
            capped,
            deadline,
        );
        machine.console = self.params.console.as_ref().filter(|_| console);
        machine.tracer = tracer;
        // A simulated call runs in no block, so nothing has run before it.
        let recent = if nonce_checked && params.arbos_version >= FRAGMENTS_ARBOS {
            RecentPrograms::load(|slot| self.slot(at, slot), block.number)
        } else {
            RecentPrograms::default()
        };
        machine.recent = recent.clone();
        let result = match MachineHandler::default().run(&mut machine) {
            Ok(result) => result,
            Err(error) => return Err(machine.given_up().unwrap_or_else(|| refusal(error))),
        };
        let halt = machine.halt.take();
        let outcome = outcome(result, halt, created);
        let mut begun = begun.clone();
        begun.extend(machine.recent.changes(&recent, block.number));
        let changes = machine.journal().finalize();
        Ok(Executed {
            outcome,
            changes,
            begun,
        })
    }
}
