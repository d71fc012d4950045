//! `patientport emergency break` and `veto`

use alloy::primitives::Address;
use patientport_client::emergency::break_glass;
use patientport_client::port::DelegateRights;
use patientport_core::section::SectionSet;
use patientport_core::text::EmergencyText;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::emergency::{BreakArgs, ResponderArgs};
use crate::commands::acting::signer;
use crate::commands::describe::Who;
use crate::commands::party::{section_list, words};
use crate::context::Context;
use crate::error::Error;
use crate::home::pins::Subject;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::{sealed_words, span};
use crate::time;

/// A glass that was broken.
#[derive(Debug, Serialize)]
pub struct Broken {
    /// The port.
    pub port: Address,
    /// Who broke it.
    pub responder: Address,
    /// The sections that it opens.
    pub sections: SectionSet,
    /// First second of access, Unix seconds.
    pub opens_at: u64,
    /// First second after it.
    pub closes_at: u64,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Broken {
    fn text(&self) -> String {
        format!(
            "THE GLASS IS BROKEN: access to section {} from {} to {}, unless it is vetoed before\na custodian has to release the package; then `patientport record list` and `record get` open what is in it\n{}",
            section_list(self.sections, None),
            time::human(self.opens_at),
            time::human(self.closes_at),
            self.tx.line()
        )
    }
}

/// Takes emergency access, with a reason sealed to the patient.
///
/// # Errors
/// `emergency.wrong_state` for who is not armed; `provider.unverified`; `KeyChanged`.
pub async fn run(context: &Context, args: BreakArgs) -> Result<Broken, Error> {
    context.require_consent()?;
    let text = EmergencyText {
        text: words(args.text, args.text_file.as_deref())?,
    };
    text.to_bytes().map_err(patientport_client::Error::from)?;
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let key = info.patient_key()?;
    let subject = Subject::Account(port.address());
    let pin = context.compare_key(port.chain().chain_id(), subject, &key)?;
    let wallet = context.wallet(chosen.known.account.as_deref())?;
    let responder = wallet.address();
    let now = port.chain().now(time::clock()).await?;
    let emergency = port.holder_of(responder, now).await?.emergency;
    let call = break_glass(port, (info.patient, &key), responder, &text, &mut OsRng)?;
    let preview =
        Preview::new("BREAK THE GLASS: everybody sees it, for ever, and it works only once")
            .line("port", port.address().to_string())
            .line("patient", info.patient.to_string())
            .pinned("its key", "", pin)
            .line("sections", section_list(emergency.sections, None))
            .line(
                "access",
                format!(
                    "after {}, for {}, once a custodian has released the package",
                    span(emergency.delay_secs.into()),
                    span(emergency.window_secs.into())
                ),
            )
            .line("reason", sealed_words(&text.text));
    let report = send(context, &wallet, preview, &call).await?;
    let emergency = port.holder_of(responder, now).await?.emergency;
    let window = emergency.window();
    Ok(Broken {
        port: port.address(),
        responder,
        sections: emergency.sections,
        opens_at: window.map_or(0, |(opens, _)| opens.0),
        closes_at: window.map_or(0, |(_, closes)| closes.0),
        tx: (&report).into(),
    })
}

/// Emergency access that was refused.
#[derive(Debug, Serialize)]
pub struct Vetoed {
    /// The port.
    pub port: Address,
    /// Whose access.
    pub responder: Address,
    /// Who said no.
    pub by: Address,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Vetoed {
    fn text(&self) -> String {
        format!(
            "the emergency access of {} is refused: it has none until the patient arms it anew\n{}",
            self.responder,
            self.tx.line()
        )
    }
}

/// Refuses emergency access while its delay runs. Needs a wallet and no identity.
///
/// # Errors
/// `emergency.wrong_state` once the delay has passed: `emergency disarm` ends the access then; what a delegate may not
/// do.
pub async fn veto(context: &Context, args: ResponderArgs) -> Result<Vetoed, Error> {
    const MAY_VETO: DelegateRights = DelegateRights::APPROVE.union(DelegateRights::REVOKE);
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let (wallet, _) = signer(context, &chosen, &info, MAY_VETO).await?;
    let preview = Preview::new("refuse emergency access")
        .line("port", port.address().to_string())
        .line(
            "responder",
            Who::find(port.registry(), args.responder).await?.line(),
        );
    let report = send(context, &wallet, preview, &port.veto(args.responder)).await?;
    Ok(Vetoed {
        port: port.address(),
        responder: args.responder,
        by: wallet.address(),
        tx: (&report).into(),
    })
}
