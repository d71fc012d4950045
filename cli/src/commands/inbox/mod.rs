//! `patientport inbox`: what waits for an answer at the ports of this home, listed, or decided one by one.

mod decide;
mod entry;

use std::collections::BTreeMap;

use alloy::primitives::Address;
use patientport_client::IdentityKeys;
use patientport_client::port::{Access, DelegateRights, PortInfo, RequestEntry};
use patientport_client::requests::{Requests, requests};
use serde::Serialize;

use crate::args::inbox::InboxArgs;
use crate::commands::acting::role;
use crate::commands::describe::Who;
use crate::commands::party::{Reader, keyring};
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::home::HomeError;
use crate::output::Outcome;
use crate::time;

use decide::Tally;

/// What answering a request takes of a delegate.
const APPROVE: DelegateRights = DelegateRights::APPROVE;
pub use entry::{Before, Content, Effect, Entry};

/// What waits for an answer.
#[derive(Debug, Serialize)]
pub struct Inbox {
    /// The ports that were looked at.
    pub ports: Vec<Address>,
    /// The newest last.
    pub requests: Vec<Entry>,
    /// What was decided, if somebody was asked.
    #[serde(skip)]
    tally: Option<Tally>,
}

impl Outcome for Inbox {
    fn text(&self) -> String {
        if let Some(tally) = &self.tally {
            return tally.text();
        }
        if self.requests.is_empty() {
            return "no request waits for an answer\n".into();
        }
        let texts: Vec<_> = self.requests.iter().map(Entry::text).collect();
        texts.join("\n")
    }
}

/// One port with what waits there.
#[derive(Debug)]
struct Waiting {
    chosen: ChosenPort,
    info: PortInfo,
    requests: Requests,
    /// What those have who are listed; nobody else has anything.
    access: BTreeMap<Address, Access>,
    people: BTreeMap<Address, Who>,
}

impl Waiting {
    /// Reads a port. Needs no key.
    async fn read(context: &Context, chosen: ChosenPort) -> Result<Self, Error> {
        let port = &chosen.port;
        let info = port.claimed_info().await?;
        let now = port.chain().now(time::clock()).await?;
        let requests = requests(port, now).await?;
        let accounts: Vec<_> = requests
            .pending()
            .flat_map(|entry| [entry.requester, entry.recipient])
            .collect();
        let mut access = BTreeMap::new();
        let mut people = BTreeMap::new();
        if !accounts.is_empty() {
            let holders = port.holders(now).await?;
            access.extend(holders.iter().map(|it| (it.access.reader, it.access)));
            people = Who::find_all(port.registry(), accounts).await?;
        }
        context.terminal.detail(&format!(
            "{} requests at {}, {} of them wait",
            requests.all().count(),
            port.address(),
            requests.pending().count()
        ));
        Ok(Self {
            chosen,
            info,
            requests,
            access,
            people,
        })
    }

    fn pending(&self) -> Vec<RequestEntry> {
        self.requests.pending().copied().collect()
    }

    /// Everything that waits, opened with the patient's keys if they are at hand.
    async fn entries(&self, context: &Context) -> Result<Vec<Entry>, Error> {
        let pending = self.pending();
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let reader = Reader::open_if_possible(context, &self.chosen, &self.info).await?;
        let Some(reader) = reader.filter(|reader| reader.is_patient) else {
            return Ok(pending
                .iter()
                .map(|entry| self.entry(entry, Content::Sealed, None))
                .collect());
        };
        let port = &self.chosen.port;
        let ring = keyring(context, port, reader.account, &reader.keys).await?;
        let opened = self.open(&pending, &reader.keys)?;
        let told = pending.iter().zip(opened);
        Ok(told
            .map(|(entry, content)| self.entry(entry, content, Some(&ring)))
            .collect())
    }

    fn open(&self, entries: &[RequestEntry], keys: &IdentityKeys) -> Result<Vec<Content>, Error> {
        let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
        let opened = self.requests.open_all(&ids, self.info.patient, keys);
        opened
            .into_iter()
            .map(|text| match text {
                Ok(text) => Ok(Content::Open(text)),
                // Somebody sealed badly. The patient may still say no, or approve what is named by hand.
                Err(error) if error.code().starts_with("message.") => Ok(Content::Unreadable),
                Err(error) => Err(error.into()),
            })
            .collect()
    }
}

/// Lists what waits, or asks about one request after another.
///
/// # Errors
/// The chain's; `history.mismatch`; [`Error::NotTheOwner`]; of approving and denying what ends the run: a prompt that was
/// interrupted, a node that does not answer.
pub async fn run(context: &Context, args: &InboxArgs) -> Result<Inbox, Error> {
    let is_asking = context.terminal.interactive && !context.settings.json && !args.list;
    let waiting = waiting(context, args.port.port.as_deref()).await?;
    let ports = waiting
        .iter()
        .map(|waiting| waiting.chosen.port.address())
        .collect();
    let is_empty = waiting
        .iter()
        .all(|it| it.requests.pending().next().is_none());
    let (mut requests, mut tally) = (Vec::new(), None);
    if is_asking && !is_empty {
        tally = Some(decide::run(context, &waiting, args.terms).await?);
    } else {
        for waiting in &waiting {
            requests.extend(waiting.entries(context).await?);
        }
        requests.sort_by_key(|entry| (entry.requested_at, entry.port, entry.id));
    }
    Ok(Inbox {
        ports,
        requests,
        tally,
    })
}

/// The port that is named, or all of this home on the chain that its account still owns.
async fn waiting(context: &Context, named: Option<&str>) -> Result<Vec<Waiting>, Error> {
    if named.is_some() {
        let waiting = Waiting::read(context, context.port(named).await?).await?;
        may_answer(context, &waiting).await?;
        return Ok(vec![waiting]);
    }
    let chain_id = context.chain().await?.chain_id();
    let ports = context.home().ports()?.into_iter();
    let own: Vec<_> = ports
        .filter(|(_, port)| port.chain_id == chain_id && port.account.is_some())
        .collect();
    if own.is_empty() {
        return Err(HomeError::NoPort(chain_id).into());
    }
    let only = own.len() == 1;
    let mut all = Vec::new();
    for (name, known) in own {
        let chosen = context.open_port(Some(name.clone()), known).await;
        let waiting = match chosen {
            Ok(chosen) => Waiting::read(context, chosen).await,
            Err(error) => Err(error),
        };
        let waiting = match waiting {
            Ok(waiting) => may_answer(context, &waiting).await.map(|()| waiting),
            Err(error) => Err(error),
        };
        match waiting {
            Ok(waiting) => all.push(waiting),
            // One port's trouble keeps nobody from another's requests; a silent node is everybody's.
            Err(error) if !only && error.exit() != crate::codes::Exit::Environment => context.warn(
                "inbox.port_left_out",
                format!("port `{name}` is left out: {error}"),
            ),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Refuses a port at which this home's account is neither the patient nor a delegate who may answer, as far as can be
/// told without a password.
async fn may_answer(context: &Context, waiting: &Waiting) -> Result<(), Error> {
    let name = context.wallet_name(waiting.chosen.known.account.as_deref())?;
    if context.stated(&name)?.is_none() {
        return Ok(());
    }
    role(context, &waiting.chosen, &waiting.info, APPROVE).await?;
    Ok(())
}
