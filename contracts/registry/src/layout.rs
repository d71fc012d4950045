//! Where everything lies in storage. Frozen: fields are only appended. The table for readers is in
//! `contracts/README.md`; the tests of this module read raw slots.
//!
//! Times are Unix seconds. In every packed word an account stands in bytes 0..20; zero words mean
//! "never written" throughout.

use patientport_kit::Field;

/// Words that exist once (tag 0).
pub(crate) mod single {
    /// Owner and count of attesters: see [`super::header`].
    pub(crate) const HEADER: u8 = 0;
    /// Who may accept the ownership; zero = nobody.
    pub(crate) const PENDING_OWNER: u8 = 1;
    /// What ports are clones of, and how many there are: see [`super::implementation`].
    pub(crate) const IMPLEMENTATION: u8 = 2;
    /// The newest provider, and how many there are: see [`super::tail`].
    pub(crate) const TAIL: u8 = 3;
}

/// Maps: tag, key → value.
pub(crate) mod map {
    /// Account → its index and whether it is an attester: see [`super::attester`].
    pub(crate) const ATTESTER: u8 = 1;
    /// Provider → its predecessor, status and attestation: see [`super::provider`].
    pub(crate) const PROVIDER: u8 = 2;
    /// Provider → x of its encryption key.
    pub(crate) const KEY: u8 = 3;
    /// Provider → keccak256 of its identity profile.
    pub(crate) const IDENTITY: u8 = 4;
    /// Index from 1 → whoever was given it when first named an attester.
    pub(crate) const ATTESTER_AT: u8 = 5;
    /// NPI → the provider it was last attested for; counts only while that attestation holds.
    pub(crate) const NPI: u8 = 6;
}

/// The header word; bytes 0..20 are the owner.
pub(crate) mod header {
    use super::Field;

    /// Indices given to attesters.
    pub(crate) const ATTESTERS: Field = Field::new(20, 2);
    // Bytes 22..32 are free.
}

/// The word of the implementation; bytes 0..20 are its account, zero = not set.
pub(crate) mod implementation {
    use super::Field;

    /// Ports issued, whatever implementation they are clones of.
    pub(crate) const PORTS: Field = Field::new(20, 4);
    // Bytes 24..32 are free.
}

/// Where the list of providers begins; bytes 0..20 are the newest.
pub(crate) mod tail {
    use super::Field;

    /// Registered providers.
    pub(crate) const PROVIDERS: Field = Field::new(20, 4);
    // Bytes 24..32 are free.
}

/// An attester's word.
pub(crate) mod attester {
    use super::Field;

    /// Its index, from 1; it keeps it for ever.
    pub(crate) const INDEX: Field = Field::new(20, 2);
    /// 1 = is an attester, 0 = was one.
    pub(crate) const ACTIVE: Field = Field::new(22, 1);
}

/// A provider's word; bytes 0..20 are the provider registered before it, zero = it was the first.
pub(crate) mod provider {
    use alloy_primitives::B256;

    use super::Field;

    /// Index of the attester; 0 = nobody.
    pub(crate) const ATTESTER: Field = Field::new(20, 2);
    /// Bits 0..3 status (0 = unknown), 3..6 kind (1 hospital … 7 other), 6 parity of the encryption key.
    const STATE: Field = Field::new(22, 1);
    /// National Provider Identifier, below 3·10⁹; 0 = none.
    pub(crate) const NPI: Field = Field::new(23, 4);
    /// End of the attestation; 0 = none.
    pub(crate) const UNTIL: Field = Field::new(27, 5);

    pub(crate) const UNKNOWN: u8 = 0;
    pub(crate) const SELF_ASSERTED: u8 = 1;
    pub(crate) const ATTESTED: u8 = 2;
    pub(crate) const SUSPENDED: u8 = 3;
    pub(crate) const RETIRED: u8 = 4;

    const BITS: u8 = 7;
    const KIND_SHIFT: u32 = 3;
    const PARITY_SHIFT: u32 = 6;

    pub(crate) fn status(word: &B256) -> u8 {
        STATE.byte(word) & BITS
    }

    pub(crate) fn kind(word: &B256) -> u8 {
        STATE.byte(word) >> KIND_SHIFT & BITS
    }

    pub(crate) fn parity(word: &B256) -> u8 {
        STATE.byte(word) >> PARITY_SHIFT & 1
    }

    /// Sets status, `kind` ≤ 7 and `parity` ≤ 1.
    pub(crate) fn set_state(word: &mut B256, status: u8, kind: u8, parity: u8) {
        let state = status | kind << KIND_SHIFT | parity << PARITY_SHIFT;
        STATE.set(word, state.into());
    }

    pub(crate) fn set_status(word: &mut B256, status: u8) {
        set_state(word, status, kind(word), parity(word));
    }
    /// Drops the attestation.
    pub(crate) fn self_assert(word: &mut B256) {
        ATTESTER.set(word, 0);
        set_status(word, SELF_ASSERTED);
        UNTIL.set(word, 0);
    }
}
