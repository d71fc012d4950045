//! `patientport wallet list`

use alloy::primitives::Address;
use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::Table;

/// The wallets of a home.
#[derive(Debug, Serialize)]
pub struct Wallets {
    /// By name.
    pub wallets: Vec<Entry>,
}

/// One wallet.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its account, where the file states it.
    pub address: Option<Address>,
    /// Whether it signs when nothing else is said.
    pub default: bool,
}

impl Outcome for Wallets {
    fn text(&self) -> String {
        if self.wallets.is_empty() {
            return "no wallets\n".into();
        }
        let mut table = Table::new(["NAME", "ADDRESS", ""]);
        for wallet in &self.wallets {
            let address = wallet
                .address
                .map_or_else(|| "not stated".into(), |it| it.to_string());
            let default = if wallet.default { "default" } else { "" };
            table.row([wallet.name.clone(), address, default.into()]);
        }
        table.to_string()
    }
}

/// Lists the wallets.
///
/// # Errors
/// The home's.
pub fn run(context: &Context) -> Result<Wallets, Error> {
    let default = context.settings.account.clone();
    let entries = context.home().wallets()?;
    let default = match default {
        Some(name) => Some(name),
        None => context.home().default_wallet()?,
    };
    let wallets = entries
        .into_iter()
        .map(|entry| Entry {
            default: Some(&entry.name) == default.as_ref(),
            name: entry.name,
            address: entry.address,
        })
        .collect();
    Ok(Wallets { wallets })
}
