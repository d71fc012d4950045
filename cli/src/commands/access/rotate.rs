//! `patientport access rotate`

use alloy::primitives::Address;
use patientport_client::port::DelegateRights;
use patientport_client::rotation::NamedSection;
use patientport_core::section::{SectionId, SectionSet};
use rand_core::OsRng;
use serde::Serialize;

use crate::args::access::RotateArgs;
use crate::commands::acting::Acting;
use crate::commands::party::section_list;
use crate::commands::sealing::{self, Rekeyed};
use crate::commands::stale::stale;
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::time;

/// Sections that got new keys.
#[derive(Debug, Serialize)]
pub struct Rotated {
    /// The port.
    pub port: Address,
    /// The sections.
    pub sections: SectionSet,
    /// The transaction that changed the keys.
    pub tx: TxSummary,
    /// What became of the new keys.
    #[serde(flatten)]
    pub given: Rekeyed,
}

impl Outcome for Rotated {
    fn text(&self) -> String {
        let mut text = format!(
            "new keys for section {}\n",
            section_list(self.sections, None)
        );
        text.push_str(&self.tx.line());
        text.push_str(&self.given.lines());
        text
    }
}

/// Changes the keys of the sections named, else of the stale ones; opens sections that are not open.
///
/// # Errors
/// [`Error::NothingToRotate`]; the port's refusals; `KeyChanged`; what a delegate may not do.
pub async fn run(context: &Context, args: RotateArgs) -> Result<Rotated, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let acting = Acting::open(context, &chosen, DelegateRights::ROTATE).await?;
    let (actor, wallet) = (acting.actor(), acting.wallet());
    let sections = chosen_sections(&chosen, &args).await?;
    let mut plan = actor.plan(&sections, &[], time::clock()).await?;
    let pins = sealing::judge(
        context,
        &mut plan,
        args.rotation.include_unseen,
        port.chain().chain_id(),
    )?;
    let keys = actor.new_keys(&plan, sealing::abandoned(&args.rotation)?, &mut OsRng)?;
    let preview = Preview::new("change section keys").line("port", port.address().to_string());
    let preview = sealing::preview(preview, actor, acting.patient_key(), &keys, pins);
    let rotation = port.rotate(keys.rotation.clone());
    let report = send(context, wallet, preview, &rotation).await?;
    // The keys have changed by now, and readers wait for theirs.
    if let Err(error) = remember_names(context, &chosen, &sections) {
        context.warn_not_kept("what the sections are called", error);
    }
    let made = (Some(plan), Some(&keys));
    let patient = acting.as_patient();
    let given = sealing::follow(context, &chosen, &acting.sender(), patient, made).await?;
    Ok(Rotated {
        port: port.address(),
        sections: keys.sections(),
        tx: (&report).into(),
        given,
    })
}

async fn chosen_sections(
    chosen: &ChosenPort,
    args: &RotateArgs,
) -> Result<Vec<NamedSection>, Error> {
    let mut sections: Vec<NamedSection> = Vec::new();
    for given in &args.section {
        let section = SectionId::try_from(given.number).map_err(patientport_client::Error::from)?;
        if sections.iter().any(|named| named.section == section) {
            return Err(Error::FlagInvalid {
                flag: "--section",
                value: given.number.to_string(),
                reason: "it is given twice".into(),
            });
        }
        sections.push(NamedSection {
            section,
            name: given.name.clone(),
        });
    }
    if sections.is_empty() {
        let stale = stale(&chosen.port).await?;
        sections.extend(stale.iter().map(|it| NamedSection::from(it.section)));
    }
    if sections.is_empty() {
        return Err(Error::NothingToRotate(chosen.port.address()));
    }
    Ok(sections)
}

/// Keeps new private names where this home knows the port.
fn remember_names(
    context: &Context,
    chosen: &ChosenPort,
    sections: &[NamedSection],
) -> Result<(), Error> {
    let Some(port_name) = &chosen.name else {
        return Ok(());
    };
    if sections.iter().all(|named| named.name.is_none()) {
        return Ok(());
    }
    context.home().change_ports(|ports| {
        if let Some(known) = ports.get_mut(port_name) {
            let named = sections
                .iter()
                .filter_map(|it| Some((it.section.get(), it.name.clone()?)));
            known.sections.extend(named);
        }
        Ok(())
    })?;
    Ok(())
}
