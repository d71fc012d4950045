//! `patientport provider …`

pub mod attest;
pub mod attester;
pub mod change_key;
pub mod list;
pub mod profile;
pub mod register;
pub mod show;
pub mod status;
pub mod suspend;

use patientport_core::npi::Npi;

use crate::error::Error;

/// Reads a National Provider Identifier from its flag.
fn parse_npi(text: Option<&str>) -> Result<Option<Npi>, Error> {
    text.map(|text| {
        Npi::parse(text).map_err(|source| Error::FlagInvalid {
            flag: "--npi",
            value: text.chars().take(32).collect(),
            reason: source.to_string(),
        })
    })
    .transpose()
}
