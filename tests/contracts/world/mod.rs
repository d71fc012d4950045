//! A registry, its providers and their patients' ports.

pub(crate) mod calls;
pub(crate) mod layout;
mod people;

use std::borrow::Cow;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{Eip712Domain, SolCall, SolStruct as _};
use patientport_abi::{
    IPatientPort as abi,
    IRegistry::{self, issueCall},
};

use crate::chain::{Answer, Chain, Outcome};

pub(crate) use people::Person;

/// A day, in seconds.
pub(crate) const DAY: u64 = 24 * 60 * 60;
/// A year, in seconds.
pub(crate) const YEAR: u64 = 365 * DAY;
/// The identity profile of every provider at first.
pub(crate) const PROFILE: &[u8] = br#"{"name":"Lakeview Family Practice"}"#;

/// The account of a name.
pub(crate) fn account(name: &str) -> Address {
    Person::named(name).address()
}

/// What the patient's signatures are good for.
pub(crate) const fn domain(chain_id: u64, port: Address) -> Eip712Domain {
    Eip712Domain {
        name: Some(Cow::Borrowed("patientport")),
        version: Some(Cow::Borrowed("1")),
        chain_id: Some(U256::from_limbs([chain_id, 0, 0, 0])),
        verifying_contract: Some(port),
        salt: None,
    }
}

/// A chain with the network on it: `owner` owns the registry, `attester` attests, `primary` is verified.
pub(crate) struct World {
    pub(crate) chain: Chain,
    pub(crate) registry: Address,
    pub(crate) implementation: Address,
}

impl World {
    pub(crate) fn new() -> Self {
        let chain = Chain::start();
        let registry = chain.deploy("registry");
        let implementation = chain.deploy("patientport");
        chain.construct(registry, account("owner"));
        let world = Self {
            chain,
            registry,
            implementation,
        };
        for name in ["owner", "attester", "primary", "patient", "stranger"] {
            world.fund(name);
        }
        world.ask_registry(
            "owner",
            &IRegistry::addAttesterCall {
                attester: account("attester"),
            },
        );
        world.ask_registry(
            "owner",
            &IRegistry::setPortImplementationCall { implementation },
        );
        world.verify("primary");
        world
    }

    pub(crate) fn fund(&self, name: &str) {
        self.chain.fund(account(name));
    }

    // --- calls ----------------------------------------------------------------------------------

    pub(crate) fn send<C: SolCall>(&self, from: &str, to: Address, call: &C) -> Outcome {
        self.chain.send(account(from), to, call.abi_encode())
    }

    /// A call that must succeed.
    #[track_caller]
    pub(crate) fn done<C: SolCall>(&self, from: &str, to: Address, call: &C) -> Outcome {
        let outcome = self.send(from, to, call);
        let done = matches!(outcome.answer, Answer::Returned(_));
        assert!(done, "{} by {from}: {:?}", C::SIGNATURE, outcome.answer);
        outcome
    }

    /// A call to the registry that must succeed.
    #[track_caller]
    pub(crate) fn ask_registry<C: SolCall>(&self, from: &str, call: &C) -> Outcome {
        self.done(from, self.registry, call)
    }

    // --- providers ------------------------------------------------------------------------------

    /// Registers a provider, self-asserted.
    pub(crate) fn register(&self, name: &str) {
        self.fund(name);
        let call = IRegistry::registerProviderCall {
            kind: 2,
            npi: 0,
            keyX: calls::key(name),
            keyParity: 0,
            identityProfile: Bytes::from_static(PROFILE),
            contactProfile: Bytes::from_static(b"{}"),
        };
        self.ask_registry(name, &call);
    }

    /// Attests a provider that has the first identity profile.
    pub(crate) fn attest(&self, name: &str, until: u64) {
        let call = IRegistry::attestCall {
            provider: account(name),
            npi: 0,
            kind: 2,
            identityProfileHash: keccak256(PROFILE),
            until,
        };
        self.ask_registry("attester", &call);
    }

    /// A provider that stays verified for almost five years.
    pub(crate) fn verify(&self, name: &str) {
        self.register(name);
        self.attest(name, self.chain.now() + 5 * YEAR - DAY);
    }

    // --- ports ----------------------------------------------------------------------------------

    /// A port for `patient`, issued by `primary`.
    pub(crate) fn issue_to(&self, patient: Address) -> Address {
        let outcome = self.ask_registry("primary", &issueCall { patient });
        issueCall::abi_decode_returns_validate(outcome.returned()).expect("an address")
    }

    /// A port of `patient` with sections 0, 1 and 5 at epoch 1.
    pub(crate) fn claimed_port(&self) -> Address {
        let port = self.issue_to(account("patient"));
        self.done("patient", port, &calls::claim());
        port
    }

    /// What the registry says.
    pub(crate) fn is_port(&self, account: Address) -> bool {
        let call = IRegistry::isPortCall { account };
        self.chain.view(self.registry, &call)
    }

    // --- signed calls ---------------------------------------------------------------------------

    /// A call that somebody signs for a port, with its present nonce, good for an hour.
    pub(crate) fn signed(&self, port: Address, signer: &Person, call: Vec<u8>) -> abi::executeCall {
        let nonce = self.chain.view(port, &abi::infoCall {}).nonce;
        let call = abi::PatientCall {
            call: call.into(),
            nonce: U256::from(nonce),
            deadline: self.chain.now() + 3600,
        };
        self.sign(port, signer, call)
    }

    /// What somebody signs for a port.
    pub(crate) fn sign(
        &self,
        port: Address,
        signer: &Person,
        call: abi::PatientCall,
    ) -> abi::executeCall {
        let digest = call.eip712_signing_hash(&domain(self.chain.id(), port));
        abi::executeCall {
            call: call.call,
            nonce: call.nonce,
            deadline: call.deadline,
            signature: signer.sign(digest),
        }
    }

    /// The head that a port says its history has.
    pub(crate) fn head(&self, port: Address) -> B256 {
        self.chain.view(port, &abi::historyHeadCall {})
    }
}
