//! `patientport port transfer`

use alloy::primitives::Address;
use serde::Serialize;

use crate::args::port::TransferArgs;
use crate::commands::acting::patient_signer;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::time;

/// A port that was offered, or whose offer was called off.
#[derive(Debug, Serialize)]
pub struct Offered {
    /// The port.
    pub port: Address,
    /// Its patient still.
    pub patient: Address,
    /// Who may accept it; nobody once it was called off.
    pub pending_owner: Option<Address>,
    /// Whether the new owner can open what is recorded: it is a delegate with secrets.
    pub has_secrets: bool,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Offered {
    fn text(&self) -> String {
        let line = match self.pending_owner {
            Some(to) => format!(
                "port {} is offered to {to}, who accepts with `patientport port accept`; until then it is yours\n",
                self.port
            ),
            None => format!("port {} is offered to nobody\n", self.port),
        };
        line + &self.tx.line()
    }
}

/// Offers the port to an account, or calls that off.
///
/// # Errors
/// The port's refusals, such as that it is the owner's own account.
pub async fn run(context: &Context, args: TransferArgs) -> Result<Offered, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let wallet = patient_signer(context, &chosen, &info)?;
    let Some(to) = args.to else {
        let preview = Preview::new("call the transfer off")
            .line("port", port.address().to_string())
            .maybe("offered to", info.pending_owner.map(|it| it.to_string()));
        let call = port.transfer_ownership(Address::ZERO);
        let report = send(context, &wallet, preview, &call).await?;
        return Ok(Offered {
            port: port.address(),
            patient: info.patient,
            pending_owner: None,
            has_secrets: false,
            tx: (&report).into(),
        });
    };
    if to.is_zero() {
        return Err(Error::FlagInvalid {
            flag: "ACCOUNT",
            value: to.to_string(),
            reason: "that is nobody; `--cancel` calls a transfer off".into(),
        });
    }
    let now = port.chain().now(time::clock()).await?;
    let delegation = port.holder_of(to, now).await?.delegation;
    let has_secrets = delegation.includes_secrets();
    if !has_secrets {
        context.warn(
            "port.secrets_not_given",
            format!(
                "`{to}` holds no section secrets: unless it has this port's identity, what is recorded stays closed to it; `patientport delegate add` with the approve right gives them before it accepts"
            ),
        );
    }
    let preview = Preview::new("offer the port to another account, which will own it")
        .line("port", port.address().to_string())
        .line("new owner", Who::find(port.registry(), to).await?.line())
        .line("it decides", "on everything, as soon as it accepts; you on nothing any more")
        .line(
            "it reads",
            if has_secrets {
                "what is recorded: it is your delegate and has the secrets"
            } else {
                "nothing of what is recorded, unless it has this port's identity"
            },
        )
        .line(
            "you keep",
            "what you have read, and the present secrets until it changes the keys",
        )
        .line(
            "stays",
            "delegates, responders, custodians, grants, primary care: the new owner ends what it does not want",
        );
    let call = port.transfer_ownership(to);
    let report = send(context, &wallet, preview, &call).await?;
    Ok(Offered {
        port: port.address(),
        patient: info.patient,
        pending_owner: Some(to),
        has_secrets,
        tx: (&report).into(),
    })
}
