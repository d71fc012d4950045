//! A compiled program and its execution.

use super::{
    api::{EvmApi, FrameGas, HostCall, Outcome, ProgramEnv, Status},
    engine::{Compiled, End},
    host::Host,
};
use alloy_primitives::Bytes;
use std::error::Error;

/// A compiled program. Cheap to clone; keep it by code hash.
#[derive(Clone, Debug)]
pub struct Program {
    compiled: Compiled,
}

/// Why a program could not be compiled or run at all. Nothing a program can cause by what it does.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VmError {
    /// The engine refused an instrumented module or failed in a way no program can cause.
    #[error("the wasm engine failed: {0}")]
    Engine(String),
    /// The chain failed under the program.
    #[error("the chain failed under a program")]
    Chain(#[source] Box<dyn Error + Send + Sync>),
}

impl Program {
    /// Compiles an instrumented module ([`super::Activation::module`]).
    pub fn compile(module: &[u8]) -> Result<Self, VmError> {
        let compiled = Compiled::try_new(module).map_err(VmError::Engine)?;
        Ok(Self { compiled })
    }
}

/// Runs `program` for one frame.
///
/// The caller has looked the program up, paid for its initialisation and opened its footprint's
/// pages; `gas` says what the frame was given and what is left after that. Needs a large native
/// stack when programs call each other deeply.
pub fn run(
    program: &Program,
    calldata: &[u8],
    gas: FrameGas,
    env: &ProgramEnv,
    api: &mut dyn EvmApi,
) -> Result<Outcome, VmError> {
    let ink_price = u64::from(env.ink_price.max(1));
    let ink = gas.left.saturating_mul(ink_price);
    let args_len = u32::try_from(calldata.len())
        .map_err(|_| VmError::Engine("calldata is longer than 4 GiB".to_owned()))?;
    let traces = api.traces();
    if traces {
        api.host_call(HostCall {
            name: "user_entrypoint",
            args: Bytes::copy_from_slice(&args_len.to_be_bytes()),
            outs: Bytes::new(),
            start_ink: ink,
            end_ink: ink,
        });
    }
    let host = Host::new(api, env, calldata);
    let stopped = program
        .compiled
        .execute(host, ink, env.max_stack_depth, args_len)
        .map_err(VmError::Engine)?;
    let ink_left = stopped.ink_left;
    if let (true, End::Returned(status)) = (traces, &stopped.end) {
        api.host_call(HostCall {
            name: "user_returned",
            args: Bytes::new(),
            outs: Bytes::copy_from_slice(&status.to_be_bytes()),
            start_ink: ink_left,
            end_ink: ink_left,
        });
    }
    let (status, output, trap) = match stopped.end {
        End::Returned(0) => (Status::Success, stopped.output, None),
        End::Returned(_) => (Status::Revert, stopped.output, None),
        End::Trapped(reason) => (Status::Revert, Bytes::new(), Some(reason)),
        End::OutOfInk => (Status::OutOfGas, Bytes::new(), None),
        End::OutOfStack => (Status::OutOfStack, Bytes::new(), None),
        End::Chain(source) => return Err(VmError::Chain(source)),
        End::Engine(reason) => return Err(VmError::Engine(reason)),
    };
    let gas_left = match status {
        Status::Success | Status::Revert => {
            floor_of_output(output.len(), gas.given).map(|most| most.min(ink_left / ink_price))
        }
        Status::OutOfGas | Status::OutOfStack => Some(0),
    };
    Ok(match gas_left {
        Some(gas_left) => Outcome {
            status,
            output,
            gas_left,
            ink_left,
            trap,
        },
        None => Outcome {
            status: Status::OutOfGas,
            output: Bytes::new(),
            gas_left: 0,
            ink_left,
            trap,
        },
    })
}

/// The most gas a frame that was given `given` may give back after returning `bytes` bytes: it pays
/// at least what the EVM would for the memory they take. `None` if it cannot.
fn floor_of_output(bytes: usize, given: u64) -> Option<u64> {
    let words = (bytes as u64).div_ceil(32);
    let cost = words
        .saturating_mul(3)
        .saturating_add(words.saturating_mul(words) / 512);
    given.checked_sub(cost)
}
