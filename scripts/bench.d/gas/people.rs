//! Everybody in the story: accounts with keys that a salt and a name give, so that they are new to a chain and have the
//! same addresses on another.

use crate::endpoint::Failure;
use alloy::{
    primitives::{Address, keccak256},
    signers::local::PrivateKeySigner,
};

/// Name of each, and the gas that is paid for in advance: for all it sends, and the limit of its last transaction.
const EVERYBODY: [(&str, u64); 12] = [
    // Both contracts.
    ("owner", 50_000_000),
    ("first", 6_000_000),
    ("clinic", 8_000_000),
    ("patient", 12_000_000),
    ("collector", 8_000_000),
    ("relayer", 4_000_000),
    ("custodian", 4_000_000),
    ("next owner", 4_000_000),
    ("one", 6_000_000),
    ("two", 6_000_000),
    ("three", 6_000_000),
    ("four", 6_000_000),
];
/// Those who send nothing.
const NAMED: [&str; 2] = ["somebody", "delegate"];
/// Who hands out what one transaction from the funded account brings.
const BANK: &str = "bank";

#[derive(Debug)]
pub(crate) struct Person {
    name: &'static str,
    pub(crate) signer: PrivateKeySigner,
    pub(crate) address: Address,
    /// Nonce of the next transaction.
    pub(crate) nonce: u64,
    /// Gas paid for in advance.
    pub(crate) gas: u64,
}

/// The people of one run.
#[derive(Debug)]
pub(crate) struct People(Vec<Person>);

impl People {
    /// The people that `salt` gives.
    pub(crate) fn new(salt: &str) -> Result<Self, Failure> {
        let others = NAMED.into_iter().chain([BANK]).map(|name| (name, 0));
        let people = EVERYBODY.into_iter().chain(others).map(|(name, gas)| {
            let signer = PrivateKeySigner::from_bytes(&keccak256(format!("{salt} {name}")))?;
            Ok(Person {
                name,
                address: signer.address(),
                signer,
                nonce: 0,
                gas,
            })
        });
        Ok(Self(people.collect::<Result<_, Failure>>()?))
    }

    /// # Panics
    /// If nobody has that name: the story and the list above are one.
    pub(crate) fn named(&self, name: &str) -> &Person {
        let person = self.0.iter().find(|it| it.name == name);
        person.expect("everybody in the story is in the list of people")
    }

    pub(crate) fn bank(&self) -> Address {
        self.named(BANK).address
    }

    pub(crate) fn at(&mut self, address: Address) -> Option<&mut Person> {
        self.0.iter_mut().find(|it| it.address == address)
    }

    /// Who is paid for, and how much.
    pub(crate) fn paid_for(&self) -> Vec<(Address, u64)> {
        let senders = self.0.iter().filter(|it| it.gas > 0);
        senders.map(|it| (it.address, it.gas)).collect()
    }
}
