//! Views.

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use patientport_abi::{
    IPatientPort::{self as abi, IPatientPortCalls as Call},
    limits,
};

use super::{Done, Port, count, grants::Grant, malformed, refuse, sections};

/// The places of a list counted from 1 that a page shows.
fn page<T>(list: &[T], from: u32, limit: u32) -> &[T] {
    let from = (from.max(1) as usize - 1).min(list.len());
    let limit = limit.min(limits::MAX_PAGE) as usize;
    &list[from..list.len().min(from + limit)]
}

impl Port {
    pub(crate) fn view(&self, time: u64, call: &Call) -> Done<Vec<u8>> {
        Ok(match call {
            Call::info(_) => abi::infoCall::abi_encode_returns(&self.info()),
            Call::sectionKeys(call) => {
                let keys = sections::each(call.sections);
                let keys = keys.into_iter().map(|section| self.section_key(section));
                abi::sectionKeysCall::abi_encode_returns(&keys.collect())
            }
            Call::record(call) => {
                match self.records.get((call.recordId as usize).wrapping_sub(1)) {
                    Some(record) => abi::recordCall::abi_encode_returns(record),
                    None => {
                        return refuse(abi::UnknownRecord {
                            recordId: call.recordId,
                        });
                    }
                }
            }
            Call::records(call) => {
                let records = page(&self.records, call.from, call.limit);
                abi::recordsCall::abi_encode_returns(&records.to_vec())
            }
            Call::getRequest(call) => {
                let request = self.request_at(call.requestId)?;
                abi::getRequestCall::abi_encode_returns(&shown(&request, time))
            }
            Call::requests(call) => {
                let requests = page(&self.requests, call.from, call.limit).iter();
                let requests = requests.map(|request| shown(request, time));
                abi::requestsCall::abi_encode_returns(&requests.collect())
            }
            Call::isBlocked(call) => {
                abi::isBlockedCall::abi_encode_returns(&self.blocked.contains(&call.requester))
            }
            Call::holders(call) => {
                let holders = self.list.iter().skip(call.from as usize);
                let holders = holders.take(call.limit as usize);
                let holders = holders.map(|holder| self.holder(*holder, time));
                abi::holdersCall::abi_encode_returns(&holders.collect())
            }
            Call::holderOf(call) => {
                abi::holderOfCall::abi_encode_returns(&self.holder(call.account, time))
            }
            Call::accessOf(call) => {
                abi::accessOfCall::abi_encode_returns(&self.access(call.reader, time))
            }
            Call::hasAccess(call) => {
                let readable = self.readable(call.reader, time);
                let may = sections::holds(readable, call.section);
                abi::hasAccessCall::abi_encode_returns(&may)
            }
            Call::custodians(_) => abi::custodiansCall::abi_encode_returns(&self.custodians),
            Call::historyHead(_) => abi::historyHeadCall::abi_encode_returns(&self.head),
            Call::supportsInterface(call) => {
                // Its own id, and the exclusive or of all other selectors.
                let own = [0x01, 0xff, 0xc9, 0xa7];
                let others = Call::SELECTORS.iter().filter(|selector| **selector != own);
                let id = others.fold([0; 4], |id, selector| {
                    std::array::from_fn(|index| id[index] ^ selector[index])
                });
                let supported = [own, id].contains(&call.interfaceId.0);
                abi::supportsInterfaceCall::abi_encode_returns(&supported)
            }
            _ => return malformed(),
        })
    }

    pub(crate) fn info(&self) -> abi::PortInfo {
        abi::PortInfo {
            owner: self.owner,
            pendingOwner: self.pending_owner,
            registry: self.registry,
            issuer: self.issuer,
            primaryCare: self.primary_care,
            claimed: self.claimed,
            keyX: self.key.0,
            keyParity: self.key.1,
            recordCount: count(&self.records),
            requestCount: count(&self.requests),
            holderCount: count(&self.list),
            nonce: self.nonce,
            historyHead: self.head,
        }
    }

    fn section_key(&self, section: u8) -> abi::SectionKey {
        match self.sections.get(&section) {
            None => abi::SectionKey::default(),
            Some(section) => abi::SectionKey {
                epoch: section.epoch,
                keyX: section.key.0,
                keyParity: section.key.1,
                rotatedAt: section.rotated_at,
            },
        }
    }

    fn access(&self, reader: Address, time: u64) -> abi::Access {
        let access = |grant: &Grant| abi::Access {
            reader,
            sections: grant.sections,
            held: grant.held,
            expiry: grant.expiry,
            changedAt: grant.changed_at,
            rights: grant.rights,
            state: grant.state_at(time),
        };
        let nothing = abi::Access {
            reader,
            ..Default::default()
        };
        self.grants.get(&reader).map_or(nothing, access)
    }

    fn holder(&self, account: Address, time: u64) -> abi::Holder {
        let responder = self.responders.get(&account).cloned();
        abi::Holder {
            access: self.access(account, time),
            delegate: self.delegates.get(&account).cloned().unwrap_or_default(),
            responder: abi::Responder {
                state: self.emergency_state(account, time),
                ..responder.unwrap_or_default()
            },
        }
    }
}

fn shown(request: &super::Request, time: u64) -> abi::Request {
    abi::Request {
        requester: request.requester,
        recipient: request.recipient,
        requestedAt: request.made_at,
        state: request.state_at(time),
    }
}
