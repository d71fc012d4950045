//! Limits that the contracts enforce and clients check first.

/// Sections are numbered below this.
pub const SECTIONS: u8 = 64;
/// Longest identity or contact profile, in bytes.
pub const MAX_PROFILE_BYTES: u32 = 1024;
/// Longest sealed message, in bytes: 64 section secrets with names fit.
pub const MAX_MESSAGE_BYTES: u32 = 8192;
/// Longest piece of ciphertext in one `publish`, in bytes.
pub const MAX_PIECE_BYTES: u32 = 24_576;
/// Sealed messages in one rotation: the patient's own and 16 others.
pub const MAX_RECIPIENTS: u32 = 17;
/// Records in one `share`.
pub const MAX_SHARED_RECORDS: u32 = 16;
/// Readers, delegates and responders of one port.
pub const MAX_HOLDERS: u8 = 128;
/// Pending requests of one requester at one port.
pub const MAX_PENDING_REQUESTS: u8 = 8;
/// A request lapses this many seconds after it was made: 90 days.
pub const REQUEST_LIFETIME_SECS: u64 = 90 * 24 * 60 * 60;
/// A grant or delegation lasts at most this many seconds: five years of 365 days.
pub const MAX_GRANT_SECS: u64 = 5 * 365 * 24 * 60 * 60;
/// Longest delay of emergency access, in seconds: seven days.
pub const MAX_EMERGENCY_DELAY_SECS: u32 = 7 * 24 * 60 * 60;
/// Longest window of emergency access, in seconds: 30 days.
pub const MAX_EMERGENCY_WINDOW_SECS: u32 = 30 * 24 * 60 * 60;
/// An attestation lasts at most this many seconds: five years of 365 days.
pub const MAX_ATTESTATION_SECS: u64 = 5 * 365 * 24 * 60 * 60;
/// Longest page of a paged view.
pub const MAX_PAGE: u32 = 100;
