//! Sentences that depend on what happened.

use patientport_client::Timestamp;
use patientport_client::port::EmergencyState;

/// Why a window is not open, in a sentence.
pub(super) fn not_open(state: EmergencyState, opens_at: Option<Timestamp>) -> String {
    match (state, opens_at) {
        (EmergencyState::Pending, Some(opens)) => format!("its delay runs until `{opens}`"),
        (EmergencyState::Armed, _) => "it has not broken the glass".into(),
        (EmergencyState::Vetoed, _) => "its access was vetoed".into(),
        (EmergencyState::Over, _) => "its window is over".into(),
        _ => "it is no responder".into(),
    }
}

pub(super) fn no_such_range(id: u32, length: Option<u64>) -> String {
    match length {
        Some(length) => {
            format!("record `{id}` has `{length}` bytes, and the part lies behind them")
        }
        None => format!("record `{id}` does not state its length, so no part of it can be found"),
    }
}

/// Whose an account of an identity is already.
pub(super) fn taken(wallet: Option<&str>) -> String {
    wallet.map_or_else(
        || "is being made by another run".into(),
        |wallet| format!("is the wallet `{wallet}` of this home"),
    )
}
