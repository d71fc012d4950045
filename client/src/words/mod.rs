//! Calls of the contracts in words, made from the calldata alone: what somebody is about to sign, or was asked to
//! send, whoever composed it.
//!
//! Only calldata in the one canonical encoding is read. Any other could be read otherwise by the contract than here,
//! and what is shown has to be all of what is signed.

mod port;
mod registry;

use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolInterface;
use patientport_abi::IPatientPort::IPatientPortCalls;
use patientport_core::keys::PublicKey;
use patientport_core::section::SectionSet;

use crate::units::Timestamp;

/// The contract that calldata is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// A patient's port.
    Port,
    /// The registry.
    Registry,
}

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The patient, among others or alone: what the patient can sign for others to send.
    Patient,
    /// Others than the patient.
    Others,
    /// Anybody: it changes nothing.
    Anybody,
}

/// A call in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The function's name.
    pub function: &'static str,
    /// What it does: a few words, none of them anybody else's.
    pub title: &'static str,
    /// Who may do it.
    pub by: By,
    /// Every argument, in the order of the interface.
    pub lines: Vec<Line>,
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub label: &'static str,
    /// What it says.
    pub value: Value,
}

/// What an argument says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Made here: numbers, addresses, words of this program.
    Text(String),
    /// Chosen by whoever composed the call: escape it before it is shown.
    Foreign(String),
    /// A time.
    Time(Timestamp),
}

/// Why calldata cannot be told in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// No function has this selector.
    #[error("the contract has no function `{0}`")]
    UnknownFunction(Bytes4),
    /// The arguments are malformed, or not in the one encoding that is read.
    #[error("the arguments of `{0}` are not encoded as they should be")]
    NotCanonical(Bytes4),
    /// There is not even a selector.
    #[error("there is no call: fewer than 4 bytes")]
    Empty,
}

/// A selector.
pub type Bytes4 = alloy::primitives::FixedBytes<4>;

impl Words {
    /// Reads calldata for `contract`.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(contract: Contract, data: &[u8]) -> Result<Self, Unreadable> {
        match contract {
            Contract::Port => canonical(data).map(port::words),
            Contract::Registry => canonical(data).map(registry::words),
        }
    }

    /// Reads calldata for a contract that nobody has vouched for, where its selector is one of ours; functions that
    /// both contracts have are told as the port's.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn guess(data: &[u8]) -> Result<(Contract, Self), Unreadable> {
        let selector = selector(data)?;
        let contract = if IPatientPortCalls::valid_selector(selector.0) {
            Contract::Port
        } else {
            Contract::Registry
        };
        Ok((contract, Self::read(contract, data)?))
    }

    const fn new(by: By, function: &'static str, title: &'static str) -> Self {
        Self {
            function,
            title,
            by,
            lines: Vec::new(),
        }
    }

    const fn patient(function: &'static str, title: &'static str) -> Self {
        Self::new(By::Patient, function, title)
    }

    const fn others(function: &'static str, title: &'static str) -> Self {
        Self::new(By::Others, function, title)
    }

    /// A view.
    const fn view(function: &'static str) -> Self {
        Self::new(By::Anybody, function, "ask the contract; changes nothing")
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers, texts and addresses are given alike"
    )]
    fn line(mut self, label: &'static str, value: impl ToString) -> Self {
        let value = Value::Text(value.to_string());
        self.lines.push(Line { label, value });
        self
    }

    fn time(mut self, label: &'static str, seconds: u64) -> Self {
        let value = Value::Time(Timestamp(seconds));
        self.lines.push(Line { label, value });
        self
    }

    fn foreign(mut self, label: &'static str, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let value = Value::Foreign(text);
        self.lines.push(Line { label, value });
        self
    }

    /// An account; `nobody` stands for zero.
    fn account(self, label: &'static str, account: Address, nobody: &str) -> Self {
        if account.is_zero() {
            self.line(label, nobody)
        } else {
            self.line(label, account)
        }
    }

    fn key(self, label: &'static str, x: B256, parity: u8) -> Self {
        if x.is_zero() && parity == 0 {
            return self.line(label, "none");
        }
        match PublicKey::from_chain(x, parity) {
            Ok(key) => self.line(label, key.fingerprint()),
            Err(_) => self.line(label, format!("{x}, parity {parity}: no key")),
        }
    }

    fn message(self, label: &'static str, message: &Bytes) -> Self {
        if message.is_empty() {
            self.line(label, "none")
        } else {
            self.line(label, format!("{} sealed bytes", message.len()))
        }
    }
}

fn selector(data: &[u8]) -> Result<Bytes4, Unreadable> {
    let selector = data.first_chunk::<4>().ok_or(Unreadable::Empty)?;
    Ok(Bytes4::new(*selector))
}

/// Decodes calldata that encodes again to the same bytes.
fn canonical<I: SolInterface>(data: &[u8]) -> Result<I, Unreadable> {
    let selector = selector(data)?;
    if !I::valid_selector(selector.0) {
        return Err(Unreadable::UnknownFunction(selector));
    }
    match I::abi_decode_validate(data) {
        Ok(call) if call.abi_encode() == data => Ok(call),
        _ => Err(Unreadable::NotCanonical(selector)),
    }
}

/// Section numbers for people.
fn sections(bits: u64) -> String {
    let numbers: Vec<_> = SectionSet::from_bits(bits)
        .iter()
        .map(|section| section.to_string())
        .collect();
    if numbers.is_empty() {
        "none".into()
    } else {
        numbers.join(", ")
    }
}

/// Numbers for people.
fn numbers(list: &[u32]) -> String {
    let numbers: Vec<_> = list.iter().map(u32::to_string).collect();
    if numbers.is_empty() {
        "none".into()
    } else {
        numbers.join(", ")
    }
}

/// A number that stands for a word.
fn code(number: u8, word: Option<impl ToString>) -> String {
    word.map_or_else(
        || format!("{number}, which this program has no word for"),
        |word| word.to_string(),
    )
}

/// Seconds for people, exactly.
fn seconds(number: u32) -> String {
    for (unit, name) in [(86_400, "days"), (3_600, "hours"), (60, "minutes")] {
        if number >= unit && number.is_multiple_of(unit) {
            return format!("{} {name}", number / unit);
        }
    }
    format!("{number} seconds")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
