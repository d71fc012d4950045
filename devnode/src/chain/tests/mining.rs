//! Blocks of many transactions, made by hand.

use super::*;
use crate::chain::{ChainEvent, DecodeError, LogQuery, Mining, SubmitError};
use alloy::{
    consensus::{TxEip4844, TypedTransaction, proofs},
    eips::{eip2718::Typed2718, eip7702::Authorization},
    signers::SignerSync,
};
use alloy_primitives::{B256, Bloom, keccak256};
use std::time::Duration;

fn manual_chain() -> Chain {
    new_chain().with_mining(Mining::Manual)
}

fn head_senders(chain: &Chain) -> Vec<(Address, u64)> {
    let entries = chain.head().entries();
    entries
        .iter()
        .map(|entry| (entry.transaction.sender(), entry.transaction.nonce()))
        .collect()
}

#[test]
fn a_block_takes_what_waits_by_nonce_and_arrival() {
    let mut chain = manual_chain();
    // The second account's first transaction comes before the first account's gap closes.
    for tx in [
        sign(1, transfer(1)),
        sign(2, transfer(0)),
        sign(1, transfer(0)),
        sign(2, transfer(1)),
        sign(2, transfer(3)),
    ] {
        chain.submit(tx).unwrap();
    }
    assert_eq!(chain.head().number(), 0);
    assert_eq!(chain.waiting_count(), 5);
    assert_eq!(
        (
            chain.pending_nonce(address(1)),
            chain.pending_nonce(address(2))
        ),
        (2, 2)
    );
    chain.mine();
    assert_eq!(
        head_senders(&chain),
        [
            (address(2), 0),
            (address(1), 0),
            (address(1), 1),
            (address(2), 1),
        ]
    );
    assert_eq!(chain.waiting_count(), 1);
    chain.mine();
    assert_eq!(
        (chain.head().number(), chain.head().entries().len()),
        (2, 0)
    );
    chain.submit(sign(2, transfer(2))).unwrap();
    chain.mine();
    assert_eq!(head_senders(&chain), [(address(2), 2), (address(2), 3)]);
}

#[test]
fn places_in_a_block_add_up() {
    let mut chain = manual_chain();
    for tx in [log_call(0, 5), transfer(1), log_call(2, 6)] {
        chain.submit(sign(1, tx)).unwrap();
    }
    chain.mine();
    let block = chain.head();
    let entries = block.entries();
    let used: Vec<_> = entries.iter().map(|entry| entry.receipt.gas_used).collect();
    assert_eq!(used[1], 21_000);
    let sums: Vec<_> = entries
        .iter()
        .map(|entry| entry.receipt.cumulative_gas_used)
        .collect();
    assert_eq!(sums, [used[0], used[0] + used[1], used.iter().sum::<u64>()]);
    assert_eq!(block.header().gas_used, sums[2]);
    let firsts: Vec<_> = entries.iter().map(|entry| entry.first_log_index).collect();
    assert_eq!(firsts, [0, 2, 2]);
    assert!(entries.is_sorted_by(|a, b| a.state_before < b.state_before));

    let header = block.header();
    assert_eq!(header.hash_slow(), block.hash());
    let envelopes: Vec<_> = entries
        .iter()
        .map(|entry| entry.transaction.recovered().inner())
        .collect();
    assert_eq!(
        header.transactions_root,
        proofs::calculate_transaction_root(&envelopes)
    );
    let receipts: Vec<_> = entries
        .iter()
        .map(|entry| {
            let logs = entry.receipt.logs.clone();
            entry
                .receipt
                .envelope(entry.transaction.recovered().ty(), logs)
        })
        .collect();
    assert_eq!(
        header.receipts_root,
        proofs::calculate_receipt_root(&receipts)
    );
    let bloom = entries
        .iter()
        .fold(Bloom::ZERO, |bloom, entry| bloom | entry.receipt.bloom());
    assert_eq!(header.logs_bloom, bloom);
    assert!(!bloom.is_zero());

    let found = chain.logs(&LogQuery {
        to_block: 1,
        topics: [vec![B256::with_last_byte(6)], vec![], vec![], vec![]],
        ..LogQuery::default()
    });
    let places: Vec<_> = found
        .iter()
        .map(|found| (found.transaction_index, found.index))
        .collect();
    assert_eq!(places, [(2, 2), (2, 3)]);
    let third = chain.transaction(entries[2].transaction.hash()).unwrap();
    assert_eq!((third.block.number(), third.index), (1, 2));
}

#[test]
fn a_transaction_can_be_executed_again_where_it_stood() {
    let mut chain = manual_chain();
    for nonce in 0..3 {
        chain.submit(sign(1, transfer(nonce))).unwrap();
    }
    chain.mine();
    let hash = chain.head().entries()[1].transaction.hash();
    let before = chain.simulation_before(chain.transaction(hash).unwrap());
    assert_eq!(before.state().nonce(address(1)), 1);
    assert_eq!(before.state().balance(Address::repeat_byte(7)), U256::ONE);
    assert_eq!(before.block.number, 1);
}

#[test]
fn the_pending_block_is_the_one_that_is_mined() {
    let mut chain = manual_chain();
    for nonce in 0..3 {
        chain.submit(sign(1, log_call(nonce, 3))).unwrap();
    }
    let pending = chain.pending_block();
    assert_eq!(pending.entries().len(), 3);
    assert_eq!((chain.head().number(), chain.waiting_count()), (0, 3));
    chain.mine();
    assert_eq!(chain.head().hash(), pending.hash());
}

#[test]
fn a_block_ends_when_it_has_used_its_gas() {
    let mut chain = manual_chain();
    let burn = |nonce| TxEip1559 {
        // An endless loop takes what it is given.
        to: TxKind::Create,
        input: Bytes::from_static(&[0x5b, 0x5f, 0x56]),
        gas_limit: 20_000_000,
        value: U256::ZERO,
        ..transfer(nonce)
    };
    for nonce in 0..3 {
        chain.submit(sign(1, burn(nonce))).unwrap();
    }
    chain.mine();
    assert_eq!(chain.head().entries().len(), 2);
    chain.mine();
    assert_eq!(chain.head().entries().len(), 1);
}

#[test]
fn turning_to_on_demand_makes_a_block_for_each_that_waits() {
    let mut chain = manual_chain();
    for tx in [transfer(1), transfer(0), transfer(3)] {
        chain.submit(sign(1, tx)).unwrap();
    }
    chain.set_mining(Mining::OnDemand);
    assert_eq!((chain.head().number(), chain.waiting_count()), (2, 1));
    chain.submit(sign(1, transfer(2))).unwrap();
    assert_eq!((chain.head().number(), chain.waiting_count()), (4, 0));
}

#[test]
fn a_replacement_must_offer_a_tenth_more() {
    let mut chain = manual_chain();
    let offer = |fee: u128| TxEip1559 {
        max_fee_per_gas: fee,
        ..transfer(0)
    };
    let base = u128::from(MIN_BASE_FEE);
    chain.submit(sign(1, offer(base))).unwrap();
    let refused = chain
        .submit(sign(1, offer(base * 11 / 10 - 1)))
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("replacement transaction underpriced"),
        "{refused}"
    );
    assert_eq!(
        chain.submit(sign(1, offer(base))),
        Err(SubmitError::AlreadyKnown)
    );
    let raised = chain.submit(sign(1, offer(base * 11 / 10))).unwrap();
    assert_eq!(chain.waiting_count(), 1);
    chain.mine();
    assert_eq!(chain.head().entries()[0].transaction.hash(), raised);
}

#[test]
fn an_authorisation_in_the_block_moves_its_signers_turn() {
    let mut chain = manual_chain();
    let authorization = Authorization {
        chain_id: U256::from(params().chain_id),
        address: LOGGER_ADDRESS,
        nonce: 0,
    };
    let signature = DevAccount::well_known()[2]
        .signer()
        .sign_hash_sync(&authorization.signature_hash())
        .unwrap();
    let set_code = alloy::consensus::TxEip7702 {
        chain_id: params().chain_id,
        gas_limit: 100_000,
        max_fee_per_gas: MIN_BASE_FEE.into(),
        to: Address::repeat_byte(7),
        authorization_list: vec![authorization.into_signed(signature)],
        ..alloy::consensus::TxEip7702::default()
    };
    chain.submit(sign(1, set_code)).unwrap();
    // Its nonce is ahead until the authorisation has used the one before.
    chain.submit(sign(2, transfer(1))).unwrap();
    chain.submit(sign(2, transfer(0))).unwrap();
    chain.mine();
    assert_eq!(head_senders(&chain), [(address(1), 0), (address(2), 1)]);
    assert_eq!(chain.waiting_count(), 0);
}

#[test]
fn an_impersonated_sender_needs_no_signature() {
    let mut chain = new_chain();
    let contract = LOGGER_ADDRESS;
    chain
        .set_balance(contract, U256::from(10).pow(U256::from(18)))
        .unwrap();
    let send = |sender| {
        SignedTransaction::try_impersonated(transfer(0).into(), sender, params().chain_id).unwrap()
    };
    let from_contract = send(contract);
    let hash = chain.submit(from_contract.clone()).unwrap();
    assert_ne!(hash, send(address(1)).hash(), "the sender is in the hash");
    assert_eq!(hash, keccak256(from_contract.encoded()));
    let entry = chain.transaction(hash).unwrap().entry;
    assert!(entry.receipt.success);
    assert_eq!(entry.transaction.sender(), contract);

    let other_chain = TxEip1559 {
        chain_id: 1,
        ..transfer(0)
    };
    assert!(matches!(
        SignedTransaction::try_impersonated(other_chain.into(), contract, params().chain_id),
        Err(DecodeError::WrongChain { have: 1, .. })
    ));
    assert!(matches!(
        SignedTransaction::try_impersonated(
            TypedTransaction::Eip4844(TxEip4844::default().into()),
            contract,
            params().chain_id
        ),
        Err(DecodeError::UnsupportedType { tx_type: 3 })
    ));
}

#[test]
fn listeners_hear_of_transactions_blocks_and_their_removal() {
    let mut chain = new_chain();
    let mut events = chain.events();
    let mark = chain.snapshot();
    let hash = chain.submit(sign(1, log_call(0, 1))).unwrap();
    let block = chain.head().hash();
    chain.mine();
    let empty = chain.head().hash();
    assert!(chain.revert(mark));
    let mut heard = Vec::new();
    while let Ok(event) = events.try_recv() {
        heard.push(match event {
            ChainEvent::Accepted(hash) => ("accepted", hash),
            ChainEvent::Added(block) => ("added", block.hash()),
            ChainEvent::Removed(block) => ("removed", block.hash()),
        });
    }
    assert_eq!(
        heard,
        [
            ("accepted", hash),
            ("added", block),
            ("added", empty),
            ("removed", empty),
            ("removed", block),
        ]
    );
}

#[test]
fn the_mode_can_be_followed() {
    let mut chain = new_chain();
    let mode = chain.watch_mining();
    chain.set_mining(Mining::Interval(Duration::from_secs(3)));
    assert!(mode.has_changed().unwrap());
    assert_eq!(*mode.borrow(), Mining::Interval(Duration::from_secs(3)));
}
