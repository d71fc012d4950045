//! The clock of the machine, for file stamps and for showing chain times. Decisions use the chain's time.

use jiff::Timestamp;

/// The machine's time, RFC 3339 in UTC to the second.
pub fn now_rfc3339() -> String {
    rfc3339(u64::try_from(Timestamp::now().as_second()).unwrap_or(0))
}

/// The machine's time, exact enough to order what one run after another makes.
pub fn now_rfc3339_exact() -> String {
    format!("{:.6}", Timestamp::now())
}

/// The machine's time in Unix seconds.
pub fn now_unix() -> u64 {
    u64::try_from(Timestamp::now().as_second()).unwrap_or(0)
}

/// The machine's time, to be held against the chain's: whichever is ahead decides what has expired.
pub fn clock() -> patientport_client::Timestamp {
    patientport_client::Timestamp(now_unix())
}

/// A chain time as RFC 3339 in UTC; the bare number where no calendar reaches.
pub fn rfc3339(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map_or_else(|| seconds.to_string(), |time| time.to_string())
}

/// A chain time for people: `2026-11-22 20:00 UTC`.
pub fn human(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map_or_else(
            || seconds.to_string(),
            |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_times_are_shown_in_utc() {
        assert_eq!(rfc3339(1_795_377_600), "2026-11-22T20:00:00Z");
        assert_eq!(human(1_795_377_600), "2026-11-22 20:00 UTC");
        assert_eq!(human(u64::MAX), u64::MAX.to_string());
    }
}
