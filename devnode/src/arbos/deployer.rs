//! The Stylus deployer: creates a program's contract, activates the program if that is needed and
//! calls its constructor, in one transaction.
//!
//! The contract on public chains is Solidity; this one is native with the same interface, events,
//! errors and order of calls. Its gas is that of its calls and creations; the few hundred gas of the
//! Solidity code around them are not charged.

use super::{
    ARB_WASM, STYLUS_DEPLOYER,
    abi::{ArbWasm, StylusDeployer, StylusDeployer::StylusDeployerCalls as Calls},
};
use crate::{
    evm::{Fault, FrameApi, Machine},
    vm::{CallKind, EvmApi, ProgramCall, ProgramCallResult, ProgramCreate},
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolInterface};
use revm::interpreter::{
    CallInputs, CallScheme, Gas, InstructionResult, InterpreterResult,
    interpreter_action::FrameInit,
};

/// Why the deployer did not return.
enum Failure {
    /// It reverted, or a call it depends on did, with this data.
    Revert(Bytes),
    OutOfGas,
    Fault(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Failure {
    fn error(error: &impl SolError) -> Self {
        Self::Revert(error.abi_encode().into())
    }
}

struct Deployer<'m, 'a> {
    api: FrameApi<'m, 'a>,
    caller: Address,
    value: U256,
    gas_left: u64,
}

/// Runs a frame of the deployer.
pub(super) fn run(
    machine: &mut Machine<'_>,
    init: &mut FrameInit,
    inputs: &CallInputs,
) -> Result<InterpreterResult, Fault> {
    let calldata = machine.calldata(inputs);
    let delegated = matches!(
        inputs.scheme,
        CallScheme::CallCode | CallScheme::DelegateCall
    );
    let stylus = machine.stylus();
    let mut deployer = Deployer {
        api: FrameApi::new(machine, init, inputs, stylus),
        caller: inputs.caller,
        value: inputs.value.get(),
        gas_left: inputs.gas_limit,
    };
    let acting = Some(STYLUS_DEPLOYER);
    deployer.api.machine().enter(acting);
    // The deployer has no storage, but a delegate call to it would create from the caller.
    let result = if delegated {
        Err(Failure::Revert(Bytes::new()))
    } else {
        deployer.dispatch(&calldata)
    };
    deployer.api.machine().leave(acting);
    let (gas_left, refund) = (deployer.gas_left, deployer.api.refund());
    machine.halt = None;
    let (status, output, gas_left) = match result {
        Ok(output) => (InstructionResult::Return, output.into(), gas_left),
        Err(Failure::Revert(data)) => (InstructionResult::Revert, data, gas_left),
        Err(Failure::OutOfGas) => (InstructionResult::OutOfGas, Bytes::new(), 0),
        Err(Failure::Fault(fault)) => return Err(fault),
    };
    let mut gas = Gas::new(inputs.gas_limit);
    gas.tracker_mut().set_remaining(gas_left);
    gas.record_refund(refund);
    Ok(InterpreterResult::new(status, output, gas))
}

impl Deployer<'_, '_> {
    fn dispatch(&mut self, calldata: &[u8]) -> Result<Vec<u8>, Failure> {
        let method = Calls::abi_decode(calldata).map_err(|_| Failure::Revert(Bytes::new()))?;
        match method {
            Calls::deploy(args) => {
                let deployed = self.deploy(&args)?;
                Ok(StylusDeployer::deployCall::abi_encode_returns(&deployed))
            }
            // Neither of the others is payable.
            _ if !self.value.is_zero() => Err(Failure::Revert(Bytes::new())),
            Calls::requiresActivation(args) => {
                let required = self.requires_activation(args.addr)?;
                Ok(StylusDeployer::requiresActivationCall::abi_encode_returns(
                    &required,
                ))
            }
            Calls::initSalt(args) => {
                let salt = init_salt(args.salt, &args.initData);
                Ok(StylusDeployer::initSaltCall::abi_encode_returns(&salt))
            }
        }
    }

    fn deploy(&mut self, args: &StylusDeployer::deployCall) -> Result<Address, Failure> {
        if self.api.is_static() {
            return Err(Failure::OutOfGas);
        }
        let salt = (!args.salt.is_zero()).then(|| init_salt(args.salt, &args.initData));
        let deployed = self.create(&args.bytecode, salt)?;

        let mut spent = args.initValue;
        if self.requires_activation(deployed)? {
            // What is not for the constructor is offered for the fee; the rest comes back.
            let offered = self
                .value
                .checked_sub(args.initValue)
                .ok_or_else(|| Failure::Revert(panic_overflow()))?;
            let activate = ArbWasm::activateProgramCall { program: deployed };
            let result = self.call(ARB_WASM, activate.abi_encode(), offered)?;
            if !result.success {
                return Err(Failure::Revert(result.output));
            }
            let returned = ArbWasm::activateProgramCall::abi_decode_returns(&result.output)
                .map_err(|_| Failure::Revert(Bytes::new()))?;
            spent += returned.dataFee;
        }

        if !args.initData.is_empty() {
            let result = self.call(deployed, args.initData.to_vec(), args.initValue)?;
            if !result.success {
                return Err(Failure::error(
                    &StylusDeployer::ContractInitializationError {
                        newContract: deployed,
                        data: result.output,
                    },
                ));
            }
        } else if !args.initValue.is_zero() {
            return Err(Failure::error(&StylusDeployer::InitValueButNotInitData {}));
        }

        let excess = self
            .value
            .checked_sub(spent)
            .ok_or_else(|| Failure::Revert(panic_overflow()))?;
        if !excess.is_zero() && !self.call(self.caller, Vec::new(), excess)?.success {
            return Err(Failure::error(&StylusDeployer::RefundExcessValueError {
                excessValue: excess,
            }));
        }

        let event = StylusDeployer::ContractDeployed {
            deployedContract: deployed,
        };
        let log = event.encode_log_data();
        // LOG1 with one word of data.
        self.burn(375 + 375 + 8 * 32)?;
        self.api.log(log.topics().to_vec(), log.data);
        Ok(deployed)
    }

    fn create(&mut self, bytecode: &Bytes, salt: Option<B256>) -> Result<Address, Failure> {
        if bytecode.is_empty() {
            return Err(Failure::error(&StylusDeployer::EmptyBytecode {}));
        }
        // EIP-3860: the opcode's price per word of init code, and its limit.
        if bytecode.len() > 2 * crate::evm::MAX_CODE_SIZE {
            return Err(Failure::OutOfGas);
        }
        self.burn(2 * bytecode.len().div_ceil(32) as u64)?;
        let result = self
            .api
            .create_contract(ProgramCreate {
                init_code: bytecode.clone(),
                endowment: U256::ZERO,
                salt,
                gas_left: self.gas_left,
            })?
            .ok_or(Failure::OutOfGas)?;
        self.burn(result.gas_cost)?;
        match result.address {
            Some(address) => Ok(address),
            None if !result.output.is_empty() => Err(Failure::Revert(result.output)),
            None => Err(Failure::error(&StylusDeployer::ContractDeploymentError {
                bytecode: bytecode.clone(),
            })),
        }
    }

    /// Whether the code of `address` has no activation of the present Stylus version.
    fn requires_activation(&mut self, address: Address) -> Result<bool, Failure> {
        let code_hash = match self.api.account_codehash(address) {
            Ok(priced) => {
                self.burn(priced.gas)?;
                priced.value
            }
            Err(error) => return Err(Failure::Fault(Fault::Custom(error.to_string()))),
        };
        let version = ArbWasm::codehashVersionCall {
            codehash: code_hash,
        };
        let version = self.view(ARB_WASM, version.abi_encode())?;
        if !version.success {
            return Ok(true);
        }
        let current = self.view(ARB_WASM, ArbWasm::stylusVersionCall {}.abi_encode())?;
        Ok(version.output != current.output)
    }

    fn call(
        &mut self,
        address: Address,
        calldata: Vec<u8>,
        value: U256,
    ) -> Result<ProgramCallResult, Failure> {
        self.dispatch_call(CallKind::Call, address, calldata, value)
    }

    fn view(&mut self, address: Address, calldata: Vec<u8>) -> Result<ProgramCallResult, Failure> {
        self.dispatch_call(CallKind::Static, address, calldata, U256::ZERO)
    }

    fn dispatch_call(
        &mut self,
        kind: CallKind,
        address: Address,
        calldata: Vec<u8>,
        value: U256,
    ) -> Result<ProgramCallResult, Failure> {
        let result = self.api.call_contract(ProgramCall {
            kind,
            address,
            calldata: calldata.into(),
            value,
            gas_left: self.gas_left,
            gas_requested: self.gas_left,
        })?;
        self.burn(result.gas_cost)?;
        Ok(result)
    }

    fn burn(&mut self, gas: u64) -> Result<(), Failure> {
        self.gas_left = self.gas_left.checked_sub(gas).ok_or(Failure::OutOfGas)?;
        Ok(())
    }
}

fn init_salt(salt: B256, init_data: &[u8]) -> B256 {
    keccak256([salt.as_slice(), init_data].concat())
}

/// Solidity's `Panic(0x11)`, which checked subtraction reverts with.
fn panic_overflow() -> Bytes {
    alloy_sol_types::Panic::from(alloy_sol_types::PanicKind::UnderOverflow)
        .abi_encode()
        .into()
}
