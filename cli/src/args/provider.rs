//! `patientport provider …`

use alloy::primitives::Address;
use clap::{Args, Subcommand, ValueEnum};

use super::values::{self, Kind, Until};

/// The provider verbs.
#[derive(Debug, Subcommand)]
pub enum ProviderCommand {
    /// Register this account as a provider, with its encryption key
    #[command(after_help = "\
Examples:
  patientport provider register --kind clinic --name 'Elm Street Practice'
  patientport provider register --kind physician --npi 1234567893 --name 'Dr. Ada Park' --specialty 207R00000X

Name, specialty, contact and endpoint are public and stay on chain.")]
    Register(RegisterArgs),
    /// Change this account's encryption key
    #[command(after_help = "\
Examples:
  patientport provider change-key
  patientport identity new brandt2 && patientport provider change-key --to-identity brandt2

What was sealed to the old key still opens. Patients see that the key changed, and give the new one access by changing
their sections' keys: `patientport access rotate --accept-new-key`. The new key is the next one of the same identity:
whoever has the identity or its words has it, too. If these were stolen, make a new identity and change to it; from
then on name it with `--identity`, or as `identity` in the home's config.json.")]
    ChangeKey(ChangeKeyArgs),
    /// Confirm that a provider is who it says it is (attesters)
    #[command(after_help = "\
Examples:
  patientport provider attest 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --until 1y")]
    Attest(AttestArgs),
    /// Suspend a provider (attesters, owner)
    Suspend(AddressArg),
    /// End a suspension (attesters, owner); an attester has to confirm the provider anew
    #[command(after_help = "\
Examples:
  patientport provider reinstate 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
  patientport provider attest 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --until 1y")]
    Reinstate(AddressArg),
    /// Stop being a provider, for good
    #[command(after_help = "\
Examples:
  patientport provider retire

This account cannot be registered again. What patients granted it stays until it ends or they revoke it.")]
    Retire,
    /// Change name, kind, specialty or number; ends the attestation
    #[command(after_help = "\
Examples:
  patientport provider set-profile --name 'Elm Street Clinic'
  patientport provider set-profile --kind hospital --without specialty

What is not given stays as it is. An attester has confirmed exactly what stands there: it has to be confirmed anew, and
until then ports refuse this account as a provider.")]
    SetProfile(ProfileArgs),
    /// Change contact and endpoint; the attestation stays
    #[command(after_help = "\
Examples:
  patientport provider set-contact --endpoint https://blobs.elm.example/records
  patientport provider set-contact --contact '+1 555 0100' --without endpoint")]
    SetContact(ContactArgs),
    /// Show a provider
    #[command(after_help = "\
Examples:
  patientport provider show
  patientport provider show 0x70997970C51812dc3A010C7d01b50e0d17dc79C8")]
    Show(ShowArgs),
    /// List the registry's providers
    List(ListArgs),
    /// Who may attest (owner)
    #[command(subcommand)]
    Attester(AttesterCommand),
}

/// `provider register`
#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// What kind of provider
    #[arg(long, value_enum)]
    pub kind: Kind,
    /// National Provider Identifier, ten digits
    #[arg(long, value_name = "NUMBER")]
    pub npi: Option<String>,
    /// Name, shown to patients once attested
    #[arg(long)]
    pub name: String,
    /// Specialty code, such as one of the NUCC taxonomy
    #[arg(long, value_name = "CODE")]
    pub specialty: Option<String>,
    /// How to reach the provider
    #[arg(long, value_name = "TEXT")]
    pub contact: Option<String>,
    /// Where the provider's encrypted records can be fetched
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
}

/// `provider set-profile`
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct ProfileArgs {
    /// What kind of provider
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// National Provider Identifier, ten digits
    #[arg(long, value_name = "NUMBER")]
    pub npi: Option<String>,
    /// Name, shown to patients once attested
    #[arg(long)]
    pub name: Option<String>,
    /// Specialty code, such as one of the NUCC taxonomy
    #[arg(long, value_name = "CODE")]
    pub specialty: Option<String>,
    /// Leave out what stood there; may be repeated
    #[arg(long, value_enum, value_name = "FIELD")]
    pub without: Vec<ProfileField>,
}

/// What a profile can do without.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ProfileField {
    /// The number
    Npi,
    /// The specialty
    Specialty,
}

/// `provider set-contact`
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct ContactArgs {
    /// How to reach the provider
    #[arg(long, value_name = "TEXT")]
    pub contact: Option<String>,
    /// Where the provider's encrypted records can be fetched
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Leave out what stood there; may be repeated
    #[arg(long, value_enum, value_name = "FIELD")]
    pub without: Vec<ContactField>,
}

/// What a contact profile can do without.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ContactField {
    /// How to reach the provider
    Contact,
    /// Where its records can be fetched
    Endpoint,
}

/// `provider attest`
#[derive(Debug, Args)]
pub struct AttestArgs {
    /// Provider to confirm
    #[arg(value_parser = values::address)]
    pub provider: Address,
    /// Until when: 1y, 6mo, 30d, a date (inclusive, UTC), RFC 3339, or Unix seconds
    #[arg(long, default_value = "1y")]
    pub until: Until,
    /// Refuse unless the provider states this number
    #[arg(long, value_name = "NUMBER")]
    pub npi: Option<String>,
}

/// One provider.
#[derive(Debug, Args)]
pub struct AddressArg {
    /// Provider
    #[arg(value_parser = values::address)]
    pub provider: Address,
}

/// `provider show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Provider [default: this account]
    #[arg(value_parser = values::address)]
    pub provider: Option<Address>,
}

/// `provider list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those verified now
    #[arg(long)]
    pub verified: bool,
}

/// `provider attester …`
#[derive(Debug, Subcommand)]
pub enum AttesterCommand {
    /// Let an account attest
    Add(AttesterArg),
    /// Stop an account from attesting; what it confirmed stays confirmed
    Remove(AttesterArg),
}

/// One attester.
#[derive(Debug, Args)]
pub struct AttesterArg {
    /// Attester
    #[arg(value_parser = values::address)]
    pub attester: Address,
}

/// `provider change-key`
#[derive(Debug, Args)]
pub struct ChangeKeyArgs {
    /// Take the key of another identity of this home [default: the next one of the same]
    #[arg(long, value_name = "IDENTITY")]
    pub to_identity: Option<String>,
}
