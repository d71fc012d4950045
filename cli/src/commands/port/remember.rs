//! `patientport port remember`

use alloy::primitives::Address;
use patientport_client::{Port, Role};
use serde::Serialize;

use crate::args::port::RememberArgs;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::error::Error;
use crate::home::HomeError;
use crate::home::ports::{KnownPort, free_name};
use crate::output::Outcome;
use crate::time;

/// A port that this home knows by a name from now on.
#[derive(Debug, Serialize)]
pub struct Remembered {
    /// The port.
    pub port: Address,
    /// Its name in this home.
    pub name: String,
    /// The wallet that acts there, if one of this home does.
    pub account: Option<String>,
    /// As what: `patient`, `delegate`, or nothing.
    pub role: Option<&'static str>,
    /// What a delegate may do.
    pub rights: Vec<&'static str>,
    /// First second without these rights, Unix seconds.
    pub until: Option<u64>,
}

impl Outcome for Remembered {
    fn text(&self) -> String {
        let mut text = format!("port {} is `{}` in this home\n", self.port, self.name);
        if let (Some(account), Some(until)) = (&self.account, self.until) {
            text.push_str(&format!(
                "the wallet `{account}` may {} for its patient until {}\n",
                self.rights.join(", "),
                time::human(until)
            ));
        }
        text
    }
}

/// Keeps a port under a name, after checking that it is one of the registry's. Needs no password.
///
/// # Errors
/// `NotAPort`; a name that is taken.
pub async fn run(context: &Context, args: RememberArgs) -> Result<Remembered, Error> {
    let registry = context.registry().await?;
    let port = Port::open(&registry, args.port).await?;
    let info = port.info().await?;
    let (account, role) = acting(context, &port).await?;
    let (rights, until) = match role {
        Some(Role::Delegate(delegation)) => (
            delegation.rights.names().collect(),
            Some(delegation.until.0),
        ),
        _ => (Vec::new(), None),
    };
    let chain_id = registry.chain().chain_id();
    let name = context.home().change_ports(|ports| {
        let name = free_name(ports, Some(&args.name), args.port)?;
        let earlier = ports
            .iter()
            .find(|(_, known)| known.chain_id == chain_id && known.address == args.port)
            .map(|(name, known)| (name.clone(), known.clone()));
        let mut known = match earlier {
            Some((earlier, known)) => {
                ports.remove(&earlier);
                known
            }
            None => KnownPort::of_another(chain_id, args.port),
        };
        known.registry = Some(registry.address());
        known.account = known.account.or_else(|| account.clone());
        ports.insert(name.clone(), known);
        Ok::<_, HomeError>(name)
    })?;
    let issuer = Who::find(&registry, info.issuer).await?.line();
    context.terminal.say(&format!("issued by {issuer}"));
    Ok(Remembered {
        port: args.port,
        name,
        account,
        role: role.map(|role| match role {
            Role::Patient => "patient",
            Role::Delegate(_) => "delegate",
        }),
        rights,
        until,
    })
}

/// The wallet of this run, and as what it may act at a port; nothing if it may not, or there is none.
async fn acting(context: &Context, port: &Port) -> Result<(Option<String>, Option<Role>), Error> {
    let Ok(name) = context.wallet_name(None) else {
        return Ok((None, None));
    };
    let stated = context.home().wallet(&name)?.address;
    let Some(account) = stated.and_then(|text| text.parse::<Address>().ok()) else {
        return Ok((None, None));
    };
    let info = port.info().await?;
    match Role::of(port, &info, account, time::clock()).await {
        Ok(role) => Ok((Some(name), Some(role))),
        Err(
            patientport_client::Error::NotThePatient { .. }
            | patientport_client::Error::DelegationOver { .. },
        ) => Ok((None, None)),
        Err(error) => Err(error.into()),
    }
}
