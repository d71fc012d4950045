//! `patientport port change-key`
//!
//! The number of the new key is written to the home before the key is published, and the old number stays beside it
//! until the change is known to have happened: whatever the port shows, this home has its key.

use alloy::primitives::Address;
use patientport_client::rotation::{NamedSection, NewKeys, no_rotation};
use patientport_core::keys::IdentitySeed;
use patientport_core::section::SectionSet;
use rand_core::OsRng;
use serde::Serialize;

use super::reserved::Reserved;
use crate::args::port::ChangeKeyArgs;
use crate::commands::access::reseal::send_missing;
use crate::commands::acting::Sender;
use crate::commands::party::Patient;
use crate::commands::sealing::{self, Rekeyed};
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::home::HomeError;
use crate::home::pins::{Pin, PinState, Subject};
use crate::home::ports::{KnownPort, Ports, free_name, next_key_index};
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, approved, submit};
use crate::text::count;
use crate::time;

/// A port whose patient has another key.
#[derive(Debug, Serialize)]
pub struct ChangedKey {
    /// The port.
    pub port: Address,
    /// Its name in this home.
    pub name: String,
    /// Fingerprint of the new key.
    pub fingerprint: String,
    /// The identity that has it.
    pub identity: String,
    /// The new key's number in the identity.
    pub key_index: u32,
    /// The sections that got new keys.
    pub sections: SectionSet,
    /// The transaction that changed the key; none if an earlier run had sent it.
    pub tx: Option<TxSummary>,
    /// What became of the new keys.
    #[serde(flatten)]
    pub given: Rekeyed,
}

impl Outcome for ChangedKey {
    fn text(&self) -> String {
        let mut text = match self.tx {
            Some(_) => format!(
                "port `{}` has the new key {}; {} got new keys, too\n",
                self.name,
                self.fingerprint,
                count(self.sections.len(), "section")
            ),
            None => format!(
                "port `{}` has the key {} by an earlier run, which is finished now\n",
                self.name, self.fingerprint
            ),
        };
        text.extend(self.tx.iter().map(TxSummary::line));
        text.push_str(&self.given.lines());
        text
    }
}

/// Publishes the identity's next key, and new keys of every open section, sealed to it and to everyone who may read.
///
/// # Errors
/// The port's refusals; [`Error::NotTheOwner`]; `CurrentSecretMissing`.
pub async fn run(context: &Context, args: ChangeKeyArgs) -> Result<ChangedKey, Error> {
    let chosen = context.port(args.port.as_deref()).await?;
    let patient = Patient::open(context, &chosen).await?;
    let current = patient.numbers.current;
    let known = &chosen.known;
    let recorded = (known.identity.as_deref(), known.key_index);
    let next = (
        known.next_identity.as_deref().or(known.identity.as_deref()),
        known.next_key,
    );
    let shown = (Some(patient.identity.as_str()), Some(current));
    if next == shown && recorded != shown {
        finish(context, &chosen, &patient, args.rotation.include_unseen).await
    } else {
        change(context, &chosen, &patient, &args).await
    }
}

/// An earlier run's transaction was mined after all: what is left is to remember it, and to give the secrets that it
/// did not come to give.
async fn finish(
    context: &Context,
    chosen: &ChosenPort,
    patient: &Patient,
    include_unseen: bool,
) -> Result<ChangedKey, Error> {
    let index = patient.numbers.current;
    let identity = (patient.identity.clone(), patient.seed.clone());
    let name = if context.is_dry_run() {
        entry(&context.home().ports()?, chosen)?.0
    } else {
        settle(context, chosen, patient, &identity, index)?
    };
    let resealed = send_missing(
        context,
        chosen,
        &Sender::of_patient(patient),
        include_unseen,
    )
    .await?;
    let sender = Sender::of_patient(patient);
    let given = sealing::follow(context, chosen, &sender, Some(patient), (None, None)).await?;
    Ok(ChangedKey {
        port: chosen.port.address(),
        name,
        fingerprint: patient.acting.patient_key().fingerprint().to_string(),
        identity: identity.0,
        key_index: index,
        sections: SectionSet::EMPTY,
        tx: None,
        given: Rekeyed {
            sealed_to: resealed.sealed_to,
            left_out: resealed.left_out,
            later: resealed.txs,
            ..given
        },
    })
}

async fn change(
    context: &Context,
    chosen: &ChosenPort,
    patient: &Patient,
    args: &ChangeKeyArgs,
) -> Result<ChangedKey, Error> {
    let port = &chosen.port;
    let acting = &patient.acting;
    let open = port.open_sections().await?;
    let sections: Vec<_> = open
        .iter()
        .map(|key| NamedSection::from(key.section))
        .collect();
    let to = match &args.to_identity {
        Some(name) if *name != patient.identity => context.identity_named(name)?,
        _ => (patient.identity.clone(), patient.seed.clone()),
    };
    let reserved = reserve(context, chosen, patient, &to)?;
    let (index, (identity, seed)) = (reserved.index, &to);
    let key = seed.patient_key(index).public();
    let composed = async {
        let mut plan = acting.plan(&sections, &[], time::clock()).await?;
        let chain_id = port.chain().chain_id();
        let pins = sealing::judge(context, &mut plan, args.rotation.include_unseen, chain_id)?;
        let preview =
            Preview::new("change the port's encryption key, and the keys of its sections")
                .line("port", port.address().to_string())
                .line(
                    "new key",
                    format!("{} (identity `{identity}`, key {index})", key.fingerprint()),
                );
        let abandon = sealing::abandoned(&args.rotation)?;
        let keys = (!sections.is_empty())
            .then(|| acting.new_keys_for(&plan, abandon, &key, &mut OsRng))
            .transpose()?;
        let (preview, rotation) = match &keys {
            Some(keys) => (
                sealing::preview(preview, acting, None, keys, pins),
                keys.rotation.clone(),
            ),
            None => (preview, no_rotation()),
        };
        let transaction = port.set_encryption_key(&key, rotation);
        let prepared = approved(context, &patient.wallet, preview, &transaction).await?;
        Ok::<_, Error>((plan, keys, transaction, prepared))
    };
    let (plan, keys, transaction, prepared) = match composed.await {
        Ok(composed) => composed,
        // Somebody else may send it: running the command again finishes it then.
        Err(error) if error.is_handed_on() => {
            note_next(context, patient, &to, index)?;
            return Err(error);
        }
        Err(error) => {
            // Nothing was sent, so the key is nobody's yet.
            reserved.give_back(context)?;
            return Err(error);
        }
    };
    note_next(context, patient, &to, index)?;
    let report = submit(context, &patient.wallet, &transaction, &prepared).await?;
    let name = settle(context, chosen, patient, &to, index)?;
    let sender = Sender::of_patient(patient);
    let made = (Some(plan), keys.as_ref());
    let given = sealing::follow(context, chosen, &sender, Some(patient), made).await?;
    Ok(ChangedKey {
        port: port.address(),
        name,
        fingerprint: key.fingerprint().to_string(),
        identity: identity.clone(),
        key_index: index,
        sections: keys.as_ref().map(NewKeys::sections).unwrap_or_default(),
        tx: Some((&report).into()),
        given,
    })
}

/// From here on the new key may be public.
fn note_next(
    context: &Context,
    patient: &Patient,
    (identity, seed): &(String, IdentitySeed),
    index: u32,
) -> Result<(), Error> {
    context.home().note_patient_key(seed, index)?;
    if *identity != patient.identity {
        context.home().note_former(seed, &patient.identity)?;
    }
    Ok(())
}

/// Writes the number of the new key beside that of the present one: the number of an attempt that was not mined, or
/// one that no port has had.
fn reserve(
    context: &Context,
    chosen: &ChosenPort,
    patient: &Patient,
    (identity, seed): &(String, IdentitySeed),
) -> Result<Reserved, Error> {
    let least = context.home().derived(seed)?.next_patient_key;
    let is_same = *identity == patient.identity;
    let used: Vec<u32> = if is_same {
        let numbers = &patient.numbers;
        numbers
            .former
            .iter()
            .copied()
            .chain([numbers.current])
            .collect()
    } else {
        Vec::new()
    };
    let reserved = context.home().change_ports(|ports| {
        let (name, earlier) = entry(ports, chosen)?;
        let mut known = earlier.clone().unwrap_or_else(|| chosen.known.clone());
        let next_identity = known.next_identity.as_ref().or(known.identity.as_ref());
        let tried_same = next_identity == Some(identity);
        let tried = known
            .next_key
            .filter(|index| tried_same && !used.contains(index));
        fill(
            &mut known,
            chosen,
            patient,
            &patient.identity,
            patient.numbers.current,
        );
        let index = tried.unwrap_or_else(|| {
            let above = used.iter().max().map_or(0, |index| index.saturating_add(1));
            next_key_index(ports, identity).max(least).max(above)
        });
        known.next_key = Some(index);
        known.next_identity = (!is_same).then(|| identity.clone());
        ports.insert(name.clone(), known.clone());
        Ok::<_, HomeError>(Reserved {
            earlier: earlier.map(|earlier| (name.clone(), earlier)),
            name,
            index,
            written: known,
        })
    })?;
    Ok(reserved)
}

/// Remembers that the port shows the key with this number.
fn settle(
    context: &Context,
    chosen: &ChosenPort,
    patient: &Patient,
    (identity, seed): &(String, IdentitySeed),
    index: u32,
) -> Result<String, Error> {
    let name = context.home().change_ports(|ports| {
        let (name, known) = entry(ports, chosen)?;
        let mut known = known.unwrap_or_else(|| chosen.known.clone());
        fill(&mut known, chosen, patient, identity, index);
        known.next_key = None;
        known.next_identity = None;
        ports.insert(name.clone(), known);
        Ok(name)
    })?;
    context.home().keep_pins(&[Pin {
        chain_id: chosen.port.chain().chain_id(),
        subject: Subject::Account(chosen.port.address()),
        fingerprint: seed.patient_key(index).public().fingerprint().to_string(),
        // This home's own key: whatever stood there is the one before it.
        state: PinState::Replaced,
    }])?;
    Ok(name)
}

/// The port's name, new or not, and what is written under it.
fn entry(ports: &Ports, chosen: &ChosenPort) -> Result<(String, Option<KnownPort>), HomeError> {
    let name = match &chosen.name {
        Some(name) => name.clone(),
        None => free_name(ports, None, chosen.port.address())?,
    };
    let known = ports.get(&name).cloned();
    Ok((name, known))
}

fn fill(known: &mut KnownPort, chosen: &ChosenPort, patient: &Patient, identity: &str, index: u32) {
    known.registry = Some(chosen.port.registry().address());
    known.account = Some(patient.wallet.name.clone());
    known.identity = Some(identity.to_owned());
    known.key_index = Some(index);
}
