//! `patientport emergency custodian set` and `remove`

use alloy::primitives::Address;
use serde::Serialize;

use super::packages::{self, Renewed};
use crate::args::emergency::{CustodianRemoveArgs, CustodianSetArgs};
use crate::commands::acting::Sender;
use crate::commands::describe::Who;
use crate::commands::party::Patient;
use crate::commands::person;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// A custodian's place, and who has it now.
#[derive(Debug, Serialize)]
pub struct CustodianSet {
    /// The port.
    pub port: Address,
    /// The place, 0 to 2.
    pub index: u8,
    /// Who has it; nobody after a removal.
    pub custodian: Option<Address>,
    /// Fingerprint of its key.
    pub fingerprint: Option<String>,
    /// The transaction.
    pub tx: TxSummary,
    /// Emergency packages that were made anew.
    pub packages: Vec<Renewed>,
}

impl Outcome for CustodianSet {
    fn text(&self) -> String {
        let mut text = match (&self.custodian, &self.fingerprint) {
            (Some(account), Some(fingerprint)) => {
                format!("custodian {} is {account}, key {fingerprint}\n", self.index)
            }
            _ => format!("nobody is custodian {} any more\n", self.index),
        };
        text.push_str(&self.tx.line());
        text.extend(self.packages.iter().map(Renewed::text));
        text
    }
}

/// Names a custodian, and makes the packages anew: it has no layer in those that there are.
///
/// # Errors
/// What is wrong with the key; the port's refusals.
pub async fn set(context: &Context, args: CustodianSetArgs) -> Result<CustodianSet, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let patient = Patient::open(context, &chosen).await?;
    let person = person::find(context, port, &args.person).await?;
    let preview = Preview::new("name a custodian, who passes emergency packages on")
        .line("port", port.address().to_string())
        .line("number", args.index.to_string())
        .line(
            "custodian",
            Who::find(port.registry(), person.account).await?.line(),
        )
        .pinned("its key", "", person.pin)
        .line(
            "trust",
            "with a responder it can open that responder's package without anybody noticing",
        );
    let call = port.set_custodian(args.index, Some((person.account, &person.key)));
    let report = send(context, &patient.wallet, preview, &call).await?;
    let sender = Sender::of_patient(&patient);
    Ok(CustodianSet {
        port: port.address(),
        index: args.index,
        custodian: Some(person.account),
        fingerprint: Some(person.key.fingerprint().to_string()),
        tx: (&report).into(),
        packages: packages::afterwards(context, &chosen, &sender, None).await,
    })
}

/// Removes a custodian, and makes the packages anew without it. What it has fetched already, it keeps.
///
/// # Errors
/// The port's refusals.
pub async fn remove(context: &Context, args: CustodianRemoveArgs) -> Result<CustodianSet, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let patient = Patient::open(context, &chosen).await?;
    let preview = Preview::new("name nobody in a custodian's place")
        .line("port", port.address().to_string())
        .line("number", args.index.to_string())
        .line(
            "keeps",
            "what it has of earlier packages: only new section keys make that useless for what comes",
        );
    let call = port.set_custodian(args.index, None);
    let report = send(context, &patient.wallet, preview, &call).await?;
    let sender = Sender::of_patient(&patient);
    Ok(CustodianSet {
        port: port.address(),
        index: args.index,
        custodian: None,
        fingerprint: None,
        tx: (&report).into(),
        packages: packages::afterwards(context, &chosen, &sender, None).await,
    })
}
