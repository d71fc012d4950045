//! `patientport emergency release`
//!
//! What a custodian does is decided by the chain alone: it takes its layer off only for a responder whose window the port
//! shows as open, and believes a package only if it is the one that stands on chain.

use alloy::primitives::Address;
use patientport_client::emergency::{
    Broken, Custodian, PackageTold, broken, fetch_package, open_layer, packages, standing,
};
use patientport_client::history::history;
use patientport_client::port::{Emergency, EmergencyState, Port};
use patientport_client::{Class, IdentityKeys};
use patientport_core::section::SectionSet;
use serde::Serialize;

use crate::args::emergency::ReleaseArgs;
use crate::commands::describe::Who;
use crate::commands::keys;
use crate::commands::party::section_list;
use crate::commands::record::blocking;
use crate::commands::record::stores::Stores;
use crate::context::{ChosenPort, Context, Wallet};
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::time;

/// Packages that were passed on.
#[derive(Debug, Serialize)]
pub struct Released {
    /// The port.
    pub port: Address,
    /// The custodian.
    pub custodian: Address,
    /// To whom, each with its own transaction.
    pub released: Vec<Entry>,
}

/// One package that was passed on.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// The responder.
    pub responder: Address,
    /// The sections whose secrets are in it.
    pub sections: SectionSet,
    /// Whether keys have changed since it was made.
    pub outdated: bool,
    /// First second after the responder's access, Unix seconds.
    pub closes_at: u64,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Released {
    fn text(&self) -> String {
        let mut text = String::new();
        for entry in &self.released {
            text.push_str(&format!(
                "released to {}: section {}, until {}\n{}",
                entry.responder,
                section_list(entry.sections, None),
                time::human(entry.closes_at),
                entry.tx.line()
            ));
        }
        text
    }
}

/// A custodian ready to act.
struct Ready {
    wallet: Wallet,
    keys: IdentityKeys,
}

/// A responder who waits for its package.
struct Waiting {
    responder: Address,
    emergency: Emergency,
    told: PackageTold,
}

/// Releases the packages of responders whose window is open.
///
/// # Errors
/// [`Error::NotACustodian`]; [`Error::WindowNotOpen`] for a responder named; [`Error::NothingToRelease`]; what is
/// wrong with the package; the port's refusals.
pub async fn run(context: &Context, args: ReleaseArgs) -> Result<Released, Error> {
    context.require_consent()?;
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    port.claimed_info().await?;
    let account = context.account(chosen.known.account.as_deref())?;
    let custodian = port.custodians().await?;
    let custodian = custodian.into_iter().find(|it| it.account == account);
    let custodian = custodian.ok_or_else(|| Error::NotACustodian {
        account,
        port: port.address(),
    })?;
    if !args.watch {
        // Whoever is too early learns it before a password is asked for.
        waiting(port, &args, account).await?;
    }
    let ready = Ready::open(context, &chosen, &custodian)?;
    let waiting = if args.watch {
        watch(context, port, &args, account).await?
    } else {
        waiting(port, &args, account).await?
    };
    let (mut released, mut failure) = (Vec::new(), None);
    for waiting in &waiting {
        // One package that is no good keeps nobody else from what it needs.
        match ready.release(context, port, waiting).await {
            Ok(entry) => released.push(entry),
            Err(error) if failure.is_none() => failure = Some((waiting.responder, error)),
            Err(error) => not_released(context, waiting.responder, &error),
        }
    }
    match failure {
        Some((_, error)) if released.is_empty() => return Err(error),
        Some((responder, error)) => not_released(context, responder, &error),
        None => {}
    }
    Ok(Released {
        port: port.address(),
        custodian: account,
        released,
    })
}

fn not_released(context: &Context, responder: Address, error: &Error) {
    context.warn(
        "emergency.not_released",
        format!(
            "nothing was released to `{responder}`: {}",
            error.chain().join(": ")
        ),
    );
}

/// Waits until somebody waits. A node that does not answer is asked again.
async fn watch(
    context: &Context,
    port: &Port,
    args: &ReleaseArgs,
    custodian: Address,
) -> Result<Vec<Waiting>, Error> {
    context
        .terminal
        .say("waiting for a window to open; Ctrl-C ends it");
    let mut told_of_failure = false;
    loop {
        match waiting(port, args, custodian).await {
            Ok(waiting) => return Ok(waiting),
            Err(
                Error::NothingToRelease(_)
                | Error::WindowNotOpen {
                    state: EmergencyState::Armed | EmergencyState::Pending,
                    ..
                },
            ) => told_of_failure = false,
            Err(Error::Client(error)) if error.class() == Class::Environment => {
                if !told_of_failure {
                    context.terminal.say(&format!("{error}; asking again"));
                }
                told_of_failure = true;
            }
            Err(error) => return Err(error),
        }
        tokio::time::sleep(args.interval).await;
    }
}

/// The responders whose window is open and to whom this custodian has not released in this emergency, or the one named.
async fn waiting(
    port: &Port,
    args: &ReleaseArgs,
    custodian: Address,
) -> Result<Vec<Waiting>, Error> {
    let now = port.chain().now(time::clock()).await?;
    let history = history(port).await?;
    let (told, glasses) = (packages(port).await?, broken(history.events()));
    let is_done = |responder: &Address| {
        let by = |glass: &Broken| glass.released_by.contains(&custodian);
        !args.again && glasses.get(responder).is_some_and(by)
    };
    let mut found = Vec::new();
    let wanted: Vec<_> = match args.responder {
        Some(named) => vec![named],
        None => told.keys().copied().collect(),
    };
    for responder in wanted {
        let emergency = port.holder_of(responder, now).await?.emergency;
        let state = standing(port, responder, &emergency).await?;
        let is_open = state == EmergencyState::Open;
        if let Some(told) = told.get(&responder).filter(|_| is_open) {
            if !is_done(&responder) {
                found.push(Waiting {
                    responder,
                    emergency,
                    told: *told,
                });
            }
        } else if args.responder.is_some() {
            return Err(Error::WindowNotOpen {
                responder,
                state,
                opens_at: emergency.window().map(|(opens, _)| opens),
            });
        }
    }
    if found.is_empty() {
        return Err(Error::NothingToRelease(port.address()));
    }
    Ok(found)
}

impl Ready {
    fn open(context: &Context, chosen: &ChosenPort, custodian: &Custodian) -> Result<Self, Error> {
        let known = &chosen.known;
        let wallet = context.wallet(known.account.as_deref())?;
        let preferred = known.identity.as_deref().or(known.account.as_deref());
        let (identity, seed) = context.identity(preferred)?;
        let missing = || Error::NotThePersonsKey {
            identity: identity.clone(),
            role: "custodian",
            account: custodian.account,
            port: chosen.port.address(),
        };
        let shown = custodian.key.ok_or_else(missing)?;
        let keys = keys::of_person(context, &seed, &shown)?.ok_or_else(missing)?;
        Ok(Self { wallet, keys })
    }

    async fn release(
        &self,
        context: &Context,
        port: &Port,
        waiting: &Waiting,
    ) -> Result<Entry, Error> {
        let Waiting {
            responder,
            emergency,
            told,
        } = waiting;
        let stores = Stores::open(context)?;
        let store = stores.of(port, told.sender);
        let package = {
            let (port, responder, told) = (port.clone(), *responder, *told);
            blocking(move || Ok(fetch_package(&port, responder, &told, store.as_ref())?)).await
        };
        stores.report(context);
        let (message, sections) = open_layer(&package?, self.wallet.address(), &self.keys)?;
        if !told.rotated.is_empty() {
            context.warn(
                "emergency.outdated_package",
                format!(
                    "the package of `{responder}` is older than the keys of section {}: what was added since stays closed to it until the patient makes a new one",
                    section_list(told.rotated, None)
                ),
            );
        }
        if told.responder_key_changed {
            context.warn(
                "emergency.outdated_package",
                format!("the package is sealed to a key that `{responder}` has replaced since"),
            );
        }
        let missing = emergency.sections.difference(sections);
        if !missing.is_empty() {
            context.warn(
                "emergency.outdated_package",
                format!(
                    "the package of `{responder}` holds nothing for section {}",
                    section_list(missing, None)
                ),
            );
        }
        let closes_at = emergency.window().map_or(0, |(_, closes)| closes.0);
        let preview = Preview::new("release an emergency package")
            .line("port", port.address().to_string())
            .line(
                "responder",
                Who::find(port.registry(), *responder).await?.line(),
            )
            .line("sections", section_list(sections, None))
            .line("window", format!("open until {}", time::human(closes_at)));
        let call = port.release(*responder, message.to_vec());
        let report = send(context, &self.wallet, preview, &call).await?;
        Ok(Entry {
            responder: *responder,
            sections,
            outdated: told.is_outdated(),
            closes_at,
            tx: (&report).into(),
        })
    }
}
