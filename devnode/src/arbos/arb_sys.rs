//! The precompiles that tell of the chain itself: `ArbSys`, `ArbInfo`, `ArbStatistics`, and `ArbosTest`.

use super::{
    HISTORY,
    abi::{
        ArbInfo::{self, ArbInfoCalls},
        ArbStatistics,
        ArbSys::{self, ArbSysCalls as Calls},
        ArbosTest,
    },
    history,
    precompile::{COPY_WORD, Failure, PrecompileCall, decode, words},
    version::public_version,
};
use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_sol_types::SolCall;
use revm::context_interface::journaled_state::JournalTr;

/// Blocks whose hashes `arbBlockHash` answers.
const BLOCK_HASHES: u64 = 256;
/// What is added to a parent chain contract's address to make its sender address here.
const ALIAS_OFFSET: Address = address!("1111000000000000000000000000000000001111");
/// `BALANCE`'s price of EIP-1884.
const BALANCE: u64 = 700;
/// `SLOAD`'s price of EIP-2929, which reading code pays.
const CODE: u64 = 2_100;

pub(super) fn arb_sys(
    call: &mut PrecompileCall<'_, '_>,
    calldata: &[u8],
) -> Result<Vec<u8>, Failure> {
    let number = call.machine.block.number;
    Ok(match decode(calldata)? {
        Calls::arbBlockNumber(_) => {
            ArbSys::arbBlockNumberCall::abi_encode_returns(&U256::from(number))
        }
        Calls::arbBlockHash(args) => {
            let hash = block_hash(call, args.arbBlockNum)?;
            ArbSys::arbBlockHashCall::abi_encode_returns(&hash)
        }
        Calls::arbChainID(_) => {
            ArbSys::arbChainIDCall::abi_encode_returns(&U256::from(call.machine.chain.chain_id))
        }
        Calls::arbOSVersion(_) => {
            let version = public_version(call.machine.arbos_version);
            ArbSys::arbOSVersionCall::abi_encode_returns(&version)
        }
        // Gas for storage was a thing of Classic.
        Calls::getStorageGasAvailable(_) => {
            ArbSys::getStorageGasAvailableCall::abi_encode_returns(&U256::ZERO)
        }
        // The transaction's own frame has depth 0, the precompile's own one more than its caller's.
        Calls::isTopLevelCall(_) => {
            ArbSys::isTopLevelCallCall::abi_encode_returns(&(call.depth <= 1))
        }
        Calls::mapL1SenderContractAddressToL2Alias(args) => {
            let aliased = aliased(args.sender);
            ArbSys::mapL1SenderContractAddressToL2AliasCall::abi_encode_returns(&aliased)
        }
        // Only transactions from the parent chain have aliased senders.
        Calls::wasMyCallersAddressAliased(_) => {
            ArbSys::wasMyCallersAddressAliasedCall::abi_encode_returns(&false)
        }
        Calls::myCallersAddressWithoutAliasing(_) => {
            let caller = call.machine.innermost_caller();
            ArbSys::myCallersAddressWithoutAliasingCall::abi_encode_returns(&caller)
        }
        Calls::withdrawEth(_) | Calls::sendTxToL1(_) | Calls::sendMerkleTreeState(_) => {
            unreachable!("the method table says that these are not modelled")
        }
    })
}

fn block_hash(call: &mut PrecompileCall<'_, '_>, number: U256) -> Result<B256, Failure> {
    let current = call.machine.block.number;
    let requested: u64 = number.saturating_to();
    if requested >= current || requested.saturating_add(BLOCK_HASHES) < current {
        return Err(Failure::error(&ArbSys::InvalidBlockNumber {
            requested: number,
            current: U256::from(current),
        }));
    }
    let journal = call.machine.journal();
    let Ok(_) = journal.load_account(HISTORY);
    let Ok(hash) = journal.sload(HISTORY, history::slot(requested));
    Ok(hash.data.into())
}

/// The sender address of a parent chain contract here: its own plus an offset, modulo 2^160.
fn aliased(sender: Address) -> Address {
    let sum = U256::from_be_slice(sender.as_slice()) + U256::from_be_slice(ALIAS_OFFSET.as_slice());
    Address::from_word(sum.into())
}

pub(super) fn arb_info(
    call: &mut PrecompileCall<'_, '_>,
    calldata: &[u8],
) -> Result<Vec<u8>, Failure> {
    Ok(match decode(calldata)? {
        ArbInfoCalls::getBalance(args) => {
            call.burn(BALANCE)?;
            let balance = call.machine.peek_balance(args.account);
            ArbInfo::getBalanceCall::abi_encode_returns(&balance)
        }
        ArbInfoCalls::getCode(args) => {
            call.burn(CODE)?;
            let code = call.machine.peek_code(args.account).original_bytes();
            call.burn(COPY_WORD * words(code.len()))?;
            ArbInfo::getCodeCall::abi_encode_returns(&code)
        }
    })
}

/// Classic's numbers, all zero on a chain that never was one.
pub(super) fn arb_statistics(call: &PrecompileCall<'_, '_>) -> Vec<u8> {
    ArbStatistics::getStatsCall::abi_encode_returns(&ArbStatistics::getStatsReturn {
        blockNumber: U256::from(call.machine.block.number),
        accounts: U256::ZERO,
        storageSum: U256::ZERO,
        gasSum: U256::ZERO,
        transactions: U256::ZERO,
        contracts: U256::ZERO,
    })
}

/// Burns what it is told to, or everything; either way it succeeds.
pub(super) fn arbos_test(
    call: &mut PrecompileCall<'_, '_>,
    calldata: &[u8],
) -> Result<Vec<u8>, Failure> {
    let ArbosTest::ArbosTestCalls::burnArbGas(args) = decode(calldata)?;
    let gas = u64::try_from(args.gasAmount).map_err(|_| Failure::Revert(Bytes::new()))?;
    let all = call.gas_left();
    call.burn(gas.min(all))?;
    Ok(Vec::new())
}
