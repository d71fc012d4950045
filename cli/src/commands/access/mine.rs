//! `patientport access mine`: what this account was granted, at all ports of the registry.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use patientport_client::Class;
use patientport_client::mentions::{Mention, Mentions, grants, mentions};
use patientport_client::port::{Access, AccessState};
use patientport_client::registry::Registry;
use patientport_core::section::SectionSet;
use patientport_core::text::Rights;
use serde::Serialize;

use crate::args::access::MineArgs;
use crate::commands::party::{rights_name, section_list};
use crate::context::Context;
use crate::error::Error;
use crate::home::mentions::Wanted;
use crate::output::Outcome;
use crate::text::Table;
use crate::time;

/// An account's grants.
#[derive(Debug, Serialize)]
pub struct Mine {
    /// The registry whose ports were looked at.
    pub registry: Address,
    /// The account.
    pub account: Address,
    /// The grants, the one that ends first at the top.
    pub grants: Vec<Grant>,
}

/// What was granted at one port.
#[derive(Debug, Serialize)]
pub struct Grant {
    /// The port.
    pub port: Address,
    /// Its name in this home.
    pub name: Option<String>,
    /// Whether it is in force.
    pub state: AccessState,
    /// The sections.
    pub sections: SectionSet,
    /// To do what.
    pub rights: Option<Rights>,
    /// Until when, Unix seconds.
    pub until: u64,
    /// When it was last changed, Unix seconds.
    pub changed_at: u64,
}

impl Outcome for Mine {
    fn text(&self) -> String {
        if self.grants.is_empty() {
            return format!("nothing is granted to {}\n", self.account);
        }
        let mut table = Table::new(["PORT", "NAME", "STATE", "SECTIONS", "RIGHTS", "UNTIL"]);
        for grant in &self.grants {
            table.row([
                grant.port.to_string(),
                grant.name.clone().unwrap_or_default(),
                grant.state.to_string(),
                section_list(grant.sections, None),
                grant.rights.map(rights_name).unwrap_or_default().into(),
                time::human(grant.until),
            ]);
        }
        table.to_string()
    }
}

/// Lists what this account was granted.
///
/// # Errors
/// The chain's.
pub async fn run(context: &Context, args: &MineArgs) -> Result<Mine, Error> {
    let registry = context.registry().await?;
    let account = context.account(None)?;
    let names = names(context, registry.chain().chain_id())?;
    let mut grants: Vec<Grant> = all(context, &registry, account)
        .await?
        .into_iter()
        .filter(|(_, access)| args.all || access.is_live())
        .map(|(port, access)| Grant {
            port,
            name: names.get(&port).cloned(),
            state: access.state,
            sections: access.sections,
            rights: access.rights,
            until: access.expiry.0,
            changed_at: access.changed_at.0,
        })
        .collect();
    grants.sort_by_key(|grant| (grant.state != AccessState::Live, grant.until, grant.port));
    Ok(Mine {
        registry: registry.address(),
        account,
        grants,
    })
}

/// Names of ports in this home.
///
/// # Errors
/// The home's.
pub(crate) fn names(context: &Context, chain_id: u64) -> Result<BTreeMap<Address, String>, Error> {
    let ports = context.home().ports()?.into_iter();
    let here = ports.filter(|(_, known)| known.chain_id == chain_id);
    Ok(here.map(|(name, known)| (known.address, name)).collect())
}

/// Every grant that an account has or had at the registry's ports.
///
/// # Errors
/// The chain's.
pub(crate) async fn all(
    context: &Context,
    registry: &Registry,
    account: Address,
) -> Result<Vec<(Address, Access)>, Error> {
    let found = find(context, registry, account, Mention::Granted).await?;
    let now = registry.chain().now(time::clock()).await?;
    let ports = found.ports().into_keys();
    let mut grants = answered(context, grants(registry, account, ports, now).await)?;
    grants.retain(|(_, access)| access.state != AccessState::None);
    Ok(grants)
}

/// What ports said; one that refuses to answer, as when its program has expired, is told and keeps no other back.
///
/// # Errors
/// The network's.
pub(crate) fn answered<T>(
    context: &Context,
    answers: Vec<(Address, patientport_client::Result<T>)>,
) -> Result<Vec<(Address, T)>, Error> {
    let mut said = Vec::new();
    for (port, answer) in answers {
        match answer {
            Ok(answer) => said.push((port, answer)),
            Err(error) if error.class() == Class::Refused => {
                context.warn(
                    "port.silent",
                    format!("the port `{port}` does not say: {error}"),
                );
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(said)
}

/// The ports that mention an account: what this home has kept, and what came since.
///
/// # Errors
/// The chain's.
pub(crate) async fn find(
    context: &Context,
    registry: &Registry,
    account: Address,
    kind: Mention,
) -> Result<Mentions, Error> {
    let wanted = Wanted {
        node: &context.settings.rpc_url,
        chain_id: registry.chain().chain_id(),
        registry: registry.address(),
        account,
        kind,
    };
    let known = context.home().mentions(&wanted);
    let found = mentions(registry, account, kind, known.clone()).await?;
    if found.is_more_than(&known)
        && let Err(error) = context.home().keep_mentions(&wanted, &found)
    {
        // It costs the next run time, and nothing else.
        context.terminal.detail(&error.to_string());
    }
    Ok(found)
}
