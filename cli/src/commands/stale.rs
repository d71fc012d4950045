//! Stale sections in a command: found by the client, told here.

use alloy::primitives::Address;
use patientport_client::port::Port;
use patientport_client::stale::{Cause, StaleSection, stale_sections};
use patientport_core::section::{SectionId, SectionSet};
use serde::{Serialize, Serializer};

use crate::context::Context;
use crate::error::Error;
use crate::time;

/// A section whose current key somebody holds who should not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Stale {
    /// The section.
    pub section: SectionId,
    /// One who holds its key.
    pub holder: Address,
    /// Why it should not: `access-ended`, `delegation-ended`, `emergency-over`, `owner-changed` or `key-changed`.
    #[serde(serialize_with = "cause_name")]
    pub cause: Cause,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde calls"
)]
fn cause_name<S: Serializer>(cause: &Cause, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match cause {
        Cause::DelegationEnded => "delegation-ended",
        Cause::EmergencyOver => "emergency-over",
        Cause::OwnerChanged => "owner-changed",
        Cause::KeyChanged => "key-changed",
        _ => "access-ended",
    })
}

/// The stale sections of a port, ascending, each once.
///
/// # Errors
/// The chain's.
pub async fn stale(port: &Port) -> Result<Vec<Stale>, Error> {
    let now = port.chain().now(time::clock()).await?;
    let found = stale_sections(port, now).await?;
    let stale = |it: StaleSection| Stale {
        section: it.section,
        holder: it.holder,
        cause: it.cause,
    };
    Ok(found.into_iter().map(stale).collect())
}

/// The stale sections as a set.
pub fn set_of(stale: &[Stale]) -> SectionSet {
    stale.iter().map(|stale| stale.section).collect()
}

/// Tells a patient which sections want new keys, once the command's own work is done.
///
/// # Errors
/// The chain's.
pub async fn warn_of_stale(context: &Context, port: &Port) -> Result<(), Error> {
    for Stale {
        section,
        holder,
        cause,
    } in stale(port).await?
    {
        context.warn(
            "section.stale",
            format!(
                "section `{section}`: `{holder}` {cause}; change it with `patientport access rotate`"
            ),
        );
    }
    Ok(())
}
