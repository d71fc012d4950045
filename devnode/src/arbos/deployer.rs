//! The Stylus deployer: creates a program's contract, activates the program if that is needed and
//! calls its constructor, in one transaction.

use super::{
    ARB_WASM, STYLUS_DEPLOYER,
    abi::{ArbWasm, StylusDeployer, StylusDeployer::StylusDeployerCalls as Calls},
    built_in::{self, BuiltIn, Failure},
};
use crate::{
    evm::{Fault, Machine},
    vm::ProgramCreate,
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolInterface};
use revm::interpreter::{CallInputs, InterpreterResult, interpreter_action::FrameInit};

struct Deployer<'f, 'm, 'a>(&'f mut BuiltIn<'m, 'a>);

/// Runs a frame of the deployer.
pub(super) fn run(
    machine: &mut Machine<'_>,
    init: &mut FrameInit,
    inputs: &CallInputs,
) -> Result<InterpreterResult, Fault> {
    built_in::run(STYLUS_DEPLOYER, machine, init, inputs, |frame, calldata| {
        Deployer(frame).dispatch(calldata)
    })
}

impl Deployer<'_, '_, '_> {
    fn dispatch(&mut self, calldata: &[u8]) -> Result<Vec<u8>, Failure> {
        let method = Calls::abi_decode(calldata).map_err(|_| Failure::plain())?;
        match method {
            Calls::deploy(args) => {
                let deployed = self.deploy(&args)?;
                Ok(StylusDeployer::deployCall::abi_encode_returns(&deployed))
            }
            // Neither of the others is payable.
            _ if !self.0.value.is_zero() => Err(Failure::plain()),
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
        if self.0.api.is_static() {
            return Err(Failure::OutOfGas);
        }
        let salt = (!args.salt.is_zero()).then(|| init_salt(args.salt, &args.initData));
        let deployed = self.create(&args.bytecode, salt)?;

        let mut spent = args.initValue;
        if self.requires_activation(deployed)? {
            // What is not for the constructor is offered for the fee; the rest comes back.
            let offered = self
                .0
                .value
                .checked_sub(args.initValue)
                .ok_or_else(Failure::arithmetic)?;
            let activate = ArbWasm::activateProgramCall { program: deployed };
            spent += self.0.order(ARB_WASM, &activate, offered)?.dataFee;
        }

        if !args.initData.is_empty() {
            let result = self
                .0
                .call(deployed, args.initData.to_vec(), args.initValue)?;
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
            .0
            .value
            .checked_sub(spent)
            .ok_or_else(Failure::arithmetic)?;
        if !excess.is_zero() && !self.0.call(self.0.caller, Vec::new(), excess)?.success {
            return Err(Failure::error(&StylusDeployer::RefundExcessValueError {
                excessValue: excess,
            }));
        }

        let event = StylusDeployer::ContractDeployed {
            deployedContract: deployed,
        };
        self.0.emit(&event)?;
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
        self.0.burn(2 * bytecode.len().div_ceil(32) as u64)?;
        let result = self
            .0
            .api
            .create_contract(ProgramCreate {
                init_code: bytecode.clone(),
                endowment: U256::ZERO,
                salt,
                gas_left: self.0.gas_left,
            })?
            .ok_or(Failure::OutOfGas)?;
        self.0.burn(result.gas_cost)?;
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
        let code_hash = self.0.code_hash(address)?;
        let version = ArbWasm::codehashVersionCall {
            codehash: code_hash,
        };
        let version = self.0.view(ARB_WASM, version.abi_encode())?;
        if !version.success {
            return Ok(true);
        }
        let current = self
            .0
            .view(ARB_WASM, ArbWasm::stylusVersionCall {}.abi_encode())?;
        Ok(version.output != current.output)
    }
}

fn init_salt(salt: B256, init_data: &[u8]) -> B256 {
    keccak256([salt.as_slice(), init_data].concat())
}
