//! What the contract shows, compared with what the model shows.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use alloy_sol_types::SolInterface as _;
use patientport_abi::{
    IPatientPort::{self as abi, IPatientPortCalls as Call},
    limits,
};

use super::{Case, scene::Scene};
use crate::chain::{Answer, decode};

/// What a port shows after a step, as far as it was asked; every word of it is as the model has it.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) info: abi::PortInfo,
    pub(super) keys: BTreeMap<u8, abi::SectionKey>,
    /// The whole list.
    pub(super) holders: Option<Vec<abi::Holder>>,
    /// The newest, by id.
    pub(super) requests: BTreeMap<u32, abi::Request>,
    /// The newest, by id.
    pub(super) records: BTreeMap<u32, abi::Record>,
    /// Whether somebody may read a section, of those who were asked about.
    pub(super) access: Vec<(Address, u8, bool)>,
}

/// Newest requests and records that are looked at in their turn.
const NEWEST: u32 = 12;

impl Scene {
    /// Looks at what a step may have changed: at some of it after every step, at the rest in turns.
    pub(super) fn glance(&mut self, case: &Case<'_>, index: usize) -> Seen {
        let turn = case.number % 3;
        let mut questions = Vec::new();
        for _ in 0..if turn == 0 { 3 } else { 0 } {
            let reader = self.random.pick(&self.people);
            let section = self.random.pick(&[0, 1, 2, 3, 5, 31, 63, 64]);
            questions.push((reader, section));
        }
        let newest = |which| if turn == which { NEWEST } else { 0 };
        let pages = (newest(1), newest(2));
        self.look(case, index, pages, &questions, Vec::new())
    }

    /// Looks at everything.
    pub(super) fn survey(&mut self, case: &Case<'_>, index: usize) -> Seen {
        let mut questions = Vec::new();
        let mut more = vec![Call::custodians(abi::custodiansCall {})];
        more.push(Call::historyHead(abi::historyHeadCall {}));
        // Of a crowd some are enough.
        let some = 20;
        for person in self.people.iter().take(some).chain(self.people.last()) {
            questions.extend([0, 1, 5, 63].map(|section| (*person, section)));
            let account = *person;
            more.push(Call::holderOf(abi::holderOfCall { account }));
            more.push(Call::accessOf(abi::accessOfCall { reader: account }));
            more.push(Call::isBlocked(abi::isBlockedCall { requester: account }));
        }
        let port = &self.ports[index];
        for from in (0..=port.records.len()).step_by(70) {
            let from = u32::try_from(from).expect("a short history");
            more.push(Call::records(abi::recordsCall { from, limit: 101 }));
        }
        for from in (0..=port.requests.len()).step_by(70) {
            let from = u32::try_from(from).expect("a short history");
            more.push(Call::requests(abi::requestsCall { from, limit: 101 }));
        }
        for id in [0, 1, self.random.small(50), u32::MAX] {
            more.push(Call::record(abi::recordCall { recordId: id }));
            more.push(Call::getRequest(abi::getRequestCall { requestId: id }));
        }
        for (from, limit) in [
            (0, 0),
            (1, 2),
            (self.random.small(130), u32::MAX),
            (u32::MAX, 1),
        ] {
            more.push(Call::holders(abi::holdersCall { from, limit }));
            more.push(Call::records(abi::recordsCall { from, limit }));
            more.push(Call::requests(abi::requestsCall { from, limit }));
        }
        let pages = (limits::MAX_PAGE, limits::MAX_PAGE);
        self.look(case, index, pages, &questions, more)
    }

    fn look(
        &mut self,
        case: &Case<'_>,
        index: usize,
        (records, requests): (u32, u32),
        questions: &[(Address, u8)],
        more: Vec<Call>,
    ) -> Seen {
        let port = &self.ports[index];
        let page = |length: usize, newest: u32| {
            let length = u32::try_from(length).expect("a short history");
            (length + 1).saturating_sub(newest).max(1)
        };
        let mut calls = vec![
            Call::info(abi::infoCall {}),
            Call::sectionKeys(abi::sectionKeysCall {
                sections: port
                    .sections
                    .keys()
                    .fold(1, |set, section| set | 1 << section),
            }),
        ];
        // A long list takes its time.
        if port.list.len() < 40 || case.number.is_multiple_of(5) {
            calls.push(Call::holders(abi::holdersCall {
                from: 0,
                limit: limits::MAX_HOLDERS.into(),
            }));
        }
        if records != 0 {
            calls.push(Call::records(abi::recordsCall {
                from: page(port.records.len(), records),
                limit: records,
            }));
        }
        if requests != 0 {
            calls.push(Call::requests(abi::requestsCall {
                from: page(port.requests.len(), requests),
                limit: requests,
            }));
        }
        let looked = calls.len() + questions.len();
        let asked = questions
            .iter()
            .map(|(reader, section)| abi::hasAccessCall {
                reader: *reader,
                section: *section,
            });
        calls.extend(asked.map(Call::hasAccess));
        calls.extend(more);

        let asked = calls.iter().map(|call| (port.address, call.abi_encode()));
        let answers = self.world.chain.look(&asked.collect::<Vec<_>>());
        let now = self.now();
        for (call, answer) in calls.iter().zip(&answers) {
            let expected = match port.view(now, call) {
                Ok(output) => Answer::Returned(output.into()),
                Err(refusal) => Answer::Reverted(refusal.into()),
            };
            case.must(*answer == expected, || {
                format!("{call:?}\nmodel    {expected:?}\ncontract {answer:?}")
            });
        }
        seen(&calls[..looked], &answers)
    }
}

fn seen(calls: &[Call], answers: &[Answer]) -> Seen {
    let mut seen = Seen::default();
    for (call, answer) in calls.iter().zip(answers) {
        let Answer::Returned(output) = answer else {
            panic!("{call:?}: {answer:?}");
        };
        match call {
            Call::info(_) => seen.info = decode::<abi::infoCall>(output),
            Call::sectionKeys(call) => {
                let sections = (0..64).filter(|section| call.sections >> section & 1 == 1);
                let keys = decode::<abi::sectionKeysCall>(output);
                seen.keys = sections.zip(keys).collect();
            }
            Call::holders(_) => seen.holders = Some(decode::<abi::holdersCall>(output)),
            Call::records(call) => {
                let records = decode::<abi::recordsCall>(output);
                seen.records = (call.from..).zip(records).collect();
            }
            Call::requests(call) => {
                let requests = decode::<abi::requestsCall>(output);
                seen.requests = (call.from..).zip(requests).collect();
            }
            Call::hasAccess(call) => {
                let may = decode::<abi::hasAccessCall>(output);
                seen.access.push((call.reader, call.section, may));
            }
            other => panic!("nobody looks at {other:?}"),
        }
    }
    seen
}
