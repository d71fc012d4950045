//! Who this home is at a port: its patient, or somebody with a provider's key.

use std::path::Path;

use alloy::primitives::Address;
use patientport_client::port::{Port, PortInfo};
use patientport_client::{IdentityKeys, Keyring};
use patientport_core::keys::IdentitySeed;
use patientport_core::section::{SectionId, SectionSet};
use patientport_core::text::Rights;

use crate::args::values::SectionRef;
use crate::commands::keys::{self, PortKeys};
use crate::context::{ChosenPort, Context, Wallet};
use crate::error::Error;
use crate::text::shown;

/// The patient of a port, ready to act.
#[derive(Debug)]
pub struct Patient {
    /// It signs.
    pub wallet: Wallet,
    /// The account and the identity, held against what the port shows.
    pub acting: patientport_client::Actor,
    /// Name of the identity.
    pub identity: String,
    /// Its seed.
    pub seed: IdentitySeed,
    /// The numbers of the port's keys in it.
    pub numbers: PortKeys,
}

impl Patient {
    /// Opens wallet, identity and key ring of the port's patient.
    ///
    /// # Errors
    /// [`Error::NotTheOwner`]; [`Error::NotThePortsKey`]; `NotClaimed`; wrong passwords.
    pub async fn open(context: &Context, chosen: &ChosenPort) -> Result<Self, Error> {
        context.require_consent()?;
        let info = chosen.port.claimed_info().await?;
        Self::open_with(context, chosen, &info).await
    }

    /// As [`Self::open`], with what the port said before.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with(
        context: &Context,
        chosen: &ChosenPort,
        info: &PortInfo,
    ) -> Result<Self, Error> {
        let known = &chosen.known;
        context.open_identity_ahead(known.identity.as_deref().or(known.account.as_deref()));
        let wallet = context.wallet(known.account.as_deref())?;
        if wallet.address() != info.patient {
            return Err(Error::NotTheOwner {
                port: chosen.port.address(),
                owner: info.patient,
                account: wallet.address(),
                wallet: wallet.name,
            });
        }
        let PatientKeys {
            identity,
            seed,
            numbers,
            keys,
        } = patient_keys(context, chosen, info).await?;
        let port = &chosen.port;
        let account = wallet.address();
        let acting = patientport_client::Actor::patient_with_info(port, info, account, keys);
        let acting = acting.await?;
        warn_of_problems(context, acting.keyring());
        Ok(Self {
            wallet,
            acting,
            identity,
            seed,
            numbers,
        })
    }

    /// The section secrets.
    pub fn keyring(&self) -> &Keyring {
        self.acting.keyring()
    }
}

/// Somebody who can open what was sealed to it at a port.
#[derive(Debug)]
pub struct Reader {
    /// The account.
    pub account: Address,
    /// Its keys at this port.
    pub keys: IdentityKeys,
    /// Whether it is the port's patient.
    pub is_patient: bool,
}

impl Reader {
    /// Opens the identity with which this home reads at a port. The wallet stays closed.
    ///
    /// # Errors
    /// [`Error::NotThePortsKey`]; wrong passwords.
    pub async fn open(
        context: &Context,
        chosen: &ChosenPort,
        info: &PortInfo,
    ) -> Result<Self, Error> {
        let account = context.account(chosen.known.account.as_deref())?;
        if account == info.patient {
            let keys = patient_keys(context, chosen, info).await?.keys;
            return Ok(Self {
                account,
                keys,
                is_patient: true,
            });
        }
        let (_, seed) = context.identity(None)?;
        Ok(Self {
            account,
            keys: keys::of_provider(context, chosen.port.registry(), account, &seed).await?,
            is_patient: false,
        })
    }

    /// As [`Self::open`], but `None` where keys would have to be asked for and nobody can be, or this home
    /// has none: for commands that show what they can.
    ///
    /// # Errors
    /// Wrong passwords, damaged keystores.
    pub async fn open_if_possible(
        context: &Context,
        chosen: &ChosenPort,
        info: &PortInfo,
    ) -> Result<Option<Self>, Error> {
        if !context.can_unlock() {
            return Ok(None);
        }
        match Self::open(context, chosen, info).await {
            Ok(reader) => Ok(Some(reader)),
            Err(error) if matches!(error.code(), "wallet.unknown" | "identity.unknown") => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What a patient's identity has at a port.
struct PatientKeys {
    identity: String,
    seed: IdentitySeed,
    numbers: PortKeys,
    keys: IdentityKeys,
}

/// The patient's keys at a port: the one that it shows, and those that it showed before.
async fn patient_keys(
    context: &Context,
    chosen: &ChosenPort,
    info: &PortInfo,
) -> Result<PatientKeys, Error> {
    let known = &chosen.known;
    let preferred = known.identity.as_deref().or(known.account.as_deref());
    let (identity, seed) = context.identity(preferred)?;
    let not_its = Error::NotThePortsKey {
        identity: identity.clone(),
        port: chosen.port.address(),
    };
    if let Some(keys) = keys_of(context, chosen, info, (identity, seed)).await? {
        return Ok(keys);
    }
    // A change to another identity, of which this home has not seen that it happened.
    if let Some(next) = &known.next_identity {
        let next = context.identity_named(next)?;
        if let Some(keys) = keys_of(context, chosen, info, next).await? {
            return Ok(keys);
        }
    }
    Err(not_its)
}

/// The keys of one identity, and of those before it; `None` if the one in use is not among them.
async fn keys_of(
    context: &Context,
    chosen: &ChosenPort,
    info: &PortInfo,
    (identity, seed): (String, IdentitySeed),
) -> Result<Option<PatientKeys>, Error> {
    let port = &chosen.port;
    let mut search = keys::patient_search(context, &seed, &chosen.known)?;
    let guess = chosen.known.key_index;
    let Some(numbers) = keys::of_port(&mut search, port, info, guess).await? else {
        return Ok(None);
    };
    let before = keys::before(context, &seed, port, &numbers).await?;
    let keys = search.identity(&numbers, before);
    drop(search);
    Ok(Some(PatientKeys {
        identity,
        seed,
        numbers,
        keys,
    }))
}

/// The section secrets sealed to an account, with a warning for each that should have opened and did not.
///
/// # Errors
/// The chain's.
pub async fn keyring(
    context: &Context,
    port: &Port,
    account: Address,
    keys: &IdentityKeys,
) -> Result<Keyring, Error> {
    let keyring = Keyring::collect(port, account, keys).await?;
    warn_of_problems(context, &keyring);
    Ok(keyring)
}

/// Tells what should have opened and did not.
pub fn warn_of_problems(context: &Context, keyring: &Keyring) {
    for problem in keyring.problems() {
        context.warn("section.bad_secret", problem.to_string());
    }
}

/// Turns section flags into numbers; names are looked up among those of this home, then among those that came with
/// section secrets.
///
/// # Errors
/// [`Error::UnknownSection`].
pub fn sections(
    chosen: &ChosenPort,
    keyring: Option<&Keyring>,
    given: &[SectionRef],
) -> Result<SectionSet, Error> {
    let mut set = SectionSet::EMPTY;
    for section in given {
        match section {
            SectionRef::Numbers(numbers) => {
                for number in numbers {
                    set.insert(section_id(*number)?);
                }
            }
            SectionRef::Name(name) => {
                let held = || {
                    let keyring = keyring?;
                    let named = |section: &SectionId| keyring.name(*section) == Some(name.as_str());
                    let found = keyring.held().map(|(section, _)| section).find(named);
                    found.map(SectionId::get)
                };
                // This home's own names first: those in the key ring come from whoever sealed secrets last.
                let number = chosen.known.section_named(name).or_else(held);
                let port = chosen.port.address();
                let missing = || Error::UnknownSection {
                    name: name.clone(),
                    port,
                };
                set.insert(section_id(number.ok_or_else(missing)?)?);
            }
        }
    }
    Ok(set)
}

/// A section's number as checked by the argument parser.
fn section_id(number: u8) -> Result<SectionId, Error> {
    SectionId::try_from(number).map_err(|source| patientport_client::Error::from(source).into())
}

/// Sections for people: `0 general, 2`.
pub fn section_list(sections: SectionSet, keyring: Option<&Keyring>) -> String {
    if sections.is_empty() {
        return "none".into();
    }
    let name = |section| keyring.and_then(|keyring| keyring.name(section));
    let labels = sections.iter().map(|section| match name(section) {
        Some(name) => format!("{section} {}", shown(name)),
        None => section.to_string(),
    });
    labels.collect::<Vec<_>>().join(", ")
}

/// What a reader may do, as typed.
pub const fn rights_name(rights: Rights) -> &'static str {
    match rights {
        Rights::Read => "read",
        Rights::Write => "write",
        Rights::ReadWrite => "read-write",
    }
}

/// Reads words for a sealed message from a flag or a file.
///
/// # Errors
/// [`Error::Input`], [`Error::TooLarge`].
pub fn words(text: Option<String>, file: Option<&Path>) -> Result<String, Error> {
    use std::io::Read as _;
    /// What fits in a sealed text is less; the exact limit is the format's to tell.
    const LIMIT: u64 = 4096;
    let Some(path) = file else {
        return Ok(text.unwrap_or_default());
    };
    let failed = |source| Error::Input {
        path: path.to_owned(),
        source,
    };
    let mut words = String::new();
    let length = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LIMIT + 1)
            .read_to_string(&mut words)
    } else {
        std::fs::File::open(path)
            .map_err(failed)?
            .take(LIMIT + 1)
            .read_to_string(&mut words)
    };
    if length.map_err(failed)? as u64 > LIMIT {
        return Err(Error::TooLarge {
            what: "the text",
            limit: LIMIT,
        });
    }
    Ok(words.trim_end_matches(['\r', '\n']).to_owned())
}
