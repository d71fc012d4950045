//! Sections: keys, epochs, and the messages that carry their secrets.

use alloy_primitives::{Address, B256};
use patientport_abi::{IPatientPort as abi, limits};

use super::{Done, Now, Port, count, length, must_be_key, must_fit, refuse, unauthorized};

/// An open section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    pub(crate) epoch: u32,
    pub(crate) key: (B256, u8),
    pub(crate) rotated_at: u64,
}

/// Highest epoch there is.
const LAST_EPOCH: u32 = (1 << 24) - 1;
/// Rights of a delegate.
const APPROVE_OR_ROTATE: u8 = 1 | 8;
const ROTATE: u8 = 8;

/// Numbers of the set bits, ascending.
pub(crate) fn each(sections: u64) -> Vec<u8> {
    (0..64)
        .filter(|section| holds(sections, *section))
        .collect()
}

pub(crate) fn holds(sections: u64, section: u8) -> bool {
    section < 64 && sections >> section & 1 == 1
}

fn one_for_each<T>(list: &[T], sections: u64) -> Done<()> {
    let (given, expected) = (count(list), sections.count_ones());
    if given == expected {
        Ok(())
    } else {
        refuse(abi::LengthMismatch { given, expected })
    }
}

impl Port {
    /// 0 = not open.
    pub(crate) fn epoch(&self, section: u8) -> u32 {
        self.sections
            .get(&section)
            .map_or(0, |section| section.epoch)
    }

    pub(super) fn must_be_current(&self, section: u8, given: u32) -> Done<()> {
        match self.epoch(section) {
            0 => refuse(abi::SectionNotOpen { section }),
            current if current == given => Ok(()),
            current => refuse(abi::StaleEpoch {
                section,
                given,
                current,
            }),
        }
    }

    pub(super) fn must_all_be_current(&self, sections: u64, epochs: &[u32]) -> Done<()> {
        if sections == 0 {
            return refuse(abi::InvalidSections { sections });
        }
        one_for_each(epochs, sections)?;
        for (section, epoch) in each(sections).into_iter().zip(epochs) {
            self.must_be_current(section, *epoch)?;
        }
        Ok(())
    }

    pub(super) fn rotate(&mut self, now: Now<'_>, call: &abi::rotateCall) -> Done<()> {
        self.must_act(now, ROTATE)?;
        self.apply(now, &call.rotation)?;
        match call.rotation.sections {
            0 => refuse(abi::InvalidSections { sections: 0 }),
            _ => Ok(()),
        }
    }

    pub(super) fn reseal(&mut self, now: Now<'_>, call: &abi::resealCall) -> Done<()> {
        self.must_act(now, ROTATE)?;
        self.must_all_be_current(call.sections, &call.epochs)?;
        self.pass_on(now, call.sections, &call.sealed_)
    }

    /// A rotation within any call; of no sections, it must be empty.
    pub(super) fn apply(&mut self, now: Now<'_>, rotation: &abi::Rotation) -> Done<()> {
        let sections = rotation.sections;
        one_for_each(&rotation.epochs, sections)?;
        one_for_each(&rotation.keys, sections)?;
        if rotation.parities & !sections != 0 {
            return refuse(abi::InvalidSections {
                sections: rotation.parities,
            });
        }
        must_fit(&rotation.links, true, limits::MAX_MESSAGE_BYTES)?;
        if sections == 0 {
            let given = match length(&rotation.links) {
                0 => count(&rotation.sealed_),
                links => links,
            };
            return match given {
                0 => Ok(()),
                _ => refuse(abi::LengthMismatch { given, expected: 0 }),
            };
        }
        let keys = rotation.epochs.iter().zip(&rotation.keys);
        for (section, (given, key)) in each(sections).into_iter().zip(keys) {
            let current = self.epoch(section);
            if *given != current || current == LAST_EPOCH {
                return refuse(abi::StaleEpoch {
                    section,
                    given: *given,
                    current,
                });
            }
            let key = (*key, u8::from(holds(rotation.parities, section)));
            must_be_key(key.0, key.1)?;
            let renewed = Section {
                epoch: current + 1,
                key,
                rotated_at: now.time,
            };
            self.sections.insert(section, renewed);
        }
        let rotated = abi::SectionsRotated {
            by: now.caller,
            sections,
            epochs: rotation.epochs.clone(),
            keys: rotation.keys.clone(),
            parities: rotation.parities,
            links: rotation.links.clone(),
        };
        self.emit(now, &rotated);
        self.pass_on(now, sections, &rotation.sealed_)
    }

    fn pass_on(&mut self, now: Now<'_>, sections: u64, sealed: &[abi::Sealed]) -> Done<()> {
        let (given, max) = (count(sealed), limits::MAX_RECIPIENTS);
        if given > max {
            return refuse(abi::TooManyRecipients { given, max });
        }
        for abi::Sealed { recipient, message } in sealed {
            if self.entitled(*recipient, now.time) & sections == 0 {
                return refuse(abi::NoLiveGrant { reader: *recipient });
            }
            must_fit(message, false, limits::MAX_MESSAGE_BYTES)?;
            let sealed = abi::SecretsSealed {
                recipient: *recipient,
                sender: now.caller,
                message: message.clone(),
            };
            self.emit(now, &sealed);
        }
        Ok(())
    }

    /// The sections whose secrets somebody may be sent.
    pub(crate) fn entitled(&self, account: Address, time: u64) -> u64 {
        if account == self.owner || self.delegation(account, time) & APPROVE_OR_ROTATE != 0 {
            u64::MAX
        } else {
            self.readable(account, time)
        }
    }

    /// The sections that somebody may read.
    pub(crate) fn readable(&self, account: Address, time: u64) -> u64 {
        self.granted(account, time, 1) | self.in_emergency(account, time)
    }

    /// Whether all of these that are open got their key at this time or later.
    pub(super) fn rotated_since(&self, sections: u64, time: u64) -> bool {
        let of_these = |(section, _): &(&u8, &Section)| holds(sections, **section);
        let mut open = self.sections.iter().filter(of_these);
        open.all(|(_, section)| section.rotated_at >= time)
    }

    /// What a revocation may rotate: nothing, unless the caller may rotate.
    pub(super) fn may_rotate(&self, now: Now<'_>, rotation: &abi::Rotation) -> Done<()> {
        if rotation.sections == 0
            || self.owner == now.caller
            || self.delegation(now.caller, now.time) & ROTATE != 0
        {
            Ok(())
        } else {
            unauthorized(now)
        }
    }
}
