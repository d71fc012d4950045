//! Records: append-only commitments.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::{IPatientPort as abi, limits};
use patientport_kit::{Args, Out, Slot, account, set_account, topic};

use crate::{
    error::Error,
    layout::{grant, header, map, record, single},
    port::{Port, Result, number},
};

impl Port {
    /// Whether `who` may write to a section now: the patient, primary care, or a reader with the
    /// write right on it.
    #[inline(never)]
    fn may_write(&self, header: &B256, who: Address, section: u8) -> bool {
        account(header) == who
            || account(&self.load(Slot::single(single::PRIMARY_CARE))) == who
            || self.holds_right(who, section, grant::WRITE)
    }

    /// `add(bytes32 commitment, uint8 section, uint32 epoch)` → record id.
    pub(crate) fn add(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let commitment = args.hash()?;
        let section = args.u8()?;
        let epoch = args.u32()?;
        let mut header = self.claimed()?;
        if !self.may_write(&header, self.caller, section) {
            return Err(self.unauthorized());
        }
        if section >= limits::SECTIONS {
            return Err(Error::InvalidSections(section.into()));
        }
        self.check_epoch(section, epoch)?;
        if commitment.is_zero() {
            return Err(Error::InvalidCommitment);
        }
        let id = self.next_id(&mut header, header::RECORDS)?;
        self.store(Slot::number(map::COMMITMENT, id), commitment);
        let mut word = B256::ZERO;
        set_account(&mut word, &self.caller);
        record::ADDED_AT.set(&mut word, self.now);
        record::SECTION.set(&mut word, section.into());
        record::STATE.set(&mut word, record::CURRENT.into());
        record::EPOCH.set(&mut word, epoch.into());
        self.store(Slot::number(map::RECORD, id), word);
        Out::log(const { topic(abi::RecordAdded::SIGNATURE_HASH) })
            .number(id)
            .account(&self.caller)
            .number(section.into())
            .number(epoch.into())
            .word(&commitment.0)
            .emit(&self.vm, 4);
        Ok(number(id))
    }

    /// `retract(uint32 recordId, uint8 reason)`.
    pub(crate) fn retract(&self, args: &mut Args<'_>) -> Result<()> {
        let id = args.u32()?;
        let reason = args.u8()?;
        let header = self.claimed()?;
        let mut word = self.record_word(id)?;
        let patient = account(&header) == self.caller;
        let author = account(&word) == self.caller
            && self.may_write(&header, self.caller, record::SECTION.byte(&word));
        if !patient && !author {
            return Err(self.unauthorized());
        }
        Self::check_reason(reason, 1, 2)?;
        let state = record::STATE.byte(&word);
        if state != record::CURRENT {
            return Err(Error::RecordNotCurrent { record: id, state });
        }
        record::STATE.set(&mut word, record::RETRACTED.into());
        self.store(Slot::number(map::RECORD, id.into()), word);
        Out::log(const { topic(abi::RecordRetracted::SIGNATURE_HASH) })
            .number(id.into())
            .account(&self.caller)
            .number(reason.into())
            .emit(&self.vm, 3);
        Ok(())
    }

    /// The second word of a record that exists.
    #[inline(never)]
    pub(crate) fn record_word(&self, id: u32) -> Result<B256> {
        let word = self.load(Slot::number(map::RECORD, id.into()));
        if word.is_zero() {
            return Err(Error::UnknownRecord(id));
        }
        Ok(word)
    }

    /// Counts one more in a field of the header and stores the header (I1).
    #[inline(never)]
    pub(crate) fn next_id(&self, header: &mut B256, field: patientport_kit::Field) -> Result<u64> {
        // Four thousand million transactions away, and then refused rather than wrapped.
        let id = field
            .number(header)
            .checked_add(1)
            .ok_or(Error::Malformed)?
            .into();
        field.set(header, id);
        self.set_header(*header);
        Ok(id)
    }
}
