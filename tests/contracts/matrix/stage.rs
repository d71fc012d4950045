//! A port at which everybody of the table has its role.

use alloy_primitives::{Address, Bytes};
use patientport_abi::{IPatientPort as abi, IRegistry};

use crate::{
    chain::Mark,
    world::{DAY, World, account, calls, calls::Grant},
};

/// The chain, marked at the moment everybody is in place.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) port: Address,
    /// Issued to the same patient, who has not claimed it.
    pub(super) unclaimed: Address,
    /// A pending request of `other`.
    pub(super) request: u32,
    mark: Mark,
}

/// The account's name behind a column of the table.
pub(super) fn name_of(column: &str) -> &'static str {
    match column {
        "P" | "P₀" => "patient",
        "Da" => "approver",
        "Dr" => "revoker",
        "Dw" => "scribe",
        "Dt" => "rotator",
        "Dx" => "former delegate",
        "PC" => "primary",
        "R" => "reader",
        "W" => "writer",
        "Rx" => "late reader",
        "Rr" => "former reader",
        "V" | "A₀" => "clinic",
        "U" => "visitor",
        "S" => "suspended",
        "Ea" => "armed",
        "Ep" => "pending",
        "Eo" => "open",
        "Ex" => "over",
        "C" => "custodian",
        "N" => "heir",
        "RO" => "owner",
        "Σ" => "relayer",
        other => panic!("nobody is `{other}`"),
    }
}

const VERIFIED: [&str; 10] = [
    "reader",
    "writer",
    "late reader",
    "former reader",
    "clinic",
    "armed",
    "pending",
    "open",
    "over",
    "other",
];
const OTHERS: [&str; 9] = [
    "approver",
    "revoker",
    "scribe",
    "rotator",
    "former delegate",
    "visitor",
    "custodian",
    "heir",
    "relayer",
];

impl Stage {
    pub(super) fn new() -> Self {
        let world = World::new();
        for name in VERIFIED {
            world.verify(name);
        }
        for name in OTHERS {
            world.fund(name);
        }
        world.verify("suspended");
        let provider = account("suspended");
        world.ask_registry("attester", &IRegistry::suspendCall { provider });
        let port = world.claimed_port();
        let unclaimed = world.issue_to(account("patient"));
        let mut stage = Self {
            mark: world.chain.mark(),
            world,
            port,
            unclaimed,
            request: 0,
        };
        stage.name_delegates();
        stage.grant();
        stage.arm();
        stage.rest();
        stage.mark = stage.world.chain.mark();
        stage
    }

    /// Everybody in place again.
    pub(super) fn reset(&mut self) {
        self.world.chain.go_back(&mut self.mark);
    }

    fn name_delegates(&self) {
        let now = self.world.chain.now();
        let delegates = [
            ("approver", 1, 30 * DAY),
            ("revoker", 2, 30 * DAY),
            ("scribe", 4, 30 * DAY),
            ("rotator", 8, 30 * DAY),
            ("former delegate", 15, DAY),
        ];
        for (name, rights, secs) in delegates {
            let call = calls::delegate(name, rights, now + secs);
            self.world.done("patient", self.port, &call);
        }
    }

    fn grant(&self) {
        let now = self.world.chain.now();
        let grants = [
            ("reader", 1, 30 * DAY),
            ("writer", 2, 30 * DAY),
            ("late reader", 3, DAY),
            ("former reader", 3, 30 * DAY),
        ];
        for (name, rights, secs) in grants {
            let grant = Grant::of(1, 1, now + secs).rights(rights);
            self.world.done("patient", self.port, &grant.to(name));
        }
        let revoke = calls::revoke("former reader");
        self.world.done("patient", self.port, &revoke);
    }

    /// Responders in their states, with a day between the first and now.
    fn arm(&self) {
        let message = || Bytes::from_static(b"why");
        let world = &self.world;
        let days = |days: u32| days * u32::try_from(DAY).expect("few seconds");
        for (name, delay, window) in [
            ("over", 0, 60),
            ("armed", days(1), days(1)),
            ("pending", days(1), days(1)),
            ("open", 0, days(1)),
        ] {
            let call = calls::arm(name, 1, delay, window);
            world.done("patient", self.port, &call);
        }
        world.done(
            "over",
            self.port,
            &abi::breakGlassCall { message: message() },
        );
        world.chain.wait(DAY);
        for name in ["pending", "open"] {
            world.done(name, self.port, &abi::breakGlassCall { message: message() });
        }
    }

    fn rest(&mut self) {
        let world = &self.world;
        world.done("patient", self.port, &calls::custodian(1, "custodian"));
        world.done("patient", self.port, &calls::transfer(account("heir")));
        // Record 1 in section 0, record 2 in section 1, both by somebody else.
        for section in [0, 1] {
            world.done(
                "patient",
                self.port,
                &calls::add(section, 1, section.into()),
            );
            world.set_author(self.port, u32::from(section) + 1, account("other"));
        }
        world.done("other", self.port, &calls::request("other"));
        self.request = world.chain.view(self.port, &abi::infoCall {}).requestCount;
    }
}
