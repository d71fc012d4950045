//! Ethereum's precompiles, and the warm addresses of the chain's own.

use super::machine::Ctx;
use crate::arbos::{self, OSAKA_ARBOS};
use alloy_primitives::Address;
use revm::{
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, InterpreterResult},
    precompile::secp256r1::P256VERIFY,
    primitives::{AddressSet, hardfork::SpecId},
};
use std::sync::OnceLock;

/// Ethereum's precompiles by revm; the chain's own are only listed as warm, since the machine takes
/// their frames before revm sees them.
#[derive(Clone, Debug)]
pub(crate) struct Precompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
}

impl Precompiles {
    pub(super) fn new(arbos_version: u64) -> Self {
        let ethereum = ethereum(arbos_version);
        let mut warm = ethereum.warm_addresses().clone();
        warm.extend(arbos::precompile_addresses(arbos_version));
        Self { ethereum, warm }
    }
}

/// Ethereum's precompiles under an `ArbOS` version: Osaka's from 50 on; before it Cancun's, so without
/// BLS12-381, and P256VERIFY at the price of RIP-7212.
fn ethereum(arbos_version: u64) -> EthPrecompiles {
    static BEFORE_OSAKA: OnceLock<revm::precompile::Precompiles> = OnceLock::new();
    let spec = arbos::spec(arbos_version);
    if arbos_version >= OSAKA_ARBOS {
        return EthPrecompiles::new(spec);
    }
    let precompiles = BEFORE_OSAKA.get_or_init(|| {
        let mut precompiles = revm::precompile::Precompiles::cancun().clone();
        precompiles.extend([P256VERIFY]);
        precompiles
    });
    EthPrecompiles { precompiles, spec }
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
