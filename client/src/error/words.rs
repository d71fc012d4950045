//! Sentences that depend on what happened.

use alloy::primitives::Address;
use patientport_core::section::SectionSet;
use patientport_core::text::Rights;

use crate::port::DelegateRights;

/// A right in a sentence.
pub(super) const fn verb(rights: Rights) -> &'static str {
    match rights {
        Rights::Read => "read",
        Rights::Write => "write",
        Rights::ReadWrite => "read and write",
    }
}

/// Rights of which one is enough, in a sentence.
pub(super) fn either(rights: DelegateRights) -> String {
    rights.names().collect::<Vec<_>>().join(" or ")
}

/// What is wrong with a history, in a sentence.
pub(super) fn mismatch(port: Address, counted: u64, found: u64) -> String {
    if found < counted {
        format!("the node's log tells of `{found}` of the `{counted}` events of the port `{port}`")
    } else {
        format!(
            "the node's log of the port `{port}` is not what happened: an event or its time was changed"
        )
    }
}

/// Section numbers in a sentence.
pub(super) fn list(sections: SectionSet) -> String {
    let numbers: Vec<_> = sections.iter().map(|section| section.to_string()).collect();
    numbers.join(", ")
}
