//! Who acts at a port in this run: its patient, or a delegate with the right that a command takes. What a delegate may
//! not do is refused before a password is asked for.

use alloy::primitives::Address;
use patientport_client::Keyring;
use patientport_client::port::{DelegateRights, Delegation, PortInfo};
use patientport_client::{Actor, Role};

use super::onward::{self, SharedWith};
use super::party::{Patient, warn_of_problems};
use crate::commands::keys;
use crate::context::{ChosenPort, Context, Wallet};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::home::pins::{Pin, Subject};
use crate::time;

/// Somebody ready to act.
#[derive(Debug)]
pub enum Acting {
    /// The patient.
    Patient(Box<Patient>),
    /// A delegate.
    Delegate(Box<Delegate>),
}

/// A delegate ready to act.
#[derive(Debug)]
pub struct Delegate {
    /// It signs.
    pub wallet: Wallet,
    /// Account and identity, held against what the port shows.
    pub actor: Actor,
    /// The patient's key as the port shows it, compared with the one first seen.
    pub patient_key: Pin,
}

/// Who seals and sends.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// Whose key ring it is.
    pub actor: &'a Actor,
    /// It signs.
    pub wallet: &'a Wallet,
}

impl<'a> Sender<'a> {
    /// The patient.
    pub const fn of_patient(patient: &'a Patient) -> Self {
        Self {
            actor: &patient.acting,
            wallet: &patient.wallet,
        }
    }

    /// Whether it may change section keys.
    pub fn may_rotate(&self) -> bool {
        match self.actor.role() {
            Role::Patient => true,
            Role::Delegate(delegation) => delegation.rights.contains(DelegateRights::ROTATE),
        }
    }
}

impl Acting {
    /// Opens wallet, identity and key ring of the port's patient, or of a delegate who has one of the rights `needed`.
    ///
    /// A delegate who ends access and has no right to change keys needs no identity: none is opened then.
    ///
    /// # Errors
    /// As [`role`]; `KeyChanged` if the port shows another key of the patient than before; wrong passwords.
    pub async fn open(
        context: &Context,
        chosen: &ChosenPort,
        needed: DelegateRights,
    ) -> Result<Self, Error> {
        context.require_consent()?;
        let info = chosen.port.claimed_info().await?;
        let role = role(context, chosen, &info, needed).await?;
        match role {
            Role::Patient => {
                let patient = Patient::open_with(context, chosen, &info).await?;
                Ok(Self::Patient(Box::new(patient)))
            }
            Role::Delegate(delegation) => {
                let account = context.account(chosen.known.account.as_deref())?;
                refuse_others_call(context, chosen, &info, account)?;
                let delegate = Delegate::open(context, chosen, &info, delegation, needed).await?;
                Ok(Self::Delegate(Box::new(delegate)))
            }
        }
    }

    /// Who signs.
    pub const fn wallet(&self) -> &Wallet {
        match self {
            Self::Patient(patient) => &patient.wallet,
            Self::Delegate(delegate) => &delegate.wallet,
        }
    }

    /// Who acts, for the client.
    pub const fn actor(&self) -> &Actor {
        match self {
            Self::Patient(patient) => &patient.acting,
            Self::Delegate(delegate) => &delegate.actor,
        }
    }

    /// Who seals and sends.
    pub const fn sender(&self) -> Sender<'_> {
        Sender {
            actor: self.actor(),
            wallet: self.wallet(),
        }
    }

    /// The section secrets.
    pub fn keyring(&self) -> &Keyring {
        self.actor().keyring()
    }

    /// The patient, if it acts itself.
    pub const fn as_patient(&self) -> Option<&Patient> {
        match self {
            Self::Patient(patient) => Some(patient),
            Self::Delegate(_) => None,
        }
    }

    /// Whether it may change section keys.
    pub fn may_rotate(&self) -> bool {
        self.sender().may_rotate()
    }

    /// The patient's key where it is somebody else's: to be shown, and remembered once its use is agreed to.
    pub fn patient_key(&self) -> Option<Pin> {
        match self {
            Self::Patient(_) => None,
            Self::Delegate(delegate) => Some(delegate.patient_key.clone()),
        }
    }

    /// Shares records onward that are sealed to the patient: only the patient can open them.
    pub async fn share_onward(&self, context: &Context, chosen: &ChosenPort) -> Vec<SharedWith> {
        match self.as_patient() {
            Some(patient) => onward::afterwards(context, chosen, patient).await,
            None => Vec::new(),
        }
    }
}

impl Delegate {
    async fn open(
        context: &Context,
        chosen: &ChosenPort,
        info: &PortInfo,
        delegation: Delegation,
        needed: DelegateRights,
    ) -> Result<Self, Error> {
        let port = &chosen.port;
        let known = &chosen.known;
        let wallet = context.wallet(known.account.as_deref())?;
        let chain_id = port.chain().chain_id();
        let key = info.patient_key()?;
        let patient_key = context.compare_key(chain_id, Subject::Account(port.address()), &key)?;
        let wants_secrets =
            needed != DelegateRights::REVOKE || delegation.rights.contains(DelegateRights::ROTATE);
        let identity = if wants_secrets {
            let preferred = known.identity.as_deref().or(known.account.as_deref());
            let (name, seed) = context.identity(preferred)?;
            let missing = || Error::NotThePersonsKey {
                identity: name.clone(),
                role: "delegate",
                account: wallet.address(),
                port: port.address(),
            };
            let shown = delegation.key.ok_or_else(missing)?;
            let keys = keys::of_person(context, &seed, &shown)?.ok_or_else(missing)?;
            // This home's own key: no node is to say that another one is.
            let subject = Subject::Account(wallet.address());
            let fingerprint = shown.fingerprint().to_string();
            let home = context.home();
            home.keep_pins(&[home.compare_pin(chain_id, subject, fingerprint, true)?])?;
            Some(keys)
        } else {
            None
        };
        let patient = (info.patient, key);
        let actor = Actor::delegate(port, patient, wallet.address(), delegation, identity).await?;
        warn_of_problems(context, actor.keyring());
        Ok(Self {
            wallet,
            actor,
            patient_key,
        })
    }
}

/// Refuses to sign what only the patient can sign for others to send, before anything is stored for it.
///
/// # Errors
/// `port.not_owner`.
pub fn refuse_others_call(
    context: &Context,
    chosen: &ChosenPort,
    info: &PortInfo,
    account: Address,
) -> Result<(), Error> {
    if matches!(context.settings.delivery, Delivery::Sign { .. }) && account != info.patient {
        return Err(patientport_client::Error::NotThePatient {
            port: chosen.port.address(),
            owner: info.patient,
            account,
        }
        .into());
    }
    Ok(())
}

/// As what this home's account may act at a port, if it may do what is `needed`. Asks for no password where the wallet's
/// file states its address.
///
/// # Errors
/// [`Error::NotTheOwner`]; `DelegationOver`; `RightMissing`.
pub async fn role(
    context: &Context,
    chosen: &ChosenPort,
    info: &PortInfo,
    needed: DelegateRights,
) -> Result<Role, Error> {
    let port = &chosen.port;
    let preferred = chosen.known.account.as_deref();
    let account = context.account(preferred)?;
    let role = match Role::of(port, info, account, time::clock()).await {
        Err(patientport_client::Error::NotThePatient { owner, .. }) => {
            return Err(Error::NotTheOwner {
                port: port.address(),
                owner,
                account,
                wallet: context.wallet_name(preferred)?,
            });
        }
        other => other?,
    };
    role.require(port, account, needed)?;
    Ok(role)
}

/// The wallet of the patient, or of a delegate who has one of the rights `needed`, for what takes no secrets.
///
/// # Errors
/// As [`role`]; wrong passwords.
pub async fn signer(
    context: &Context,
    chosen: &ChosenPort,
    info: &PortInfo,
    needed: DelegateRights,
) -> Result<(Wallet, Role), Error> {
    context.require_consent()?;
    let role = role(context, chosen, info, needed).await?;
    let wallet = context.wallet(chosen.known.account.as_deref())?;
    Ok((wallet, role))
}

/// The wallet of the patient, for what only the patient does and what takes no secrets.
///
/// # Errors
/// [`Error::NotTheOwner`]; wrong passwords.
pub fn patient_signer(
    context: &Context,
    chosen: &ChosenPort,
    info: &PortInfo,
) -> Result<Wallet, Error> {
    context.require_consent()?;
    let preferred = chosen.known.account.as_deref();
    let account = context.account(preferred)?;
    if account != info.patient {
        return Err(Error::NotTheOwner {
            port: chosen.port.address(),
            owner: info.patient,
            account,
            wallet: context.wallet_name(preferred)?,
        });
    }
    context.wallet(preferred)
}
