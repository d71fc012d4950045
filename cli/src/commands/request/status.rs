//! `patientport request status`: what became of the requests that this account sent, at all ports or one.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use patientport_client::access::read_denial;
use patientport_client::mentions::{Mention, requests};
use patientport_client::port::{RequestEntry, RequestState};
use serde::Serialize;

use super::show::{Denial, unreadable};
use crate::args::request::StatusArgs;
use crate::commands::access::mine;
use crate::commands::record::bulk::Identity;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::{Table, short, with_words};
use crate::time;

/// An account's requests.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The account.
    pub requester: Address,
    /// The requests, the newest first.
    pub requests: Vec<Entry>,
}

/// One request.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// The port.
    pub port: Address,
    /// The port's name in this home.
    pub name: Option<String>,
    /// Its number at the port.
    pub id: u32,
    /// For whom.
    pub recipient: Address,
    /// When, Unix seconds.
    pub requested_at: u64,
    /// When it lapses unanswered, Unix seconds.
    pub lapses_at: u64,
    /// Where it stands.
    pub state: RequestState,
    /// What the patient answered, where it was denied and the answer could be opened.
    pub denial: Option<Denial>,
}

impl Outcome for Status {
    fn text(&self) -> String {
        if self.requests.is_empty() {
            return "no requests\n".into();
        }
        let mut table = Table::new(["PORT", "ID", "MADE", "FOR", "STATE", ""]);
        for entry in &self.requests {
            let port = match &entry.name {
                Some(name) => format!("{} {name}", entry.port),
                None => entry.port.to_string(),
            };
            let recipient = if entry.recipient == self.requester {
                "itself".into()
            } else {
                short(entry.recipient)
            };
            let answer = match (&entry.denial, entry.state) {
                (Some(denial), _) => {
                    let reason = denial.reason.map_or("unknown", |it| it.as_str());
                    with_words(reason, &denial.text)
                }
                (None, RequestState::Pending) => {
                    format!("lapses {}", time::human(entry.lapses_at))
                }
                (None, _) => String::new(),
            };
            table.row([
                port,
                entry.id.to_string(),
                time::human(entry.requested_at),
                recipient,
                entry.state.to_string(),
                answer,
            ]);
        }
        table.to_string()
    }
}

/// Lists the requests that this account sent, and opens the answers.
///
/// # Errors
/// The chain's; wrong passwords. An answer that does not open is a warning.
pub async fn run(context: &Context, args: &StatusArgs) -> Result<Status, Error> {
    let registry = context.registry().await?;
    let account = context.account(None)?;
    let names = mine::names(context, registry.chain().chain_id())?;
    let mut found: Vec<(Address, RequestEntry)> = if let Some(given) = args.port.as_deref() {
        let port = context.port(Some(given)).await?.port;
        let entries = port.requests().await?.into_iter();
        let mine = entries.filter(|entry| entry.requester == account);
        mine.map(|entry| (port.address(), entry)).collect()
    } else {
        let asked = mine::find(context, &registry, account, Mention::Asked).await?;
        let wanted = asked.ports().into_iter();
        let wanted = wanted.flat_map(|(port, ids)| ids.into_iter().map(move |id| (port, id)));
        let answers = requests(&registry, wanted.collect::<Vec<_>>()).await;
        mine::answered(context, answers)?
    };
    found.retain(|(_, entry)| !args.pending || entry.state == RequestState::Pending);
    found.sort_by_key(|(port, entry)| {
        use std::cmp::Reverse;
        (Reverse(entry.requested_at), *port, Reverse(entry.id))
    });
    let mut denials = denials(context, account, &found).await?;
    let entry = |(port, entry): (Address, RequestEntry)| Entry {
        port,
        name: names.get(&port).cloned(),
        id: entry.id,
        recipient: entry.recipient,
        requested_at: entry.requested_at.0,
        lapses_at: entry.lapses_at().0,
        state: entry.state,
        denial: denials.remove(&(port, entry.id)),
    };
    Ok(Status {
        requester: account,
        requests: found.into_iter().map(entry).collect(),
    })
}

/// The answers to what was denied, as far as this home can open them.
async fn denials(
    context: &Context,
    account: Address,
    found: &[(Address, RequestEntry)],
) -> Result<BTreeMap<(Address, u32), Denial>, Error> {
    let mut denials = BTreeMap::new();
    let denied = found
        .iter()
        .filter(|(_, entry)| entry.state == RequestState::Denied);
    let mut identity = Identity::default();
    let mut ports = BTreeMap::new();
    for (address, entry) in denied {
        if !context.can_unlock() {
            break;
        }
        if !ports.contains_key(address) {
            let chosen = context.port(Some(&address.to_string())).await?;
            let keys = match identity.of_provider(context, &chosen, account).await {
                Ok(keys) => keys,
                Err(error) if error.code() == "identity.unknown" => break,
                Err(error) => return Err(error),
            };
            ports.insert(*address, (chosen.port, keys));
        }
        let (port, keys) = &ports[address];
        match read_denial(port, entry, keys).await {
            Ok(told) => {
                let denial = Denial {
                    by: told.by,
                    reason: told.reason,
                    text: told.text.text,
                };
                denials.insert((*address, entry.id), denial);
            }
            Err(error) => unreadable(context, error)?,
        }
    }
    Ok(denials)
}
