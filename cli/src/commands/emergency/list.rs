//! `patientport emergency list`

use alloy::primitives::{Address, B256};
use patientport_client::emergency::{PackageTold, broken, packages, read_reason};
use patientport_client::history::history;
use patientport_client::port::EmergencyState;
use patientport_core::section::SectionSet;
use serde::Serialize;

use crate::args::emergency::ListArgs;
use crate::commands::access::list::ResponderEntry;
use crate::commands::describe::Who;
use crate::commands::party::{Reader, section_list};
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::{shown, span};
use crate::time;

/// Who may take access in an emergency, and who passes it on.
#[derive(Debug, Serialize)]
pub struct Emergencies {
    /// The port.
    pub port: Address,
    /// By their numbers.
    pub custodians: Vec<CustodianEntry>,
    /// In no particular order.
    pub responders: Vec<Entry>,
}

/// One custodian.
#[derive(Debug, Serialize)]
pub struct CustodianEntry {
    /// Its number.
    pub index: u8,
    /// Who.
    pub custodian: Who,
    /// Fingerprint of the key that the patient set for it; none if that is no key.
    pub fingerprint: Option<String>,
}

/// One responder.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its state.
    #[serde(flatten)]
    pub responder: ResponderEntry,
    /// Its package.
    pub package: Option<PackageEntry>,
    /// When it broke the glass last, Unix seconds.
    pub broken_at: Option<u64>,
    /// Why, in its own words; only the patient can open them.
    pub reason: Option<String>,
    /// Custodians who have released the package since.
    pub released_by: Vec<Address>,
}

/// How a package stands.
#[derive(Debug, Serialize)]
pub struct PackageEntry {
    /// Its BLAKE3: its name in the stores.
    pub package: B256,
    /// Who made it.
    pub made_by: Address,
    /// When, Unix seconds.
    pub made_at: u64,
    /// Whether it should be made anew.
    pub outdated: bool,
    /// Sections whose keys have changed since.
    pub rotated: SectionSet,
    /// Whether custodians have changed since.
    pub custodians_changed: bool,
    /// Whether the responder has another key since.
    pub responder_key_changed: bool,
}

impl From<&PackageTold> for PackageEntry {
    fn from(told: &PackageTold) -> Self {
        Self {
            package: told.commitment,
            made_by: told.sender,
            made_at: told.at.0,
            outdated: told.is_outdated(),
            rotated: told.rotated,
            custodians_changed: told.custodians_changed,
            responder_key_changed: told.responder_key_changed,
        }
    }
}

impl PackageEntry {
    fn line(&self) -> String {
        let mut causes = Vec::new();
        if !self.rotated.is_empty() {
            let sections = section_list(self.rotated, None);
            causes.push(format!("section {sections} has new keys"));
        }
        if self.custodians_changed {
            causes.push("the custodians have changed".into());
        }
        if self.responder_key_changed {
            causes.push("the responder has another key".into());
        }
        let why = if causes.is_empty() {
            "up to date".to_owned()
        } else {
            format!("OUTDATED: {}", causes.join(", "))
        };
        format!(
            "  package {} of {}: {why}\n",
            self.package,
            time::human(self.made_at)
        )
    }
}

impl Outcome for Emergencies {
    fn text(&self) -> String {
        let mut text = String::new();
        if self.custodians.is_empty() {
            text.push_str("no custodian is named\n");
        }
        for custodian in &self.custodians {
            let key = custodian.fingerprint.as_deref().unwrap_or("not a key");
            text.push_str(&format!(
                "custodian {}: {}, key {key}\n",
                custodian.index,
                custodian.custodian.line()
            ));
        }
        if self.responders.is_empty() {
            text.push_str("no responder is armed\n");
        }
        for entry in &self.responders {
            let responder = &entry.responder;
            text.push_str(&responder.line());
            text.push_str(&format!(
                "  delay {}, window {}\n",
                span(responder.delay.into()),
                span(responder.window.into())
            ));
            text.extend(entry.package.as_ref().map(PackageEntry::line));
            if let Some(broken_at) = entry.broken_at {
                let reason = match &entry.reason {
                    Some(reason) => shown(reason),
                    None => "sealed to the patient".into(),
                };
                text.push_str(&format!(
                    "  broke the glass at {}: {reason}\n",
                    time::human(broken_at)
                ));
            }
            for custodian in &entry.released_by {
                text.push_str(&format!("  released by {custodian}\n"));
            }
        }
        text
    }
}

/// Lists custodians and responders; opens what this home can open of reasons.
///
/// # Errors
/// The chain's; wrong passwords.
pub async fn run(context: &Context, args: &ListArgs) -> Result<Emergencies, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let registry = port.registry();
    let mut custodians = Vec::new();
    for custodian in port.custodians().await? {
        custodians.push(CustodianEntry {
            index: custodian.index,
            custodian: Who::find(registry, custodian.account).await?,
            fingerprint: custodian.key.map(|key| key.fingerprint().to_string()),
        });
    }
    let history = history(port).await?;
    let (packages, mut glasses) = (packages(port).await?, broken(history.events()));
    let now = port.chain().now(time::clock()).await?;
    let mut reader = None;
    let mut responders = Vec::new();
    for holder in port.holders(now).await? {
        let (account, emergency) = (holder.account(), holder.emergency);
        if emergency.state == EmergencyState::None {
            continue;
        }
        // A glass that was broken before it was armed anew is over and done with.
        let glass = glasses
            .remove(&account)
            .filter(|_| emergency.broken_at.is_some());
        let mut reason = None;
        if let Some(glass) = &glass {
            if reader.is_none() {
                reader = Some(Reader::open_if_possible(context, &chosen, &info).await?);
            }
            if let Some(reader) = reader.iter().flatten().find(|it| it.is_patient) {
                match read_reason(port, info.patient, account, &glass.message, &reader.keys) {
                    Ok(told) => reason = Some(told.text),
                    Err(error) => context.warn(
                        "message.unreadable",
                        format!("the reason of `{account}` cannot be read: {error}"),
                    ),
                }
            }
        }
        responders.push(Entry {
            responder: ResponderEntry::of(Who::find(registry, account).await?, &emergency),
            package: packages.get(&account).map(PackageEntry::from),
            broken_at: emergency.broken_at.map(|at| at.0),
            reason,
            released_by: glass.map(|it| it.released_by).unwrap_or_default(),
        });
    }
    Ok(Emergencies {
        port: port.address(),
        custodians,
        responders,
    })
}
