//! The next call to a port.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolInterface as _;
use patientport_abi::{
    IPatientPort::{self as abi, IPatientPortCalls as Call},
    limits,
};

use super::arguments::Arguments;
use crate::{model, world::Person};

/// What is called how often.
const CALLS: [(&str, u64); 29] = [
    ("claim", 1),
    ("setEncryptionKey", 1),
    ("transferOwnership", 2),
    ("acceptOwnership", 2),
    ("setPrimaryCare", 2),
    ("rotate", 7),
    ("reseal", 4),
    ("add", 7),
    ("supersede", 3),
    ("retract", 2),
    ("publish", 2),
    ("share", 2),
    ("request", 9),
    ("cancel", 2),
    ("deny", 2),
    ("setBlocked", 1),
    ("approve", 9),
    ("grant", 9),
    ("revoke", 6),
    ("setDelegate", 7),
    ("setCustodian", 2),
    ("setResponder", 7),
    ("setPackage", 2),
    ("breakGlass", 7),
    ("veto", 3),
    ("release", 4),
    ("cancelSignatures", 1),
    ("info", 1),
    ("hasAccess", 1),
];

impl Arguments<'_> {
    /// The name of the next function: often what the moment asks for.
    pub(super) fn function(&mut self) -> &'static str {
        if !self.port.claimed && self.random.chance(30) {
            return "claim";
        }
        if self.random.chance(30)
            && let Some(occasion) = self.occasion()
        {
            return occasion;
        }
        let all = CALLS.iter().map(|(_, weight)| weight).sum();
        let mut left = self.random.below(all);
        let here = |(_, weight): &&(&str, u64)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        };
        let (name, _) = CALLS.iter().find(here).expect("the weights add up");
        name
    }

    /// What somebody waits for, or what will not be possible for long.
    fn occasion(&mut self) -> Option<&'static str> {
        let mut occasions = Vec::new();
        for (state, functions) in [
            (1, &["breakGlass"][..]),
            (2, &["veto", "setPackage"]),
            (3, &["release", "rotate", "reseal", "setResponder"]),
        ] {
            if !self.responders(&[state]).is_empty() {
                occasions.extend_from_slice(functions);
            }
        }
        let pending = |request: &crate::model::Request| request.state_at(self.now) == 1;
        if self.port.requests.iter().any(pending) {
            occasions.extend_from_slice(&["approve", "approve", "deny", "cancel"]);
        }
        if self
            .port
            .grants
            .values()
            .any(|grant| grant.state_at(self.now) == 1)
        {
            occasions.push("revoke");
        }
        if self.port.pending_owner != Address::ZERO {
            occasions.push("acceptOwnership");
        }
        self.random.any(occasions)
    }

    pub(super) fn named(&mut self, name: &str) -> Call {
        match name {
            "claim" | "setEncryptionKey" => self.key_call(name == "claim"),
            "transferOwnership" => Call::transferOwnership(abi::transferOwnershipCall {
                newOwner: self.person(),
            }),
            "acceptOwnership" => Call::acceptOwnership(abi::acceptOwnershipCall {}),
            "setPrimaryCare" => Call::setPrimaryCare(abi::setPrimaryCareCall {
                provider: if self.random.chance(20) {
                    Address::ZERO
                } else {
                    self.provider()
                },
            }),
            "rotate" => Call::rotate(abi::rotateCall {
                rotation: self.rotation(2),
            }),
            "reseal" => {
                let sections = self.sections();
                Call::reseal(abi::resealCall {
                    sections,
                    epochs: self.epochs(sections),
                    sealed_: self.sealed(sections),
                })
            }
            "add" | "supersede" | "retract" | "publish" | "share" => self.record_call(name),
            "request" | "cancel" | "deny" | "setBlocked" => self.request_call(name),
            "approve" | "grant" | "revoke" => self.grant_call(name),
            "setDelegate" => self.delegate_call(),
            "setCustodian" => self.custodian_call(),
            "cancelSignatures" => Call::cancelSignatures(abi::cancelSignaturesCall {}),
            "info" => Call::info(abi::infoCall {}),
            "hasAccess" => Call::hasAccess(abi::hasAccessCall {
                reader: self.person(),
                section: self.section(),
            }),
            _ => self.emergency_call(name),
        }
    }

    fn key_call(&mut self, claim: bool) -> Call {
        let (x, parity) = self.key();
        let rotation = self.rotation(20);
        if claim {
            return Call::claim(abi::claimCall {
                keyX: x,
                keyParity: parity,
                rotation,
            });
        }
        Call::setEncryptionKey(abi::setEncryptionKeyCall {
            keyX: x,
            keyParity: parity,
            rotation,
        })
    }

    fn record_call(&mut self, name: &str) -> Call {
        match name {
            "add" => {
                let section = self.section();
                Call::add(abi::addCall {
                    commitment: self.hash(),
                    section,
                    epoch: self
                        .epochs(1_u64.checked_shl(section.into()).unwrap_or(0))
                        .first()
                        .copied()
                        .unwrap_or(1),
                })
            }
            "supersede" => {
                let id = self.record();
                let record = self.port.records.get((id as usize).wrapping_sub(1));
                let section = record.map_or(0, |record| record.section);
                Call::supersede(abi::supersedeCall {
                    recordId: id,
                    commitment: self.hash(),
                    epoch: self.epochs(1 << section).first().copied().unwrap_or(1),
                })
            }
            "retract" => Call::retract(abi::retractCall {
                recordId: self.record(),
                reason: self.reason(2),
            }),
            "publish" => Call::publish(abi::publishCall {
                recordId: self.record(),
                part: if self.strange() {
                    2
                } else {
                    self.random.pick(&[0, 1])
                },
                piece: self.random.small(5),
                data: self.message(false),
            }),
            _ => {
                let count = if self.strange() {
                    self.random.pick(&[0, 16, 17])
                } else {
                    1 + self.random.index(3)
                };
                Call::share(abi::shareCall {
                    reader: self.person(),
                    recordIds: (0..count).map(|_| self.record()).collect(),
                    message: self.message(false),
                })
            }
        }
    }

    fn pending_request(&mut self) -> u32 {
        let requests = self.port.requests.iter().zip(1..);
        let pending = requests.filter(|(request, _)| request.state_at(self.now) == 1);
        let pending = pending.map(|(_, id)| id).collect();
        self.id(pending, self.port.requests.len())
    }

    fn request_call(&mut self, name: &str) -> Call {
        match name {
            "request" => Call::request(abi::requestCall {
                recipient: self.provider(),
                message: self.message(false),
            }),
            "cancel" => Call::cancel(abi::cancelCall {
                requestId: self.pending_request(),
            }),
            "deny" => Call::deny(abi::denyCall {
                requestId: self.pending_request(),
                reason: self.reason(5),
                message: self.message(true),
            }),
            _ => {
                let blocked = self.port.blocked.iter().copied().collect::<Vec<_>>();
                let unblock = !blocked.is_empty() && self.random.chance(60);
                Call::setBlocked(abi::setBlockedCall {
                    requester: if unblock {
                        self.one_of(blocked)
                    } else {
                        self.person()
                    },
                    blocked: !unblock,
                })
            }
        }
    }

    fn grant_call(&mut self, name: &str) -> Call {
        if name == "revoke" {
            let live = self.port.grants.iter();
            let live = live.filter(|(_, grant)| grant.state_at(self.now) == 1);
            let live: Vec<Address> = live.map(|(reader, _)| *reader).collect();
            return Call::revoke(abi::revokeCall {
                reader: self.one_of(live),
                reason: if self.strange() { 5 } else { self.reason(4) },
                rotation: self.rotation(50),
            });
        }
        let sections = self.sections();
        let (epochs, expiry, rights) = (self.epochs(sections), self.end(), self.rights(3));
        let message = self.message(rights == 2);
        let unverified = self.random.chance(40);
        if name == "grant" {
            return Call::grant(abi::grantCall {
                reader: self.person(),
                sections,
                epochs,
                expiry,
                rights,
                allowUnverified: unverified,
                message,
            });
        }
        let id = self.pending_request();
        let request = self.port.requests.get((id as usize).wrapping_sub(1));
        let reader = request.map(|request| request.recipient);
        Call::approve(abi::approveCall {
            requestId: id,
            reader: self.one_of(reader),
            sections,
            epochs,
            expiry,
            rights,
            allowUnverified: unverified,
            message,
        })
    }

    fn delegate_call(&mut self) -> Call {
        let known: Vec<Address> = self.port.delegates.keys().copied().collect();
        let end = !known.is_empty() && self.random.chance(25);
        let (x, parity) = self.key();
        let none = end && !self.strange();
        Call::setDelegate(abi::setDelegateCall {
            delegate: if end {
                self.one_of(known)
            } else {
                self.person()
            },
            keyX: if none {
                alloy_primitives::B256::ZERO
            } else {
                x
            },
            keyParity: if none { 0 } else { parity },
            rights: if end { 0 } else { self.rights(15) },
            until: if none { 0 } else { self.end() },
            rotation: self.rotation(60),
        })
    }

    fn custodian_call(&mut self) -> Call {
        let nobody = self.random.chance(20);
        let (x, parity) = self.key();
        let none = nobody && !self.strange();
        Call::setCustodian(abi::setCustodianCall {
            index: if self.strange() {
                3
            } else {
                self.random.pick(&[0, 1, 2])
            },
            account: if nobody { Address::ZERO } else { self.person() },
            keyX: if none {
                alloy_primitives::B256::ZERO
            } else {
                x
            },
            keyParity: if none { 0 } else { parity },
        })
    }

    /// Responders in one of these states.
    fn responders(&self, states: &[u8]) -> Vec<Address> {
        let in_state =
            |who: &&Address| states.contains(&self.port.emergency_state(**who, self.now));
        let responders = self.port.responders.keys();
        responders.filter(in_state).copied().collect()
    }

    fn emergency_call(&mut self, name: &str) -> Call {
        match name {
            "setResponder" => self.responder_call(),
            "setPackage" => {
                let some = self.responders(&[1, 2, 3, 4, 5]);
                Call::setPackage(abi::setPackageCall {
                    responder: self.one_of(some),
                    package: self.hash(),
                })
            }
            "breakGlass" => Call::breakGlass(abi::breakGlassCall {
                message: self.message(false),
            }),
            "veto" => {
                let pending = self.responders(&[2]);
                Call::veto(abi::vetoCall {
                    responder: self.one_of(pending),
                })
            }
            "release" => {
                let open = self.responders(&[3]);
                Call::release(abi::releaseCall {
                    responder: self.one_of(open),
                    message: self.message(false),
                })
            }
            other => panic!("no call `{other}`"),
        }
    }

    fn responder_call(&mut self) -> Call {
        let named = self.responders(&[1, 2, 3, 4, 5]);
        let remove = !named.is_empty() && self.random.chance(20);
        let none = remove && !self.strange();
        let longest = limits::MAX_EMERGENCY_DELAY_SECS;
        let delay = match self.random.below(4) {
            0 => 0,
            1 if self.strange() => longest + 1,
            1 => longest,
            _ => self.random.small(100_000),
        };
        let longest = limits::MAX_EMERGENCY_WINDOW_SECS;
        let window = match self.random.below(4) {
            0 if self.strange() => self.random.pick(&[0, longest + 1]),
            0 => 1,
            1 => longest,
            _ => 1 + self.random.small(300_000),
        };
        Call::setResponder(abi::setResponderCall {
            responder: if remove {
                self.one_of(named)
            } else {
                self.provider()
            },
            sections: if remove { 0 } else { self.sections() },
            delay: if none { 0 } else { delay },
            window: if none { 0 } else { window },
            package: if none {
                alloy_primitives::B256::ZERO
            } else {
                self.hash()
            },
        })
    }

    /// A call as its signer gives it away; most are good.
    pub(super) fn sign(&mut self, chain_id: u64, signer: &Person, call: &Call) -> Call {
        let text = if self.strange() {
            let length = self.random.index(40);
            self.random.bytes(length)
        } else {
            call.abi_encode()
        };
        let mut nonce = U256::from(self.port.nonce);
        if self.strange() {
            let wrong = [
                nonce + U256::from(1),
                nonce.saturating_sub(U256::from(1)),
                U256::MAX,
            ];
            nonce = self.random.pick(&wrong);
        }
        let deadline = if self.strange() {
            self.random.pick(&[self.now, self.now - 1, u64::MAX])
        } else {
            self.now + self.random.below(1000)
        };
        let digest = model::digest(chain_id, self.port.address, &text, nonce, deadline);
        let mut signature = signer.sign(digest).to_vec();
        if self.strange() {
            match self.random.below(3) {
                0 => signature.truncate(64),
                1 => signature[64] -= 27,
                _ => signature[5] ^= 1,
            }
        }
        Call::execute(abi::executeCall {
            call: text.into(),
            nonce,
            deadline,
            signature: signature.into(),
        })
    }
}
