//! A contract owns a port (ERC-1271): a good one, and bad ones.

use alloy_primitives::{Address, B256, Bytes, U256, b256};
use alloy_sol_types::SolCall;
use patientport_abi::IPatientPort as abi;

use crate::{
    chain::{Answer, Outcome, evm, evm::ACCEPTED},
    world::{World, account, calls},
};

const WALLET: Address = Address::repeat_byte(0x5a);

/// A port that a wallet of this code has claimed.
fn port(world: &World, code: &[u8]) -> Address {
    world.chain.fund(WALLET);
    world.chain.set_code(WALLET, code);
    let port = world.issue_to(WALLET);
    let outcome = world.chain.send(WALLET, port, calls::claim().abi_encode());
    outcome.returned();
    port
}

/// Somebody sends what the wallet is said to have signed.
fn execute(world: &World, port: Address, signature: &'static [u8]) -> Outcome {
    let info = world.chain.view(port, &abi::infoCall {});
    let call = abi::executeCall {
        call: calls::transfer(account("stranger")).abi_encode().into(),
        nonce: U256::from(info.nonce),
        deadline: world.chain.now(),
        signature: Bytes::from_static(signature),
    };
    world.send("stranger", port, &call)
}

#[test]
fn a_wallet_that_accepts_acts_for_itself() {
    let world = World::new();
    let port = port(&world, &evm::answers(ACCEPTED, 32));
    for signature in [
        &b""[..],
        b"anything at all",
        &[0; 65],
        &[27; 65],
        &[1; 3_000],
    ] {
        let outcome = execute(&world, port, signature);
        assert_eq!(
            outcome.logs.len(),
            usize::from(signature.is_empty()),
            "{outcome:?}"
        );
        outcome.returned();
    }
    let info = world.chain.view(port, &abi::infoCall {});
    assert_eq!(
        (info.owner, info.pendingOwner),
        (WALLET, account("stranger"))
    );
    assert_eq!(info.nonce, 5);
}

#[test]
fn a_wallet_can_claim_its_port_by_signature() {
    let world = World::new();
    world.chain.set_code(WALLET, &evm::answers(ACCEPTED, 32));
    let port = world.issue_to(WALLET);
    let call = abi::executeCall {
        call: calls::claim().abi_encode().into(),
        nonce: U256::ZERO,
        deadline: world.chain.now(),
        signature: Bytes::new(),
    };
    world.done("stranger", port, &call);
    let info = world.chain.view(port, &abi::infoCall {});
    assert!(info.claimed);
    assert_eq!(info.owner, WALLET);
}

#[test]
fn whatever_is_not_the_magic_word_is_a_refusal() {
    let world = World::new();
    let number = |number| B256::from(U256::from(number));
    let right_aligned = number(0x1626_ba7e);
    let repeated = b256!("1626ba7e1626ba7e1626ba7e1626ba7e1626ba7e1626ba7e1626ba7e1626ba7e");
    let dirty = b256!("1626ba7e00000000000000000000000000000000000000000000000000000001");
    let codes: [(&str, Vec<u8>); 11] = [
        ("says true", evm::answers(number(1), 32)),
        ("says no", evm::answers(B256::repeat_byte(0xff), 32)),
        ("says it on the wrong side", evm::answers(right_aligned, 32)),
        ("says more", evm::answers(repeated, 32)),
        ("says a bit more", evm::answers(dirty, 32)),
        ("says four bytes", evm::answers(ACCEPTED, 4)),
        ("says one byte too few", evm::answers(ACCEPTED, 31)),
        ("says nothing", evm::SILENT.to_vec()),
        ("reverts with it", evm::reverts(ACCEPTED)),
        ("burns all gas", evm::BURNS.to_vec()),
        ("repeats the question", evm::ECHO.to_vec()),
    ];
    let port = port(&world, &[0]);
    let refusal = Answer::refusal(&abi::InvalidSignature {});
    for (name, code) in codes {
        world.chain.set_code(WALLET, &code);
        let before = world.head(port);
        for signature in [&b""[..], &[0; 65], &[28; 65]] {
            let outcome = execute(&world, port, signature);
            assert_eq!(outcome.answer, refusal, "a wallet that {name}");
        }
        assert_eq!(world.head(port), before);
    }
    // Behind the word there may be more; it is not read.
    world
        .chain
        .set_code(WALLET, &evm::answers_at_length(ACCEPTED, 60_000));
    execute(&world, port, b"").returned();
}

#[test]
fn a_wallet_that_calls_back_while_it_is_asked_changes_nothing() {
    let world = World::new();
    let port = port(&world, &[0]);
    let execute_again = abi::executeCall {
        call: abi::cancelSignaturesCall {}.abi_encode().into(),
        nonce: U256::ZERO,
        deadline: u64::MAX,
        signature: Bytes::new(),
    };
    let attempts = [
        calls::transfer(account("stranger")).abi_encode(),
        abi::cancelSignaturesCall {}.abi_encode(),
        execute_again.abi_encode(),
        calls::add(0, 1, 1).abi_encode(),
        abi::infoCall {}.abi_encode(),
        abi::historyHeadCall {}.abi_encode(),
    ];
    for attempt in attempts {
        // Accepts only if its own call was answered: it never is.
        world
            .chain
            .set_code(WALLET, &evm::calls_back(port, &attempt));
        let before = (world.head(port), world.chain.view(port, &abi::infoCall {}));
        let outcome = execute(&world, port, b"");
        let refusal = Answer::refusal(&abi::InvalidSignature {});
        assert_eq!(outcome.answer, refusal);
        let after = (world.head(port), world.chain.view(port, &abi::infoCall {}));
        assert_eq!(before, after);
    }
    // Another port of the same wallet answers meanwhile, as everybody else does.
    let other = world.issue_to(WALLET);
    let info = abi::infoCall {}.abi_encode();
    world.chain.set_code(WALLET, &evm::calls_back(other, &info));
    execute(&world, port, b"").returned();
}

#[test]
fn a_wallet_has_no_say_after_it_gave_the_port_away() {
    let world = World::new();
    let port = port(&world, &evm::answers(ACCEPTED, 32));
    execute(&world, port, b"").returned();
    world.done("stranger", port, &abi::acceptOwnershipCall {});
    let outcome = execute(&world, port, b"");
    let refusal = Answer::refusal(&abi::InvalidSignature {});
    assert_eq!(outcome.answer, refusal);
}
