//! The list of holders: readers, delegates and responders, at most 128 of them.
//!
//! A place of the list is four bytes, the id of a request whose recipient is the holder; so a reader
//! whose request is approved costs an eighth of a word. A holder named without a request gets an entry
//! among the requests that nobody made.

use alloy_primitives::{Address, B256};
use patientport_abi::limits;
use patientport_kit::{Slot, account};

use crate::{
    error::Error,
    layout::{delegate, grant, list, map, request, responder},
    port::{Port, Result},
};

impl Port {
    /// The word of the list with this index; the first also holds its length and the nonce.
    #[inline(never)]
    pub(crate) fn list_word(&self, index: u64) -> B256 {
        self.load(Slot::number(map::LIST, index))
    }

    #[inline(never)]
    pub(crate) fn set_list_word(&self, index: u64, word: B256) {
        self.store(Slot::number(map::LIST, index), word);
    }

    /// Puts an account into the list (I2) unless it is there: at its end, or where a holder was that no
    /// longer matters. `id` is a request whose recipient it is; 0 = there is none. The caller stores the
    /// word, which carries the place.
    #[inline(never)]
    pub(crate) fn list(
        &self,
        holder: &Address,
        word: &mut B256,
        id: u32,
        header: &mut B256,
    ) -> Result<()> {
        if grant::PLACE.get(word) != 0 {
            return Ok(());
        }
        let mut first = self.list_word(0);
        let count = list::COUNT.get(&first);
        let place = if count < limits::MAX_HOLDERS.into() {
            let place = count.wrapping_add(1);
            list::COUNT.set(&mut first, place);
            self.set_list_word(0, first);
            place
        } else {
            self.free_place(count)?
        };
        let id = match id {
            0 => self.enter_request(header, holder, request::ENTERED, false)?,
            id => id.into(),
        };
        let (index, lane) = list::lane(place);
        let mut lanes = self.list_word(index);
        lane.set(&mut lanes, id);
        self.set_list_word(index, lanes);
        grant::PLACE.set(word, place);
        Ok(())
    }

    /// The holder at a place of the list, counted from 1.
    #[inline(never)]
    pub(crate) fn holder_at(&self, place: u64) -> Address {
        let (index, lane) = list::lane(place);
        let id = lane.get(&self.list_word(index));
        account(&self.load(Slot::number(map::REQUEST, id)))
    }

    /// Takes the first holder out of a full list that has no rights and holds no current key (I3).
    fn free_place(&self, count: u64) -> Result<u64> {
        for place in 1..=count {
            let holder = self.holder_at(place);
            let word = self.grant_word(&holder);
            if self.may_leave(&holder, &word) {
                self.set_grant_word(&holder, B256::ZERO);
                return Ok(place);
            }
        }
        Err(Error::TooManyHolders(limits::MAX_HOLDERS))
    }

    /// Whether a holder has no rights and none of the secrets of current keys.
    ///
    /// Secrets reach only who may have them at that moment (I6), so a key published after the end of an
    /// entitlement is none of its holder's. What a key of the very second of the end says depends on the
    /// end:
    /// - Expired: from that second on it was not live, so the key is not the holder's either. (One given
    ///   within that second would have replaced this one, with a later expiry.)
    /// - Ended by a call: within the second, the rotation or a grant of its key may have come first and
    ///   been sealed to the holder. So it has to be later. A rotation in the revoking call itself needs no
    ///   comparison: `revoke` takes its sections out of those held.
    fn may_leave(&self, holder: &Address, word: &B256) -> bool {
        let first_safe = match self.grant_state(word) {
            grant::LIVE => return false,
            grant::EXPIRED => grant::EXPIRY.get(word),
            _ => grant::CHANGED_AT.get(word).wrapping_add(1),
        };
        if !self.rotated_since(grant::HELD.get(word), first_safe) {
            return false;
        }
        let facets = grant::FACETS.byte(word);
        if facets & grant::DELEGATE != 0 {
            let word = self.load(Slot::account(map::DELEGATE, holder));
            let ended = self.secrets_end(&word);
            if self.delegation_in(&word).0 != 0
                || (ended != 0 && !self.rotated_since(u64::MAX, ended))
            {
                return false;
            }
        }
        if facets & grant::RESPONDER != 0 {
            let word = self.responder_word(holder);
            match self.emergency_state(&word) {
                responder::NONE | responder::VETOED => {}
                responder::OVER => {
                    let (_, closes) = Self::window(&word);
                    if !self.rotated_since(responder::SECTIONS.get(&word), closes) {
                        return false;
                    }
                }
                _ => return false,
            }
            let ended = responder::HELD_UNTIL.get(&word);
            if !self.rotated_since(responder::HELD.get(&word), ended) {
                return false;
            }
        }
        true
    }

    /// First second whose keys a delegation was not entitled to, now that it has ended; 0 if it never was
    /// to any.
    #[inline(never)]
    pub(crate) fn secrets_end(&self, word: &B256) -> u64 {
        let earlier = delegate::HELD_UNTIL.get(word);
        if delegate::RIGHTS.byte(word) & delegate::SECRETS == 0 {
            return earlier;
        }
        // Still running: everything published up to this second is its.
        let end = delegate::UNTIL.get(word).min(self.now.wrapping_add(1));
        end.max(earlier)
    }
}
