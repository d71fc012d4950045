//! Values that are typed: dates, durations, sections, rights, reasons. Parsed as integers, never floats.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use alloy::primitives::{Address, B256};
use clap::ValueEnum;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};
use patientport_client::port;
use patientport_client::registry::ProviderKind;
use patientport_core::text::Rights;
use thiserror::Error;

/// A typed value that means nothing.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ValueError {
    /// Neither a span nor a date nor seconds.
    #[error(
        "`{0}` is not a time: give 30d, 6mo, 1y, a date such as 2027-01-31, RFC 3339, or Unix seconds"
    )]
    Time(String),
    /// Too far away to be computed.
    #[error("`{0}` is out of range")]
    OutOfRange(String),
    /// Not a duration.
    #[error("`{0}` is not a duration: give a number and s, m or h, such as 90s")]
    Duration(String),
    /// Not a section.
    #[error("`{0}` is not a section: sections are numbered 0 to 63")]
    Section(String),
    /// A set that runs backwards.
    #[error("`{0}` runs backwards")]
    Range(String),
    /// Not a section name.
    #[error(
        "`{0}` is no section name: 1 to 64 bytes without control characters, not starting with a digit"
    )]
    SectionName(String),
    /// Not a range of bytes.
    #[error(
        "`{0}` is no range of bytes: give the first and the last, such as 0-1023, or 1024- for the rest"
    )]
    Bytes(String),
    /// Not a commitment.
    #[error("`{0}` is not a commitment: 64 hexadecimal digits")]
    Commitment(String),
    /// Not an address.
    #[error("`{0}` is not an address: 0x and 40 hexadecimal digits")]
    Address(String),
    /// Not a key card.
    #[error(transparent)]
    KeyCard(crate::keycard::KeyCardError),
    /// Not a fingerprint.
    #[error(
        "`{0}` is no fingerprint: 16 letters and digits in groups of four, such as mzxw-6ytb-ojtg-633c"
    )]
    Fingerprint(String),
    /// Nothing that fills a placeholder.
    #[error("`{0}` fills no placeholder: give KEY=TEXT, such as visit=Monday")]
    Placeholder(String),
    /// Not a hash.
    #[error("`{0}` is not a hash: 0x and 64 hexadecimal digits")]
    Hash(String),
    /// Not the number of a record or a request.
    #[error("`{text}` is not a {what} number")]
    Number {
        /// `record` or `request`.
        what: &'static str,
        /// What was typed.
        text: String,
    },
}

/// Sections are numbered below this (`abi::limits::SECTIONS`).
const SECTIONS: u8 = 64;
/// Longest section name in bytes (docs/record-format.md §2).
const MAX_NAME_BYTES: usize = 64;

/// A point in time as typed: absolute, or a span from the chain's present.
#[derive(Clone, Debug)]
pub enum Until {
    /// Unix seconds.
    At(u64),
    /// From now on; calendar units count in UTC.
    In(Span),
}

impl Until {
    /// The time in Unix seconds, where `now` is the chain's present.
    ///
    /// # Errors
    /// [`ValueError::OutOfRange`] when it lies beyond what a calendar holds.
    pub fn resolve(&self, now: u64) -> Result<u64, ValueError> {
        let span = match self {
            Self::At(seconds) => return Ok(*seconds),
            Self::In(span) => span,
        };
        let out_of_range = || ValueError::OutOfRange(span.to_string());
        let start = i64::try_from(now)
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or_else(out_of_range)?;
        let end = start
            .to_zoned(TimeZone::UTC)
            .checked_add(*span)
            .map_err(|_| out_of_range())?;
        u64::try_from(end.timestamp().as_second()).map_err(|_| out_of_range())
    }
}

impl FromStr for Until {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ValueError::Time(text.to_owned());
        if let Some(seconds) = digits(text) {
            // A small bare number is far more likely a forgotten unit than a time in 1970.
            return match seconds.parse::<u64>() {
                Ok(seconds) if seconds >= 1_000_000_000 => Ok(Self::At(seconds)),
                _ => Err(bad()),
            };
        }
        if let Some(span) = parse_span(text) {
            return Ok(Self::In(span));
        }
        if let Ok(date) = text.parse::<Date>()
            && text.len() == 10
        {
            // A date is meant inclusively: access ends as the day does.
            let end = date
                .tomorrow()
                .and_then(|next| next.to_zoned(TimeZone::UTC))
                .map_err(|_| ValueError::OutOfRange(text.to_owned()))?;
            return u64::try_from(end.timestamp().as_second())
                .map(Self::At)
                .map_err(|_| bad());
        }
        let at: Timestamp = text.parse().map_err(|_| bad())?;
        u64::try_from(at.as_second())
            .map(Self::At)
            .map_err(|_| bad())
    }
}

/// A span such as `90d`, counted from now.
///
/// # Errors
/// [`ValueError::Time`].
pub fn span(text: &str) -> Result<Until, ValueError> {
    parse_span(text)
        .map(Until::In)
        .ok_or_else(|| ValueError::Time(text.to_owned()))
}

/// A time that has been: a date, of which the first second is meant, RFC 3339, or Unix seconds.
///
/// # Errors
/// [`ValueError::Time`].
pub fn since(text: &str) -> Result<u64, ValueError> {
    let bad = || ValueError::Time(text.to_owned());
    let at = match text.parse::<Date>() {
        Ok(date) if text.len() == 10 => {
            let start = date.to_zoned(TimeZone::UTC).map_err(|_| bad())?;
            start.timestamp()
        }
        _ => match digits(text) {
            Some(seconds) => return seconds.parse().map_err(|_| bad()),
            None => text.parse().map_err(|_| bad())?,
        },
    };
    u64::try_from(at.as_second()).map_err(|_| bad())
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

fn split_unit(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|character: char| !character.is_ascii_digit())?;
    let (count, unit) = text.split_at(end);
    Some((count.parse().ok()?, unit))
}

fn parse_span(text: &str) -> Option<Span> {
    let (count, unit) = split_unit(text)?;
    // `i64` calendar counts beyond jiff's limits panic in the short constructors, so bound them first.
    if count == 0 || count > 1_000_000 {
        return None;
    }
    match unit {
        "s" => Some(count.seconds()),
        "min" | "m" => Some(count.minutes()),
        "h" => Some(count.hours()),
        "d" => Some(count.days()),
        "w" if count <= 100_000 => Some(count.weeks()),
        "mo" if count <= 10_000 => Some(count.months()),
        // Of 365 days, as those of a port: five of them are the longest that it grants.
        "y" if count <= 1_000 => Some((count * 365).days()),
        _ => None,
    }
}

/// Parses a waiting time such as `90s`, `5m`, `1h`; a bare number is seconds.
///
/// # Errors
/// [`ValueError::Duration`] for anything else, zero and more than a day.
pub fn timeout(text: &str) -> Result<Duration, ValueError> {
    let bad = || ValueError::Duration(text.to_owned());
    let (count, unit) = match digits(text) {
        Some(count) => (count.parse().map_err(|_| bad())?, 1),
        None => match split_unit(text).ok_or_else(bad)? {
            (count, "s") => (count, 1),
            (count, "m" | "min") => (count, 60),
            (count, "h") => (count, 3600),
            _ => return Err(bad()),
        },
    };
    let seconds = u64::try_from(count)
        .ok()
        .and_then(|count| count.checked_mul(unit))
        .ok_or_else(bad)?;
    if seconds == 0 || seconds > 24 * 3600 {
        return Err(bad());
    }
    Ok(Duration::from_secs(seconds))
}

/// A value that was thrown away.
#[derive(Clone, Copy, Debug)]
pub struct Dropped;

/// Takes any value and keeps nothing of it, so that no message can repeat it.
///
/// # Errors
/// Never.
pub fn dropped(_: &str) -> Result<Dropped, ValueError> {
    Ok(Dropped)
}

/// Parses a length of time such as `0s`, `90m`, `4h`, `7d`, in seconds; the unit is needed.
///
/// # Errors
/// [`ValueError::Duration`] for anything else.
pub fn seconds(text: &str) -> Result<u32, ValueError> {
    let bad = || ValueError::Duration(text.to_owned());
    let (count, unit) = match split_unit(text).ok_or_else(bad)? {
        (count, "s") => (count, 1),
        (count, "m" | "min") => (count, 60),
        (count, "h") => (count, 3_600),
        (count, "d") => (count, 86_400),
        _ => return Err(bad()),
    };
    let seconds = count.checked_mul(unit);
    seconds
        .and_then(|it| u32::try_from(it).ok())
        .ok_or_else(bad)
}

/// Parses an account's or a contract's address.
///
/// # Errors
/// [`ValueError::Address`].
pub fn address(text: &str) -> Result<Address, ValueError> {
    text.parse()
        .map_err(|_| ValueError::Address(text.to_owned()))
}

/// Parses `KEY=TEXT` for a template's placeholder.
///
/// # Errors
/// [`ValueError::Placeholder`].
pub fn placeholder(text: &str) -> Result<(String, String), ValueError> {
    let bad = || ValueError::Placeholder(text.to_owned());
    let (key, value) = text.split_once('=').ok_or_else(bad)?;
    if !crate::commands::request::template::is_placeholder(key) {
        return Err(bad());
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// Parses a 32-byte hash.
///
/// # Errors
/// [`ValueError::Hash`].
pub fn hash(text: &str) -> Result<B256, ValueError> {
    text.parse().map_err(|_| ValueError::Hash(text.to_owned()))
}

/// Parses the number of a record.
///
/// # Errors
/// [`ValueError::Number`].
pub fn record_number(text: &str) -> Result<u32, ValueError> {
    number("record", text)
}

/// Parses the number of a request.
///
/// # Errors
/// [`ValueError::Number`].
pub fn request_number(text: &str) -> Result<u32, ValueError> {
    number("request", text)
}

fn number(what: &'static str, text: &str) -> Result<u32, ValueError> {
    digits(text)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| ValueError::Number {
            what,
            text: text.to_owned(),
        })
}

fn section_number(text: &str) -> Option<u8> {
    digits(text)?
        .parse()
        .ok()
        .filter(|section| *section < SECTIONS)
}

/// Whether a text can name a section.
pub fn is_section_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NAME_BYTES
        && !text.chars().any(char::is_control)
        && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// A set of section numbers: `0`, `0,3`, `0,2-4`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SectionSetArg(pub Vec<u8>);

impl FromStr for SectionSetArg {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut sections = Vec::new();
        for part in text.split(',') {
            let bad = || ValueError::Section(part.to_owned());
            match part.split_once('-') {
                None => sections.push(section_number(part).ok_or_else(bad)?),
                Some((first, last)) => {
                    let (first, last) = section_number(first)
                        .zip(section_number(last))
                        .ok_or_else(bad)?;
                    if first > last {
                        return Err(ValueError::Range(part.to_owned()));
                    }
                    sections.extend(first..=last);
                }
            }
        }
        sections.sort_unstable();
        sections.dedup();
        Ok(Self(sections))
    }
}

/// Sections that exist: numbers, or a name the home knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SectionRef {
    /// One or several by number.
    Numbers(Vec<u8>),
    /// One by its private name.
    Name(String),
}

impl FromStr for SectionRef {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_section_name(text) {
            return Ok(Self::Name(text.to_owned()));
        }
        text.parse()
            .map(|SectionSetArg(numbers)| Self::Numbers(numbers))
    }
}

impl fmt::Display for SectionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Numbers(numbers) => {
                for (index, number) in numbers.iter().enumerate() {
                    write!(f, "{}{number}", if index == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

/// A section to open or rotate: `NUMBER` or `NUMBER:NAME`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewSection {
    /// 0..63.
    pub number: u8,
    /// Private name.
    pub name: Option<String>,
}

impl FromStr for NewSection {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, name) = match text.split_once(':') {
            Some((number, name)) => (number, Some(name)),
            None => (text, None),
        };
        let number =
            section_number(number).ok_or_else(|| ValueError::Section(number.to_owned()))?;
        if let Some(name) = name
            && !is_section_name(name)
        {
            return Err(ValueError::SectionName(name.to_owned()));
        }
        Ok(Self {
            number,
            name: name.map(str::to_owned),
        })
    }
}

/// A record's commitment, with or without `0x`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CommitmentArg(pub B256);

impl FromStr for CommitmentArg {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if digits.len() != 64 {
            return Err(ValueError::Commitment(text.to_owned()));
        }
        digits
            .parse()
            .map(Self)
            .map_err(|_| ValueError::Commitment(text.to_owned()))
    }
}

/// A part of a record: the first byte, and the last unless it goes to the end, as HTTP counts them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ByteRange {
    /// The first byte, from 0.
    pub first: u64,
    /// The last byte.
    pub last: Option<u64>,
}

impl FromStr for ByteRange {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ValueError::Bytes(text.to_owned());
        let number = |text: &str| digits(text).and_then(|it| it.parse::<u64>().ok());
        let (first, last) = text.split_once('-').ok_or_else(bad)?;
        let first = number(first).ok_or_else(bad)?;
        let last = match last {
            "" => None,
            last => Some(
                number(last)
                    .filter(|last| *last != u64::MAX)
                    .ok_or_else(bad)?,
            ),
        };
        if last.is_some_and(|last| last < first) {
            return Err(ValueError::Range(text.to_owned()));
        }
        Ok(Self { first, last })
    }
}

/// What a reader may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum RightsArg {
    /// Open records
    Read,
    /// Add records
    Write,
    /// Both
    ReadWrite,
}

impl From<RightsArg> for Rights {
    fn from(rights: RightsArg) -> Self {
        match rights {
            RightsArg::Read => Self::Read,
            RightsArg::Write => Self::Write,
            RightsArg::ReadWrite => Self::ReadWrite,
        }
    }
}

/// A kind of provider.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Kind {
    /// A hospital
    Hospital,
    /// A clinic or practice
    Clinic,
    /// A single physician
    Physician,
    /// A laboratory
    Laboratory,
    /// A pharmacy
    Pharmacy,
    /// An insurer
    Payer,
    /// Anything else
    Other,
}

impl From<Kind> for ProviderKind {
    fn from(value: Kind) -> Self {
        match value {
            Kind::Hospital => Self::Hospital,
            Kind::Clinic => Self::Clinic,
            Kind::Physician => Self::Physician,
            Kind::Laboratory => Self::Laboratory,
            Kind::Pharmacy => Self::Pharmacy,
            Kind::Payer => Self::Payer,
            Kind::Other => Self::Other,
        }
    }
}

/// Why a request is denied; public.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum DenialReason {
    /// Not needed
    NotNeeded,
    /// The requester is not known
    UnknownRequester,
    /// Too much was asked for
    ScopeTooWide,
    /// Another provider is preferred
    OtherProvider,
    /// Something else
    Other,
}

impl From<DenialReason> for port::DenialReason {
    fn from(value: DenialReason) -> Self {
        match value {
            DenialReason::NotNeeded => Self::NotNeeded,
            DenialReason::UnknownRequester => Self::UnknownRequester,
            DenialReason::ScopeTooWide => Self::ScopeTooWide,
            DenialReason::OtherProvider => Self::OtherProvider,
            DenialReason::Other => Self::Other,
        }
    }
}

/// Why access is revoked; public.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum RevokeReason {
    /// Not said
    Unstated,
    /// The care has ended
    CareEnded,
    /// It was given by mistake
    Mistake,
    /// Trust is lost
    LostTrust,
    /// Something else
    Other,
}

impl From<RevokeReason> for port::RevocationReason {
    fn from(value: RevokeReason) -> Self {
        match value {
            RevokeReason::Unstated => Self::Unstated,
            RevokeReason::CareEnded => Self::CareEnded,
            RevokeReason::Mistake => Self::Mistake,
            RevokeReason::LostTrust => Self::LostTrust,
            RevokeReason::Other => Self::Other,
        }
    }
}

/// Why a record is retracted; public.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum RetractReason {
    /// It should not have been there
    EnteredInError,
    /// Its blobs are erased
    Erased,
}

impl From<RetractReason> for port::RetractionReason {
    fn from(value: RetractReason) -> Self {
        match value {
            RetractReason::EnteredInError => Self::EnteredInError,
            RetractReason::Erased => Self::Erased,
        }
    }
}

impl fmt::Display for RightsArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        value_name(self, f)
    }
}

impl fmt::Display for DenialReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        value_name(self, f)
    }
}

impl fmt::Display for RevokeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        value_name(self, f)
    }
}

fn value_name(value: &impl ValueEnum, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value.to_possible_value() {
        Some(value) => f.write_str(value.get_name()),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
