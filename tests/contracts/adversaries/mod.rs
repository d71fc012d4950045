//! What adversaries try, each attempt with its end.

mod calldata;
mod counters;
mod delegates;
mod edges;
mod epochs;
mod initialisation;
mod issue;
mod keys;
mod lapsed;
mod largest;
mod places;
mod registry;
mod signatures;
mod wallets;

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolCall, SolError};

use crate::{
    chain::{Answer, evm},
    world::{World, account},
};

impl World {
    /// The call must be refused with exactly this.
    #[track_caller]
    fn refused<C: SolCall>(&self, from: &str, to: Address, call: &C, error: &impl SolError) {
        let outcome = self.send(from, to, call);
        let expected = Answer::refusal(error);
        assert_eq!(outcome.answer, expected, "{} by {from}", C::SIGNATURE);
    }

    /// The call must be refused without a word.
    #[track_caller]
    fn refused_in_silence<C: SolCall>(&self, from: &str, to: Address, call: &C) {
        let outcome = self.send(from, to, call);
        let expected = Answer::Reverted(Bytes::new());
        assert_eq!(outcome.answer, expected, "{} by {from}", C::SIGNATURE);
    }

    /// A port of `patient` that another account than the registry created, under whatever registry.
    fn forge(&self, registry: Address) -> Address {
        let (issuer, patient) = (account("primary"), account("patient"));
        let code = evm::clone(self.implementation, registry, issuer, patient, 1);
        self.chain.create(&code)
    }
}
