//! Views. Pages are bounded; none asks the registry.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use patientport_abi::{ERC165, IPatientPort as abi, interface_id, limits};
use patientport_kit::{Args, Out, Slot, account};

use crate::{
    layout::{
        custodian, delegate, grant, header, list, map, record, responder, section as lane, single,
    },
    port::{Port, Result, number, word},
    requests::is_blocked,
    sections::{contains, each},
};

/// Starts a dynamic array: its offset and length; elements of static type follow.
fn array(length: u32) -> Out {
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
    pub(crate) fn info(&self) -> Result<Vec<u8>> {
        let header = self.header();
        let parties = self.parties()?;
        let flags = header::FLAGS.byte(&header);
        let claimed = flags & header::CLAIMED != 0;
        let owner = if claimed {
            account(&header)
        } else {
            parties.patient
        };
        let list = self.list_word(0);
        let mut out = Out::new();
        out.account(&owner)
            .account(&self.single_account(single::PENDING_OWNER))
            .account(&parties.registry)
            .account(&parties.issuer)
            .account(&self.primary_care(&header)?)
            .number(claimed.into())
            .word(&self.load(Slot::single(single::PATIENT_KEY)).0)
            .number((flags & header::KEY_PARITY != 0).into())
            .number(header::RECORDS.get(&header))
            .number(header::REQUESTS.get(&header))
            .number(list::COUNT.get(&list))
            .number(list::NONCE.get(&list))
            .word(&self.load(Slot::single(single::HEAD)).0);
        Ok(out.finish())
    }

    /// `historyHead()`.
    pub(crate) fn history_head(&self) -> Vec<u8> {
        word(&self.load(Slot::single(single::HEAD)))
    }

    /// `sectionKeys(uint64 sections)` → `SectionKey[]`.
    pub(crate) fn section_keys(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let sections = args.u64()?;
        let mut out = array(sections.count_ones());
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
        let mut out = array(length);
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
            .number(record::STATE.get(&word))
            .number(self.successor(id, &word));
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
        let mut out = array(length);
        for id in ids {
            self.write_request(&mut out, id)?;
        }
        Ok(out.finish())
    }

    #[inline(never)]
    fn write_request(&self, out: &mut Out, id: u32) -> Result<()> {
        let word = self.request_word(id)?;
        out.account(&self.requester(id, &word))
            .account(&account(&word))
            .number(crate::layout::request::MADE_AT.get(&word))
            .number(self.request_state(&word).into());
        Ok(())
    }

    /// `isBlocked(address requester)`.
    pub(crate) fn is_blocked(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let requester = args.account()?;
        let places = self.load(Slot::account(map::PENDING, &requester));
        Ok(number(is_blocked(&places).into()))
    }

    /// `holders(uint32 from, uint32 limit)` → `Holder[]`; unlike ids, places count from 0.
    pub(crate) fn holders(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let count = list::COUNT.get(&self.list_word(0));
        let from = u64::from(args.u32()?);
        let length = count.saturating_sub(from).min(args.u32()?.into());
        let mut out = Out::new();
        out.number(32).number(length);
        for place in from..from.wrapping_add(length) {
            self.write_holder(&mut out, &self.holder_at(place.wrapping_add(1)));
        }
        Ok(out.finish())
    }

    /// `holderOf(address account)` → `Holder`.
    pub(crate) fn holder_of(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let mut out = Out::new();
        self.write_holder(&mut out, &args.account()?);
        Ok(out.finish())
    }

    /// `accessOf(address reader)` → `Access`.
    pub(crate) fn access_of(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let reader = args.account()?;
        let mut out = Out::new();
        self.write_access(&mut out, &reader, &self.grant_word(&reader));
        Ok(out.finish())
    }

    #[inline(never)]
    fn write_access(&self, out: &mut Out, reader: &Address, word: &B256) {
        out.account(reader)
            .number(grant::SECTIONS.get(word))
            .number(grant::HELD.get(word))
            .number(grant::EXPIRY.get(word))
            .number(grant::CHANGED_AT.get(word))
            .number(grant::RIGHTS.get(word))
            .number(self.grant_state(word).into());
    }

    #[inline(never)]
    fn write_holder(&self, out: &mut Out, account: &Address) {
        let word = self.grant_word(account);
        self.write_access(out, account, &word);
        let word = self.load(Slot::account(map::DELEGATE, account));
        out.number(delegate::RIGHTS.get(&word))
            .number(delegate::UNTIL.get(&word))
            .number(delegate::HELD_UNTIL.get(&word))
            .word(&self.load(Slot::account(map::DELEGATE_KEY, account)).0)
            .number(delegate::PARITY.get(&word));
        let word = self.responder_word(account);
        out.number(responder::SECTIONS.get(&word))
            .number(responder::DELAY.get(&word))
            .number(responder::WINDOW.get(&word))
            .number(responder::BROKEN_AT.get(&word))
            .number(self.emergency_state(&word).into())
            .word(&self.load(Slot::account(map::PACKAGE, account)).0)
            .number(responder::HELD.get(&word))
            .number(responder::HELD_UNTIL.get(&word));
    }

    /// `hasAccess(address reader, uint8 section)` → whether the reader may read it now.
    pub(crate) fn has_access(&self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let reader = args.account()?;
        let section = args.u8()?;
        Ok(number(contains(self.readable(&reader), section).into()))
    }

    /// `custodians()` → `Custodian[3]`.
    pub(crate) fn custodians(&self) -> Vec<u8> {
        let mut out = Out::new();
        for index in 0..custodian::COUNT {
            let word = self.load(Slot::single(single::CUSTODIAN.wrapping_add(index)));
            let key = self.load(Slot::single(single::CUSTODIAN_KEY.wrapping_add(index)));
            out.account(&account(&word))
                .word(&key.0)
                .number(custodian::PARITY.get(&word));
        }
        out.finish()
    }
}

/// `supportsInterface(bytes4 interfaceId)` (ERC-165).
pub(crate) fn supports_interface(args: &mut Args<'_>) -> Result<Vec<u8>> {
    const PORT: u32 = interface_id(abi::IPatientPortCalls::SELECTORS);
    let id = args.bytes4()?;
    Ok(number(matches!(id, ERC165 | PORT).into()))
}
