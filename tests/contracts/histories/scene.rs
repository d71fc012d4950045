//! Who is there, and what happens next.

use std::collections::VecDeque;

use alloy_primitives::{Address, Bytes, LogData, keccak256};
use alloy_sol_types::SolInterface as _;
use patientport_abi::{
    IPatientPort::{self as abi, IPatientPortCalls as Call},
    IRegistry::{self, IRegistryCalls as RegistryCall},
    limits,
};

use super::{arguments::Arguments, random::Random};
use crate::{
    model::{self, Now, Port, Registry, registry::Provider},
    world::{DAY, PROFILE, Person, World, YEAR, account, calls},
};

const PROVIDERS: [&str; 6] = ["primary", "cleo", "dan", "eva", "finn", "gil"];
const OTHERS: [&str; 7] = ["ada", "bo", "hana", "ivo", "jo", "kim", "lea"];
/// Whose ports there are.
const PATIENTS: [&str; 2] = ["ada", "bo"];
/// Times of four bytes end in 2106; from here on they pass slowly.
const LATE: u64 = 3_900_000_000;

/// A chain and the model of it.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) registry: Registry,
    pub(super) ports: Vec<Port>,
    pub(super) random: Random,
    pub(super) people: Vec<Address>,
    /// The next steps, before any that is made up.
    planned: VecDeque<Step>,
    signers: Vec<Person>,
}

/// What is called.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Registry(RegistryCall),
    /// Of the port with this index.
    Port(usize, Box<Call>),
}

/// A transaction.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) time: u64,
    pub(super) from: Address,
    pub(super) act: Act,
}

impl Scene {
    pub(super) fn new(seed: u64) -> Self {
        let world = World::new();
        let random = Random::new(seed);
        let until = world.chain.now() + YEAR;
        let mut providers: Vec<(Address, Provider)> = Vec::new();
        for name in PROVIDERS {
            if name != "primary" {
                world.register(name);
                world.attest(name, until);
            }
            let call = IRegistry::providerCall {
                account: account(name),
            };
            let provider = Provider {
                status: 2,
                kind: 2,
                profile: keccak256(PROFILE),
                until: world.chain.view(world.registry, &call).attestedUntil,
            };
            providers.push((account(name), provider));
        }
        for name in OTHERS {
            world.fund(name);
        }
        let registry = Registry {
            owner: account("owner"),
            attester: account("attester"),
            providers: providers.into_iter().collect(),
        };
        let ports = PATIENTS.map(|name| {
            let (patient, issuer) = (account(name), account("primary"));
            Port::new(world.issue_to(patient), world.registry, issuer, patient)
        });
        let signers: Vec<Person> = PROVIDERS
            .iter()
            .chain(&OTHERS)
            .map(|name| Person::named(name))
            .collect();
        Self {
            people: signers.iter().map(Person::address).collect(),
            world,
            registry,
            ports: ports.to_vec(),
            random,
            planned: VecDeque::new(),
            signers,
        }
    }

    /// More people, who only ever are named. Before anything else happens they become readers of the first
    /// port, until its list of holders is full and somewhat longer.
    pub(super) fn crowd(&mut self) {
        let more = (1..=150).map(Address::repeat_byte);
        self.people.extend(more.clone());
        let (time, from) = (self.now(), self.ports[0].owner);
        let plan = |call| Step {
            time,
            from,
            act: Act::Port(0, Box::new(call)),
        };
        let claim = abi::claimCall {
            keyX: calls::key("patient"),
            keyParity: 0,
            rotation: calls::rotation(0b1111, 0),
        };
        self.planned.push_back(plan(Call::claim(claim)));
        for (reader, number) in more.zip(0..135) {
            let grant = calls::Grant::of(1 << (number % 4), 1, time + 1 + number * number * 300);
            let grant = abi::grantCall {
                reader,
                ..grant.unverified().to("anybody")
            };
            self.planned.push_back(plan(Call::grant(grant)));
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.world.chain.now()
    }

    /// The circumstances of somebody's call.
    pub(super) fn at(&self, caller: Address, time: u64) -> Now<'_> {
        Now {
            caller,
            time,
            chain_id: self.world.chain.id(),
            registry: &self.registry,
            signed: false,
        }
    }

    pub(super) fn next(&mut self) -> Step {
        if let Some(step) = self.planned.pop_front() {
            return step;
        }
        let time = self.next_time();
        let step = if self.random.chance(10) {
            let (from, call) = self.registry_call(time);
            let act = Act::Registry(call);
            Step { time, from, act }
        } else {
            let index = usize::from(self.random.chance(30));
            let (from, call) = self.port_call(index, time);
            let act = Act::Port(index, Box::new(call));
            Step { time, from, act }
        };
        // Some things somebody tries again and again.
        if self.random.chance(1) {
            self.planned = std::iter::repeat_n(step.clone(), 9).collect();
        }
        step
    }

    // --- time -----------------------------------------------------------------------------------

    fn next_time(&mut self) -> u64 {
        let now = self.now();
        if now > LATE {
            return now + self.random.below(60);
        }
        match self.random.below(1000) {
            0..400 => now,
            400..530 => now + 1 + self.random.below(5),
            530..680 => now + self.random.below(3600),
            680..760 => now + self.random.below(DAY),
            760..900 => self.edge(now),
            900..960 => now + self.random.below(3 * DAY),
            960..990 => now + self.random.below(10 * DAY),
            990..998 => now + self.random.below(100 * DAY),
            _ => now + self.random.below(2 * YEAR),
        }
    }

    /// A time at which something ends by itself, or the second before or after.
    fn edge(&mut self, now: u64) -> u64 {
        let mut edges: Vec<u64> = Vec::new();
        for port in &self.ports {
            edges.extend(port.grants.values().map(|grant| grant.expiry));
            edges.extend(port.delegates.values().map(|delegate| delegate.until));
            let pending = port.requests.iter().filter(|request| request.state == 1);
            edges.extend(pending.map(|request| request.made_at + limits::REQUEST_LIFETIME_SECS));
            for responder in port
                .responders
                .values()
                .filter(|responder| responder.state == 2)
            {
                let opens = responder.brokenAt + u64::from(responder.delay);
                edges.extend([opens, opens + u64::from(responder.window)]);
            }
        }
        edges.extend(
            self.registry
                .providers
                .values()
                .map(|provider| provider.until),
        );
        let near = edges
            .into_iter()
            .filter(|edge| (now..now + YEAR).contains(edge));
        let edge = self.random.any(near).unwrap_or(now);
        (edge + self.random.pick(&[0, 1, 1, 2]) - 1).max(now)
    }

    // --- calls ----------------------------------------------------------------------------------

    fn registry_call(&mut self, time: u64) -> (Address, RegistryCall) {
        let mut provider = self.random.pick(&self.people[..=PROVIDERS.len()]);
        let out = |provider: &&Address| !self.registry.is_verified(**provider, time);
        let out: Vec<Address> = self.people[..PROVIDERS.len()]
            .iter()
            .filter(out)
            .copied()
            .collect();
        if !self.random.chance(20) {
            provider = self.random.any(out).unwrap_or(provider);
        }
        let known = self.registry.providers.get(&provider);
        let (kind, profile) =
            known.map_or((2, keccak256(PROFILE)), |known| (known.kind, known.profile));
        let attester = self.registry.attester;
        let supervisor = self
            .random
            .pick(&[attester, attester, self.registry.owner, provider]);
        match self.random.below(20) {
            0..13 => {
                let longest = limits::MAX_ATTESTATION_SECS;
                let secs = match self.random.below(12) {
                    0 => self.random.pick(&[0, longest, longest + 1]),
                    1..8 => YEAR + self.random.below(longest - YEAR),
                    _ => 1 + self.random.below(60 * DAY),
                };
                let call = IRegistry::attestCall {
                    provider,
                    npi: 0,
                    kind: if self.random.chance(5) { 7 } else { kind },
                    identityProfileHash: profile,
                    until: time + secs,
                };
                let from = if self.random.chance(95) {
                    attester
                } else {
                    supervisor
                };
                (from, RegistryCall::attest(call))
            }
            13 => (
                supervisor,
                RegistryCall::suspend(IRegistry::suspendCall { provider }),
            ),
            14..18 => (
                supervisor,
                RegistryCall::reinstate(IRegistry::reinstateCall { provider }),
            ),
            18 if self.random.chance(3) => {
                (provider, RegistryCall::retire(IRegistry::retireCall {}))
            }
            _ => {
                let call = IRegistry::setIdentityProfileCall {
                    kind: 2,
                    npi: 0,
                    identityProfile: match self.random.below(3) {
                        0 => Bytes::from_static(PROFILE),
                        _ => self.random.bytes(20).into(),
                    },
                };
                (provider, RegistryCall::setIdentityProfile(call))
            }
        }
    }

    fn arguments(&mut self, index: usize, time: u64, strange_percent: u64) -> Arguments<'_> {
        Arguments {
            random: &mut self.random,
            port: &self.ports[index],
            people: &self.people,
            registry: &self.registry,
            now: time,
            strange_percent,
        }
    }

    /// A call to a port: in two of three cases one that somebody may make, by who may; in the others what
    /// comes to mind, by the owner or by anybody.
    fn port_call(&mut self, index: usize, time: u64) -> (Address, Call) {
        let wanted = self.random.chance(68);
        let signed = self.random.chance(12);
        let mut function = "";
        for attempt in 0..12 {
            let mut arguments = self.arguments(index, time, if wanted { 2 } else { 18 });
            if attempt % 4 == 0 {
                function = arguments.function();
            }
            let mut call = arguments.named(function);
            if signed {
                call = self.signed(index, time, &call);
            }
            let mut callers = self.people[..self.signers.len()].to_vec();
            self.random.shuffle(&mut callers);
            let may = |caller: &&Address| {
                let port = &mut self.ports[index].clone();
                port.call(self.at(**caller, time), &call).is_ok()
            };
            if !wanted {
                let owner = self.ports[index].owner;
                let from = if self.random.chance(60) {
                    owner
                } else {
                    callers[0]
                };
                return (from, call);
            }
            // Whoever sends a signed call, it is the same.
            let asked = if signed { 1 } else { callers.len() };
            if let Some(found) = callers[..asked].iter().find(may) {
                return (*found, call);
            }
        }
        let call = self.arguments(index, time, 0).named("info");
        (self.people[0], call)
    }

    fn signed(&mut self, index: usize, time: u64, call: &Call) -> Call {
        let owner = self.ports[index].owner;
        let of_owner = self.signers.iter().find(|signer| signer.address() == owner);
        let signer = match of_owner {
            Some(signer) if !self.random.chance(5) => signer.clone(),
            _ => self.signers[self.random.index(self.signers.len())].clone(),
        };
        let chain_id = self.world.chain.id();
        self.arguments(index, time, 2).sign(chain_id, &signer, call)
    }

    // --- what happens ---------------------------------------------------------------------------

    /// Where a step goes, and its calldata.
    pub(super) fn calldata(&self, act: &Act) -> (Address, Vec<u8>) {
        match act {
            Act::Registry(call) => (self.world.registry, call.abi_encode()),
            Act::Port(index, call) => (self.ports[*index].address, call.abi_encode()),
        }
    }

    /// What the model says comes of a step.
    pub(super) fn expect(&mut self, step: &Step) -> model::Done<(Vec<u8>, Vec<LogData>)> {
        match &step.act {
            Act::Registry(call) => {
                let events = self.registry.call(step.from, step.time, call)?;
                Ok((Vec::new(), events))
            }
            Act::Port(index, call) => {
                let now = Now {
                    caller: step.from,
                    time: step.time,
                    chain_id: self.world.chain.id(),
                    registry: &self.registry,
                    signed: false,
                };
                self.ports[*index].call(now, call)
            }
        }
    }
}
