//! Nothing that was composed before a rotation takes effect after it.

use alloy_primitives::{B256, Bytes};
use patientport_abi::IPatientPort as abi;

use crate::world::{DAY, World, account, calls, calls::Grant};

#[test]
fn what_crosses_a_rotation_is_refused() {
    let world = World::new();
    let port = world.claimed_port();
    world.verify("clinic");
    let until = world.chain.now() + DAY;
    world.done("patient", port, &calls::add(0, 1, 1));
    world.done("clinic", port, &calls::request("clinic"));
    let id = world.chain.view(port, &abi::infoCall {}).requestCount;

    // All this is composed for epoch 1 …
    let add = calls::add(0, 1, 2);
    let supersede = abi::supersedeCall {
        recordId: 1,
        commitment: B256::repeat_byte(3),
        epoch: 1,
    };
    let approve = Grant::of(0b11, 1, until).approving(id, "clinic");
    let grant = Grant::of(0b11, 1, until).to("clinic");
    let reseal = abi::resealCall {
        sections: 1,
        epochs: vec![1],
        sealed_: vec![calls::sealed("patient")],
    };
    let rotate = abi::rotateCall {
        rotation: calls::rotation(1, 1),
    };

    // … and a rotation comes first.
    world.done("patient", port, &rotate);
    let stale = abi::StaleEpoch {
        section: 0,
        given: 1,
        current: 2,
    };
    world.refused("patient", port, &add, &stale);
    world.refused("primary", port, &add, &stale);
    world.refused("patient", port, &supersede, &stale);
    world.refused("patient", port, &approve, &stale);
    world.refused("patient", port, &grant, &stale);
    world.refused("patient", port, &reseal, &stale);
    world.refused("patient", port, &rotate, &stale);
    // The request is still there to be approved anew.
    let epochs = vec![2, 1];
    let anew = Grant {
        epochs,
        ..Grant::of(0b11, 1, until)
    };
    world.done("patient", port, &anew.approving(id, "clinic"));
}

#[test]
fn a_message_composed_for_a_reader_does_not_land_after_its_access() {
    let world = World::new();
    let port = world.claimed_port();
    for name in ["reader", "carer"] {
        world.fund(name);
    }
    let until = world.chain.now() + DAY;
    let reader = account("reader");
    let rotate = |epoch, to: &[&str]| abi::rotateCall {
        rotation: abi::Rotation {
            sealed_: to.iter().map(|name| calls::sealed(name)).collect(),
            ..calls::rotation(1, epoch)
        },
    };
    let none = abi::NoLiveGrant { reader };
    world.refused("patient", port, &rotate(1, &["reader"]), &none);
    world.done(
        "patient",
        port,
        &Grant::of(1, 1, until).unverified().to("reader"),
    );
    world.done("patient", port, &rotate(1, &["patient", "reader"]));
    // Of a section that it does not read.
    let other = abi::rotateCall {
        rotation: abi::Rotation {
            sealed_: vec![calls::sealed("reader")],
            ..calls::rotation(0b10, 1)
        },
    };
    world.refused("patient", port, &other, &none);
    // A revocation's own rotation is not for the revoked reader.
    let revoke = abi::revokeCall {
        rotation: rotate(2, &["reader"]).rotation,
        ..calls::revoke("reader")
    };
    world.refused("patient", port, &revoke, &none);
    // It expires.
    world.chain.set_time(until - 1);
    world.done("patient", port, &rotate(2, &["reader"]));
    world.chain.set_time(until);
    world.refused("patient", port, &rotate(3, &["reader"]), &none);
    // Replaced by a grant to write, it may be sent nothing either.
    let until = world.chain.now() + DAY;
    let write = Grant {
        message: Bytes::new(),
        ..Grant::of(1, 3, until).rights(2).unverified()
    };
    world.done("patient", port, &write.to("reader"));
    world.refused("patient", port, &rotate(3, &["reader"]), &none);
}

#[test]
fn at_most_seventeen_are_sent_secrets_at_once() {
    let world = World::new();
    let port = world.claimed_port();
    let rotate = |count| abi::rotateCall {
        rotation: abi::Rotation {
            sealed_: vec![calls::sealed("patient"); count],
            ..calls::rotation(1, 1)
        },
    };
    let too_many = abi::TooManyRecipients { given: 18, max: 17 };
    world.refused("patient", port, &rotate(18), &too_many);
    let outcome = world.done("patient", port, &rotate(17));
    assert_eq!(outcome.logs.len(), 18);
}
