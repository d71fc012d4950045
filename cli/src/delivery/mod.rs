//! What becomes of a transaction once it is composed. The default is to send it (`preview`); a run can also be told
//! to look at it only, to sign it as the patient's call for others to send, or to write it down for another machine
//! to sign. Such a run ends at its first transaction: what would come after it has not happened.

mod dry_run;
mod sign;
mod unsigned;

use std::path::{Path, PathBuf};

use patientport_client::chain::{Call, Transaction};
use patientport_client::words::Words;
use serde::Serialize;

use crate::args::groups::TransactionArgs;
use crate::args::values::Until;
use crate::context::{Context, Wallet};
use crate::error::Error;
use crate::home::files::{self, Existing};
use crate::output::{Outcome, Report};
use crate::preview::Preview;
use crate::words::{Told, Word};

pub use dry_run::plan;

/// What a run does with what it composes.
#[derive(Clone, Debug, Default)]
pub enum Delivery {
    /// Shows it, asks, sends it, and waits.
    #[default]
    Send,
    /// Simulates, prices and shows it.
    DryRun,
    /// Signs it as a call of the patient.
    Sign {
        /// Where the signed call goes; `-` is standard output.
        output: PathBuf,
        /// Until when it is good; a day from now, if not said.
        deadline: Option<Until>,
    },
    /// Writes the unsigned transaction down.
    Unsigned {
        /// Where it goes; `-` is standard output.
        output: PathBuf,
    },
}

impl Delivery {
    /// As the flags say.
    pub fn of(args: &TransactionArgs) -> Self {
        match (&args.sign_only, &args.unsigned) {
            _ if args.dry_run => Self::DryRun,
            (Some(output), _) => Self::Sign {
                output: output.clone(),
                deadline: args.deadline.clone(),
            },
            (None, Some(output)) => Self::Unsigned {
                output: output.clone(),
            },
            (None, None) => Self::Send,
        }
    }

    /// The flag that says so; none for the default.
    pub const fn flag(&self) -> Option<&'static str> {
        match self {
            Self::Send => None,
            Self::DryRun => Some("--dry-run"),
            Self::Sign { .. } => Some("--sign-only"),
            Self::Unsigned { .. } => Some("--unsigned"),
        }
    }

    /// Whether nothing may be changed anywhere.
    pub const fn is_dry_run(&self) -> bool {
        matches!(self, Self::DryRun)
    }

    /// Whether somebody else pays.
    pub const fn needs_no_ether(&self) -> bool {
        matches!(self, Self::Sign { .. })
    }

    /// Whether the account's address is all that is needed of it.
    pub const fn needs_no_key(&self) -> bool {
        matches!(self, Self::DryRun | Self::Unsigned { .. })
    }
}

/// How a command's transactions come, which decides what it can be told to do with them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transactions {
    /// It sends none.
    None,
    /// One.
    One,
    /// One, and perhaps more after it.
    Several,
    /// Several that cannot be told one by one before they are sent: their plan can be looked at.
    Planned,
}

impl Transactions {
    /// Refuses what the command cannot be told, before it does anything.
    ///
    /// # Errors
    /// [`Error::FlagUnused`]; [`Error::Output`] for an output file that is there already.
    pub fn allow(self, delivery: &Delivery) -> Result<(), Error> {
        let Some(flag) = delivery.flag() else {
            return Ok(());
        };
        let reason = match (self, delivery) {
            (Self::None, _) => "this command sends no transaction",
            (Self::Planned, Delivery::Sign { .. } | Delivery::Unsigned { .. }) => {
                "this command sends several transactions that depend on each other"
            }
            // Told at once, and not after a record was encrypted and stored.
            (_, Delivery::Sign { output, .. } | Delivery::Unsigned { output }) => {
                return check_output(output);
            }
            _ => return Ok(()),
        };
        Err(Error::FlagUnused { flag, reason })
    }
}

/// How a command ended that was told not to send: a success with an outcome of its own. It travels as an error,
/// because it ends the command where it stands, and is turned into the report when it arrives.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What the command has to say.
    pub report: Report,
    /// Whether somebody else can send now what was composed. What it makes public must be kept, then.
    pub handed_on: bool,
}

impl Ended {
    fn error(outcome: &impl Outcome, handed_on: bool) -> Error {
        Error::Ended(Box::new(Self {
            report: Report::of(outcome),
            handed_on,
        }))
    }
}

/// Does with a transaction what this run was told; `None` if that is to send it.
pub(crate) async fn instead(
    context: &Context,
    wallet: &Wallet,
    preview: &Preview,
    transaction: &Transaction,
) -> Option<Error> {
    let ended = match &context.settings.delivery {
        Delivery::Send => return None,
        Delivery::DryRun => dry_run::end(context, wallet, preview, transaction).await,
        Delivery::Sign { output, deadline } => {
            sign::end(
                context,
                wallet,
                preview,
                transaction,
                (output, deadline.as_ref()),
            )
            .await
        }
        Delivery::Unsigned { output } => {
            unsigned::end(context, wallet, preview, transaction, output).await
        }
    };
    Some(ended.unwrap_or_else(|error| error))
}

/// A call as outcomes tell it.
#[derive(Debug, Serialize)]
struct Composed {
    chain_id: u64,
    from: alloy::primitives::Address,
    to: alloy::primitives::Address,
    #[serde(serialize_with = "digits")]
    value: alloy::primitives::U256,
    data: alloy::primitives::Bytes,
    /// What the command says of it.
    title: String,
    /// The same, line by line.
    words: Vec<Word>,
    /// What the data says by itself; none if it calls neither a port nor the registry.
    call: Option<Told>,
}

fn digits<S: serde::Serializer, T: ToString>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

impl Composed {
    fn new(chain_id: u64, wallet: &Wallet, preview: &Preview, call: &Call) -> Self {
        Self {
            chain_id,
            from: wallet.address(),
            to: call.to,
            value: call.value,
            data: call.data.clone(),
            title: preview.title().to_owned(),
            words: preview.words(),
            call: Words::guess(&call.data)
                .ok()
                .map(|(_, words)| Told::from(&words)),
        }
    }
}

/// Refuses an output file that is there already, before anything is asked or signed.
pub(crate) fn check_output(path: &Path) -> Result<(), Error> {
    if path != Path::new("-") && path.symlink_metadata().is_ok() {
        return Err(Error::Output(files::FileError::Exists(path.to_owned())));
    }
    Ok(())
}

/// Writes a file that stands for a transaction, unless it goes to standard output.
pub(crate) fn write_output(path: &Path, file: &serde_json::Value) -> Result<(), Error> {
    if path == Path::new("-") {
        return Ok(());
    }
    files::write_json(path, file, Existing::Keep).map_err(Error::Output)
}

/// A path in an outcome; none for standard output.
pub(crate) fn named(path: &Path) -> Option<PathBuf> {
    (path != Path::new("-")).then(|| path.to_owned())
}
