//! `patientport port list`

use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::home::ports::KnownPort;
use crate::output::Outcome;
use crate::text::Table;

/// The ports a home knows.
#[derive(Debug, Serialize)]
pub struct Ports {
    /// By name.
    pub ports: Vec<Entry>,
}

/// One port.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its name in this home.
    pub name: String,
    /// What is known of it.
    #[serde(flatten)]
    pub port: KnownPort,
}

impl Outcome for Ports {
    fn text(&self) -> String {
        if self.ports.is_empty() {
            return "no ports\n".into();
        }
        let mut table = Table::new(["NAME", "PORT", "CHAIN", "WALLET"]);
        for Entry { name, port } in &self.ports {
            let wallet = port.account.clone().unwrap_or_else(|| "not yours".into());
            table.row([
                name.clone(),
                port.address.to_string(),
                port.chain_id.to_string(),
                wallet,
            ]);
        }
        table.to_string()
    }
}

/// Lists the ports on all chains; asks no chain.
///
/// # Errors
/// The home's.
pub fn run(context: &Context) -> Result<Ports, Error> {
    let ports = context.home().ports()?;
    Ok(Ports {
        ports: ports
            .into_iter()
            .map(|(name, port)| Entry { name, port })
            .collect(),
    })
}
