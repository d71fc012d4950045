//! What the sources say, before it is decided which of them counts.

use std::ffi::OsString;

use alloy::primitives::Address;
use patientport_client::store::Location;

use crate::args::env;
use crate::args::groups::GlobalArgs;
use crate::error::Error;
use crate::home::Home;
use crate::home::config::{Config, OneOrMore, Values};
use crate::text::shown;

/// Registries that the settings file names anywhere.
pub(super) fn registries(config: &Config) -> Vec<Address> {
    let profiles = config.profiles.values().filter_map(|it| it.registry);
    let networks = config.networks.values().filter_map(|it| it.registry);
    config
        .values
        .registry
        .into_iter()
        .chain(profiles)
        .chain(networks)
        .collect()
}

/// The profile that counts: the one named, else the file's own choice.
pub(super) fn profile(
    config: &mut Config,
    named: Option<&String>,
    creating: bool,
) -> Result<Option<(String, Values)>, Error> {
    let Some(name) = named.or(config.profile.as_ref()).cloned() else {
        return Ok(None);
    };
    match config.profiles.get(&name) {
        Some(values) => Ok(Some((name, values.clone()))),
        None if creating => Ok(None),
        None => Err(Error::UnknownProfile {
            known: config.profiles.keys().map(|name| shown(name)).collect(),
            name: shown(&name),
        }),
    }
}

/// What flags and variables say that a settings file can say.
pub(super) fn given(args: &GlobalArgs) -> Result<Values, Error> {
    let GlobalArgs {
        network, wallet, ..
    } = args;
    let named: Vec<String> = network
        .stores
        .iter()
        .filter(|store| !store.is_empty())
        .map(|store| {
            let location = Location::parse(store).map_err(patientport_client::Error::from)?;
            Ok(location.absolute().to_string())
        })
        .collect::<Result<_, Error>>()?;
    Ok(Values {
        network: network.network.clone(),
        rpc_url: network.rpc_url.clone(),
        verify_rpc_url: network.verify_rpc_url.clone(),
        allow_http: network.allow_http.then_some(true),
        registry: network.registry,
        port: std::env::var(env::PATIENTPORT_PORT)
            .ok()
            .filter(|port| !port.is_empty()),
        store: (!named.is_empty()).then_some(OneOrMore::More(named)),
        allow_private_endpoints: network.allow_private_endpoints.then_some(true),
        account: wallet.account.clone(),
        identity: wallet.identity.clone(),
    })
}

/// The same with each store once, and paths as they are from anywhere.
pub(super) fn with_stores(mut given: Values, stores: &[Location]) -> Values {
    if given.store.is_some() {
        given.store = Some(OneOrMore::More(
            stores.iter().map(ToString::to_string).collect(),
        ));
    }
    given
}

/// The stores: those named, else the home's own. Each once. What was typed is read as it was typed: a path need not be
/// text.
pub(super) fn stores(
    found: Option<OneOrMore>,
    typed: &[OsString],
    home: &Home,
) -> Result<Vec<Location>, Error> {
    let mut texts: Vec<OsString> = typed.iter().filter(|it| !it.is_empty()).cloned().collect();
    if texts.is_empty() {
        let list = found.map(OneOrMore::into_list).unwrap_or_default();
        texts = list.into_iter().map(OsString::from).collect();
    }
    if texts.is_empty() {
        return Ok(vec![Location::Directory(home.default_store())]);
    }
    let mut stores = Vec::new();
    for text in texts {
        let location = Location::parse(&text).map_err(patientport_client::Error::from)?;
        let location = location.absolute();
        if !stores.contains(&location) {
            stores.push(location);
        }
    }
    Ok(stores)
}
