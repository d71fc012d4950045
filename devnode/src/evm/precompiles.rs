//! Ethereum's precompiles, and the warm addresses of the chain's own.

use super::machine::Ctx;
use crate::arbos;
use alloy_primitives::Address;
use revm::{
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, InterpreterResult},
    primitives::{AddressSet, hardfork::SpecId},
};

/// Ethereum's precompiles by revm; the chain's own are only listed as warm, since the machine takes
/// their frames before revm sees them.
#[derive(Clone, Debug)]
pub(crate) struct Precompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
}

impl Precompiles {
    pub(super) fn new(spec: SpecId) -> Self {
        let ethereum = EthPrecompiles::new(spec);
        let mut warm = ethereum.warm_addresses().clone();
        warm.extend(arbos::precompile_addresses());
        Self { ethereum, warm }
    }
}

impl<'a> PrecompileProvider<Ctx<'a>> for Precompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _spec: SpecId) -> bool {
        false
    }

    fn run(
        &mut self,
        context: &mut Ctx<'a>,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        self.ethereum.run(context, inputs)
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }

    fn contains(&self, address: &Address) -> bool {
        self.warm.contains(address)
    }
}
