//! Where everything lies in storage. Frozen: fields are only appended. The table for readers is in
//! `contracts/README.md`; the tests of this module read raw slots.
//!
//! Times are Unix seconds. In every packed word an account stands in bytes 0..20; zero words mean
//! "never written" throughout.

use patientport_kit::Field;

/// Words that exist once (tag 0).
pub(crate) mod single {
    /// Owner, flags, record and request counts: see [`super::header`].
    pub(crate) const HEADER: u8 = 0;
    /// Registry, reader count, nonce of signed calls: see [`super::registry`].
    pub(crate) const REGISTRY: u8 = 1;
    /// Primary care provider; zero = none.
    pub(crate) const PRIMARY_CARE: u8 = 2;
    /// x of the patient's encryption key.
    pub(crate) const PATIENT_KEY: u8 = 3;
    // Reserved: 4 history head, 5 pending owner, 6 and 7 emergency access and custodians.
}

/// Maps: tag, key → value.
pub(crate) mod map {
    /// Section / 4 → the metadata of four sections: see [`super::section`].
    pub(crate) const SECTION_META: u8 = 1;
    /// Section → x of its current key.
    pub(crate) const SECTION_KEY: u8 = 2;
    /// Record id → commitment.
    pub(crate) const COMMITMENT: u8 = 3;
    /// Record id → author and state: see [`super::record`].
    pub(crate) const RECORD: u8 = 4;
    /// Request id → requester and state: see [`super::request`].
    pub(crate) const REQUEST: u8 = 5;
    /// Request id → recipient, if it is another than the requester.
    pub(crate) const RECIPIENT: u8 = 6;
    /// Requester → its last requests, eight ids of four bytes; an ended one's place is free.
    pub(crate) const PENDING: u8 = 7;
    /// Reader → its grant: see [`super::grant`].
    pub(crate) const GRANT: u8 = 8;
    /// Index → reader.
    pub(crate) const READER: u8 = 9;
    // Reserved: 10 blocked requesters, 11 delegates, 12 delegates' keys, 13 responders,
    // 14 emergency packages, 15 successors of records.
}

/// The header word; bytes 0..20 are the owner (the patient).
pub(crate) mod header {
    use super::Field;

    /// [`INITIALIZED`], [`CLAIMED`], [`KEY_PARITY`].
    pub(crate) const FLAGS: Field = Field::new(20, 1);
    /// Newest record id.
    pub(crate) const RECORDS: Field = Field::new(21, 4);
    /// Newest request id.
    pub(crate) const REQUESTS: Field = Field::new(25, 4);
    // Bytes 29..32 are free.

    /// The port has its parties, or is the implementation and never gets any.
    pub(crate) const INITIALIZED: u8 = 1;
    /// The patient has accepted the port.
    pub(crate) const CLAIMED: u8 = 2;
    /// Parity of the patient's encryption key.
    pub(crate) const KEY_PARITY: u8 = 4;
}

/// The registry word; bytes 0..20 are the registry.
pub(crate) mod registry {
    use super::Field;

    /// Length of the list of readers.
    pub(crate) const READERS: Field = Field::new(20, 1);
    // Bytes 21..29 are reserved for the nonce of signed calls; 29..32 are free.
}

/// One of four lanes of eight bytes in a word of section metadata.
pub(crate) mod section {
    use super::Field;

    /// Number of key changes; 0 = not open.
    pub(crate) const fn epoch(section: u8) -> Field {
        Field::new(lane(section), 3)
    }

    /// Parity of the current key.
    pub(crate) const fn parity(section: u8) -> Field {
        Field::new(lane(section) | 3, 1)
    }

    /// When the current key was published.
    pub(crate) const fn rotated_at(section: u8) -> Field {
        Field::new(lane(section) | 4, 4)
    }

    #[expect(clippy::arithmetic_side_effects, reason = "at most 3 · 8")]
    const fn lane(section: u8) -> usize {
        (section & 3) as usize * 8
    }

    /// Highest epoch that fits.
    pub(crate) const MAX_EPOCH: u32 = 0xff_ffff;
}

/// A record's second word; bytes 0..20 are the author.
pub(crate) mod record {
    use super::Field;

    /// When it was added.
    pub(crate) const ADDED_AT: Field = Field::new(20, 5);
    /// Its section.
    pub(crate) const SECTION: Field = Field::new(25, 1);
    /// [`CURRENT`], [`RETRACTED`]; 3 (superseded) is reserved.
    pub(crate) const STATE: Field = Field::new(26, 1);
    /// Epoch of its section.
    pub(crate) const EPOCH: Field = Field::new(27, 4);
    // Byte 31 is free.

    pub(crate) const CURRENT: u8 = 1;
    pub(crate) const RETRACTED: u8 = 2;
}

/// A request's word; bytes 0..20 are the requester.
pub(crate) mod request {
    use super::Field;

    /// When it was made.
    pub(crate) const MADE_AT: Field = Field::new(20, 5);
    /// [`PENDING`] … [`CANCELLED`]; [`LAPSED`] is derived from time and never stored.
    pub(crate) const STATE: Field = Field::new(25, 1);
    /// 1 = the recipient is another and has its own word.
    pub(crate) const REFERRAL: Field = Field::new(26, 1);
    // Bytes 27..32 are free.

    pub(crate) const PENDING: u8 = 1;
    pub(crate) const APPROVED: u8 = 2;
    pub(crate) const DENIED: u8 = 3;
    pub(crate) const CANCELLED: u8 = 4;
    pub(crate) const LAPSED: u8 = 5;
}

/// A reader's grant.
pub(crate) mod grant {
    use super::Field;

    /// Sections granted.
    pub(crate) const SECTIONS: Field = Field::new(0, 8);
    /// Sections whose keys the reader was ever given.
    pub(crate) const HELD: Field = Field::new(8, 8);
    /// First second without access.
    pub(crate) const EXPIRY: Field = Field::new(16, 5);
    /// When the grant was last changed.
    pub(crate) const CHANGED_AT: Field = Field::new(21, 5);
    /// [`READ`] and [`WRITE`].
    pub(crate) const RIGHTS: Field = Field::new(26, 1);
    /// [`LIVE`] or [`REVOKED`]; [`EXPIRED`] is derived from time and never stored.
    pub(crate) const STATE: Field = Field::new(27, 1);
    /// Place in the list of readers, plus 1; 0 = not listed.
    pub(crate) const PLACE: Field = Field::new(28, 1);
    // Bytes 29..32 are free.

    pub(crate) const READ: u8 = 1;
    pub(crate) const WRITE: u8 = 2;

    pub(crate) const LIVE: u8 = 1;
    pub(crate) const EXPIRED: u8 = 2;
    pub(crate) const REVOKED: u8 = 3;
}
