//! Grants: one per reader, live until their expiry or revocation.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::IPatientPort as abi;
use patientport_kit::{Args, Out, Slot, topic};

use crate::{
    error::Error,
    layout::{delegate, grant, map, request},
    port::{Actor, Port, Result},
    sections::{array_bytes, contains},
};

impl Port {
    /// An account's grant word; zero if it is no holder.
    #[inline(never)]
    pub(crate) fn grant_word(&self, account: &Address) -> B256 {
        self.load(Slot::account(map::GRANT, account))
    }

    #[inline(never)]
    pub(crate) fn set_grant_word(&self, account: &Address, word: B256) {
        self.store(Slot::account(map::GRANT, account), word);
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

    /// The sections on which a live grant gives a right.
    #[inline(never)]
    pub(crate) fn granted(&self, word: &B256, right: u8) -> u64 {
        if self.grant_state(word) == grant::LIVE && grant::RIGHTS.byte(word) & right != 0 {
            grant::SECTIONS.get(word)
        } else {
            0
        }
    }

    /// Whether a live grant gives `reader` a right on a section.
    pub(crate) fn holds_right(&self, reader: Address, section: u8, right: u8) -> bool {
        contains(self.granted(&self.grant_word(&reader), right), section)
    }

    /// The sections that `reader` may read now, by a grant or in an open emergency window.
    #[inline(never)]
    pub(crate) fn readable(&self, reader: &Address) -> u64 {
        let word = self.grant_word(reader);
        self.granted(&word, grant::READ) | self.emergency_sections(reader, &word)
    }

    /// The sections whose current secrets may be sent to `account` now: those it may read; every one, if
    /// it is a delegate that is entrusted with secrets.
    #[inline(never)]
    pub(crate) fn sendable(&self, account: &Address) -> u64 {
        if self.delegation(account).0 & delegate::SECRETS != 0 {
            return u64::MAX;
        }
        self.readable(account)
    }

    /// `approve(uint32 requestId, address reader, …)`.
    pub(crate) fn approve(&self, args: &mut Args<'_>) -> Result<()> {
        let id = args.u32()?;
        let reader = args.account()?;
        let mut actor = self.only_acting(delegate::APPROVE)?;
        let word = self.request_word(id)?;
        if reader != patientport_kit::account(&word) {
            return Err(Error::InvalidReader(reader));
        }
        self.end_request(id, word, request::APPROVED)?;
        self.give(&mut actor, id, reader, args)
    }

    /// `grant(address reader, …)`.
    pub(crate) fn grant(&self, args: &mut Args<'_>) -> Result<()> {
        let reader = args.account()?;
        let mut actor = self.only_acting(delegate::APPROVE)?;
        Self::check_account(reader)?;
        self.give(&mut actor, 0, reader, args)
    }

    /// `…, uint64 sections, uint32[] epochs, uint64 expiry, uint8 rights, bool allowUnverified,
    /// bytes message)`: replaces the reader's grant.
    #[inline(never)]
    fn give(
        &self,
        actor: &mut Actor,
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

        let mut word = self.grant_word(&reader);
        // A delegate gives nothing to itself or to another delegate.
        let reserved = !actor.is_patient() && self.delegation_of(&reader, &word).0 != 0;
        if reader == actor.owner() || reserved {
            return Err(Error::InvalidReader(reader));
        }
        self.check_epochs(sections, epochs)?;
        self.check_expiry(expiry, actor.until)?;
        if rights == 0 || rights > grant::READ | grant::WRITE {
            return Err(Error::InvalidRights(rights));
        }
        // Reading needs secrets; writing alone needs none.
        Self::check_message(message, rights & grant::READ == 0)?;
        if !allow_unverified {
            self.only_verified(reader)?;
        }

        self.list(&reader, &mut word, request, &mut actor.header)?;
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
        let mut log = Out::log(const { topic(abi::AccessGranted::SIGNATURE_HASH) });
        log.account(&reader)
            .number(request.into())
            .account(&self.caller)
            .number(sections)
            .number(5 * 32)
            .number(expiry)
            .number(rights.into())
            .number(epochs_end)
            .words(epochs)
            .bytes(message);
        self.emit(&log, 4);
        Ok(())
    }

    /// `revoke(address reader, uint8 reason, Rotation rotation)`.
    pub(crate) fn revoke(&self, args: &mut Args<'_>) -> Result<()> {
        let reader = args.account()?;
        let reason = args.u8()?;
        let actor = self.only_acting(delegate::REVOKE)?;
        Self::check_reason(reason, 0, 4)?;
        let mut word = self.grant_word(&reader);
        if self.grant_state(&word) != grant::LIVE {
            return Err(Error::NoLiveGrant(reader));
        }
        let mut rotation = args.tuple()?;
        // The reader is no recipient below, so it never gets the keys that this call publishes. (If it is
        // sent them all the same, it is so as a delegate or responder, whose secrets are accounted apart.)
        let rotated = rotation.clone().u64()?;
        if rotated != 0 && actor.rights & delegate::ROTATE == 0 {
            return Err(self.unauthorized());
        }
        let held = grant::HELD.get(&word) & !rotated;
        grant::HELD.set(&mut word, held);
        grant::STATE.set(&mut word, grant::REVOKED.into());
        grant::CHANGED_AT.set(&mut word, self.now);
        self.set_grant_word(&reader, word);
        let mut log = Out::log(const { topic(abi::AccessRevoked::SIGNATURE_HASH) });
        log.account(&reader)
            .account(&self.caller)
            .number(reason.into());
        self.emit(&log, 3);
        // Only after the grant has ended in storage: this is what its recipients are checked against.
        self.apply_rotation(&actor.owner(), &mut rotation)?;
        Ok(())
    }
}
