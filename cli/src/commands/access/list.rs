//! `patientport access list`

use alloy::primitives::Address;
use patientport_client::port::AccessState;
use patientport_core::section::SectionSet;
use patientport_core::text::Rights;
use serde::Serialize;

use crate::args::access::ListArgs;
use crate::commands::describe::Who;
use crate::commands::party::{rights_name, section_list};
use crate::commands::stale::{Stale, stale};
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::Table;
use crate::time;

/// Who has or had access to a port.
#[derive(Debug, Serialize)]
pub struct Accesses {
    /// The port.
    pub port: Address,
    /// The patient, who always has access.
    pub patient: Address,
    /// In order of their first grants.
    pub readers: Vec<Entry>,
    /// Sections whose key a former reader holds.
    pub stale: Vec<Stale>,
}

/// One reader.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// The reader.
    pub reader: Who,
    /// Where its grant stands.
    pub state: AccessState,
    /// The sections granted.
    pub sections: SectionSet,
    /// To do what.
    pub rights: Option<Rights>,
    /// Until when, Unix seconds.
    pub until: u64,
    /// When the grant was last changed, Unix seconds.
    pub changed_at: u64,
    /// Sections whose keys it was ever given.
    pub held: SectionSet,
}

impl Outcome for Accesses {
    fn text(&self) -> String {
        let mut text = if self.readers.is_empty() {
            "nobody but the patient has access\n".to_owned()
        } else {
            let mut table = Table::new(["STATE", "SECTIONS", "RIGHTS", "UNTIL", "READER"]);
            for entry in &self.readers {
                table.row([
                    entry.state.to_string(),
                    section_list(entry.sections, None),
                    entry
                        .rights
                        .map_or_else(String::new, |rights| rights_name(rights).into()),
                    time::human(entry.until),
                    entry.reader.line(),
                ]);
            }
            table.to_string()
        };
        for Stale {
            section,
            holder,
            cause,
        } in &self.stale
        {
            text.push_str(&format!("section {section} is stale: {holder} {cause}\n"));
        }
        text
    }
}

/// Lists who has or had access. Needs no key.
///
/// # Errors
/// The chain's.
pub async fn run(context: &Context, args: &ListArgs) -> Result<Accesses, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let mut readers = Vec::new();
    let now = port.chain().now(time::clock()).await?;
    for access in port.readers(now).await? {
        readers.push(Entry {
            reader: Who::find(port.registry(), access.reader).await?,
            state: access.state,
            sections: access.sections,
            rights: access.rights,
            until: access.expiry.0,
            changed_at: access.changed_at.0,
            held: access.held,
        });
    }
    Ok(Accesses {
        port: port.address(),
        patient: info.patient,
        readers,
        stale: stale(port).await?,
    })
}
