//! `patientport identity list`

use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;

/// The identities of a home.
#[derive(Debug, Serialize)]
pub struct Identities {
    /// By name.
    pub identities: Vec<String>,
}

impl Outcome for Identities {
    fn text(&self) -> String {
        if self.identities.is_empty() {
            return "no identities\n".into();
        }
        self.identities
            .iter()
            .map(|name| format!("{name}\n"))
            .collect()
    }
}

/// Lists the identities.
///
/// # Errors
/// The home's.
pub fn run(context: &Context) -> Result<Identities, Error> {
    Ok(Identities {
        identities: context.home().identities()?,
    })
}
