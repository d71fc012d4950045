//! A delegate that tries to become more than it is.

use alloy_primitives::{Address, B256, Bytes};
use patientport_abi::IPatientPort as abi;

use crate::world::{DAY, World, account, calls, calls::Grant};

/// A port with a delegate of every single right, and one of all; each for thirty days.
fn port(world: &World) -> Address {
    for name in [
        "approver", "revoker", "scribe", "rotator", "carer", "reader", "clinic",
    ] {
        world.fund(name);
    }
    let port = world.claimed_port();
    let until = world.chain.now() + 30 * DAY;
    for (name, rights) in [
        ("approver", 1),
        ("revoker", 2),
        ("scribe", 4),
        ("rotator", 8),
        ("carer", 15),
    ] {
        world.done("patient", port, &calls::delegate(name, rights, until));
    }
    port
}

#[test]
fn a_delegate_grants_neither_to_itself_nor_to_a_delegate_nor_to_the_patient() {
    let world = World::new();
    let port = port(&world);
    let until = world.chain.now() + DAY;
    for by in ["approver", "carer"] {
        for to in [
            "approver", "revoker", "scribe", "rotator", "carer", "patient",
        ] {
            let reader = account(to);
            let grant = Grant::of(1, 1, until).unverified();
            world.refused(
                by,
                port,
                &grant.clone().to(to),
                &abi::InvalidReader { reader },
            );
            let request = world.enter_request(port, reader);
            let approve = grant.approving(request, to);
            world.refused(by, port, &approve, &abi::InvalidReader { reader });
        }
    }
    // Nor by approving somebody else's request in its own name.
    let request = world.enter_request(port, account("clinic"));
    let reader = account("reader");
    let other = Grant::of(1, 1, until)
        .unverified()
        .approving(request, "reader");
    world.refused("approver", port, &other, &abi::InvalidReader { reader });
    // To others it may, and to whoever was a delegate.
    world.done(
        "approver",
        port,
        &Grant::of(1, 1, until).unverified().to("reader"),
    );
    world.done("patient", port, &calls::end_delegate("scribe"));
    world.done(
        "approver",
        port,
        &Grant::of(1, 1, until).unverified().to("scribe"),
    );
}

#[test]
fn a_delegates_grant_ends_no_later_than_the_delegation() {
    let world = World::new();
    let port = port(&world);
    let now = world.chain.now();
    let end = now + 30 * DAY;
    let late = abi::InvalidExpiry {
        given: end + 1,
        earliest: now + 1,
        latest: end,
    };
    let grant = |expiry| Grant::of(1, 1, expiry).unverified();
    world.refused("approver", port, &grant(end + 1).to("reader"), &late);
    let request = world.enter_request(port, account("clinic"));
    let approve = |expiry| grant(expiry).approving(request, "clinic");
    world.refused("approver", port, &approve(end + 1), &late);
    world.done("approver", port, &grant(end).to("reader"));
    world.done("approver", port, &approve(end));
    // Up to its last second it may, then no more.
    world.chain.set_time(end - 1);
    world.done("approver", port, &grant(end).to("reader"));
    world.chain.set_time(end);
    let caller = account("approver");
    world.refused(
        "approver",
        port,
        &grant(end).to("reader"),
        &abi::Unauthorized { caller },
    );
}

#[test]
fn only_a_delegate_with_rotate_publishes_an_epoch() {
    let world = World::new();
    let port = port(&world);
    let until = world.chain.now() + DAY;
    world.done(
        "patient",
        port,
        &Grant::of(1, 1, until).unverified().to("reader"),
    );
    let rotate = |epoch| abi::rotateCall {
        rotation: calls::rotation(1, epoch),
    };
    let reseal = abi::resealCall {
        sections: 1,
        epochs: vec![1],
        sealed_: vec![calls::sealed("rotator")],
    };
    let package = abi::setPackageCall {
        responder: account("reader"),
        package: B256::ZERO,
    };
    for name in ["approver", "revoker", "scribe"] {
        let unauthorized = abi::Unauthorized {
            caller: account(name),
        };
        world.refused(name, port, &rotate(1), &unauthorized);
        world.refused(name, port, &reseal, &unauthorized);
        world.refused(name, port, &package, &unauthorized);
    }
    // Not by the way of a revocation either, be the rotation of open sections or new ones.
    for rotation in [calls::rotation(1, 1), calls::rotation(0b100, 0)] {
        let call = abi::revokeCall {
            rotation,
            ..calls::revoke("reader")
        };
        let caller = account("revoker");
        world.refused("revoker", port, &call, &abi::Unauthorized { caller });
    }
    world.done("rotator", port, &reseal);
    world.done("rotator", port, &rotate(1));
    // Who has both, does both.
    let call = abi::revokeCall {
        rotation: calls::rotation(1, 2),
        ..calls::revoke("reader")
    };
    world.done("carer", port, &call);
    let keys = world
        .chain
        .view(port, &abi::sectionKeysCall { sections: 1 });
    assert_eq!(keys[0].epoch, 3);
}

#[test]
fn a_delegate_with_every_right_cannot_do_what_only_the_patient_may() {
    let world = World::new();
    let port = port(&world);
    world.verify("responder");
    let caller = account("carer");
    let no = abi::Unauthorized { caller };
    let until = world.chain.now() + DAY;
    world.refused(
        "carer",
        port,
        &calls::delegate("carer", 15, until + 300 * DAY),
        &no,
    );
    world.refused("carer", port, &calls::delegate("reader", 1, until), &no);
    world.refused("carer", port, &calls::end_delegate("approver"), &no);
    world.refused("carer", port, &calls::custodian(0, "carer"), &no);
    world.refused("carer", port, &calls::arm("responder", 1, 0, 60), &no);
    world.refused("carer", port, &calls::transfer(caller), &no);
    world.refused("carer", port, &abi::acceptOwnershipCall {}, &no);
    world.refused(
        "carer",
        port,
        &abi::setPrimaryCareCall { provider: caller },
        &no,
    );
    world.refused("carer", port, &abi::cancelSignaturesCall {}, &no);
    let key = abi::setEncryptionKeyCall {
        keyX: calls::key("carer"),
        keyParity: 0,
        rotation: calls::rotation(0, 0),
    };
    world.refused("carer", port, &key, &no);
    world.done("patient", port, &calls::add(0, 1, 1));
    let share = abi::shareCall {
        reader: account("reader"),
        recordIds: vec![1],
        message: Bytes::from_static(b"record key"),
    };
    world.refused("carer", port, &share, &no);
    let block = abi::setBlockedCall {
        requester: account("clinic"),
        blocked: true,
    };
    world.refused("carer", port, &block, &no);
    // Nor end what it did not write.
    let retract = abi::retractCall {
        recordId: 1,
        reason: 1,
    };
    world.refused("carer", port, &retract, &no);
}

#[test]
fn a_delegate_is_without_rights_from_the_second_it_is_ended() {
    let world = World::new();
    let port = port(&world);
    world.done("patient", port, &calls::end_delegate("carer"));
    let caller = account("carer");
    let no = abi::Unauthorized { caller };
    let until = world.chain.now() + DAY;
    world.refused("carer", port, &calls::add(0, 1, 1), &no);
    world.refused(
        "carer",
        port,
        &Grant::of(1, 1, until).unverified().to("reader"),
        &no,
    );
    let rotate = |to| abi::rotateCall {
        rotation: abi::Rotation {
            sealed_: vec![calls::sealed(to)],
            ..calls::rotation(1, 1)
        },
    };
    world.refused("carer", port, &rotate("patient"), &no);
    // Nor is it sent anything; with approve alone, the other one still is.
    world.refused(
        "patient",
        port,
        &rotate("carer"),
        &abi::NoLiveGrant { reader: caller },
    );
    world.done("patient", port, &rotate("approver"));
    // But what it was entitled to is remembered.
    let holder = world
        .chain
        .view(port, &abi::holderOfCall { account: caller });
    assert_eq!(holder.delegate.rights, 0);
    assert_eq!(holder.delegate.heldUntil, world.chain.now() + 1);
    // And it cannot be ended twice.
    let none = abi::NoLiveGrant { reader: caller };
    world.refused("patient", port, &calls::end_delegate("carer"), &none);
}

#[test]
fn an_owner_ends_its_own_delegation_and_names_itself_nothing() {
    let world = World::new();
    let port = port(&world);
    world.verify("responder");
    let until = world.chain.now() + DAY;
    for name in ["carer", "responder"] {
        world.done("patient", port, &calls::delegate(name, 15, until));
    }
    world.done("patient", port, &calls::arm("responder", 1, 0, 60));
    world.done("patient", port, &calls::transfer(account("responder")));
    world.done("responder", port, &abi::acceptOwnershipCall {});
    let itself = account("responder");
    let no = abi::InvalidAddress { account: itself };
    world.refused(
        "responder",
        port,
        &calls::delegate("responder", 1, until),
        &no,
    );
    world.refused("responder", port, &calls::arm("responder", 1, 0, 60), &no);
    let grant = Grant::of(1, 1, until).to("responder");
    world.refused(
        "responder",
        port,
        &grant,
        &abi::InvalidReader { reader: itself },
    );
    world.done("responder", port, &calls::end_delegate("responder"));
    world.done("responder", port, &calls::disarm("responder"));
    // Once it has given the port away, it is nobody.
    world.done("responder", port, &calls::transfer(account("carer")));
    world.done("carer", port, &abi::acceptOwnershipCall {});
    let caller = itself;
    world.refused(
        "responder",
        port,
        &calls::add(0, 1, 1),
        &abi::Unauthorized { caller },
    );
    // And the patient of before as well.
    let caller = account("patient");
    world.refused(
        "patient",
        port,
        &calls::add(0, 1, 1),
        &abi::Unauthorized { caller },
    );
}
