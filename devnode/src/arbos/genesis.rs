//! The chain's own accounts at genesis.

use super::{
    CACHE_MANAGERS, CHAIN_OWNERS, CREATE2_FACTORY, HISTORY, PRECOMPILE_CODE, STYLUS_CACHE_MANAGER,
    STYLUS_DEPLOYER, built_in, history, params as chain_params, precompile_addresses,
};
use crate::evm::{ARBOS_STATE, ChainParams, GenesisAccount};
use alloy_primitives::{Address, Bytes, bytes};

/// Runtime code of the deterministic deployment proxy: `CREATE2` with the first word of calldata as
/// salt and the rest as init code.
const CREATE2_FACTORY_CODE: Bytes = bytes!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// Precompiles, built-in contracts, factory, history and the chain's state account.
///
/// Owners are the zero address, as a development chain starts with, and the configured one, as after
/// `ArbDebug.becomeChainOwner`. The only cache manager is the built-in contract: owners cache without
/// being one.
pub(crate) fn accounts(params: &ChainParams) -> Vec<(Address, GenesisAccount)> {
    let code = |code: &[u8]| GenesisAccount {
        nonce: 1,
        code: Bytes::copy_from_slice(code),
        ..GenesisAccount::default()
    };
    let mut accounts: Vec<_> = precompile_addresses(params.arbos_version.get())
        .map(|address| (address, code(&PRECOMPILE_CODE)))
        .collect();
    accounts.push((STYLUS_DEPLOYER, code(&built_in::CODE)));
    accounts.push((STYLUS_CACHE_MANAGER, code(&built_in::CODE)));
    accounts.push((HISTORY, code(&history::CODE)));
    accounts.push((CREATE2_FACTORY, code(&CREATE2_FACTORY_CODE)));

    let mut state = code(&[]);
    let owners = [Address::ZERO, params.owner];
    state.storage.extend(CHAIN_OWNERS.genesis(&owners));
    state
        .storage
        .extend(CACHE_MANAGERS.genesis(&[STYLUS_CACHE_MANAGER]));
    state
        .storage
        .extend(chain_params::genesis(params.arbos_version));
    accounts.push((ARBOS_STATE, state));
    accounts
}
