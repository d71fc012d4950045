//! Sections: the epoch guard, rotation, sealed secrets.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::{IPatientPort as abi, limits};
use patientport_kit::{Args, Out, Slot, small, store, topic};

use crate::{
    error::Error,
    layout::{delegate, map, section as lane},
    port::{Port, Result},
};

/// The numbers of the set bits, ascending.
pub(crate) fn each(sections: u64) -> impl Iterator<Item = u8> {
    (0..limits::SECTIONS).filter(move |section| contains(sections, *section))
}

/// Whether the set holds the section; no set holds a number above 63.
pub(crate) fn contains(sections: u64, section: u8) -> bool {
    sections.checked_shr(section.into()).unwrap_or(0) & 1 == 1
}

/// Encoded size of an array with one word for each section of a set.
pub(crate) fn array_bytes(sections: u64) -> u64 {
    u64::from(sections.count_ones())
        .wrapping_mul(32)
        .wrapping_add(32)
}

/// A list that belongs to a set of sections has one entry for each.
#[inline(never)]
fn check_length(given: usize, sections: u64) -> Result<()> {
    let expected = sections.count_ones();
    let given = u32::try_from(given).unwrap_or(u32::MAX);
    if given == expected {
        Ok(())
    } else {
        Err(Error::LengthMismatch { given, expected })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "bounded by the read")]
fn epoch(word: &[u8; 32]) -> Result<u32> {
    Ok(small(word, u32::MAX.into())? as u32)
}

impl Port {
    /// Slot and content of the word that holds a section's metadata.
    #[inline(never)]
    pub(crate) fn section_meta(&self, section: u8) -> (Slot, B256) {
        let slot = Slot::number(map::SECTION_META, (section >> 2).into());
        (slot, self.load(slot))
    }

    /// `given` must be the current epoch of an open section (I4).
    #[inline(never)]
    pub(crate) fn check_epoch(&self, section: u8, given: u32) -> Result<()> {
        let (_, meta) = self.section_meta(section);
        let current = lane::epoch(section).number(&meta);
        if current == 0 {
            return Err(Error::SectionNotOpen(section));
        }
        if given != current {
            return Err(Error::StaleEpoch {
                section,
                given,
                current,
            });
        }
        Ok(())
    }

    /// Every section of a set must be open, at the epoch given for it.
    #[inline(never)]
    pub(crate) fn check_epochs(&self, sections: u64, epochs: &[[u8; 32]]) -> Result<()> {
        if sections == 0 {
            return Err(Error::InvalidSections(sections));
        }
        check_length(epochs.len(), sections)?;
        for (section, given) in each(sections).zip(epochs) {
            self.check_epoch(section, epoch(given)?)?;
        }
        Ok(())
    }

    /// Whether every section of a set was given a new key at `first_safe` or later; one that is not open
    /// has no key to keep from anybody.
    #[inline(never)]
    pub(crate) fn rotated_since(&self, sections: u64, first_safe: u64) -> bool {
        each(sections).all(|section| {
            let (_, meta) = self.section_meta(section);
            lane::epoch(section).get(&meta) == 0
                || lane::rotated_at(section).get(&meta) >= first_safe
        })
    }

    /// `rotate(Rotation rotation)`.
    pub(crate) fn rotate(&self, args: &mut Args<'_>) -> Result<()> {
        let owner = self.only_acting(delegate::ROTATE)?.owner();
        let sections = self.apply_rotation(&owner, &mut args.tuple()?)?;
        if sections == 0 {
            return Err(Error::InvalidSections(sections));
        }
        Ok(())
    }

    /// Publishes new keys and passes their sealed secrets on; returns the sections concerned, 0 if
    /// the rotation is of none.
    #[inline(never)]
    pub(crate) fn apply_rotation(&self, owner: &Address, rotation: &mut Args<'_>) -> Result<u64> {
        let sections = rotation.u64()?;
        let epochs = rotation.words()?;
        let keys = rotation.words()?;
        let parities = rotation.u64()?;
        let links = rotation.bytes()?;
        check_length(epochs.len(), sections)?;
        check_length(keys.len(), sections)?;
        if parities & !sections != 0 {
            return Err(Error::InvalidSections(parities));
        }
        Self::check_message(links, true)?;
        let (count, sealed) = rotation.list()?;
        if sections == 0 {
            check_length(links.len(), sections)?;
            check_length(count as usize, sections)?;
            return Ok(sections);
        }
        for (section, (given, key)) in each(sections).zip(epochs.iter().zip(keys)) {
            self.set_key(
                section,
                epoch(given)?,
                B256::new(*key),
                contains(parities, section),
            )?;
        }
        // The arguments as they came, behind three offsets that depend on the lists' lengths only.
        let lists = array_bytes(sections);
        let mut log = Out::log(const { topic(abi::SectionsRotated::SIGNATURE_HASH) });
        log.account(&self.caller)
            .number(sections)
            .number(5 * 32)
            .number(lists.wrapping_add(5 * 32))
            .number(parities)
            .number(lists.wrapping_mul(2).wrapping_add(5 * 32))
            .words(epochs)
            .words(keys)
            .bytes(links);
        self.emit(&log, 2);
        self.pass_on(owner, sections, count, sealed)?;
        Ok(sections)
    }

    /// Replaces a section's key if `given` is the epoch it has now; 0 opens it.
    #[inline(never)]
    fn set_key(&self, section: u8, given: u32, x: B256, odd: bool) -> Result<()> {
        let (slot, mut meta) = self.section_meta(section);
        let current = lane::epoch(section).number(&meta);
        // The last epoch that fits can never be replaced.
        if given != current || current == lane::MAX_EPOCH {
            return Err(Error::StaleEpoch {
                section,
                given,
                current,
            });
        }
        Self::check_key(x, odd.into())?;
        lane::epoch(section).set(&mut meta, u64::from(current).wrapping_add(1));
        lane::parity(section).set(&mut meta, odd.into());
        lane::rotated_at(section).set(&mut meta, self.now);
        store(&self.vm, slot, meta);
        self.store(Slot::number(map::SECTION_KEY, section.into()), x);
        Ok(())
    }

    /// `reseal(uint64 sections, uint32[] epochs, Sealed[] sealed)`.
    pub(crate) fn reseal(&self, args: &mut Args<'_>) -> Result<()> {
        let owner = self.only_acting(delegate::ROTATE)?.owner();
        let sections = args.u64()?;
        self.check_epochs(sections, args.words()?)?;
        let (count, sealed) = args.list()?;
        self.pass_on(&owner, sections, count, sealed)
    }

    /// Emits sealed messages with secrets of `sections` for their recipients: the owner, and who may
    /// have one of the secrets now, whatever was true when they were composed (I6).
    #[inline(never)]
    fn pass_on(
        &self,
        owner: &Address,
        sections: u64,
        count: u32,
        mut sealed: Args<'_>,
    ) -> Result<()> {
        if count > limits::MAX_RECIPIENTS {
            return Err(Error::TooManyRecipients {
                given: count,
                max: limits::MAX_RECIPIENTS,
            });
        }
        for _ in 0..count {
            let mut one = sealed.tuple()?;
            let recipient = one.account()?;
            let message = one.bytes()?;
            if recipient != *owner && self.sendable(&recipient) & sections == 0 {
                return Err(Error::NoLiveGrant(recipient));
            }
            Self::check_message(message, false)?;
            let mut log = Out::log(const { topic(abi::SecretsSealed::SIGNATURE_HASH) });
            log.account(&recipient)
                .account(&self.caller)
                .number(32)
                .bytes(message);
            self.emit(&log, 3);
        }
        Ok(())
    }
}
