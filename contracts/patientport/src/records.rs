//! Records: append-only commitments.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolEvent as _;
use patientport_abi::{IPatientPort as abi, limits};
use patientport_kit::{Args, Out, Slot, account, set_account, small, topic};

use crate::{
    error::Error,
    layout::{delegate, grant, header, map, record},
    port::{Port, Result, number},
};

impl Port {
    /// Whether the caller may write to a section now: the patient, primary care, a delegate with the
    /// write right, or a reader with the write right on it.
    #[inline(never)]
    fn may_write(&self, header: &B256, section: u8) -> Result<bool> {
        let who = self.caller;
        Ok(account(header) == who
            || self.primary_care(header)? == who
            || self.holds_right(who, section, grant::WRITE)
            || self.delegation(&who).0 & delegate::WRITE != 0)
    }

    /// `add(bytes32 commitment, uint8 section, uint32 epoch)` → record id.
    pub(crate) fn add(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let commitment = args.hash()?;
        let section = args.u8()?;
        let epoch = args.u32()?;
        let header = self.claimed()?;
        if !self.may_write(&header, section)? {
            return Err(self.unauthorized());
        }
        if section >= limits::SECTIONS {
            return Err(Error::InvalidSections(section.into()));
        }
        self.append(header, commitment, section, epoch).map(number)
    }

    /// Appends a record to a section at its current epoch; who may is checked.
    #[inline(never)]
    fn append(&self, mut header: B256, commitment: B256, section: u8, epoch: u32) -> Result<u64> {
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
        let mut log = Out::log(const { topic(abi::RecordAdded::SIGNATURE_HASH) });
        log.number(id)
            .account(&self.caller)
            .number(section.into())
            .number(epoch.into())
            .word(&commitment.0);
        self.emit(&log, 4);
        Ok(id)
    }

    /// A current record of which the caller is the patient, or the author and may still write: the
    /// header and the record's word.
    #[inline(never)]
    fn only_author(&self, id: u32) -> Result<(B256, B256)> {
        let header = self.claimed()?;
        let word = self.record_word(id)?;
        let author = account(&word) == self.caller
            && self.may_write(&header, record::SECTION.byte(&word))?;
        if account(&header) != self.caller && !author {
            return Err(self.unauthorized());
        }
        let state = record::STATE.byte(&word);
        if state != record::CURRENT {
            return Err(Error::RecordNotCurrent { record: id, state });
        }
        Ok((header, word))
    }

    fn end_record(&self, id: u32, mut word: B256, state: u8) {
        record::STATE.set(&mut word, state.into());
        self.store(Slot::number(map::RECORD, id.into()), word);
    }

    /// `supersede(uint32 recordId, bytes32 commitment, uint32 epoch)` → record id.
    pub(crate) fn supersede(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let id = args.u32()?;
        let commitment = args.hash()?;
        let epoch = args.u32()?;
        let (header, word) = self.only_author(id)?;
        let successor = self.append(header, commitment, record::SECTION.byte(&word), epoch)?;
        self.end_record(id, word, record::SUPERSEDED);
        let mut link = B256::ZERO;
        patientport_kit::Field::new(24, 8).set(&mut link, successor);
        self.store(Slot::number(map::SUCCESSOR, id.into()), link);
        let mut log = Out::log(const { topic(abi::RecordSuperseded::SIGNATURE_HASH) });
        log.number(id.into())
            .number(successor)
            .account(&self.caller);
        self.emit(&log, 4);
        Ok(number(successor))
    }

    /// `retract(uint32 recordId, uint8 reason)`.
    pub(crate) fn retract(&self, args: &mut Args<'_>) -> Result<()> {
        let id = args.u32()?;
        let reason = args.u8()?;
        let (_, word) = self.only_author(id)?;
        Self::check_reason(reason, 1, 2)?;
        self.end_record(id, word, record::RETRACTED);
        let mut log = Out::log(const { topic(abi::RecordRetracted::SIGNATURE_HASH) });
        log.number(id.into())
            .account(&self.caller)
            .number(reason.into());
        self.emit(&log, 3);
        Ok(())
    }

    /// `publish(uint32 recordId, uint8 part, uint32 piece, bytes data)`.
    pub(crate) fn publish(&self, args: &mut Args<'_>) -> Result<()> {
        let id = args.u32()?;
        let part = args.u8()?;
        let piece = args.u32()?;
        let data = args.bytes()?;
        self.only_author(id)?;
        if part > 1 {
            return Err(Error::InvalidPart(part));
        }
        Self::check_bytes(data, false, limits::MAX_PIECE_BYTES)?;
        let mut log = Out::log(const { topic(abi::RecordPublished::SIGNATURE_HASH) });
        log.number(id.into())
            .number(part.into())
            .account(&self.caller)
            .number(piece.into())
            .number(64)
            .bytes(data);
        self.emit(&log, 4);
        Ok(())
    }

    /// `share(address reader, uint32[] recordIds, bytes message)`.
    pub(crate) fn share(&self, args: &mut Args<'_>) -> Result<()> {
        let reader = args.account()?;
        let ids = args.words()?;
        let message = args.bytes()?;
        let header = self.only_patient()?;
        Self::check_account(reader)?;
        if reader == self.caller {
            return Err(Error::InvalidReader(reader));
        }
        let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        if count == 0 || count > limits::MAX_SHARED_RECORDS {
            return Err(Error::InvalidRecordCount {
                given: count,
                max: limits::MAX_SHARED_RECORDS,
            });
        }
        let last = header::RECORDS.number(&header);
        for id in ids {
            #[expect(clippy::cast_possible_truncation, reason = "bounded by the read")]
            let id = small(id, u32::MAX.into())? as u32;
            if id == 0 || id > last {
                return Err(Error::UnknownRecord(id));
            }
        }
        Self::check_message(message, false)?;
        let mut log = Out::log(const { topic(abi::RecordsShared::SIGNATURE_HASH) });
        log.account(&reader)
            .account(&self.caller)
            .number(64)
            .number(u64::from(count).wrapping_mul(32).wrapping_add(3 * 32))
            .words(ids)
            .bytes(message);
        self.emit(&log, 3);
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

    /// The record that supersedes another; 0 if none does.
    pub(crate) fn successor(&self, id: u32, word: &B256) -> u64 {
        if record::STATE.byte(word) != record::SUPERSEDED {
            return 0;
        }
        patientport_kit::Field::new(24, 8).get(&self.load(Slot::number(map::SUCCESSOR, id.into())))
    }
}
