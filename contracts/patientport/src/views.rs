//! Views. Pages are bounded; none asks the registry.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use patientport_abi::limits;
use patientport_kit::{Args, Out, Slot, account};

use crate::{
    layout::{grant, header, map, record, registry, section as lane, single},
    port::{Port, Result, number},
    sections::each,
};

/// Starts a dynamic array: its offset and length; elements of static type follow.
fn list(length: u32) -> Out {
    let mut out = Out::new();
    out.number(32).number(length.into());
    out
}

/// The part of `1..=last` that a page asks for.
#[inline(never)]
fn page(args: &mut Args<'_>, last: u32, max: u32) -> Result<(u32, core::ops::Range<u32>)> {
    let from = args.u32()?.max(1);
    let limit = args.u32()?.min(max);
    let left = last.wrapping_add(1).saturating_sub(from);
    let length = left.min(limit);
    Ok((length, from..from.saturating_add(length)))
}

impl Port {
    /// `info()` → `PortInfo`.
    pub(crate) fn info(&self) -> Vec<u8> {
        let header = self.header();
        let registry = self.load(Slot::single(single::REGISTRY));
        let flags = header::FLAGS.byte(&header);
        let mut out = Out::new();
        out.account(&account(&header))
            .account(&account(&registry))
            .account(&account(&self.load(Slot::single(single::PRIMARY_CARE))))
            .number((flags & header::CLAIMED != 0).into())
            .word(&self.load(Slot::single(single::PATIENT_KEY)).0)
            .number((flags & header::KEY_PARITY != 0).into())
            .number(header::RECORDS.get(&header))
            .number(header::REQUESTS.get(&header))
            .number(registry::READERS.get(&registry));
        out.finish()
    }

    /// `sectionKeys(uint64 sections)` → `SectionKey[]`.
    pub(crate) fn section_keys(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let sections = args.u64()?;
        let mut out = list(sections.count_ones());
        for section in each(sections) {
            let (_, meta) = self.section_meta(section);
            out.number(lane::epoch(section).get(&meta))
                .word(&self.load(Slot::number(map::SECTION_KEY, section.into())).0)
                .number(lane::parity(section).get(&meta))
                .number(lane::rotated_at(section).get(&meta));
        }
        Ok(out.finish())
    }

    /// `record(uint32 recordId)` → `Record`.
    pub(crate) fn record(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let mut out = Out::new();
        self.write_record(&mut out, args.u32()?)?;
        Ok(out.finish())
    }

    /// `records(uint32 from, uint32 limit)` → `Record[]`.
    pub(crate) fn records(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let last = header::RECORDS.number(&self.header());
        let (length, ids) = page(args, last, limits::MAX_PAGE)?;
        let mut out = list(length);
        for id in ids {
            self.write_record(&mut out, id)?;
        }
        Ok(out.finish())
    }

    #[inline(never)]
    fn write_record(&self, out: &mut Out, id: u32) -> Result<()> {
        let word = self.record_word(id)?;
        out.word(&self.load(Slot::number(map::COMMITMENT, id.into())).0)
            .account(&account(&word))
            .number(record::SECTION.get(&word))
            .number(record::EPOCH.get(&word))
            .number(record::ADDED_AT.get(&word))
            .number(record::STATE.get(&word));
        Ok(())
    }

    /// `getRequest(uint32 requestId)` → `Request`.
    pub(crate) fn get_request(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let mut out = Out::new();
        self.write_request(&mut out, args.u32()?)?;
        Ok(out.finish())
    }

    /// `requests(uint32 from, uint32 limit)` → `Request[]`.
    pub(crate) fn requests(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let last = header::REQUESTS.number(&self.header());
        let (length, ids) = page(args, last, limits::MAX_PAGE)?;
        let mut out = list(length);
        for id in ids {
            self.write_request(&mut out, id)?;
        }
        Ok(out.finish())
    }

    #[inline(never)]
    fn write_request(&self, out: &mut Out, id: u32) -> Result<()> {
        let word = self.request_word(id)?;
        out.account(&account(&word))
            .account(&self.recipient(id, &word))
            .number(crate::layout::request::MADE_AT.get(&word))
            .number(self.request_state(&word).into());
        Ok(())
    }

    /// `readers(uint32 from, uint32 limit)` → `Access[]`; unlike ids, places count from 0.
    pub(crate) fn readers(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let count = registry::READERS.get(&self.load(Slot::single(single::REGISTRY)));
        let from = u64::from(args.u32()?);
        let length = count.saturating_sub(from).min(args.u32()?.into());
        let mut out = Out::new();
        out.number(32).number(length);
        for place in from..from.wrapping_add(length) {
            self.write_access(&mut out, &self.reader_at(place.wrapping_add(1)));
        }
        Ok(out.finish())
    }

    /// `accessOf(address reader)` → `Access`.
    pub(crate) fn access_of(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let mut out = Out::new();
        self.write_access(&mut out, &args.account()?);
        Ok(out.finish())
    }

    #[inline(never)]
    fn write_access(&self, out: &mut Out, reader: &Address) {
        let word: B256 = self.grant_word(reader);
        out.account(reader)
            .number(grant::SECTIONS.get(&word))
            .number(grant::HELD.get(&word))
            .number(grant::EXPIRY.get(&word))
            .number(grant::CHANGED_AT.get(&word))
            .number(grant::RIGHTS.get(&word))
            .number(self.grant_state(&word).into());
    }

    /// `hasAccess(address reader, uint8 section)` → whether the reader may read it now.
    pub(crate) fn has_access(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let reader = args.account()?;
        let section = args.u8()?;
        Ok(number(
            self.holds_right(reader, section, grant::READ).into(),
        ))
    }
}
