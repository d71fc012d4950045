//! A full list of holders: who can be made to leave it, and from which second on.

use alloy_primitives::{Address, Bytes};
use patientport_abi::IPatientPort as abi;

use crate::{
    chain::{Answer, Mark},
    world::{DAY, World, YEAR, account, calls, calls::Grant},
};

/// A port with one place left. The holders of the others are readers of section 5 for years.
struct Full {
    world: World,
    port: Address,
    mark: Mark,
}

impl Full {
    fn new() -> Self {
        let world = World::new();
        let port = world.claimed_port();
        world.verify("x");
        let until = world.chain.now() + 4 * YEAR;
        for byte in 1..=127 {
            let grant = abi::grantCall {
                reader: Address::repeat_byte(byte),
                ..Grant::of(0b10_0000, 1, until).unverified().to("x")
            };
            world.done("patient", port, &grant);
        }
        let mark = world.chain.mark();
        Self { world, port, mark }
    }

    /// Back to the one place.
    fn again(&mut self) -> &World {
        self.world.chain.go_back(&mut self.mark);
        &self.world
    }

    fn now(&self) -> u64 {
        self.world.chain.now()
    }

    #[track_caller]
    fn done<C: alloy_sol_types::SolCall>(&self, call: &C) {
        self.world.done("patient", self.port, call);
    }

    /// `x` reads sections 0 and 1 for a day.
    #[track_caller]
    fn grant(&self) {
        self.done(&Grant::of(0b11, 1, self.now() + DAY).unverified().to("x"));
    }

    #[track_caller]
    fn rotate(&self, sections: u64, epoch: u32) {
        self.done(&abi::rotateCall {
            rotation: calls::rotation(sections, epoch),
        });
    }

    /// Whether somebody new finds a place now.
    #[track_caller]
    fn leaves(&self) -> bool {
        let x = account("x");
        let call = abi::sectionKeysCall { sections: 1 };
        let epoch = self.world.chain.view(self.port, &call)[0].epoch;
        let grant = Grant::of(1, epoch, self.now() + DAY).unverified();
        let newcomer = || abi::grantCall {
            reader: Address::repeat_byte(0xee),
            ..grant.clone().to("x")
        };
        let mut mark = self.world.chain.mark();
        let outcome = self.world.send("patient", self.port, &newcomer());
        let holders = self.world.chain.view(
            self.port,
            &abi::holdersCall {
                from: 0,
                limit: 200,
            },
        );
        assert_eq!(holders.len(), 128);
        let listed = holders.iter().any(|holder| holder.access.reader == x);
        let left = match outcome.answer {
            Answer::Returned(_) => true,
            other => {
                assert_eq!(other, Answer::refusal(&abi::TooManyHolders { max: 128 }));
                false
            }
        };
        assert_eq!(listed, !left);
        if left {
            // As if it had never had a grant.
            let access = self
                .world
                .chain
                .view(self.port, &abi::accessOfCall { reader: x });
            let nothing = abi::Access {
                reader: x,
                ..Default::default()
            };
            assert_eq!(access, nothing);
        }
        self.world.chain.go_back(&mut mark);
        left
    }
}

#[test]
fn a_reader_leaves_when_what_it_held_was_rotated_after_its_end() {
    let mut full = Full::new();
    // Live: never.
    full.grant();
    assert!(!full.leaves());
    full.rotate(0b11, 1);
    assert!(!full.leaves());

    // Expired: the rotation may be of that very second, not of the one before.
    for (early, leaves) in [(1, false), (0, true)] {
        full.again();
        full.grant();
        let expiry = full.now() + DAY;
        full.world.chain.set_time(expiry - early);
        full.rotate(0b11, 1);
        full.world.chain.set_time(expiry);
        assert_eq!(full.leaves(), leaves);
    }
    // All of them, not one.
    full.again();
    full.grant();
    full.world.chain.wait(DAY);
    full.rotate(0b01, 1);
    assert!(!full.leaves());
    full.rotate(0b10, 1);
    assert!(full.leaves());
}

#[test]
fn a_revoked_reader_leaves_by_the_revocations_rotation_or_a_later_one() {
    let mut full = Full::new();
    let revoke = |rotation| abi::revokeCall {
        rotation,
        ..calls::revoke("x")
    };
    // Within the call.
    full.grant();
    full.done(&revoke(calls::rotation(0b11, 1)));
    assert!(full.leaves());
    // In another call of the same second, which may have come first and been sealed to it.
    full.again();
    full.grant();
    full.done(&revoke(calls::rotation(0b01, 1)));
    full.rotate(0b10, 1);
    assert!(!full.leaves());
    // In the next.
    full.world.chain.wait(1);
    full.rotate(0b10, 2);
    assert!(full.leaves());
    // Who was sent nothing holds nothing.
    full.again();
    let write = Grant {
        message: Bytes::new(),
        ..Grant::of(1, 1, full.now() + DAY).rights(2).unverified()
    };
    full.done(&write.clone().to("x"));
    assert!(!full.leaves());
    full.done(&calls::revoke("x"));
    assert!(full.leaves());
    // What an earlier grant gave counts, too.
    full.again();
    full.grant();
    full.done(&write.clone().to("x"));
    full.done(&calls::revoke("x"));
    assert!(!full.leaves());
    full.world.chain.wait(1);
    full.rotate(0b11, 1);
    assert!(full.leaves());
}

#[test]
fn a_delegate_leaves_when_every_open_section_was_rotated_after_its_end() {
    let mut full = Full::new();
    let all = 0b10_0011;
    for rights in [1, 8, 15] {
        // By date.
        for (early, leaves) in [(1, false), (0, true)] {
            full.again();
            let until = full.now() + DAY;
            full.done(&calls::delegate("x", rights, until));
            full.world.chain.set_time(until - early);
            full.rotate(all, 1);
            full.world.chain.set_time(until);
            assert_eq!(full.leaves(), leaves, "{rights}");
        }
        // By a call.
        full.again();
        full.done(&calls::delegate("x", rights, full.now() + DAY));
        full.done(&calls::end_delegate("x"));
        full.rotate(all, 1);
        assert!(!full.leaves());
        full.world.chain.wait(1);
        full.rotate(0b11, 2);
        assert!(!full.leaves());
        full.rotate(0b10_0000, 2);
        assert!(full.leaves());
    }
    // Without secrets there is nothing to rotate, but it stays while it is one.
    for rights in [2, 4, 6] {
        full.again();
        full.done(&calls::delegate("x", rights, full.now() + DAY));
        assert!(!full.leaves());
        full.world.chain.wait(DAY - 1);
        assert!(!full.leaves());
        full.world.chain.wait(1);
        assert!(full.leaves());
    }
    // A reader that was revoked and stays as a delegate.
    full.again();
    full.grant();
    full.done(&calls::delegate("x", 2, full.now() + DAY));
    full.done(&abi::revokeCall {
        rotation: calls::rotation(0b11, 1),
        ..calls::revoke("x")
    });
    assert!(!full.leaves());
    full.done(&calls::end_delegate("x"));
    assert!(full.leaves());
    // Replaced by a delegation without secrets, what it held is not forgotten.
    full.again();
    full.done(&calls::delegate("x", 8, full.now() + DAY));
    full.done(&calls::delegate("x", 2, full.now() + DAY));
    full.world.chain.wait(DAY);
    assert!(!full.leaves());
    full.rotate(all, 1);
    assert!(full.leaves());
}

#[test]
fn a_responder_leaves_when_what_its_windows_opened_was_rotated_after_them() {
    let mut full = Full::new();
    let arm = || calls::arm("x", 0b11, 60, 600);
    let message = Bytes::from_static(b"why");
    let breaks = |full: &Full| {
        let message = message.clone();
        full.world
            .done("x", full.port, &abi::breakGlassCall { message });
    };
    // Armed, pending, open: it has rights, or will have.
    full.done(&arm());
    full.rotate(0b11, 1);
    assert!(!full.leaves());
    breaks(&full);
    assert!(!full.leaves());
    full.world.chain.wait(60);
    assert!(!full.leaves());
    // Over: rotated in the second in which the window closes, or later.
    for (early, leaves) in [(1, false), (0, true)] {
        full.again();
        full.done(&arm());
        breaks(&full);
        let closes = full.now() + 660;
        full.world.chain.set_time(closes - early);
        full.rotate(0b11, 1);
        full.world.chain.set_time(closes);
        assert_eq!(full.leaves(), leaves);
    }
    // Vetoed or removed before it opened: it never had a key.
    full.again();
    full.done(&arm());
    breaks(&full);
    let responder = account("x");
    full.done(&abi::vetoCall { responder });
    assert!(full.leaves());
    full.again();
    full.done(&arm());
    full.done(&calls::disarm("x"));
    assert!(full.leaves());
    // Removed while it was open: by a rotation of a later second.
    full.again();
    full.done(&arm());
    breaks(&full);
    full.world.chain.wait(60);
    full.done(&calls::disarm("x"));
    full.rotate(0b11, 1);
    assert!(!full.leaves());
    full.world.chain.wait(1);
    full.rotate(0b11, 2);
    assert!(full.leaves());
    // Armed anew for other sections after a window, and removed: the window is not forgotten.
    full.again();
    full.done(&arm());
    breaks(&full);
    full.world.chain.wait(660);
    full.done(&calls::arm("x", 0b100, 0, 60));
    full.done(&calls::disarm("x"));
    assert!(!full.leaves());
    full.rotate(0b11, 1);
    assert!(full.leaves());
}

#[test]
fn the_first_that_can_leave_does_and_everybody_else_stays() {
    let full = Full::new();
    let port = full.port;
    let holders = || {
        let call = abi::holdersCall {
            from: 0,
            limit: u32::MAX,
        };
        let holders = full.world.chain.view(port, &call);
        holders
            .into_iter()
            .map(|holder| holder.access.reader)
            .collect::<Vec<_>>()
    };
    full.grant();
    let before = holders();
    // Two in the middle and the last one are done with.
    for reader in [
        Address::repeat_byte(40),
        Address::repeat_byte(90),
        account("x"),
    ] {
        let call = abi::revokeCall {
            reader,
            reason: 0,
            rotation: calls::rotation(0, 0),
        };
        full.done(&call);
    }
    full.world.chain.wait(1);
    full.rotate(0b10_0011, 1);
    let mut expected = before;
    let newcomers = [(0xe1, 39), (0xe2, 89), (0xe3, 127)];
    for (byte, place) in newcomers {
        let reader = Address::repeat_byte(byte);
        let grant = Grant::of(1, 2, full.now() + DAY).unverified();
        full.done(&abi::grantCall {
            reader,
            ..grant.to("x")
        });
        expected[place] = reader;
        assert_eq!(holders(), expected);
    }
    let grant = Grant::of(1, 2, full.now() + DAY).unverified().to("heir");
    full.world
        .refused("patient", port, &grant, &abi::TooManyHolders { max: 128 });
    // Who has a place may be given more.
    full.done(&abi::grantCall {
        reader: Address::repeat_byte(0xe1),
        ..Grant::of(0b10, 2, full.now() + DAY).unverified().to("x")
    });
    assert_eq!(holders(), expected);
}
