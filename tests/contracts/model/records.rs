//! Records.

use std::rc::Rc;

use alloy_sol_types::SolCall;
use patientport_abi::{IPatientPort as abi, limits};

use super::{
    Done, Now, Port, count, must_be_reason, must_be_somebody, must_fit, refuse, unauthorized,
};

const CURRENT: u8 = 1;
const RETRACTED: u8 = 2;
const SUPERSEDED: u8 = 3;
/// Right of a delegate, and right of a reader.
const DELEGATE_WRITES: u8 = 4;
const READER_WRITES: u8 = 2;

impl Port {
    pub(crate) fn may_write(&self, now: Now<'_>, section: u8) -> bool {
        let granted = self.granted(now.caller, now.time, READER_WRITES);
        now.caller == self.owner
            || now.caller == self.primary_care
            || super::sections::holds(granted, section)
            || self.delegation(now.caller, now.time) & DELEGATE_WRITES != 0
    }

    pub(super) fn add(&mut self, now: Now<'_>, call: &abi::addCall) -> Done<Vec<u8>> {
        self.must_be_claimed()?;
        if !self.may_write(now, call.section) {
            return unauthorized(now);
        }
        if call.section >= limits::SECTIONS {
            return refuse(abi::InvalidSections {
                sections: call.section.into(),
            });
        }
        let id = self.append(now, call.commitment, call.section, call.epoch)?;
        Ok(abi::addCall::abi_encode_returns(&id))
    }

    fn append(
        &mut self,
        now: Now<'_>,
        commitment: alloy_primitives::B256,
        section: u8,
        epoch: u32,
    ) -> Done<u32> {
        self.must_be_current(section, epoch)?;
        if commitment.is_zero() {
            return refuse(abi::InvalidCommitment {});
        }
        Rc::make_mut(&mut self.records).push(abi::Record {
            commitment,
            author: now.caller,
            section,
            epoch,
            addedAt: now.time,
            state: CURRENT,
            successor: 0,
        });
        let id = count(&self.records);
        let added = abi::RecordAdded {
            recordId: id,
            author: now.caller,
            section,
            epoch,
            commitment,
        };
        self.emit(now, &added);
        Ok(id)
    }

    /// The record's place, if the caller may end it or publish it.
    fn own(&self, now: Now<'_>, id: u32) -> Done<usize> {
        self.must_be_claimed()?;
        let place = (id as usize).wrapping_sub(1);
        let Some(record) = self.records.get(place) else {
            return refuse(abi::UnknownRecord { recordId: id });
        };
        let author = record.author == now.caller && self.may_write(now, record.section);
        if !author && now.caller != self.owner {
            return unauthorized(now);
        }
        match record.state {
            CURRENT => Ok(place),
            state => refuse(abi::RecordNotCurrent {
                recordId: id,
                state,
            }),
        }
    }

    pub(super) fn supersede(&mut self, now: Now<'_>, call: &abi::supersedeCall) -> Done<Vec<u8>> {
        let place = self.own(now, call.recordId)?;
        let section = self.records[place].section;
        let successor = self.append(now, call.commitment, section, call.epoch)?;
        let record = &mut Rc::make_mut(&mut self.records)[place];
        record.state = SUPERSEDED;
        record.successor = successor;
        let superseded = abi::RecordSuperseded {
            recordId: call.recordId,
            successor,
            by: now.caller,
        };
        self.emit(now, &superseded);
        Ok(abi::supersedeCall::abi_encode_returns(&successor))
    }

    pub(super) fn retract(&mut self, now: Now<'_>, call: &abi::retractCall) -> Done<()> {
        let place = self.own(now, call.recordId)?;
        must_be_reason(call.reason, 1..=2)?;
        Rc::make_mut(&mut self.records)[place].state = RETRACTED;
        let retracted = abi::RecordRetracted {
            recordId: call.recordId,
            by: now.caller,
            reason: call.reason,
        };
        self.emit(now, &retracted);
        Ok(())
    }

    pub(super) fn publish(&mut self, now: Now<'_>, call: &abi::publishCall) -> Done<()> {
        self.own(now, call.recordId)?;
        if call.part > 1 {
            return refuse(abi::InvalidPart { part: call.part });
        }
        must_fit(&call.data, false, limits::MAX_PIECE_BYTES)?;
        let published = abi::RecordPublished {
            recordId: call.recordId,
            part: call.part,
            by: now.caller,
            piece: call.piece,
            data: call.data.clone(),
        };
        self.emit(now, &published);
        Ok(())
    }

    pub(super) fn share(&mut self, now: Now<'_>, call: &abi::shareCall) -> Done<()> {
        self.must_be_patient(now)?;
        must_be_somebody(call.reader)?;
        if call.reader == self.owner {
            return refuse(abi::InvalidReader {
                reader: call.reader,
            });
        }
        let (given, max) = (count(&call.recordIds), limits::MAX_SHARED_RECORDS);
        if given == 0 || given > max {
            return refuse(abi::InvalidRecordCount { given, max });
        }
        let known = 1..=count(&self.records);
        if let Some(id) = call.recordIds.iter().find(|id| !known.contains(id)) {
            return refuse(abi::UnknownRecord { recordId: *id });
        }
        must_fit(&call.message, false, limits::MAX_MESSAGE_BYTES)?;
        let shared = abi::RecordsShared {
            reader: call.reader,
            by: now.caller,
            recordIds: call.recordIds.clone(),
            message: call.message.clone(),
        };
        self.emit(now, &shared);
        Ok(())
    }
}
