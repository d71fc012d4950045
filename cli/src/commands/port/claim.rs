//! `patientport port claim`

use std::collections::BTreeMap;

use alloy::primitives::Address;
use patientport_client::Port;
use patientport_client::rotation::{NamedSection, first_keys};
use patientport_core::section::SectionId;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::port::ClaimArgs;
use crate::args::values::NewSection;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::error::Error;
use crate::home::HomeError;
use crate::home::ports::{KnownPort, free_name, next_key_index};
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::{count, shown};

/// A port that its patient accepted.
#[derive(Debug, Serialize)]
pub struct Claimed {
    /// The port.
    pub port: Address,
    /// Its name in this home.
    pub name: String,
    /// The patient's account.
    pub patient: Address,
    /// Fingerprint of the key that others seal to.
    pub fingerprint: String,
    /// The sections opened.
    pub sections: Vec<OpenedSection>,
    /// The transaction.
    pub tx: TxSummary,
}

/// A section with its first key.
#[derive(Debug, Serialize)]
pub struct OpenedSection {
    /// Its number.
    pub section: SectionId,
    /// Its epoch.
    pub epoch: u32,
    /// Its private name.
    pub name: Option<String>,
}

impl Outcome for Claimed {
    fn text(&self) -> String {
        format!(
            "port {} is yours as `{}`, key {}, {} open\n{}",
            self.port,
            self.name,
            self.fingerprint,
            count(self.sections.len(), "section"),
            self.tx.line()
        )
    }
}

/// Accepts a port: publishes the patient's key and opens sections.
///
/// # Errors
/// `NotAPort`; [`Error::NotTheOwner`]; the port's refusals.
pub async fn run(context: &Context, args: ClaimArgs) -> Result<Claimed, Error> {
    context.require_consent()?;
    let sections = named_sections(&args.section)?;
    let registry = context.registry().await?;
    let chain_id = registry.chain().chain_id();
    let port = Port::open(&registry, args.port).await?;
    let info = port.info().await?;
    let wallet = context.wallet(None)?;
    if wallet.address() != info.patient {
        return Err(Error::NotTheOwner {
            port: args.port,
            owner: info.patient,
            account: wallet.address(),
            wallet: wallet.name,
        });
    }
    let (identity, seed) = context.identity(None)?;
    let announced = registry.ports_of(info.patient).await?;
    let issued_by = match announced.iter().find(|it| it.port == args.port) {
        Some(it) => Some(Who::find(&registry, it.issuer).await?.line()),
        None => None,
    };
    // The index of the key is remembered before the key is published: whatever happens to the transaction,
    // no other port will get the same key.
    let (name, index, is_new) = remember(context, &args, chain_id, &identity, |known| {
        known.registry = Some(registry.address());
        known.account = Some(wallet.name.clone());
        known.sections = sections
            .iter()
            .filter_map(|named| Some((named.section.get(), named.name.clone()?)))
            .collect();
    })?;
    let key = seed.patient_key(index).public();
    let fingerprint = key.fingerprint().to_string();
    let list = sections.iter().map(|named| match &named.name {
        Some(name) => format!("{} {}", named.section, shown(name)),
        None => named.section.to_string(),
    });
    let preview = Preview::new("accept this port")
        .line("port", args.port.to_string())
        .maybe("issued by", issued_by)
        .line("registry", registry.address().to_string())
        .line("code", port.implementation().to_string())
        .line(
            "key",
            format!("{fingerprint} (identity `{identity}`, key {index})"),
        )
        .line("sections", list.collect::<Vec<_>>().join(", "));
    let keys = first_keys(&port, info.patient, &key, &sections, &mut OsRng)?;
    let sent = send(context, &wallet, preview, &port.claim(&key, keys.rotation)).await;
    let report = match sent {
        Ok(report) => report,
        Err(error) => {
            // Only where nothing can be on its way any more is the port forgotten.
            if is_new && error.code() != "tx.receipt_timeout" {
                context.home().change_ports(|ports| {
                    ports.remove(&name);
                    Ok(())
                })?;
            }
            return Err(error);
        }
    };
    let sections = sections
        .into_iter()
        .map(|named| OpenedSection {
            section: named.section,
            epoch: 1,
            name: named.name,
        })
        .collect();
    Ok(Claimed {
        port: args.port,
        name,
        patient: info.patient,
        fingerprint,
        sections,
        tx: (&report).into(),
    })
}

/// Writes the port into `ports.json`; returns its name, the index of its key, and whether it is new.
fn remember(
    context: &Context,
    args: &ClaimArgs,
    chain_id: u64,
    identity: &str,
    fill: impl FnOnce(&mut KnownPort),
) -> Result<(String, u32, bool), Error> {
    let (name, index, is_new) = context.home().change_ports(|ports| {
        let earlier = ports
            .iter()
            .find(|(_, known)| known.chain_id == chain_id && known.address == args.port)
            .map(|(name, known)| (name.clone(), known.clone()));
        let name = match (&earlier, &args.name) {
            (Some((name, _)), None) => name.clone(),
            _ => free_name(ports, args.name.as_deref(), args.port)?,
        };
        let is_new = earlier.is_none();
        let mut known = match earlier {
            Some((old_name, known)) => {
                ports.remove(&old_name);
                known
            }
            None => KnownPort::of_another(chain_id, args.port),
        };
        let index = match (known.identity.as_deref(), known.key_index) {
            (Some(remembered), Some(index)) if remembered == identity => index,
            _ => next_key_index(ports, identity),
        };
        fill(&mut known);
        known.identity = Some(identity.to_owned());
        known.key_index = Some(index);
        ports.insert(name.clone(), known);
        Ok::<_, HomeError>((name, index, is_new))
    })?;
    Ok((name, index, is_new))
}

/// The sections to open, ascending, each once.
fn named_sections(given: &[NewSection]) -> Result<Vec<NamedSection>, Error> {
    let default = [NewSection {
        number: 0,
        name: Some("general".into()),
    }];
    let given = if given.is_empty() { &default } else { given };
    let mut sections = BTreeMap::new();
    for NewSection { number, name } in given {
        let section = SectionId::try_from(*number).map_err(patientport_client::Error::from)?;
        if sections.insert(section, name.clone()).is_some() {
            return Err(Error::FlagInvalid {
                flag: "--section",
                value: number.to_string(),
                reason: "it is given twice".into(),
            });
        }
    }
    Ok(sections
        .into_iter()
        .map(|(section, name)| NamedSection { section, name })
        .collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn sections_are_ascending_and_each_is_given_once() {
        let new = |number, name: Option<&str>| NewSection {
            number,
            name: name.map(str::to_owned),
        };
        let sections = named_sections(&[new(2, None), new(0, Some("labs"))]).unwrap();
        let numbers: Vec<u8> = sections.iter().map(|named| named.section.get()).collect();
        assert_eq!(numbers, [0, 2]);
        assert_eq!(
            named_sections(&[]).unwrap()[0].name.as_deref(),
            Some("general")
        );
        let twice = named_sections(&[new(2, None), new(2, Some("x"))]);
        assert_eq!(twice.unwrap_err().code(), "usage.invalid_value");
    }
}
