//! Who is given new section secrets: what the node says, held against what this home knows.

use alloy::primitives::Address;
use patientport_client::Actor;
use patientport_client::port::Port;
use patientport_client::rotation::{LeftOut, NewKeys, Plan};
use patientport_core::section::{SectionId, SectionSet};
use serde::Serialize;
use serde_json::json;

use crate::args::access::RotationArgs;
use crate::commands::acting::Sender;
use crate::commands::emergency::packages::{self, Renewed};
use crate::commands::onward::{self, SharedWith};
use crate::commands::party::{Patient, section_list};
use crate::commands::stale::warn_of_stale;
use crate::context::{ChosenPort, Context, Wallet};
use crate::error::Error;
use crate::home::HomeError;
use crate::home::pins::{Pin, PinState, Subject};
use crate::preview::{Preview, TxSummary, send};
use crate::time;

/// A live reader who is given no new keys.
#[derive(Clone, Debug, Serialize)]
pub struct Omitted {
    /// The reader.
    pub reader: Address,
    /// Why.
    pub reason: String,
}

/// Leaves out of a planned rotation everyone whose key this home has not seen or knows otherwise, unless its user
/// says that they are right; warns of everyone left out. Returns the keys that secrets will be sealed to.
///
/// # Errors
/// Those of reading the pins; a prompt's.
pub fn judge(
    context: &Context,
    plan: &mut Plan,
    include_unseen: bool,
    chain_id: u64,
) -> Result<Vec<Pin>, Error> {
    let mut pins = Vec::new();
    let mut failed = None;
    plan.leave_out(|recipient| {
        let subject = Subject::Account(recipient.account);
        match context.compare_key(chain_id, subject, &recipient.key) {
            Ok(pin) if pin.state == PinState::First && !include_unseen => {
                match vouched(context, recipient.account, &pin) {
                    Ok(true) => pins.push(pin),
                    Ok(false) => return Some(LeftOut::Unknown),
                    Err(error) => failed = Some(error),
                }
                None
            }
            Ok(pin) => {
                pins.push(pin);
                None
            }
            Err(Error::Home(HomeError::KeyChanged { .. })) => Some(LeftOut::KeyChanged),
            Err(error) => {
                failed = Some(error);
                None
            }
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    for (reader, why) in plan.left_out() {
        context.warn(
            "access.reader_left_out",
            format!("`{reader}` gets no new keys: {why}"),
        );
    }
    Ok(pins)
}

/// Whether the person at the terminal knows a reader that this home has never seen.
fn vouched(context: &Context, reader: Address, pin: &Pin) -> Result<bool, Error> {
    if context.settings.yes || !context.terminal.interactive {
        return Ok(false);
    }
    Ok(context.terminal.confirm(&format!(
        "the node names `{reader}`, key {}, as a reader, which this home has not seen: give it the new keys?",
        pin.fingerprint
    ))?)
}

/// Those left out of a rotation, for outcomes.
pub fn omitted(plan: &Plan) -> Vec<Omitted> {
    let omitted = |(reader, why): &(Address, LeftOut)| Omitted {
        reader: *reader,
        reason: why.to_string(),
    };
    plan.left_out().iter().map(omitted).collect()
}

/// Sections named by `--abandon-current`.
///
/// # Errors
/// `section.invalid`.
pub fn abandoned(args: &RotationArgs) -> Result<SectionSet, Error> {
    let mut set = SectionSet::EMPTY;
    for number in args.abandon_current.iter().flat_map(|set| &set.0) {
        set.insert(SectionId::try_from(*number).map_err(patientport_client::Error::from)?);
    }
    Ok(set)
}

/// Adds to a preview which sections get new keys, and everyone who is given them, key by key.
///
/// `patient_key` is the patient's key where somebody else acts.
pub fn preview(
    mut preview: Preview,
    actor: &Actor,
    patient_key: Option<Pin>,
    keys: &NewKeys,
    pins: Vec<Pin>,
) -> Preview {
    preview = preview.line(
        "new keys",
        section_list(keys.sections(), Some(actor.keyring())),
    );
    preview = if let Some(pin) = patient_key {
        preview.pinned("sealed to", "the patient, key ", pin)
    } else {
        let own = actor.patient_key().fingerprint();
        preview.line("sealed to", format!("you, key {own}"))
    };
    for (recipient, pin) in keys.recipients.iter().skip(1).zip(pins) {
        preview = preview.pinned("sealed to", format!("{}, key ", recipient.account), pin);
    }
    if !keys.later.is_empty() {
        preview = preview.line("more", format!("{} further transactions", keys.later.len()));
    }
    preview
}

/// Remembers the section keys that this home has just made: a node that shows others later is caught. The keys have
/// changed by now, and readers wait for theirs: a home that cannot remember them keeps nobody from these.
fn remember_made(context: &Context, actor: &Actor, keys: &NewKeys) {
    let port = actor.port();
    let pins: Vec<_> = keys
        .secrets
        .iter()
        .map(|made| Pin {
            chain_id: port.chain().chain_id(),
            subject: Subject::Section {
                port: port.address(),
                section: made.section.get(),
                epoch: made.epoch,
            },
            fingerprint: made.secret.public().fingerprint().to_string(),
            // Whatever stood there was another attempt's, which did not become the section's key.
            state: PinState::Replaced,
        })
        .collect();
    if let Err(error) = context.home().keep_pins(&pins) {
        let error = Error::from(error).chain().join(": ");
        context.warn(
            "pin.not_kept",
            format!(
                "the new keys are not remembered here, and are believed as they are next seen: {error}"
            ),
        );
    }
}

/// What became of new keys.
#[derive(Debug, Default, Serialize)]
pub struct Rekeyed {
    /// Who was given the new keys, beside the patient.
    pub sealed_to: Vec<Address>,
    /// Readers who still have access and were given no new keys.
    pub left_out: Vec<Omitted>,
    /// Further transactions that carried the new keys to more readers.
    pub later: Vec<TxSummary>,
    /// Emergency packages that were made anew.
    pub packages: Vec<Renewed>,
    /// Records sealed to the patient that were shared onward.
    pub shared: Vec<SharedWith>,
}

impl Rekeyed {
    /// What there is to tell, a line each.
    pub fn lines(&self) -> String {
        let later = self.later.iter().map(TxSummary::line);
        let packages = self.packages.iter().map(Renewed::text);
        let shared = self.shared.iter().map(SharedWith::text);
        later.chain(packages).chain(shared).collect()
    }
}

/// Everything that follows the transaction that changed keys: they are remembered, and go to the readers for whom it had
/// no room; emergency packages are made anew by who may change keys; the `patient`, if it acts itself, shares onward what
/// is sealed to it.
///
/// # Errors
/// The chain's, with a hint: the readers left without new keys get them by another rotation.
pub async fn follow(
    context: &Context,
    chosen: &ChosenPort,
    sender: &Sender<'_>,
    patient: Option<&Patient>,
    (mut plan, keys): (Option<Plan>, Option<&NewKeys>),
) -> Result<Rekeyed, Error> {
    let (mut sealed_to, mut later) = (Vec::new(), Vec::new());
    if let Some(keys) = keys {
        remember_made(context, sender.actor, keys);
        let readers = keys.recipients.iter().skip(1);
        sealed_to.extend(readers.map(|it| it.account));
        later = send_later(context, &chosen.port, sender.wallet, keys).await?;
        if let Some(plan) = &mut plan {
            warn_of_overlooked(context, sender.actor, plan, keys).await?;
        }
    }
    // A reader whose access ended meanwhile, or was hidden, shows now.
    warn_of_stale(context, &chosen.port).await?;
    let packages = if sender.may_rotate() {
        packages::afterwards(context, chosen, sender, keys).await
    } else {
        Vec::new()
    };
    let shared = match patient {
        Some(patient) => onward::afterwards(context, chosen, patient).await,
        None => Vec::new(),
    };
    Ok(Rekeyed {
        sealed_to,
        left_out: plan.as_ref().map(omitted).unwrap_or_default(),
        later,
        packages,
        shared,
    })
}

/// Tells of readers who were given access between the plan of new keys and their transaction.
async fn warn_of_overlooked(
    context: &Context,
    actor: &Actor,
    plan: &mut Plan,
    keys: &NewKeys,
) -> Result<(), Error> {
    let known = plan.left_out().len();
    actor.find_overlooked(plan, keys, time::clock()).await?;
    for (reader, why) in &plan.left_out()[known..] {
        context.warn(
            "access.reader_left_out",
            format!(
                "`{reader}` gets no new keys: {why}; give them with `patientport access reseal`"
            ),
        );
    }
    Ok(())
}

/// Sends what did not fit into a rotation's first transaction. Access has ended with the first.
///
/// # Errors
/// The chain's, with a hint: the readers left without new keys get them by another rotation.
async fn send_later(
    context: &Context,
    port: &Port,
    wallet: &Wallet,
    keys: &NewKeys,
) -> Result<Vec<TxSummary>, Error> {
    let mut reports = Vec::new();
    let transactions = keys.later_transactions(port);
    let count = transactions.len();
    for (index, transaction) in transactions.iter().enumerate() {
        let preview = Preview::new(format!(
            "seal the new keys to more readers, {} of {count}",
            index + 1
        ))
        .line("port", port.address().to_string());
        let report = send(context, wallet, preview, transaction).await.map_err(|error| {
            let sections: Vec<_> = keys.sections().iter().map(|it| format!("--section {it}")).collect();
            error.with_hint(
                format!(
                    "the keys have changed, but some readers were not given them: run `patientport access rotate {}`",
                    sections.join(" ")
                ),
                json!({ "sent": index, "of": count }),
            )
        })?;
        reports.push((&report).into());
    }
    Ok(reports)
}
