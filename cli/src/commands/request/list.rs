//! `patientport request list`

use alloy::primitives::Address;
use patientport_client::port::RequestState;
use patientport_client::requests::requests;
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

/// Lists a port's requests, as its history tells them. Needs no key.
///
/// # Errors
/// `history.mismatch`; the chain's.
pub async fn run(context: &Context, args: &ListArgs) -> Result<Requests, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let now = port.chain().now(time::clock()).await?;
    let all = requests(port, now).await?;
    let listed: Vec<_> = all
        .all()
        .filter(|entry| !args.pending || entry.state == RequestState::Pending)
        .collect();
    // The same few providers ask again and again.
    let accounts = listed
        .iter()
        .flat_map(|entry| [entry.requester, entry.recipient]);
    let people = Who::find_all(port.registry(), accounts).await?;
    let requests = listed
        .into_iter()
        .map(|entry| Entry {
            id: entry.id,
            requester: people[&entry.requester].clone(),
            recipient: people[&entry.recipient].clone(),
            requested_at: entry.requested_at.0,
            lapses_at: entry.lapses_at().0,
            state: entry.state,
        })
        .collect();
    Ok(Requests {
        port: chosen.port.address(),
        requests,
    })
}
