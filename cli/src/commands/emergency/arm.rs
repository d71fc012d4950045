//! `patientport emergency arm` and `disarm`

use alloy::primitives::{Address, B256};
use patientport_core::section::SectionSet;
use rand_core::OsRng;
use serde::Serialize;

use super::packages;
use crate::args::emergency::{ArmArgs, ResponderArgs};
use crate::commands::acting::patient_signer;
use crate::commands::describe::Who;
use crate::commands::party::{Patient, section_list, sections};
use crate::commands::stale::warn_of_stale;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, approved, send, submit};
use crate::text::span;

/// A responder who may take access in an emergency.
#[derive(Debug, Serialize)]
pub struct Armed {
    /// The port.
    pub port: Address,
    /// The responder.
    pub responder: Address,
    /// The sections that it would open.
    pub sections: SectionSet,
    /// Seconds from breaking the glass to access.
    pub delay: u32,
    /// Seconds of access.
    pub window: u32,
    /// BLAKE3 of the package: its name in the stores.
    pub package: B256,
    /// Who may release it.
    pub custodians: Vec<Address>,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Armed {
    fn text(&self) -> String {
        format!(
            "{} may break the glass: section {}, after {}, for {}\nemergency package {} is in the store: custodians fetch it from there\n{}",
            self.responder,
            section_list(self.sections, None),
            span(self.delay.into()),
            span(self.window.into()),
            self.package,
            self.tx.line()
        )
    }
}

/// Arms a responder: makes its package, stores it, and says so on chain.
///
/// # Errors
/// `emergency.no_custodian`; `provider.unverified`; `section.not_open`; the stores'; the port's refusals.
pub async fn run(context: &Context, args: ArmArgs) -> Result<Armed, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let (delay, window) = (args.delay, args.window);
    let patient = Patient::open(context, &chosen).await?;
    let actor = &patient.acting;
    let set = sections(&chosen, Some(patient.keyring()), &args.section)?;
    let mut keys = Vec::new();
    for section in set.iter() {
        keys.push(port.section_key(section).await?);
    }
    let custodians =
        packages::custodians(context, port, args.responder, args.include_unseen).await?;
    let (key, pin) = packages::responder_key(context, port, args.responder).await?;
    let sealed_to: Vec<_> = custodians.iter().map(|it| (it.0, it.1)).collect();
    let package = actor.package((args.responder, &key), &keys, &sealed_to, &mut OsRng)?;
    let commitment = package.commitment();
    let mut preview = Preview::new("let a provider take access in an emergency")
        .line("port", port.address().to_string())
        .line(
            "responder",
            Who::find(port.registry(), args.responder).await?.line(),
        )
        .pinned("its key", "", pin)
        .line("sections", section_list(set, Some(patient.keyring())))
        .line(
            "delay",
            if delay == 0 {
                "none: there is no time for a veto".into()
            } else {
                format!("{}, in which you can veto", span(delay.into()))
            },
        )
        .line("window", span(window.into()));
    for (account, _, pin) in &custodians {
        preview = preview.pinned("custodian", format!("{account}, key "), pin.clone());
    }
    let call = port.arm(args.responder, set, delay, window, commitment);
    packages::store_ahead(context, &package).await?;
    let prepared = approved(context, &patient.wallet, preview, &call).await?;
    packages::store(context, &package).await?;
    let report = submit(context, &patient.wallet, &call, &prepared).await?;
    warn_of_stale(context, port).await?;
    Ok(Armed {
        port: port.address(),
        responder: args.responder,
        sections: set,
        delay,
        window,
        package: commitment,
        custodians: sealed_to.iter().map(|(account, _)| *account).collect(),
        tx: (&report).into(),
    })
}

/// A responder who was removed.
#[derive(Debug, Serialize)]
pub struct Disarmed {
    /// The port.
    pub port: Address,
    /// Who.
    pub responder: Address,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Disarmed {
    fn text(&self) -> String {
        format!(
            "{} has no emergency access, and can take none\n{}",
            self.responder,
            self.tx.line()
        )
    }
}

/// Removes a responder; asks the registry nothing.
///
/// # Errors
/// The port's refusals.
pub async fn disarm(context: &Context, args: ResponderArgs) -> Result<Disarmed, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let wallet = patient_signer(context, &chosen, &info)?;
    let preview = Preview::new("remove a responder, and end its emergency access")
        .line("port", port.address().to_string())
        .line(
            "responder",
            Who::find(port.registry(), args.responder).await?.line(),
        );
    let report = send(context, &wallet, preview, &port.disarm(args.responder)).await?;
    warn_of_stale(context, port).await?;
    Ok(Disarmed {
        port: port.address(),
        responder: args.responder,
        tx: (&report).into(),
    })
}
