//! Where the fuzzer starts from: scripts in which every function succeeds.

use std::marker::PhantomData;

use alloy_primitives::{Address, Bytes, FixedBytes};
use alloy_sol_types::{SolCall, SolType};

use crate::{
    args::{Flat, Hashes, List, Numbers, One, Sealeds, Text, Texts, Two},
    port, registry,
    script::{Call, Script},
    subject::Subject,
};

/// An input of a fuzz target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seed {
    /// Its name among those of its target.
    pub name: String,
    /// The input.
    pub data: Vec<u8>,
}

/// Inputs of a target; `None` if there is no such target.
pub fn seeds(target: &str) -> Option<Vec<Seed>> {
    let mut seeds = match target {
        "args" => args(),
        "port" => port::seeds::all(),
        "registry" => registry::seeds::all(),
        _ => return None,
    };
    for (index, seed) in seeds.iter_mut().enumerate() {
        seed.name = format!("{index:02}-{}", seed.name);
    }
    Some(seeds)
}

/// A script in the making.
pub(crate) struct Story<S> {
    script: Script,
    wait: u8,
    name: &'static str,
    subject: PhantomData<S>,
}

impl<S: Subject> Story<S> {
    pub(crate) fn new(world: u8) -> Self {
        Self {
            script: Script {
                world,
                calls: Vec::new(),
            },
            wait: 0,
            name: "",
            subject: PhantomData,
        }
    }

    /// Waits before the next call, as long as an entry of [`crate::script::WAITS`] says.
    pub(crate) fn wait(mut self, index: u8) -> Self {
        self.wait = index;
        self
    }

    pub(crate) fn call<C: SolCall>(mut self, from: Address, call: &C) -> Self {
        self.name = C::SIGNATURE.split('(').next().unwrap_or_default();
        self.raw(from, call.abi_encode())
    }

    pub(crate) fn raw(mut self, from: Address, input: Vec<u8>) -> Self {
        let sender = S::ACCOUNTS.iter().position(|account| *account == from);
        self.script.calls.push(Call {
            sender: sender.expect("the account is one of the subject's") as u8,
            wait: std::mem::take(&mut self.wait),
            paid: false,
            input,
        });
        self
    }

    pub(crate) fn named(&self, name: &str) -> Seed {
        Seed {
            name: name.to_owned(),
            data: self.script.write(),
        }
    }

    /// Named after its last call.
    pub(crate) fn told(&self) -> Seed {
        self.named(self.name)
    }
}

/// One valid encoding of each shape.
fn args() -> Vec<Seed> {
    use crate::port::{PATIENT, calls};

    let text = || Bytes::from_static(b"more than thirty-two bytes of text");
    let rotation = || calls::rotation(0b111, 2, &[PATIENT, PATIENT]);
    let flat = (
        255,
        u32::MAX,
        u64::MAX,
        true,
        PATIENT,
        FixedBytes([1, 2, 3, 4]),
        calls::key(7),
    );
    let encodings = [
        Flat::abi_encode_params(&flat),
        Text::abi_encode_params(&(text(),)),
        Texts::abi_encode_params(&(text(), 1_u8, text())),
        Numbers::abi_encode_params(&(vec![1_u32, u32::MAX],)),
        Hashes::abi_encode_params(&(vec![calls::key(1), calls::key(2)], true)),
        Sealeds::abi_encode_params(&(calls::sealed(&[PATIENT, PATIENT]),)),
        One::abi_encode_params(&(rotation(),)),
        Two::abi_encode_params(&(9_u64, rotation(), rotation(), text())),
        List::abi_encode_params(&(vec![text(), text()],)),
    ];
    let seed = |(shape, encoding): (usize, Vec<u8>)| {
        let mut data = vec![shape as u8];
        data.extend(encoding);
        Seed {
            name: "shape".to_owned(),
            data,
        }
    };
    encodings.into_iter().enumerate().map(seed).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alloy_sol_types::SolInterface;
    use patientport_abi::{IPatientPort::IPatientPortCalls, IRegistry::IRegistryCalls};

    use super::*;
    use crate::subject::run;

    /// The functions that succeed in some seed of a target.
    fn succeeding<S: Subject>(target: &str) -> BTreeSet<[u8; 4]> {
        let seeds = seeds(target).unwrap();
        let outcomes = seeds.iter().flat_map(|seed| run::<S>(&seed.data));
        outcomes
            .filter(|outcome| outcome.answer.is_ok())
            .map(|outcome| outcome.selector)
            .collect()
    }

    #[test]
    fn every_function_of_the_port_succeeds_in_some_seed() {
        let all = IPatientPortCalls::selectors().collect();
        assert_eq!(succeeding::<port::Port>("port"), all);
    }

    #[test]
    fn every_function_of_the_registry_succeeds_in_some_seed() {
        let mut all: BTreeSet<_> = IRegistryCalls::selectors().collect();
        all.insert(registry::CONSTRUCTOR);
        assert_eq!(succeeding::<registry::Registry>("registry"), all);
    }

    #[test]
    fn both_readers_take_every_seed_of_args() {
        for seed in seeds("args").unwrap() {
            assert!(crate::args(&seed.data), "{}", seed.name);
        }
    }

    #[test]
    fn there_are_seeds_for_every_target() {
        for (target, _) in crate::TARGETS {
            assert!(seeds(target).is_some_and(|seeds| !seeds.is_empty()));
        }
        assert_eq!(seeds("nothing"), None);
    }
}
