//! `ArbDebug`: what only development chains have (Nitro, `precompiles/ArbDebug.go`).

use super::{
    CHAIN_OWNERS,
    abi::ArbDebug::{self, ArbDebugCalls as Calls},
    precompile::{Failure, PrecompileCall, decode},
};
use crate::evm::Halt;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use revm::{bytecode::Bytecode, context_interface::journaled_state::JournalTr};

/// The text in `customRevert`'s error. Nitro's is another.
const CUSTOM_MESSAGE: &str = "reverted on request";

pub(super) fn run(call: &mut PrecompileCall<'_, '_>, calldata: &[u8]) -> Result<Vec<u8>, Failure> {
    Ok(match decode(calldata)? {
        Calls::becomeChainOwner(_) => {
            become_chain_owner(call)?;
            Vec::new()
        }
        Calls::overwriteContractCode(args) => {
            let old = overwrite_code(call, args.target, args.newCode);
            ArbDebug::overwriteContractCodeCall::abi_encode_returns(&old)
        }
        Calls::events(args) => {
            emit_events(call, args.flag, args.value)?;
            ArbDebug::eventsCall::abi_encode_returns(&ArbDebug::eventsReturn {
                caller: call.caller,
                paid: call.value,
            })
        }
        // A view may not emit; the attempt is what the method is for.
        Calls::eventsView(_) | Calls::legacyError(_) => return Err(Failure::Revert(Bytes::new())),
        Calls::customRevert(args) => {
            return Err(Failure::error(&ArbDebug::Custom {
                number: args.number,
                message: CUSTOM_MESSAGE.to_owned(),
                flag: true,
            }));
        }
        Calls::panic(_) => return Err(Failure::Halt(Halt::DebugPanic)),
    })
}

fn become_chain_owner(call: &mut PrecompileCall<'_, '_>) -> Result<(), Failure> {
    let caller = call.caller;
    call.burn_reads(1)?;
    if CHAIN_OWNERS.contains(call.machine.journal(), caller) {
        return Ok(());
    }
    // A set's new member reads the length twice and writes it, its place and itself.
    call.burn_reads(2)?;
    for _ in 0..3 {
        call.burn_write(false)?;
    }
    CHAIN_OWNERS.add(call.machine.journal(), caller);
    Ok(())
}

fn emit_events(call: &mut PrecompileCall<'_, '_>, flag: bool, value: B256) -> Result<(), Failure> {
    call.emit(&ArbDebug::Basic { flag: !flag, value })?;
    let (conn, caller) = (call.address, call.caller);
    call.emit(&ArbDebug::Mixed {
        flag,
        not: !flag,
        value,
        conn,
        caller,
    })
}

/// Replaces the code of an account and answers what it was.
fn overwrite_code(call: &mut PrecompileCall<'_, '_>, target: Address, code: Bytes) -> Bytes {
    let old = call.machine.peek_code(target).original_bytes();
    let journal = call.machine.journal();
    let Ok(_) = journal.load_account_with_code(target);
    // The zero transfer touches the account, which is kept only if it was touched.
    let Ok(_) = journal.transfer(target, target, U256::ZERO);
    journal.set_code(target, Bytecode::new_legacy(code));
    old
}
