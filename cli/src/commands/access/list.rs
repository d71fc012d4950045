//! `patientport access list`

use alloy::primitives::Address;
use patientport_client::port::{AccessState, Delegation, Emergency, EmergencyState, Holder};
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
    /// Whoever was granted access, in no particular order.
    pub readers: Vec<Entry>,
    /// Who acts for the patient, or did.
    pub delegates: Vec<DelegateEntry>,
    /// Who may take access in an emergency, or did.
    pub responders: Vec<ResponderEntry>,
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

/// One delegate.
#[derive(Debug, Serialize)]
pub struct DelegateEntry {
    /// The delegate.
    pub delegate: Who,
    /// What it may do: `approve`, `revoke`, `write`, `rotate`; none if its delegation was ended.
    pub rights: Vec<&'static str>,
    /// First second without these rights, Unix seconds.
    pub until: u64,
    /// Whether it has them now.
    pub live: bool,
    /// Fingerprint of the key that the patient set for it.
    pub fingerprint: Option<String>,
}

/// One responder.
#[derive(Debug, Serialize)]
pub struct ResponderEntry {
    /// The responder.
    pub responder: Who,
    /// Where its emergency access stands.
    pub state: EmergencyState,
    /// The sections it opens.
    pub sections: SectionSet,
    /// Seconds from breaking the glass to access.
    pub delay: u32,
    /// Seconds of access.
    pub window: u32,
    /// First second of access, Unix seconds, once the glass was broken.
    pub opens_at: Option<u64>,
    /// First second after it.
    pub closes_at: Option<u64>,
}

impl DelegateEntry {
    /// What there is to say of a delegate, or of a former one.
    pub fn of(delegate: Who, delegation: &Delegation) -> Self {
        Self {
            delegate,
            rights: delegation.rights.names().collect(),
            until: delegation.until.0,
            live: delegation.is_live,
            fingerprint: delegation.key.map(|key| key.fingerprint().to_string()),
        }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let may = match (self.rights.as_slice(), self.live) {
            ([], _) => "no more".to_owned(),
            (rights, true) => format!("{} until {}", rights.join(", "), time::human(self.until)),
            (rights, false) => format!(
                "{} until {}, which is over",
                rights.join(", "),
                time::human(self.until)
            ),
        };
        format!("delegate {}: {may}\n", self.delegate.line())
    }
}

impl ResponderEntry {
    /// What there is to say of a responder.
    pub fn of(responder: Who, emergency: &Emergency) -> Self {
        let window = emergency.window();
        Self {
            responder,
            state: emergency.state,
            sections: emergency.sections,
            delay: emergency.delay_secs,
            window: emergency.window_secs,
            opens_at: window.map(|(opens, _)| opens.0),
            closes_at: window.map(|(_, closes)| closes.0),
        }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let window = match (self.opens_at, self.closes_at) {
            (Some(opens), Some(closes)) => {
                format!(", from {} to {}", time::human(opens), time::human(closes))
            }
            _ => String::new(),
        };
        format!(
            "responder {}: {}, section {}{window}\n",
            self.responder.line(),
            self.state,
            section_list(self.sections, None)
        )
    }
}

impl Outcome for Accesses {
    fn text(&self) -> String {
        let mut text = if self.readers.is_empty() {
            "the patient has granted nobody access\n".to_owned()
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
        text.extend(self.delegates.iter().map(DelegateEntry::line));
        text.extend(self.responders.iter().map(ResponderEntry::line));
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
    let (mut readers, mut delegates, mut responders) = (Vec::new(), Vec::new(), Vec::new());
    let now = port.chain().now(time::clock()).await?;
    for holder in port.holders(now).await? {
        let Holder {
            access,
            delegation,
            emergency,
        } = holder;
        let who = Who::find(port.registry(), holder.account()).await?;
        if access.state != AccessState::None {
            readers.push(Entry {
                reader: who.clone(),
                state: access.state,
                sections: access.sections,
                rights: access.rights,
                until: access.expiry.0,
                changed_at: access.changed_at.0,
                held: access.held,
            });
        }
        if delegation.is_named() {
            delegates.push(DelegateEntry::of(who.clone(), &delegation));
        }
        if emergency.state != EmergencyState::None {
            responders.push(ResponderEntry::of(who, &emergency));
        }
    }
    Ok(Accesses {
        port: port.address(),
        patient: info.patient,
        readers,
        delegates,
        responders,
        stale: stale(port).await?,
    })
}
