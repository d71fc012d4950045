//! `patientport port issue`

use alloy::primitives::Address;
use serde::Serialize;

use crate::args::port::IssueArgs;
use crate::context::Context;
use crate::error::Error;
use crate::home::ports::{KnownPort, free_name};
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// A port that was issued.
#[derive(Debug, Serialize)]
pub struct Issued {
    /// The port.
    pub port: Address,
    /// Its patient.
    pub patient: Address,
    /// Who issued it and is its primary care provider.
    pub issuer: Address,
    /// The name it has in this home.
    pub name: Option<String>,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Issued {
    fn text(&self) -> String {
        format!(
            "issued port {} for {}; the patient accepts it with `patientport port claim {}`\n{}",
            self.port,
            self.patient,
            self.port,
            self.tx.line()
        )
    }
}

/// Creates a port for a patient.
///
/// # Errors
/// The registry's refusals, such as of an unverified provider.
pub async fn run(context: &Context, args: IssueArgs) -> Result<Issued, Error> {
    context.require_consent()?;
    if let Some(name) = &args.name {
        // Refused before the port exists; no port has the zero address.
        free_name(&context.home().ports()?, Some(name), Address::ZERO)?;
    }
    let registry = context.registry().await?;
    let wallet = context.wallet(None)?;
    let preview = Preview::new("issue a port; this account becomes its primary care provider")
        .line("patient", args.patient.to_string())
        .line("registry", registry.address().to_string());
    let report = send(context, &wallet, preview, &registry.issue(args.patient)).await?;
    let port = registry.issued_port(&report)?;
    if let Some(name) = &args.name {
        let mut known = KnownPort::of_another(registry.chain().chain_id(), port);
        known.registry = Some(registry.address());
        let kept = context.home().change_ports(|ports| {
            let name = free_name(ports, Some(name), port)?;
            ports.insert(name, known);
            Ok(())
        });
        // The port is there: whoever did not learn its address would issue another.
        if let Err(error) = kept {
            context.warn_not_kept(&format!("the name of port `{port}`"), error);
        }
    }
    Ok(Issued {
        port,
        patient: args.patient,
        issuer: wallet.address(),
        name: args.name,
        tx: (&report).into(),
    })
}
