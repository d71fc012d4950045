//! Why a call came to nothing: the program behind the contract may have expired.
//!
//! A Stylus program that is not activated, is of an older Stylus version, or was activated too long ago does not
//! run. Called directly, the node answers with its own words; called through a minimal clone, as ports are, it
//! looks like a refusal without words. `ArbWasm` tells both apart from everything else.

use alloy::primitives::{Address, Bytes, address};
use alloy::sol;

use super::{Call, Chain, rpc};
use crate::error::{Error, Result};
use crate::port::PortCode;
use crate::revert::{ProgramErrors, Reason, Revert};

sol! {
    interface IArbWasm {
        function programVersion(address program) external view returns (uint16 version);
    }
}

/// The precompile that keeps the programs.
pub(crate) const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

/// First bytes of a Stylus program's code.
const PROGRAM_MAGIC: [u8; 3] = [0xef, 0xf0, 0x00];

/// Names the program's state where that is why `error` came of `call`; else returns `error` as it is.
pub(super) async fn named(chain: &Chain, call: &Call, error: Error) -> Error {
    if !is_unexplained(&error) {
        return error;
    }
    match state(chain, call).await {
        Ok(Some(revert)) => Error::Refused(Box::new(revert)),
        _ => error,
    }
}

/// Whether a program that does not run can look like this.
fn is_unexplained(error: &Error) -> bool {
    match error {
        Error::Refused(revert) => matches!(revert.reason, Reason::Empty),
        Error::Halted { .. } => true,
        Error::Rpc { message, .. } => message.contains("Program"),
        _ => false,
    }
}

/// What keeps the program that a call runs from running, if anything.
async fn state(chain: &Chain, call: &Call) -> Result<Option<Revert>> {
    let mut program = call.to;
    let mut code = chain.code(program).await?;
    if let Some(port) = PortCode::parse(&code) {
        program = port.implementation;
        code = chain.code(program).await?;
    }
    if !code.starts_with(&PROGRAM_MAGIC) {
        return Ok(None);
    }
    let question = Call::view(ARB_WASM, &IArbWasm::programVersionCall { program });
    let params = (question.to_json(None), "latest");
    let answer: Result<Bytes> = rpc::execute(&chain.0, "eth_call", params, &question).await;
    let Err(Error::Refused(revert)) = answer else {
        return Ok(None);
    };
    Ok(matches!(
        revert.reason,
        Reason::Program(
            ProgramErrors::ProgramExpired(_)
                | ProgramErrors::ProgramNeedsUpgrade(_)
                | ProgramErrors::ProgramNotActivated(_)
        )
    )
    .then(|| Revert {
        // The program, not the clone that led to it: this is what has to be activated.
        contract: Some(program),
        function: Revert::decode(None, &call.data, &[]).function,
        reason: revert.reason.clone(),
    }))
}
