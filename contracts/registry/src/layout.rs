//! Where everything lies in storage. Frozen: fields are only appended. The table for readers is in
//! `contracts/README.md`; the tests of this module read raw slots.
//!
//! Times are Unix seconds. In every packed word an account stands in bytes 0..20; zero words mean
//! "never written" throughout.

use patientport_kit::Field;

/// Words that exist once (tag 0).
pub(crate) mod single {
    /// Owner and counts: see [`super::header`].
    pub(crate) const HEADER: u8 = 0;
    /// Who may accept the ownership; zero = nobody.
    pub(crate) const PENDING_OWNER: u8 = 1;
    /// What ports are clones of; zero = not set.
    pub(crate) const IMPLEMENTATION: u8 = 2;
}

/// Maps: tag, key → value.
pub(crate) mod map {
    /// Account → 1 if it is an attester.
    pub(crate) const ATTESTER: u8 = 1;
    /// Provider → its status and attestation: see [`super::provider`].
    pub(crate) const PROVIDER: u8 = 2;
    /// Provider → x of its encryption key.
    pub(crate) const KEY: u8 = 3;
    /// Provider → keccak256 of its identity profile.
    pub(crate) const IDENTITY: u8 = 4;
    /// Index → provider, in order of registration.
    pub(crate) const LIST: u8 = 5;
    /// Provider → how many ports it has issued.
    pub(crate) const ISSUED: u8 = 6;
    /// NPI → the provider it was last attested for; counts only while that attestation holds.
    pub(crate) const NPI: u8 = 7;
    /// Account → 1 if it is a port issued here.
    pub(crate) const PORT: u8 = 8;
}

/// The header word; bytes 0..20 are the owner.
pub(crate) mod header {
    use super::Field;

    /// Registered providers.
    pub(crate) const PROVIDERS: Field = Field::new(20, 4);
    // Bytes 24..32 are free.
}

/// A provider's word; bytes 0..20 are the attester.
pub(crate) mod provider {
    use super::Field;

    /// See the status constants; 0 = unknown.
    pub(crate) const STATUS: Field = Field::new(20, 1);
    /// Low seven bits: 1 hospital … 7 other; high bit: parity of the encryption key.
    pub(crate) const KIND_PARITY: Field = Field::new(21, 1);
    /// National Provider Identifier; 0 = none.
    pub(crate) const NPI: Field = Field::new(22, 5);
    /// End of the attestation; 0 = never attested.
    pub(crate) const UNTIL: Field = Field::new(27, 5);

    /// The bit of [`KIND_PARITY`] that is the key's parity.
    pub(crate) const PARITY_BIT: u8 = 0x80;

    pub(crate) const UNKNOWN: u8 = 0;
    pub(crate) const SELF_ASSERTED: u8 = 1;
    pub(crate) const ATTESTED: u8 = 2;
    pub(crate) const SUSPENDED: u8 = 3;
    pub(crate) const RETIRED: u8 = 4;
}
