//! `NodeInterface`: questions to the node in the shape of calls. No transaction reaches it; a simulated
//! call to its address is answered here instead of being executed.

use super::{EstimateError, Simulation};
use crate::{
    arbos::{NODE_INTERFACE, NodeInterface, NodeInterface::NodeInterfaceCalls as Calls},
    evm::{CallRequest, ExecError, ExecutionOutcome, ExecutionStatus, Halt, StateOverrides},
};
use alloy_primitives::{Bytes, TxKind, U256};
use alloy_sol_types::{SolCall, SolInterface};

/// Gas that an answer is said to have used: that of a transaction that does nothing.
const ANSWER_GAS: u64 = 21_000;

/// Answers a call to the interface.
///
/// # Errors
/// The call it asks about cannot be started or took too long.
pub(super) fn answer(
    simulation: &Simulation,
    request: &CallRequest,
    overrides: &StateOverrides,
) -> Result<ExecutionOutcome, ExecError> {
    let Ok(method) = Calls::abi_decode(&request.input) else {
        return Ok(ended(ExecutionStatus::Revert, Bytes::new()));
    };
    let block = &simulation.block;
    // The parent chain's data price is zero.
    let l1_base_fee = U256::ZERO;
    let base_fee = U256::from(block.base_fee);
    let output = match method {
        Calls::gasEstimateComponents(args) => {
            let asked = asked_about(request, args.to, args.contractCreation, args.data);
            let Some(asked) = asked else {
                return Ok(ended(ExecutionStatus::Revert, Bytes::new()));
            };
            let gas = match simulation.estimate_gas(&asked, overrides) {
                Ok(gas) => gas,
                Err(error) => return no_estimate(error),
            };
            NodeInterface::gasEstimateComponentsCall::abi_encode_returns(
                &NodeInterface::gasEstimateComponentsReturn {
                    gasEstimate: gas,
                    gasEstimateForL1: 0,
                    baseFee: base_fee,
                    l1BaseFeeEstimate: l1_base_fee,
                },
            )
        }
        Calls::gasEstimateL1Component(_) => {
            NodeInterface::gasEstimateL1ComponentCall::abi_encode_returns(
                &NodeInterface::gasEstimateL1ComponentReturn {
                    gasEstimateForL1: 0,
                    baseFee: base_fee,
                    l1BaseFeeEstimate: l1_base_fee,
                },
            )
        }
        Calls::nitroGenesisBlock(_) => {
            NodeInterface::nitroGenesisBlockCall::abi_encode_returns(&U256::ZERO)
        }
        // Every block stands in the same block of a parent chain that does not grow.
        Calls::blockL1Num(args) if args.l2BlockNum <= block.number => {
            NodeInterface::blockL1NumCall::abi_encode_returns(&block.l1_block_number)
        }
        Calls::l2BlockRangeForL1(args) if args.blockNum == block.l1_block_number => {
            NodeInterface::l2BlockRangeForL1Call::abi_encode_returns(
                &NodeInterface::l2BlockRangeForL1Return {
                    firstBlock: 0,
                    lastBlock: block.number,
                },
            )
        }
        Calls::blockL1Num(_) | Calls::l2BlockRangeForL1(_) => {
            return Ok(ended(ExecutionStatus::Revert, Bytes::new()));
        }
        method => {
            let selector = method.selector();
            let halt = Halt::NotModelled {
                contract: "NodeInterface",
                method: Calls::signature_by_selector(selector).unwrap_or_default(),
                selector: selector.into(),
            };
            return Ok(ended(ExecutionStatus::Halt(halt), Bytes::new()));
        }
    };
    Ok(ended(ExecutionStatus::Success, output.into()))
}

/// The call an estimate is asked for: sender, value, gas and price are those of the question. `None` if
/// it is a question again.
fn asked_about(
    request: &CallRequest,
    to: alloy_primitives::Address,
    creates: bool,
    input: Bytes,
) -> Option<CallRequest> {
    if !creates && to == NODE_INTERFACE {
        return None;
    }
    let to = if creates {
        TxKind::Create
    } else {
        TxKind::Call(to)
    };
    Some(CallRequest {
        to,
        input,
        ..request.clone()
    })
}

fn no_estimate(error: EstimateError) -> Result<ExecutionOutcome, ExecError> {
    Ok(match error {
        EstimateError::Refused(error) => return Err(error),
        EstimateError::Reverted { output } => ended(ExecutionStatus::Revert, output),
        EstimateError::Halted(halt) => ended(ExecutionStatus::Halt(halt), Bytes::new()),
        EstimateError::AboveAllowance { .. } => {
            ended(ExecutionStatus::Halt(Halt::OutOfGas), Bytes::new())
        }
        error @ EstimateError::InsufficientFundsForTransfer => {
            return Err(ExecError::Invalid(error.to_string()));
        }
    })
}

const fn ended(status: ExecutionStatus, output: Bytes) -> ExecutionOutcome {
    ExecutionOutcome {
        status,
        gas_used: ANSWER_GAS,
        gas_refunded: 0,
        output,
        logs: Vec::new(),
        contract_address: None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::{
        chain::{At, Chain, Clock},
        evm::{ChainParams, DEV_ACCOUNT, MIN_BASE_FEE},
    };
    use alloy_primitives::Address;

    fn ask(question: &impl SolCall) -> ExecutionOutcome {
        let mut chain = Chain::new(ChainParams::default(), Clock::Fixed(1_800_000_000));
        chain.mine();
        let request = CallRequest {
            from: DEV_ACCOUNT,
            to: TxKind::Call(NODE_INTERFACE),
            input: question.abi_encode().into(),
            value: U256::ONE,
            ..CallRequest::default()
        };
        let simulation = chain.simulation(At::Block(1)).unwrap();
        simulation.call(&request, &StateOverrides::new()).unwrap()
    }

    #[test]
    fn an_estimate_comes_with_the_prices_behind_it() {
        let outcome = ask(&NodeInterface::gasEstimateComponentsCall {
            to: Address::repeat_byte(7),
            contractCreation: false,
            data: Bytes::new(),
        });
        let answer =
            NodeInterface::gasEstimateComponentsCall::abi_decode_returns(&outcome.output).unwrap();
        assert_eq!((answer.gasEstimate, answer.gasEstimateForL1), (21_000, 0));
        assert_eq!(answer.baseFee, U256::from(MIN_BASE_FEE));
        assert_eq!(answer.l1BaseFeeEstimate, U256::ZERO);
    }

    #[test]
    fn what_fails_has_no_estimate() {
        let question = |to, creates, data: &[u8]| NodeInterface::gasEstimateComponentsCall {
            to,
            contractCreation: creates,
            data: Bytes::copy_from_slice(data),
        };
        // Init code that returns the word 1 as revert data.
        let reverting = [0x60, 1, 0x5f, 0x52, 0x60, 32, 0x5f, 0xfd];
        let outcome = ask(&question(Address::ZERO, true, &reverting));
        assert_eq!(outcome.status, ExecutionStatus::Revert);
        assert_eq!(U256::from_be_slice(&outcome.output), U256::ONE);
        // A question about a question is none.
        let outcome = ask(&question(NODE_INTERFACE, false, &[]));
        assert_eq!(outcome.status, ExecutionStatus::Revert);
    }

    #[test]
    fn blocks_stand_in_block_zero_of_the_parent_chain() {
        let outcome = ask(&NodeInterface::l2BlockRangeForL1Call { blockNum: 0 });
        let range =
            NodeInterface::l2BlockRangeForL1Call::abi_decode_returns(&outcome.output).unwrap();
        assert_eq!((range.firstBlock, range.lastBlock), (0, 1));
        let known = ask(&NodeInterface::blockL1NumCall { l2BlockNum: 1 });
        assert_eq!(known.output[..], [0; 32]);
        let unknown = ask(&NodeInterface::blockL1NumCall { l2BlockNum: 2 });
        assert_eq!(unknown.status, ExecutionStatus::Revert);
    }

    #[test]
    fn what_needs_a_parent_chain_is_refused_by_name() {
        let outcome = ask(&NodeInterface::findBatchContainingBlockCall { blockNum: 1 });
        assert!(
            matches!(
                outcome.status,
                ExecutionStatus::Halt(Halt::NotModelled {
                    contract: "NodeInterface",
                    method: "findBatchContainingBlock(uint64)",
                    ..
                })
            ),
            "{outcome:?}"
        );
    }
}
