//! Many ports in one run: what is the same at all of them is opened once.

use alloy::primitives::Address;
use patientport_client::IdentityKeys;
use patientport_core::keys::IdentitySeed;

use crate::codes::Exit;
use crate::commands::keys;
use crate::context::{ChosenPort, Context};
use crate::error::Error;

/// A provider's identity, opened when it is first needed: its keystore is slow to open by design.
#[derive(Debug, Default)]
pub(crate) struct Identity(Option<IdentitySeed>);

impl Identity {
    /// The provider's keys, as at any port of the registry.
    ///
    /// # Errors
    /// Wrong passwords; the chain's.
    pub(crate) async fn of_provider(
        &mut self,
        context: &Context,
        chosen: &ChosenPort,
        account: Address,
    ) -> Result<IdentityKeys, Error> {
        if self.0.is_none() {
            self.0 = Some(context.identity(None)?.1);
        }
        let seed = self.0.as_ref().expect("it was opened above");
        keys::of_provider(context, chosen.port.registry(), account, seed).await
    }
}

/// Whether an error is not one record's or one port's, but would meet every other as well.
pub(crate) fn concerns_all(error: &Error) -> bool {
    let code = error.code();
    error.exit() == Exit::Environment
        || ["password.", "keystore.", "wallet.", "home."]
            .iter()
            .any(|noun| code.starts_with(noun))
        || matches!(
            code,
            "usage.password_required" | "identity.unknown" | "registry.unknown"
        )
}
