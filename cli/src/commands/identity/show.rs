//! `patientport identity show`

use alloy::primitives::Address;
use patientport_core::keys::PublicKey;
use serde::Serialize;

use crate::args::identity::ShowArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;

/// An identity's public side.
#[derive(Debug, Serialize)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// The key it has as a provider.
    pub provider: Key,
    /// The keys it has at ports this home knows.
    pub ports: Vec<PortKey>,
}

/// A public key.
#[derive(Debug, Serialize)]
pub struct Key {
    /// What people compare.
    pub fingerprint: String,
    /// SEC 1 compressed, hexadecimal.
    pub public_key: String,
}

/// A key at a port.
#[derive(Debug, Serialize)]
pub struct PortKey {
    /// The port's name in this home.
    pub name: String,
    /// The chain.
    pub chain_id: u64,
    /// The port.
    pub port: Address,
    /// Index within the identity.
    pub index: u32,
    /// The key.
    #[serde(flatten)]
    pub key: Key,
}

impl From<PublicKey> for Key {
    fn from(key: PublicKey) -> Self {
        Self {
            fingerprint: key.fingerprint().to_string(),
            public_key: key.to_string(),
        }
    }
}

impl Outcome for Identity {
    fn text(&self) -> String {
        let mut text = format!("identity `{}`\n", self.name);
        text.push_str(&format!("provider key  {}\n", self.provider.fingerprint));
        for port in &self.ports {
            text.push_str(&format!(
                "port `{}`  {}  {} (chain {})\n",
                port.name, port.key.fingerprint, port.port, port.chain_id
            ));
        }
        text
    }
}

/// Opens the identity, for what its file says in the clear would not be authenticated.
///
/// # Errors
/// The home's and the prompt's.
pub fn run(context: &Context, args: &ShowArgs) -> Result<Identity, Error> {
    let (name, seed) = match &args.name {
        Some(name) => context.identity_named(name)?,
        None => context.identity(None)?,
    };
    let ports = context
        .home()
        .ports()?
        .into_iter()
        .filter(|(_, port)| port.identity.as_ref() == Some(&name))
        .filter_map(|(port_name, port)| {
            let index = port.key_index?;
            Some(PortKey {
                name: port_name,
                chain_id: port.chain_id,
                port: port.address,
                index,
                key: seed.patient_key(index).public().into(),
            })
        })
        .collect();
    let newest = context.home().derived(&seed)?.provider_key;
    Ok(Identity {
        name,
        provider: seed.provider_key(newest).public().into(),
        ports,
    })
}
