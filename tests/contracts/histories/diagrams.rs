//! The state diagrams of `docs/access-model.md`: from one look to the next, nothing moves but along them.

use std::collections::BTreeMap;

use alloy_primitives::Address;

use patientport_abi::IPatientPort as abi;

use super::{Case, look::Seen};

/// States as last seen; nobody starts at 0.
#[derive(Default)]
pub(super) struct Diagrams {
    grants: BTreeMap<Address, (u8, u64)>,
    responders: BTreeMap<Address, u8>,
    records: BTreeMap<u32, u8>,
    requests: BTreeMap<u32, u8>,
}

impl Diagrams {
    pub(super) fn advance(&mut self, case: &Case<'_>, seen: &Seen, now: u64) {
        for (id, request) in &seen.requests {
            let before = self.requests.insert(*id, request.state).unwrap_or(0);
            let allowed: &[u8] = match before {
                // It may have ended before anybody looked; an entry is no request and stays one.
                0 => &[1, 2, 3, 4, 5, 6],
                1 => &[1, 2, 3, 4, 5],
                ended => &[ended],
            };
            case.must(allowed.contains(&request.state), || {
                format!("request {id} from {before} to {}", request.state)
            });
        }
        for (id, record) in &seen.records {
            let before = self.records.insert(*id, record.state).unwrap_or(0);
            let allowed: &[u8] = match before {
                // It may have ended before anybody looked.
                0 | 1 => &[1, 2, 3],
                ended => &[ended],
            };
            case.must(allowed.contains(&record.state), || {
                format!("record {id} from {before} to {}", record.state)
            });
        }
        // Of a long list not every state is seen.
        if let Some(holders) = &seen.holders
            && holders.len() < 40
        {
            self.holders(case, holders, now);
        }
    }

    fn holders(&mut self, case: &Case<'_>, holders: &[abi::Holder], now: u64) {
        for holder in holders {
            let (who, state) = (holder.access.reader, holder.access.state);
            let grant = (state, holder.access.expiry);
            let (before, _) = self.grants.insert(who, grant).unwrap_or_default();
            let allowed: &[u8] = match before {
                0 => &[0, 1],
                1 => &[1, 2, 3],
                ended => &[ended, 1],
            };
            case.must(allowed.contains(&state), || {
                format!("grant of {who} from {before} to {state}")
            });

            let state = holder.responder.state;
            let before = self.responders.insert(who, state).unwrap_or(0);
            // Without a delay, breaking the glass opens the window in the same step.
            let allowed: &[u8] = match before {
                0 => &[0, 1],
                1 => &[0, 1, 2, 3],
                2 => &[0, 1, 2, 3, 4, 5],
                3 => &[0, 1, 3, 4],
                4 => &[0, 1, 4],
                _ => &[0, 1, 5],
            };
            case.must(allowed.contains(&state), || {
                format!("emergency access of {who} from {before} to {state}")
            });
        }
        // Who left the list has no grant; a live one must have run out first.
        let listed = |who: &Address| holders.iter().any(|holder| holder.access.reader == *who);
        self.grants.retain(|who, (state, expiry)| {
            let stays = listed(who);
            case.must(stays || *state != 1 || *expiry <= now, || {
                format!("{who} left the list with a live grant")
            });
            stays
        });
    }
}
