//! `patientport request list`

use std::collections::btree_map::{self, BTreeMap};

use alloy::primitives::Address;
use patientport_client::port::RequestState;
use serde::Serialize;

use crate::args::request::ListArgs;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::Table;
use crate::time;

/// A port's requests.
#[derive(Debug, Serialize)]
pub struct Requests {
    /// The port.
    pub port: Address,
    /// In order of their numbers.
    pub requests: Vec<Entry>,
}

/// One request, as anybody sees it.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its number.
    pub id: u32,
    /// Who asked.
    pub requester: Who,
    /// For whom.
    pub recipient: Who,
    /// When, Unix seconds.
    pub requested_at: u64,
    /// When it lapses unanswered, Unix seconds.
    pub lapses_at: u64,
    /// Where it stands.
    pub state: RequestState,
}

impl Outcome for Requests {
    fn text(&self) -> String {
        if self.requests.is_empty() {
            return "no requests\n".into();
        }
        let mut table = Table::new(["ID", "STATE", "MADE", "FOR", "BY"]);
        for request in &self.requests {
            let by = if request.requester.account == request.recipient.account {
                "itself".into()
            } else {
                request.requester.line()
            };
            table.row([
                request.id.to_string(),
                request.state.to_string(),
                time::human(request.requested_at),
                request.recipient.line(),
                by,
            ]);
        }
        table.to_string()
    }
}

/// Lists a port's requests. Needs no key.
///
/// # Errors
/// The chain's.
pub async fn run(context: &Context, args: &ListArgs) -> Result<Requests, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let registry = chosen.port.registry();
    let mut known: BTreeMap<Address, Who> = BTreeMap::new();
    let mut requests = Vec::new();
    for entry in chosen.port.requests().await? {
        if args.pending && entry.state != RequestState::Pending {
            continue;
        }
        // The same few providers ask again and again.
        for account in [entry.requester, entry.recipient] {
            if let btree_map::Entry::Vacant(vacant) = known.entry(account) {
                vacant.insert(Who::find(registry, account).await?);
            }
        }
        requests.push(Entry {
            id: entry.id,
            requester: known[&entry.requester].clone(),
            recipient: known[&entry.recipient].clone(),
            requested_at: entry.requested_at.0,
            lapses_at: entry.lapses_at().0,
            state: entry.state,
        });
    }
    Ok(Requests {
        port: chosen.port.address(),
        requests,
    })
}
