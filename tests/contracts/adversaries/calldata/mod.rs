//! Calldata that is damaged: every word of every call replaced, every call cut short. It must be refused, or
//! mean exactly what another decoder (alloy's) reads in it, as the reference model tells.

mod damage;
mod intact;
mod registry;

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolCall, SolInterface as _};
use patientport_abi::IPatientPort::{self as abi, IPatientPortCalls as Call, IPatientPortErrors};

use crate::{
    chain::{Answer, Log},
    model::{self, Now, registry::Provider},
    world::{DAY, PROFILE, World, YEAR, account, calls, calls::Grant},
};
use damage::damaged;
use intact::{delegating, denying, publishing, resealing, revoking, setting_key, sharing};

/// Of so many refusals without data one is looked at more closely.
const CLOSELY: usize = 12;

/// A port and its model.
struct Twin {
    world: World,
    registry: model::Registry,
    port: model::Port,
}

impl Twin {
    /// A port in the middle of its life: something of everything.
    fn new() -> Self {
        let world = World::new();
        let mut registry = model::Registry::default();
        for name in ["primary", "clinic", "armed", "pending", "open"] {
            if name != "primary" {
                world.verify(name);
            }
            let provider = Provider {
                status: 2,
                kind: 2,
                profile: alloy_primitives::keccak256(PROFILE),
                until: world.chain.now() + YEAR,
            };
            registry.providers.insert(account(name), provider);
        }
        for name in ["carer", "custodian", "reader", "heir"] {
            world.fund(name);
        }
        let patient = account("patient");
        let port = world.issue_to(patient);
        let port = model::Port::new(port, world.registry, account("primary"), patient);
        let mut twin = Self {
            world,
            registry,
            port,
        };
        twin.live();
        twin
    }

    fn live(&mut self) {
        let until = self.world.chain.now() + 30 * DAY;
        self.act("patient", &calls::claim());
        self.act("patient", &calls::delegate("carer", 15, until));
        let grant = Grant::of(0b11, 1, until).rights(3).unverified();
        self.act("patient", &grant.to("reader"));
        self.act("clinic", &calls::request("clinic"));
        for number in 1..=2 {
            self.act("patient", &calls::add(0, 1, number));
        }
        self.act("patient", &calls::custodian(0, "custodian"));
        self.act("patient", &calls::transfer(account("heir")));
        let (delay, window) = (600, 6_000);
        for (name, delay) in [("armed", delay), ("pending", delay), ("open", 0)] {
            self.act("patient", &calls::arm(name, 1, delay, window));
        }
        let message = || Bytes::from_static(b"why");
        for name in ["pending", "open"] {
            self.act(name, &abi::breakGlassCall { message: message() });
        }
    }

    fn now(&self, caller: Address) -> Now<'_> {
        Now {
            caller,
            time: self.world.chain.now(),
            chain_id: self.world.chain.id(),
            registry: &self.registry,
            signed: false,
        }
    }

    /// What the model says of a call: output and events, or refusal.
    fn told(&self, caller: Address, call: &Call) -> (Answer, Vec<Log>) {
        let address = self.port.address;
        match self.port.clone().call(self.now(caller), call) {
            Ok((output, events)) => {
                let logs = events.into_iter().map(|data| Log { address, data });
                (Answer::Returned(output.into()), logs.collect())
            }
            Err(refusal) => (Answer::Reverted(refusal.into()), Vec::new()),
        }
    }

    #[track_caller]
    fn act<C: SolCall>(&mut self, from: &str, call: &C) {
        self.world.done(from, self.port.address, call);
        let call = Call::abi_decode(&call.abi_encode()).expect("a call of the interface");
        let now = Now {
            caller: account(from),
            time: self.world.chain.now(),
            chain_id: self.world.chain.id(),
            registry: &self.registry,
            signed: false,
        };
        self.port.call(now, &call).expect("the model does the same");
    }

    /// The request that waits.
    fn request(&self) -> u32 {
        let waits = |request: &model::Request| request.state == 1;
        let place = self.port.requests.iter().position(waits);
        u32::try_from(place.expect("one waits")).expect("few requests") + 1
    }
}

/// What another decoder reads.
fn read(data: &[u8]) -> Option<Call> {
    Call::abi_decode_validate(data).ok()
}

/// What it reads when a byte string's padding is not there, which the contracts do not look at.
fn read_padded(data: &[u8]) -> Option<Call> {
    let mut data = data.to_vec();
    while data.len() > 4 && data.len() % 32 != 4 {
        data.push(0);
    }
    read(&data)
}

impl Twin {
    #[track_caller]
    fn survive(&self, caller: Address, data: &[u8], answer: &Answer, closely: bool) -> bool {
        let shown = alloy_primitives::hex::encode(data);
        let told = |call: Option<Call>| call.map(|call| self.told(caller, &call));
        match answer {
            Answer::Halted(reason) => panic!("{reason}: {shown}"),
            Answer::Returned(_) => {
                let told =
                    told(read_padded(data)).unwrap_or_else(|| panic!("nobody else reads {shown}"));
                assert_eq!(*answer, told.0, "{shown}");
                let outcome = self
                    .world
                    .chain
                    .send(caller, self.port.address, data.to_vec());
                assert_eq!((outcome.answer, outcome.logs), told, "{shown}");
                return true;
            }
            Answer::Reverted(refusal) if refusal.is_empty() => {
                // No encoding, to the other decoder either; or what the model knows as none.
                if let Some((told, _)) = told(read(data)) {
                    assert_eq!(*answer, told, "{shown}");
                }
                let comes_back =
                    !closely || self.world.chain.comes_back(caller, self.port.address, data);
                assert!(comes_back, "a trap: {shown}");
            }
            Answer::Reverted(refusal) => {
                let error = IPatientPortErrors::abi_decode_validate(refusal);
                assert!(
                    error.is_ok(),
                    "{refusal} is no error of the interface: {shown}"
                );
                if let Some((told, _)) = told(read(data)) {
                    assert_eq!(*answer, told, "{shown}");
                }
            }
        }
        false
    }

    /// Damages some of the calls: those whose place leaves this rest when divided by `of`.
    fn damage(&self, rest: usize, of: usize) {
        let port = self.port.address;
        let (mut cases, mut done, mut silent) = (0, 0, 0);
        let mut mark = self.world.chain.mark();
        for (from, call) in self.calls().into_iter().skip(rest).step_by(of) {
            let caller = account(from);
            let intact = self
                .world
                .chain
                .consider(caller, port, std::slice::from_ref(&call));
            assert!(matches!(intact[0], Answer::Returned(_)), "{intact:?}");
            for some in damaged(&call).chunks(200) {
                let answers = self.world.chain.consider(caller, port, some);
                for (data, answer) in some.iter().zip(&answers) {
                    let is_silent = *answer == Answer::Reverted(Bytes::new());
                    silent += usize::from(is_silent);
                    cases += 1;
                    if self.survive(caller, data, answer, is_silent && silent % CLOSELY == 0) {
                        done += 1;
                        self.world.chain.go_back(&mut mark);
                    }
                }
            }
        }
        // Some damage does no harm: another commitment, another reason.
        assert!(done > 20 && cases > 3 * done, "{done} of {cases} done");
    }
}

#[test]
fn every_function_has_its_damage() {
    let twin = Twin::new();
    let mut names: Vec<_> = twin
        .calls()
        .iter()
        .map(|(_, call)| Call::name_by_selector(*call.first_chunk().unwrap()).unwrap())
        .collect();
    let apart = [
        "claim",
        "acceptOwnership",
        "cancelSignatures",
        "info",
        "custodians",
        "historyHead",
    ];
    names.extend(apart);
    names.sort_unstable();
    let mut all: Vec<_> = Call::SELECTORS
        .iter()
        .map(|selector| Call::name_by_selector(*selector).unwrap())
        .collect();
    all.sort_unstable();
    // Five have no arguments; those of `claim` are those of `setEncryptionKey`.
    assert_eq!(names, all);
}

#[test]
fn damaged_calls_are_refused_or_mean_what_everybody_reads_1() {
    Twin::new().damage(0, 3);
}

#[test]
fn damaged_calls_are_refused_or_mean_what_everybody_reads_2() {
    Twin::new().damage(1, 3);
}

#[test]
fn damaged_calls_are_refused_or_mean_what_everybody_reads_3() {
    Twin::new().damage(2, 3);
}

#[test]
fn messages_of_every_function_have_a_longest() {
    let twin = Twin::new();
    let (given, max) = (8_193, 8_192);
    let too_long = Answer::refusal(&abi::InvalidMessageLength { given, max });
    let long = || Bytes::from(vec![7; 8_193]);
    let until = twin.world.chain.now() + DAY;
    let rotation = abi::Rotation {
        links: long(),
        ..calls::rotation(1, 1)
    };
    let mut sealed = calls::rotation(1, 1);
    sealed.sealed_ = vec![abi::Sealed {
        recipient: account("patient"),
        message: long(),
    }];
    let grant = || Grant {
        message: long(),
        ..Grant::of(1, 1, until)
    };
    let request = twin.request();
    let mut reseal = resealing();
    reseal.sealed_[0].message = long();
    let cases: [(&str, Vec<u8>); 14] = [
        ("patient", setting_key(rotation.clone()).abi_encode()),
        (
            "patient",
            abi::rotateCall {
                rotation: rotation.clone(),
            }
            .abi_encode(),
        ),
        (
            "patient",
            abi::rotateCall {
                rotation: sealed.clone(),
            }
            .abi_encode(),
        ),
        ("patient", reseal.abi_encode()),
        ("patient", sharing(long()).abi_encode()),
        (
            "clinic",
            abi::requestCall {
                recipient: account("clinic"),
                message: long(),
            }
            .abi_encode(),
        ),
        ("patient", denying(request, long()).abi_encode()),
        ("patient", grant().approving(request, "clinic").abi_encode()),
        ("patient", grant().to("clinic").abi_encode()),
        ("patient", revoking(rotation.clone()).abi_encode()),
        ("patient", delegating(until, rotation).abi_encode()),
        ("patient", delegating(until, sealed).abi_encode()),
        (
            "armed",
            abi::breakGlassCall { message: long() }.abi_encode(),
        ),
        (
            "custodian",
            abi::releaseCall {
                responder: account("open"),
                message: long(),
            }
            .abi_encode(),
        ),
    ];
    for (from, call) in cases {
        let outcome = twin
            .world
            .chain
            .send(account(from), twin.port.address, call.clone());
        let name = Call::name_by_selector(*call.first_chunk().unwrap());
        assert_eq!(outcome.answer, too_long, "{name:?}");
    }
    let (given, max) = (24_577, 24_576);
    let piece = publishing(vec![7; 24_577].into());
    let refusal = abi::InvalidMessageLength { given, max };
    twin.world
        .refused("patient", twin.port.address, &piece, &refusal);
    // The longest itself is taken.
    let piece = publishing(vec![7; 24_576].into());
    twin.world.done("patient", twin.port.address, &piece);
    let message = vec![7; 8_192].into();
    twin.world
        .done("armed", twin.port.address, &abi::breakGlassCall { message });
}
