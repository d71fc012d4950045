//! Grants: one per reader, live until their expiry or revocation.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::{IPatientPort as abi, limits};
use patientport_kit::{Args, Out, Slot, account, load, set_account, topic};

use crate::{
    error::Error,
    layout::{grant, map, registry, request, section as lane, single},
    port::{Port, Result},
    sections::{array_bytes, contains, each},
};

impl Port {
    /// A reader's grant; zero if it never had one.
    #[inline(never)]
    pub(crate) fn grant_word(&self, reader: &Address) -> B256 {
        load(&self.vm, Slot::account(map::GRANT, reader))
    }

    fn set_grant_word(&self, reader: &Address, word: B256) {
        self.store(Slot::account(map::GRANT, reader), word);
    }

    /// A grant's state now: access holds while block time is before its expiry.
    #[inline(never)]
    pub(crate) fn grant_state(&self, word: &B256) -> u8 {
        let state = grant::STATE.byte(word);
        if state == grant::LIVE && self.now >= grant::EXPIRY.get(word) {
            grant::EXPIRED
        } else {
            state
        }
    }

    /// The sections on which a live grant gives `reader` a right.
    #[inline(never)]
    pub(crate) fn sections_of(&self, reader: &Address, right: u8) -> u64 {
        let word = self.grant_word(reader);
        if self.grant_state(&word) == grant::LIVE && grant::RIGHTS.byte(&word) & right != 0 {
            grant::SECTIONS.get(&word)
        } else {
            0
        }
    }

    /// Whether a live grant gives `reader` a right on a section.
    pub(crate) fn holds_right(&self, reader: Address, section: u8, right: u8) -> bool {
        contains(self.sections_of(&reader, right), section)
    }

    /// `approve(uint32 requestId, address reader, …)`.
    pub(crate) fn approve(&self, args: &mut Args<'_>) -> Result<()> {
        let id = args.u32()?;
        let reader = args.account()?;
        let header = self.only_patient()?;
        let word = self.request_word(id)?;
        if reader != self.recipient(id, &word) {
            return Err(Error::InvalidReader(reader));
        }
        self.end_request(id, word, request::APPROVED)?;
        self.give(&header, id, reader, args)
    }

    /// `grant(address reader, …)`.
    pub(crate) fn grant(&self, args: &mut Args<'_>) -> Result<()> {
        let reader = args.account()?;
        let header = self.only_patient()?;
        Self::check_account(reader)?;
        self.give(&header, 0, reader, args)
    }

    /// `…, uint64 sections, uint32[] epochs, uint64 expiry, uint8 rights, bool allowUnverified,
    /// bytes message)`: replaces the reader's grant.
    #[inline(never)]
    fn give(
        &self,
        header: &B256,
        request: u32,
        reader: Address,
        args: &mut Args<'_>,
    ) -> Result<()> {
        let sections = args.u64()?;
        let epochs = args.words()?;
        let expiry = args.u64()?;
        let rights = args.u8()?;
        let allow_unverified = args.bool()?;
        let message = args.bytes()?;

        if reader == account(header) {
            return Err(Error::InvalidReader(reader));
        }
        self.check_epochs(sections, epochs)?;
        let earliest = self.now.wrapping_add(1);
        let latest = self.now.wrapping_add(limits::MAX_GRANT_SECS);
        if expiry < earliest || expiry > latest {
            return Err(Error::InvalidExpiry {
                given: expiry,
                earliest,
                latest,
            });
        }
        if rights == 0 || rights > grant::READ | grant::WRITE {
            return Err(Error::InvalidRights(rights));
        }
        // Reading needs secrets; writing alone needs none.
        Self::check_message(message, rights & grant::READ == 0)?;
        if !allow_unverified {
            self.only_verified(reader)?;
        }

        let mut word = self.grant_word(&reader);
        if grant::PLACE.get(&word) == 0 {
            grant::PLACE.set(&mut word, self.take_place(&reader)?);
        }
        // Who is sent nothing holds nothing.
        let given = if message.is_empty() { 0 } else { sections };
        let held = grant::HELD.get(&word) | given;
        grant::SECTIONS.set(&mut word, sections);
        grant::HELD.set(&mut word, held);
        grant::EXPIRY.set(&mut word, expiry);
        grant::CHANGED_AT.set(&mut word, self.now);
        grant::RIGHTS.set(&mut word, rights.into());
        grant::STATE.set(&mut word, grant::LIVE.into());
        self.set_grant_word(&reader, word);

        let epochs_end = array_bytes(sections).wrapping_add(5 * 32);
        Out::log(const { topic(abi::AccessGranted::SIGNATURE_HASH) })
            .account(&reader)
            .number(request.into())
            .account(&self.caller)
            .number(sections)
            .number(5 * 32)
            .number(expiry)
            .number(rights.into())
            .number(epochs_end)
            .words(epochs)
            .bytes(message)
            .emit(&self.vm, 4);
        Ok(())
    }

    /// Puts a reader into the list (I2): at its end, or where a reader was that no longer matters.
    /// Returns the place, counted from 1.
    #[inline(never)]
    fn take_place(&self, reader: &Address) -> Result<u64> {
        let slot = Slot::single(single::REGISTRY);
        let mut counts = self.load(slot);
        let count = registry::READERS.byte(&counts);
        let place = if count < limits::MAX_READERS {
            let place = u64::from(count).wrapping_add(1);
            registry::READERS.set(&mut counts, place);
            self.store(slot, counts);
            place
        } else {
            self.free_place(count)?
        };
        let mut word = B256::ZERO;
        set_account(&mut word, reader);
        self.store(Slot::number(map::READER, place), word);
        Ok(place)
    }

    /// Takes the first reader out of a full list that has no access and holds no current key (I3).
    ///
    /// Secrets reach only readers with a live grant (I6), so a key published after a grant's end is
    /// none of its reader's. What a key of the very second of the end says depends on the end:
    /// - Expired: from that second on the grant was not live, so the key is not the reader's either.
    ///   (A grant given within that second would have replaced this one, with a later expiry.)
    /// - Revoked: within the second, the rotation or a grant of its key may have come first and
    ///   been sealed to the reader. So it has to be later. A rotation in the revoking call itself
    ///   needs no comparison: [`Self::revoke`] takes its sections out of those held.
    fn free_place(&self, count: u8) -> Result<u64> {
        for place in 1..=u64::from(count) {
            let reader = self.reader_at(place);
            let word = self.grant_word(&reader);
            let first_safe = match self.grant_state(&word) {
                grant::REVOKED => grant::CHANGED_AT.get(&word).wrapping_add(1),
                grant::EXPIRED => grant::EXPIRY.get(&word),
                _ => continue,
            };
            let rotated = each(grant::HELD.get(&word)).all(|section| {
                let (_, meta) = self.section_meta(section);
                lane::rotated_at(section).get(&meta) >= first_safe
            });
            if rotated {
                self.set_grant_word(&reader, B256::ZERO);
                return Ok(place);
            }
        }
        Err(Error::TooManyReaders(limits::MAX_READERS))
    }

    /// The reader at a place of the list, counted from 1.
    #[inline(never)]
    pub(crate) fn reader_at(&self, place: u64) -> Address {
        account(&self.load(Slot::number(map::READER, place)))
    }

    /// `revoke(address reader, uint8 reason, Rotation rotation)`.
    pub(crate) fn revoke(&self, args: &mut Args<'_>) -> Result<()> {
        let reader = args.account()?;
        let reason = args.u8()?;
        let header = self.only_patient()?;
        Self::check_reason(reason, 0, 4)?;
        let mut word = self.grant_word(&reader);
        if self.grant_state(&word) != grant::LIVE {
            return Err(Error::NoLiveGrant(reader));
        }
        let mut rotation = args.tuple()?;
        // The reader is no recipient below, so it never gets the keys that this call publishes.
        let rotated = rotation.clone().u64()?;
        let held = grant::HELD.get(&word) & !rotated;
        grant::HELD.set(&mut word, held);
        grant::STATE.set(&mut word, grant::REVOKED.into());
        grant::CHANGED_AT.set(&mut word, self.now);
        self.set_grant_word(&reader, word);
        Out::log(const { topic(abi::AccessRevoked::SIGNATURE_HASH) })
            .account(&reader)
            .account(&self.caller)
            .number(reason.into())
            .emit(&self.vm, 3);
        // Only after the grant has ended in storage: this is what its recipients are checked against.
        self.apply_rotation(&header, &mut rotation)?;
        Ok(())
    }
}
