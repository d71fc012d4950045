//! `patientport port claim`

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, keccak256};
use patientport_client::Port;
use patientport_client::rotation::{NamedSection, first_keys};
use patientport_core::section::SectionId;
use rand_core::OsRng;
use serde::Serialize;

use super::reserved::Reserved;
use crate::args::port::ClaimArgs;
use crate::args::values::NewSection;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::contracts;
use crate::error::Error;
use crate::home::HomeError;
use crate::home::ports::{KnownPort, free_name, next_key_index};
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, approved, submit};
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
/// `NotAPort`; [`Error::NotTheOwner`]; [`Error::UnknownCode`]; the port's refusals.
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
    let (code_hash, vouched) = known_code(context, &port, args.accept_code).await?;
    let (identity, seed) = context.identity(None)?;
    // Issuer and patient stand in the port's own code, which was compared with everything said about it.
    let issued_by = Who::find(&registry, port.code().issuer).await?.line();
    // The index of the key is remembered before the key is published: whatever happens to the transaction,
    // no other port will get the same key.
    let least = context.home().derived(&seed)?.next_patient_key;
    let reserved = remember(context, &args, chain_id, (&identity, least), |known| {
        known.registry = Some(registry.address());
        known.account = Some(wallet.name.clone());
        known.sections = sections
            .iter()
            .filter_map(|named| Some((named.section.get(), named.name.clone()?)))
            .collect();
    })?;
    let (name, index) = (reserved.name.clone(), reserved.index);
    let key = seed.patient_key(index).public();
    let fingerprint = key.fingerprint().to_string();
    let list = sections.iter().map(|named| match &named.name {
        Some(name) => format!("{} {}", named.section, shown(name)),
        None => named.section.to_string(),
    });
    let preview = Preview::new("accept this port")
        .line("port", args.port.to_string())
        .line("issued by", issued_by)
        .line("issued to", port.code().patient.to_string())
        .line("registry", registry.address().to_string())
        .line("code", port.implementation().to_string())
        .line("code hash", format!("{code_hash} ({vouched})"))
        .line(
            "key",
            format!("{fingerprint} (identity `{identity}`, key {index})"),
        )
        .line("sections", list.collect::<Vec<_>>().join(", "));
    let composed = async {
        let keys = first_keys(&port, info.patient, &key, &sections, &mut OsRng)?;
        let transaction = port.claim(&key, keys.rotation);
        let prepared = approved(context, &wallet, preview, &transaction).await?;
        Ok::<_, Error>((transaction, prepared))
    };
    let (transaction, prepared) = match composed.await {
        Ok(composed) => composed,
        // Somebody else may send it: the key stays this port's.
        Err(error) if error.is_handed_on() => {
            context.home().note_patient_key(&seed, index)?;
            return Err(error);
        }
        Err(error) => {
            // Nothing was sent, so the key is nobody's yet.
            reserved.give_back(context)?;
            return Err(error);
        }
    };
    // From here on the key may be public whatever the node says, so it stays this port's. Claiming again takes
    // the same key.
    context.home().note_patient_key(&seed, index)?;
    let report = submit(context, &wallet, &transaction, &prepared).await?;
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

/// Why the code of ports with this hash is known; refuses a port that runs any other.
pub(crate) async fn known_code(
    context: &Context,
    port: &Port,
    accepted: Option<B256>,
) -> Result<(B256, &'static str), Error> {
    let chain = port.chain();
    let code_hash = keccak256(chain.code(port.implementation()).await?);
    let built_in = match contracts::load(None) {
        Ok((_, port)) => Some(port.code_hash()),
        Err(Error::NoContracts) => None,
        Err(error) => return Err(error),
    };
    let deployed = context.home().deployment(chain.chain_id())?;
    let deployed = deployed.map(|deployment| deployment.implementation_code_hash);
    let unknown = Error::UnknownCode {
        port: port.address(),
        implementation: port.implementation(),
        code_hash,
    };
    let vouched = vouched_for(code_hash, accepted, built_in, deployed).ok_or(unknown)?;
    Ok((code_hash, vouched))
}

/// Who vouches for a code hash. A hash that the user names is the only one accepted then.
fn vouched_for(
    code_hash: B256,
    accepted: Option<B256>,
    built_in: Option<B256>,
    deployed: Option<B256>,
) -> Option<&'static str> {
    match accepted {
        Some(accepted) => (accepted == code_hash).then_some("accepted by --accept-code"),
        None if built_in == Some(code_hash) => Some("built into this program"),
        None if deployed == Some(code_hash) => Some("deployed from this home"),
        None => None,
    }
}

/// Writes the port with a key of its own, numbered `least` or above, into `ports.json`.
fn remember(
    context: &Context,
    args: &ClaimArgs,
    chain_id: u64,
    (identity, least): (&str, u32),
    fill: impl FnOnce(&mut KnownPort),
) -> Result<Reserved, Error> {
    let reserved = context.home().change_ports(|ports| {
        let earlier = ports
            .iter()
            .find(|(_, known)| known.chain_id == chain_id && known.address == args.port)
            .map(|(name, known)| (name.clone(), known.clone()));
        let name = match (&earlier, &args.name) {
            (Some((name, _)), None) => name.clone(),
            _ => free_name(ports, args.name.as_deref(), args.port)?,
        };
        let mut known = match &earlier {
            Some((old_name, known)) => {
                ports.remove(old_name);
                known.clone()
            }
            None => KnownPort::of_another(chain_id, args.port),
        };
        let index = match (known.identity.as_deref(), known.key_index) {
            (Some(remembered), Some(index)) if remembered == identity => index,
            _ => next_key_index(ports, identity).max(least),
        };
        fill(&mut known);
        known.identity = Some(identity.to_owned());
        known.key_index = Some(index);
        ports.insert(name.clone(), known.clone());
        Ok::<_, HomeError>(Reserved {
            name,
            index,
            written: known,
            earlier,
        })
    })?;
    Ok(reserved)
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

    #[test]
    fn code_is_known_only_where_somebody_vouches_for_it() {
        let [code, other] = [1, 2].map(B256::repeat_byte);
        let by = |accepted, built_in, deployed| vouched_for(code, accepted, built_in, deployed);
        assert_eq!(by(None, None, None), None);
        assert_eq!(by(None, Some(other), Some(other)), None);
        assert_eq!(by(None, Some(code), None), Some("built into this program"));
        assert_eq!(
            by(None, Some(other), Some(code)),
            Some("deployed from this home")
        );
        assert_eq!(
            by(Some(code), None, None),
            Some("accepted by --accept-code")
        );
        assert_eq!(by(Some(other), Some(code), Some(code)), None);
    }
}
