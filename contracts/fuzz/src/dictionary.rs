//! What the fuzzer puts into its inputs besides what it invents: selectors, accounts, numbers.

use alloy_primitives::{Address, U256, hex};
use alloy_sol_types::SolInterface;
use patientport_abi::{IPatientPort::IPatientPortCalls, IRegistry::IRegistryCalls, limits};

use crate::{port::Port, registry::Registry, subject::Subject};

/// The dictionary of a target, in libFuzzer's format; `None` if there is no such target.
pub fn dictionary(target: &str) -> Option<String> {
    let mut entries = match target {
        "args" => Vec::new(),
        "port" => of_calls::<Port>(IPatientPortCalls::selectors()),
        "registry" => of_calls::<Registry>(IRegistryCalls::selectors()),
        _ => return None,
    };
    let numbers = [
        0,
        1,
        2,
        3,
        32,
        64,
        96,
        160,
        192,
        u64::from(limits::MAX_PROFILE_BYTES) + 1,
        u64::from(limits::MAX_MESSAGE_BYTES) + 1,
        u32::MAX.into(),
        1 << 32,
        1_234_567_893,
        1_800_000_001,
        1_830_000_000,
        u64::MAX,
    ];
    entries.extend(numbers.map(word));
    entries.push([0xff; 32].to_vec());
    let lines = entries.iter().map(|entry| {
        let bytes = entry
            .iter()
            .map(|byte| format!("\\x{}", hex::encode([*byte])));
        format!("\"{}\"\n", bytes.collect::<String>())
    });
    Some(lines.collect())
}

fn of_calls<S: Subject>(selectors: impl Iterator<Item = [u8; 4]>) -> Vec<Vec<u8>> {
    let accounts = S::ACCOUNTS.iter().map(Address::into_word);
    selectors
        .map(Vec::from)
        .chain(accounts.map(|account| account.to_vec()))
        .collect()
}

fn word(number: u64) -> Vec<u8> {
    U256::from(number).to_be_bytes_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_quoted_bytes() {
        let dictionary = dictionary("registry").unwrap();
        // owner()
        assert!(dictionary.starts_with("\"\\x"));
        assert!(dictionary.contains("\"\\x8d\\xa5\\xcb\\x5b\"\n"));
        assert_eq!(super::dictionary("nothing"), None);
    }
}
