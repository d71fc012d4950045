//! The executor: owner of the state, entry point of transactions and simulated calls.

use super::{
    ARBOS_VERSION, BLOCK_GAS_LIMIT, BlockContext, CallRequest, ChainParams, ExecError,
    ExecutionOutcome, RPC_GAS_CAP, StateOverrides, Transaction,
    convert::{DYNAMIC_FEE, SET_CODE, authorizations, configure, outcome, refused, tx_env},
    database::Db,
    handler::MachineHandler,
    machine::Machine,
    state::{AccountRecord, State},
};
use crate::{
    arbos::{ProgramCache, genesis_accounts},
    vm::StylusParams,
};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use revm::{
    context::{BlockEnv, CfgEnv, Context, TxEnv},
    context_interface::{block::BlobExcessGasAndPrice, journaled_state::JournalTr},
    handler::Handler,
    primitives::hardfork::SpecId,
    state::EvmState,
};
use std::thread;

/// Stack of the thread an execution runs on. Reserved, not used: pages are taken as frames nest.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// A point in the executor's past: cheap to make, to read at and to go back to.
///
/// Going back to one makes every later one meaningless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Snapshot(u64);

/// Runs transactions and calls over the state it owns.
///
/// Transactions need `&mut self` and change the state; calls need `&self`, so any number of them may
/// run at once. Every change makes a new version, so a block's state is the [`Snapshot`] taken after
/// it, and calls and reads work at any of them.
#[derive(Debug)]
pub struct Executor {
    state: State,
    params: ChainParams,
    stylus: StylusParams,
    programs: ProgramCache,
}

/// One execution to be made.
struct Run<'a> {
    tx: TxEnv,
    block: &'a BlockContext,
    /// Whether gas is paid for.
    fees: bool,
    /// Whether the compute cap of a transaction applies.
    capped: bool,
    /// Whether the nonce must be the account's next and the caller an account without code.
    checked: bool,
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
        Self {
            state,
            params,
            stylus: StylusParams::for_arbos(ARBOS_VERSION),
            programs: ProgramCache::default(),
        }
    }

    /// The settings the chain was made with.
    pub const fn params(&self) -> &ChainParams {
        &self.params
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
            tx: tx_env(tx)?,
            block,
            fees: true,
            capped: true,
            checked: true,
        };
        let (outcome, changes) = self.run(self.snapshot(), run, &overrides)?;
        self.state.advance();
        self.state.commit(changes);
        Ok(outcome)
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
        self.call_at(self.snapshot(), request, block, overrides)
    }

    /// Simulates a call on the state of a snapshot; nothing is kept.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn call_at(
        &self,
        at: Snapshot,
        request: &CallRequest,
        block: &BlockContext,
        overrides: &StateOverrides,
    ) -> Result<ExecutionOutcome, ExecError> {
        let gas_price = request.gas_price.unwrap_or_default();
        let tx = TxEnv {
            tx_type: if request.authorization_list.is_empty() {
                DYNAMIC_FEE
            } else {
                SET_CODE
            },
            caller: request.from,
            gas_limit: request.gas_limit.unwrap_or(RPC_GAS_CAP).min(RPC_GAS_CAP),
            gas_price,
            kind: request.to,
            value: request.value,
            data: request.input.clone(),
            access_list: request.access_list.clone(),
            gas_priority_fee: Some(0),
            authorization_list: authorizations(&request.authorization_list),
            ..TxEnv::default()
        };
        let run = Run {
            tx,
            block,
            fees: gas_price > 0,
            capped: request.as_transaction,
            checked: false,
        };
        self.run(at, run, overrides).map(|(outcome, _)| outcome)
    }

    /// Executes on a thread whose stack holds 1024 nested programs.
    fn run(
        &self,
        at: Snapshot,
        run: Run<'_>,
        overrides: &StateOverrides,
    ) -> Result<(ExecutionOutcome, EvmState), ExecError> {
        thread::scope(|scope| {
            thread::Builder::new()
                .name("stylus-execution".to_owned())
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, || self.run_here(at, run, overrides))
                .map_err(|error| {
                    ExecError::Internal(format!("no thread for the execution: {error}"))
                })?
                .join()
                .unwrap_or_else(|_| Err(ExecError::Internal("the execution panicked".to_owned())))
        })
    }

    fn run_here(
        &self,
        at: Snapshot,
        run: Run<'_>,
        overrides: &StateOverrides,
    ) -> Result<(ExecutionOutcome, EvmState), ExecError> {
        let Run {
            tx,
            block,
            fees,
            capped,
            checked,
        } = run;
        let db = Db::new(&self.state, at.0, overrides);
        let caller = db.account(tx.caller).unwrap_or_default();
        let base_fee = if fees { block.base_fee } else { 0 };
        let refusal = |error| refused(error, &tx, &caller, base_fee);
        let created = tx.kind.is_create().then(|| tx.caller.create(caller.nonce));

        let mut ctx = Context::<BlockEnv, TxEnv, CfgEnv, _>::new(db, SpecId::OSAKA)
            .with_block(BlockEnv {
                number: U256::from(block.l1_block_number),
                beneficiary: block.beneficiary,
                timestamp: U256::from(block.timestamp),
                gas_limit: BLOCK_GAS_LIMIT,
                basefee: base_fee,
                difficulty: U256::ONE,
                prevrandao: Some(B256::with_last_byte(1)),
                // There are no blobs; revm only insists on a price from Cancun on.
                blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
                    excess_blob_gas: 0,
                    blob_gasprice: 1,
                }),
                slot_num: 0,
            })
            .with_tx(tx.clone());
        configure(&mut ctx.cfg, self.params.chain_id, checked);
        let mut machine = Machine::new(
            ctx,
            block,
            &self.params,
            &self.stylus,
            &self.programs,
            capped,
        );
        let result = MachineHandler::default()
            .run(&mut machine)
            .map_err(refusal)?;
        let halt = machine.halt.take();
        let outcome = outcome(result, halt, created);
        Ok((outcome, machine.journal().finalize()))
    }

    /// The newest state.
    pub const fn state(&self) -> StateView<'_> {
        self.state_at(self.snapshot())
    }

    /// The state as it was at a snapshot.
    pub const fn state_at(&self, at: Snapshot) -> StateView<'_> {
        StateView {
            state: &self.state,
            version: at.0,
        }
    }

    /// Marks the present state.
    pub const fn snapshot(&self) -> Snapshot {
        Snapshot(self.state.version())
    }

    /// Goes back to a marked state.
    pub fn restore(&mut self, to: Snapshot) {
        self.state.restore(to.0);
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
        let code_hash = self.state.add_code(code);
        self.edit(address, |account| account.code_hash = code_hash);
    }

    /// Sets a storage slot by decree.
    pub fn set_storage(&mut self, address: Address, slot: B256, value: B256) {
        self.state.advance();
        self.state.set_slot(address, slot.into(), value.into());
    }

    fn edit(&mut self, address: Address, change: impl FnOnce(&mut AccountRecord)) {
        let mut account = self
            .state
            .account(self.state.version(), address)
            .unwrap_or_default();
        change(&mut account);
        self.state.advance();
        self.state.set_account(address, account);
    }
}

/// The accounts at one point in time.
#[derive(Clone, Copy, Debug)]
pub struct StateView<'a> {
    state: &'a State,
    version: u64,
}

impl StateView<'_> {
    /// Balance in wei; zero for an account that does not exist.
    pub fn balance(&self, address: Address) -> U256 {
        self.account(address).balance
    }

    /// Transaction count; zero for an account that does not exist.
    pub fn nonce(&self, address: Address) -> u64 {
        self.account(address).nonce
    }

    /// Code; empty for an account without any.
    pub fn code(&self, address: Address) -> Bytes {
        let hash = self.account(address).code_hash;
        if hash == KECCAK256_EMPTY {
            return Bytes::new();
        }
        self.state
            .code(hash)
            .map(|code| code.original_bytes())
            .unwrap_or_default()
    }

    /// A storage slot; zero if never written.
    pub fn storage(&self, address: Address, slot: B256) -> B256 {
        self.state.slot(self.version, address, slot.into()).into()
    }

    fn account(&self, address: Address) -> AccountRecord {
        self.state
            .account(self.version, address)
            .unwrap_or_default()
    }
}
