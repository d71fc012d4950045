//! Where everything lies in storage. Frozen: fields are only appended. The table for readers is in
//! `contracts/README.md`; the tests of this module read raw slots.
//!
//! Times are Unix seconds; those of four bytes last until 2106. In every packed word an account stands
//! in bytes 0..20; zero words mean "never written" throughout.

/// Words that exist once (tag 0).
pub(crate) mod single {
    /// Owner, flags, record and request counts: see [`super::header`].
    pub(crate) const HEADER: u8 = 0;
    /// The history head: see [`super::head`].
    pub(crate) const HEAD: u8 = 1;
    /// x of the patient's encryption key.
    pub(crate) const PATIENT_KEY: u8 = 2;
    /// Primary care provider, once it is another than the issuer; zero = none.
    pub(crate) const PRIMARY_CARE: u8 = 3;
    /// Who may accept the ownership; zero = nobody.
    pub(crate) const PENDING_OWNER: u8 = 4;
    /// The first of three custodians: account, then key parity in byte 20.
    pub(crate) const CUSTODIAN: u8 = 8;
    /// The first of three custodians' keys.
    pub(crate) const CUSTODIAN_KEY: u8 = 12;
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
    /// Request id → recipient and state: see [`super::request`].
    pub(crate) const REQUEST: u8 = 5;
    /// Request id → requester, if it is another than the recipient.
    pub(crate) const REQUESTER: u8 = 6;
    /// Requester → its last requests and whether it is blocked: see [`super::pending`].
    pub(crate) const PENDING: u8 = 7;
    /// Account → its grant, and what else it is: see [`super::grant`].
    pub(crate) const GRANT: u8 = 8;
    /// Index → eight lanes of the list of holders: see [`super::list`].
    pub(crate) const LIST: u8 = 9;
    /// Account → its delegation: see [`super::delegate`].
    pub(crate) const DELEGATE: u8 = 10;
    /// Delegate → x of its key.
    pub(crate) const DELEGATE_KEY: u8 = 11;
    /// Account → its emergency access: see [`super::responder`].
    pub(crate) const RESPONDER: u8 = 12;
    /// Responder → BLAKE3 of its emergency package.
    pub(crate) const PACKAGE: u8 = 13;
    /// Record id → the record that supersedes it.
    pub(crate) const SUCCESSOR: u8 = 14;
}

/// The header word; bytes 0..20 are the owner (the patient), written when it claims the port.
pub(crate) mod header {
    use patientport_kit::Field;

    /// [`CLAIMED`], [`KEY_PARITY`], [`PRIMARY_CARE_SET`].
    pub(crate) const FLAGS: Field = Field::new(20, 1);
    /// Newest record id.
    pub(crate) const RECORDS: Field = Field::new(21, 4);
    /// Newest request id.
    pub(crate) const REQUESTS: Field = Field::new(25, 4);
    /// Highest id: those of requests stay below the bit of [`super::pending::BLOCKED`], and one more than
    /// an id is a number of four bytes, too.
    pub(crate) const MAX_ID: u32 = 0x7fff_ffff;
    // Bytes 29..32 are free.

    /// The patient has accepted the port.
    pub(crate) const CLAIMED: u8 = 1;
    /// Parity of the patient's encryption key.
    pub(crate) const KEY_PARITY: u8 = 2;
    /// Primary care is what its own word says, and no more the issuer.
    pub(crate) const PRIMARY_CARE_SET: u8 = 4;
}

/// The history head; bytes 5..32 are the hash.
pub(crate) mod head {
    use patientport_kit::Field;

    /// Number of events.
    pub(crate) const LENGTH: Field = Field::new(0, 5);
}

/// A custodian's word; bytes 0..20 are its account.
pub(crate) mod custodian {
    use patientport_kit::Field;

    /// Parity of its key.
    pub(crate) const PARITY: Field = Field::new(20, 1);
    /// How many there are.
    pub(crate) const COUNT: u8 = 3;
}

/// One of four lanes of eight bytes in a word of section metadata.
pub(crate) mod section {
    use patientport_kit::Field;

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
    use patientport_kit::Field;

    /// When it was added.
    pub(crate) const ADDED_AT: Field = Field::new(20, 5);
    /// Its section.
    pub(crate) const SECTION: Field = Field::new(25, 1);
    /// [`CURRENT`], [`RETRACTED`] or [`SUPERSEDED`].
    pub(crate) const STATE: Field = Field::new(26, 1);
    /// Epoch of its section.
    pub(crate) const EPOCH: Field = Field::new(27, 4);
    // Byte 31 is free.

    pub(crate) const CURRENT: u8 = 1;
    pub(crate) const RETRACTED: u8 = 2;
    pub(crate) const SUPERSEDED: u8 = 3;
}

/// A request's word; bytes 0..20 are the recipient.
pub(crate) mod request {
    use patientport_kit::Field;

    /// When it was made.
    pub(crate) const MADE_AT: Field = Field::new(20, 5);
    /// [`PENDING`] … [`ENTERED`]; [`LAPSED`] is derived from time and never stored.
    pub(crate) const STATE: Field = Field::new(25, 1);
    /// 1 = the requester is another and has its own word.
    pub(crate) const REFERRAL: Field = Field::new(26, 1);
    // Bytes 27..32 are free.

    pub(crate) const PENDING: u8 = 1;
    pub(crate) const APPROVED: u8 = 2;
    pub(crate) const DENIED: u8 = 3;
    pub(crate) const CANCELLED: u8 = 4;
    pub(crate) const LAPSED: u8 = 5;
    /// No request: the patient named a holder, and the list of holders needs an entry.
    pub(crate) const ENTERED: u8 = 6;
}

/// A requester's word: eight places of four bytes, each with the id of one of its last requests; an
/// ended one's place is free. The first bit of the word says that the requester is blocked.
pub(crate) mod pending {
    use patientport_kit::Field;

    /// Its highest bit is [`BLOCKED`].
    pub(crate) const FLAGS: Field = Field::new(0, 1);
    pub(crate) const BLOCKED: u8 = 0x80;
}

/// What an account was granted, and what else it is.
pub(crate) mod grant {
    use patientport_kit::Field;

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
    /// [`LIVE`] or [`REVOKED`]; [`EXPIRED`] is derived from time and never stored. 0 = no grant.
    pub(crate) const STATE: Field = Field::new(27, 1);
    /// Place in the list of holders, from 1; 0 = not listed.
    pub(crate) const PLACE: Field = Field::new(28, 1);
    /// [`DELEGATE`] and [`RESPONDER`]: it is, or was, one; without the bit its word need not be read.
    pub(crate) const FACETS: Field = Field::new(29, 1);
    // Bytes 30..32 are free.

    pub(crate) const READ: u8 = 1;
    pub(crate) const WRITE: u8 = 2;

    pub(crate) const LIVE: u8 = 1;
    pub(crate) const EXPIRED: u8 = 2;
    pub(crate) const REVOKED: u8 = 3;

    pub(crate) const DELEGATE: u8 = 1;
    pub(crate) const RESPONDER: u8 = 2;
}

/// The list of holders: lanes of four bytes, eight to a word. Lane 0 is the nonce of signed calls, lane 1
/// the length of the list, lane `1 + place` the id of a request whose recipient is the holder.
pub(crate) mod list {
    use patientport_kit::Field;

    /// Nonce of the next signed call (in the first word).
    pub(crate) const NONCE: Field = Field::new(0, 4);
    /// Length of the list (in the first word).
    pub(crate) const COUNT: Field = Field::new(4, 4);

    /// The word and the field of a place, counted from 1.
    #[expect(clippy::arithmetic_side_effects, reason = "places are at most 128")]
    pub(crate) const fn lane(place: u64) -> (u64, Field) {
        let lane = place + 1;
        (lane / 8, Field::new((lane % 8) as usize * 4, 4))
    }
}

/// A delegation.
pub(crate) mod delegate {
    use patientport_kit::Field;

    /// [`APPROVE`] … [`ROTATE`]; 0 = ended.
    pub(crate) const RIGHTS: Field = Field::new(0, 1);
    /// Parity of its key.
    pub(crate) const PARITY: Field = Field::new(1, 1);
    /// First second without the rights.
    pub(crate) const UNTIL: Field = Field::new(2, 5);
    /// First second whose keys no earlier delegation was entitled to; 0 = none ever was.
    pub(crate) const HELD_UNTIL: Field = Field::new(7, 5);
    // Bytes 12..32 are free.

    pub(crate) const APPROVE: u8 = 1;
    pub(crate) const REVOKE: u8 = 2;
    pub(crate) const WRITE: u8 = 4;
    pub(crate) const ROTATE: u8 = 8;
    pub(crate) const ALL: u8 = 15;
    /// With either, it is sent section secrets.
    pub(crate) const SECRETS: u8 = APPROVE | ROTATE;
}

/// A responder's emergency access.
pub(crate) mod responder {
    use patientport_kit::Field;

    /// Sections it opens.
    pub(crate) const SECTIONS: Field = Field::new(0, 8);
    /// Seconds from breaking the glass to access.
    pub(crate) const DELAY: Field = Field::new(8, 3);
    /// Seconds of access.
    pub(crate) const WINDOW: Field = Field::new(11, 3);
    /// When the glass was broken; 0 = it was not.
    pub(crate) const BROKEN_AT: Field = Field::new(14, 4);
    /// [`ARMED`], [`BROKEN`] or [`VETOED`]; 0 = removed, or never named.
    pub(crate) const STATE: Field = Field::new(18, 1);
    /// First second whose keys no earlier window was entitled to; 0 = none was.
    pub(crate) const HELD_UNTIL: Field = Field::new(19, 4);
    /// Sections of earlier windows.
    pub(crate) const HELD: Field = Field::new(23, 8);
    // Byte 31 is free.

    pub(crate) const NONE: u8 = 0;
    pub(crate) const ARMED: u8 = 1;
    /// Stored for a broken glass; what it means now is derived from time: one of the next three.
    pub(crate) const BROKEN: u8 = PENDING;
    pub(crate) const PENDING: u8 = 2;
    pub(crate) const OPEN: u8 = 3;
    pub(crate) const OVER: u8 = 4;
    pub(crate) const VETOED: u8 = 5;
}
