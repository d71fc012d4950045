//! The contract that answers hashes of past blocks (EIP-2935), as Arbitrum has it: with a longer buffer,
//! and by this chain's block numbers, which it asks `ArbSys` for because `NUMBER` is the parent chain's.

use alloy_primitives::{Bytes, U256, bytes};

/// Hashes the contract keeps.
const LENGTH: u64 = 393_168;

/// The slot for the hash of a block.
pub(super) fn slot(number: u64) -> U256 {
    U256::from(number % LENGTH)
}

/// Code of the contract, written after the EIP's description:
///
/// ```text
/// 00  PUSH4 a3b1b31d  PUSH1 e0  SHL  PUSH0  MSTORE                 selector of arbBlockNumber()
/// 0a  PUSH1 20  PUSH0  PUSH1 04  PUSH0  PUSH1 64  GAS  STATICCALL  ask ArbSys
/// 14  ISZERO  PUSH1 5c  JUMPI  PUSH0  MLOAD                        current
/// 1a  CALLER  PUSH20 ff…fe  EQ  PUSH1 60  JUMPI                    the system sets
/// 34  PUSH1 20  CALLDATASIZE  XOR  PUSH1 5c  JUMPI                 one word of calldata
/// 3b  PUSH0  CALLDATALOAD                                          current, asked
/// 3d  DUP2  DUP2  LT  ISZERO  PUSH1 5c  JUMPI                      asked < current
/// 44  DUP1  SWAP2  SUB  PUSH3 LENGTH  LT  PUSH1 5c  JUMPI          current - asked <= LENGTH
/// 4f  PUSH3 LENGTH  SWAP1  MOD  SLOAD  PUSH0  MSTORE               its hash
/// 58  PUSH1 20  PUSH0  RETURN
/// 5c  JUMPDEST  PUSH0  PUSH0  REVERT
/// 60  JUMPDEST  PUSH1 01  SWAP1  SUB  PUSH3 LENGTH  SWAP1  MOD     slot of the block before
/// 6b  PUSH0  CALLDATALOAD  SWAP1  SSTORE  STOP
/// ```
pub(super) const CODE: Bytes = bytes!(
    "63a3b1b31d60e01b5f52"
    "60205f60045f60645afa"
    "15605c575f51"
    "3373fffffffffffffffffffffffffffffffffffffffe14606057"
    "60203618605c57"
    "5f35"
    "81811015605c57"
    "809103"
    "6205ffd010605c57"
    "6205ffd09006545f52"
    "60205ff3"
    "5b5f5ffd"
    "5b6001900362"
    "05ffd09006"
    "5f35905500"
);
