//! One port after another: whether it is genuine and ours, which keys it has, what its sections are called.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256};
use patientport_client::port::{Port, PortInfo};
use patientport_client::registry::{IssuedPort, Registry};
use patientport_core::keys::IdentitySeed;
use patientport_core::section::SectionId;
use serde::Serialize;

use super::accounts::Account;
use crate::commands::keys::{self, PortKeys, Search};
use crate::commands::party;
use crate::commands::port::claim::known_code;
use crate::context::Context;
use crate::error::Error;
use crate::home::pins::{Pin, PinState, Subject};
use crate::home::ports::{KnownPort, free_name};
use crate::text::shown;
use crate::time;

/// A port that was found.
#[derive(Debug, Serialize)]
pub struct FoundPort {
    /// Its address.
    pub port: Address,
    /// The account whose port it is.
    pub account: Address,
    /// The account's wallet in this home.
    pub wallet: String,
    /// Whether it was taken back, or why not.
    pub state: PortState,
    /// Its name in this home; none if it was not taken back.
    pub name: Option<String>,
    /// Fingerprint of the patient's key.
    pub fingerprint: Option<String>,
    /// The key's number in the identity.
    pub key_index: Option<u32>,
    /// Numbers of the keys that the port had before, newest first.
    pub former_keys: Vec<u32>,
    /// Its open sections.
    pub sections: Vec<FoundSection>,
    /// The block of its creation.
    pub from_block: u64,
    /// How many readers have access now.
    #[serde(skip)]
    pub readers: usize,
}

/// What became of a port that was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortState {
    /// It is in this home as if it had been accepted here.
    Recovered,
    /// Issued, and not accepted yet.
    Unclaimed,
    /// Its owner offers it to this account.
    Offered,
    /// It belongs to another account by now.
    Transferred,
    /// Its key is of another identity.
    OtherIdentity,
    /// Its code is not known here.
    UnknownCode,
    /// What is said about it does not fit together.
    NotGenuine,
}

impl PortState {
    /// As in the document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Unclaimed => "unclaimed",
            Self::Offered => "offered",
            Self::Transferred => "transferred",
            Self::OtherIdentity => "other-identity",
            Self::UnknownCode => "unknown-code",
            Self::NotGenuine => "not-genuine",
        }
    }
}

/// An open section.
#[derive(Debug, Serialize)]
pub struct FoundSection {
    /// Its number.
    pub section: SectionId,
    /// Its epoch.
    pub epoch: u32,
    /// Its private name, as sealed messages tell it.
    pub name: Option<String>,
    /// Whether its current key opens.
    pub opens: bool,
}

impl FoundPort {
    /// The sections in words.
    pub(super) fn sections_line(&self) -> String {
        let line = self.sections.iter().map(|it| {
            let name = it.name.as_deref().map(|name| format!(" {}", shown(name)));
            let closed = if it.opens { "" } else { " (does not open)" };
            format!("{}{}{closed}", it.section, name.unwrap_or_default())
        });
        let line = line.collect::<Vec<_>>().join(", ");
        if line.is_empty() { "-".into() } else { line }
    }
}

/// A port of ours before its keys are known.
struct Candidate {
    port: Port,
    info: PortInfo,
    found: FoundPort,
}

/// Takes back every port that is genuine, ours, and of this identity.
pub(super) async fn recover(
    context: &Context,
    registry: &Registry,
    accounts: &[Account],
    identity: (&str, &IdentitySeed),
    search: &mut Search<'_>,
    issued: &[IssuedPort],
    accept_code: Option<B256>,
) -> Result<Vec<FoundPort>, Error> {
    let mut candidates = Vec::new();
    let mut others = Vec::new();
    for issued in issued {
        match look(context, registry, accounts, issued, accept_code).await? {
            Looked::Ours(candidate) => candidates.push(*candidate),
            Looked::Other(found) => others.push(found),
            Looked::Nobodys => {}
        }
    }
    // Every key found lets the search go further, so that a port late in the list may reveal an earlier one's.
    let mut keys: Vec<Option<PortKeys>> = Vec::new();
    loop {
        let before = search.next();
        keys.clear();
        for Candidate { port, info, .. } in &candidates {
            keys.push(keys::of_port(search, port, info, None).await?);
        }
        if search.next() == before {
            break;
        }
    }
    for (candidate, keys) in candidates.into_iter().zip(keys) {
        others.push(take_back(context, registry, identity, search, candidate, keys).await?);
    }
    others.sort_by_key(|found| (found.from_block, found.port));
    Ok(others)
}

enum Looked {
    /// Claimed, and one of the accounts is its patient.
    Ours(Box<Candidate>),
    /// Worth telling of.
    Other(FoundPort),
    /// Neither ours nor offered, and never was: its log entry names another account as well.
    Nobodys,
}

async fn look(
    context: &Context,
    registry: &Registry,
    accounts: &[Account],
    issued: &IssuedPort,
    accept_code: Option<B256>,
) -> Result<Looked, Error> {
    let of = |address: Address| accounts.iter().find(|it| it.address == address);
    let found = |account: &Account, state| FoundPort {
        port: issued.port,
        account: account.address,
        wallet: account.wallet.clone(),
        state,
        name: None,
        fingerprint: None,
        key_index: None,
        former_keys: Vec::new(),
        sections: Vec::new(),
        from_block: issued.block,
        readers: 0,
    };
    let issued_to = of(issued.patient);
    let port = match Port::open(registry, issued.port).await {
        Ok(port) => port,
        Err(patientport_client::Error::NotAPort { .. }) => {
            return Ok(match issued_to {
                Some(account) => Looked::Other(found(account, PortState::NotGenuine)),
                None => Looked::Nobodys,
            });
        }
        Err(error) => return Err(error.into()),
    };
    let info = port.info().await?;
    let Some(account) = of(info.patient) else {
        let offered = info.pending_owner.and_then(of);
        return Ok(match (offered, issued_to) {
            (Some(account), _) => Looked::Other(found(account, PortState::Offered)),
            (None, Some(account)) => Looked::Other(found(account, PortState::Transferred)),
            (None, None) => Looked::Nobodys,
        });
    };
    // Code that nobody vouches for may show a stolen public key as its patient's.
    match known_code(context, &port, accept_code).await {
        Ok(_) => {}
        Err(Error::UnknownCode { .. }) => {
            return Ok(Looked::Other(found(account, PortState::UnknownCode)));
        }
        Err(error) => return Err(error),
    }
    if !info.claimed {
        return Ok(Looked::Other(found(account, PortState::Unclaimed)));
    }
    let found = found(account, PortState::OtherIdentity);
    Ok(Looked::Ours(Box::new(Candidate { port, info, found })))
}

async fn take_back(
    context: &Context,
    registry: &Registry,
    (identity, seed): (&str, &IdentitySeed),
    search: &Search<'_>,
    candidate: Candidate,
    keys: Option<PortKeys>,
) -> Result<FoundPort, Error> {
    let Candidate {
        port,
        info,
        mut found,
    } = candidate;
    found.fingerprint = info.key.map(|key| key.fingerprint().to_string());
    let Some(keys) = keys else {
        return Ok(found);
    };
    let before = keys::before(context, seed, &port, &keys).await?;
    let identity_keys = search.identity(&keys, before);
    let keyring = party::keyring(context, &port, found.account, &identity_keys).await?;
    let chain_id = port.chain().chain_id();
    let pin = |subject, fingerprint| Pin {
        chain_id,
        subject,
        fingerprint,
        // Opened with the identity: whatever a home remembered otherwise was wrong.
        state: PinState::Replaced,
    };
    let mut pins = vec![pin(
        Subject::Account(port.address()),
        identity_keys.public().fingerprint().to_string(),
    )];
    for key in port.open_sections().await? {
        let opens = keyring.check(&key).is_ok();
        if let (true, Some(public)) = (opens, key.key) {
            let subject = Subject::Section {
                port: port.address(),
                section: key.section.get(),
                epoch: key.epoch,
            };
            pins.push(pin(subject, public.fingerprint().to_string()));
        } else {
            context.warn(
                "section.bad_secret",
                format!(
                    "section `{}` of port `{}`: its key at epoch `{}` does not open",
                    key.section,
                    port.address(),
                    key.epoch
                ),
            );
        }
        found.sections.push(FoundSection {
            section: key.section,
            epoch: key.epoch,
            name: keyring.name(key.section).map(str::to_owned),
            opens,
        });
    }
    let now = port.chain().now(time::clock()).await?;
    let holders = port.holders(now).await?;
    found.readers = holders
        .iter()
        .filter(|it| it.account() != found.account && !it.entitled().is_empty())
        .count();
    let names: BTreeMap<u8, String> = found
        .sections
        .iter()
        .filter_map(|it| Some((it.section.get(), it.name.clone()?)))
        .collect();
    let name = context.home().change_ports(|ports| {
        let known = ports
            .iter()
            .find(|(_, it)| it.chain_id == chain_id && it.address == found.port)
            .map(|(name, it)| (name.clone(), it.clone()));
        let (name, mut known) = match known {
            Some(known) => known,
            None => (
                free_name(ports, None, found.port)?,
                KnownPort::of_another(chain_id, found.port),
            ),
        };
        known.registry = Some(registry.address());
        known.account = Some(found.wallet.clone());
        known.identity = Some(identity.to_owned());
        known.key_index = Some(keys.current);
        if known.next_key == Some(keys.current) {
            known.next_key = None;
            known.next_identity = None;
        }
        known.sections.extend(names);
        ports.insert(name.clone(), known);
        Ok(name)
    })?;
    context.home().keep_pins(&pins)?;
    found.state = PortState::Recovered;
    found.name = Some(name);
    found.key_index = Some(keys.current);
    found.former_keys = keys.former;
    Ok(found)
}
