//! Random walks against a model of who was sent what: in every order, and mostly within one second,
//! whoever may hold a current key without access is listed and found by what the list says (I3), who has
//! rights is listed (I2), and nobody else is sent a secret (I6).
//!
//! The walks are the same in every run.

use alloc::collections::{BTreeMap, BTreeSet};

use super::{holders::nth, *};

/// Accounts that walk; the list has [`ROOM`] places for them.
const WALKERS: [Address; 5] = [OTHER, SPECIALIST, DELEGATE, RESPONDER, HEIR];
const ROOM: u8 = 3;
const SECTIONS: u64 = 0b11;

/// A small generator (xorshift64): walks need variety, not quality.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn set(&mut self) -> u64 {
        1 + self.roll(SECTIONS)
    }

    fn account(&mut self) -> Address {
        WALKERS[self.roll(WALKERS.len() as u64) as usize]
    }
}

/// What an account has by the patient's word.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// Sections, rights, expiry; none once revoked.
    grant: Option<(u64, u8, u64)>,
    /// Rights, end.
    delegation: (u8, u64),
    /// Sections, delay, window, second of breaking; none if not armed, vetoed or removed.
    emergency: Option<(u64, u64, u64, Option<u64>)>,
}

impl Standing {
    /// Sections whose current secrets it may have at a second.
    fn entitled(&self, now: u64) -> u64 {
        let granted = self
            .grant
            .filter(|(_, rights, expiry)| rights & 1 != 0 && now < *expiry)
            .map_or(0, |(sections, ..)| sections);
        let entrusted = if self.delegation.0 & 9 != 0 && now < self.delegation.1 {
            SECTIONS
        } else {
            0
        };
        let opened = match self.emergency {
            Some((sections, delay, window, Some(broken)))
                if broken + delay <= now && now < broken + delay + window =>
            {
                sections
            }
            _ => 0,
        };
        granted | entrusted | opened
    }

    /// Whether it has any right at all, or may take one.
    fn counts(&self, now: u64) -> bool {
        let armed = self.emergency.is_some_and(|(_, delay, window, broken)| {
            broken.is_none_or(|broken| now < broken + delay + window)
        });
        self.grant.is_some_and(|(_, _, expiry)| now < expiry)
            || (self.delegation.0 != 0 && now < self.delegation.1)
            || armed
    }
}

struct Walk {
    world: World,
    dice: Dice,
    standing: BTreeMap<Address, Standing>,
    /// Secrets that were sent: account, section, epoch.
    sent: BTreeSet<(Address, u8, u32)>,
    /// How often a full list made room, and did not.
    replaced: u32,
    refused: u32,
}

fn sections(set: u64) -> impl Iterator<Item = u8> {
    (0..64).filter(move |section| set >> section & 1 == 1)
}

impl Walk {
    /// Who has one of the places that change hands.
    fn listed(&mut self) -> Vec<Address> {
        let page = abi::holdersCall {
            from: (128 - ROOM).into(),
            limit: 128,
        };
        let page = self.world.view(&page);
        page.iter().map(|one| one.access.reader).collect()
    }

    fn epochs(&mut self, set: u64) -> Vec<u32> {
        self.world.keys(set).iter().map(|one| one.0).collect()
    }

    fn entitled(&self, account: Address) -> u64 {
        self.standing[&account].entitled(self.world.now())
    }

    fn send(&mut self, account: Address, set: u64, epochs: &[u32]) {
        for (section, epoch) in sections(set).zip(epochs) {
            self.sent.insert((account, section, *epoch));
        }
    }

    /// A rotation as an honest client composes it: to everybody it may send secrets to, but for
    /// `without`. Sometimes of nothing.
    fn rotation(&mut self, without: Option<Address>) -> abi::Rotation {
        let set = self.dice.roll(SECTIONS + 1);
        if set == 0 {
            return no_rotation();
        }
        let epochs = self.epochs(set);
        let mut given = rotation(set, &epochs);
        for account in WALKERS {
            if Some(account) != without && self.entitled(account) & set != 0 {
                given.sealed_.push(sealed(account, b"secrets"));
            }
        }
        given
    }

    /// A rotation went through: those it was sealed to have what they are entitled to.
    fn rotated(&mut self, given: &abi::Rotation) {
        let epochs: Vec<_> = given.epochs.iter().map(|epoch| epoch + 1).collect();
        for one in &given.sealed_ {
            if one.recipient != PATIENT {
                let set = self.entitled(one.recipient);
                for (section, epoch) in sections(given.sections).zip(&epochs) {
                    if set >> section & 1 == 1 {
                        self.sent.insert((one.recipient, section, *epoch));
                    }
                }
            }
        }
    }

    /// A call that may need a place in the list; whether it went through.
    fn names(&mut self, account: Address, call: &impl SolCall) -> bool {
        let listed = self.listed();
        match self.world.call(PATIENT, call) {
            Ok(_) => {
                self.replaced += u32::from(!listed.contains(&account));
                true
            }
            Err(refusal) => {
                let full = abi::TooManyHolders { max: 128 };
                assert_eq!(refusal, full.abi_encode(), "{:?}", decoded(&refusal));
                assert!(!listed.contains(&account));
                self.refused += 1;
                false
            }
        }
    }

    fn step(&mut self) {
        let account = self.dice.account();
        let now = self.world.now();
        let mut standing = self.standing[&account];
        match self.dice.roll(11) {
            0 | 1 => {
                let set = self.dice.set();
                let epochs = self.epochs(set);
                let rights = 1 + self.dice.roll(3) as u8;
                let expiry = now + 1 + self.dice.roll(4);
                let message = rights & 1 != 0 || self.dice.roll(2) == 0;
                let mut call = grant(account, set, &epochs, expiry, rights);
                call.allowUnverified = true;
                if !message {
                    call.message = Bytes::new();
                }
                if self.names(account, &call) {
                    standing.grant = Some((set, rights, expiry));
                    self.standing.insert(account, standing);
                    if message {
                        self.send(account, set, &epochs);
                    }
                }
            }
            2 => {
                standing.grant = None;
                let before = self.standing.insert(account, standing).unwrap();
                let given = self.rotation(None);
                let call = revoke(account, given.clone());
                if before.grant.is_some_and(|grant| now < grant.2) {
                    self.world.done(PATIENT, &call);
                    self.rotated(&given);
                } else {
                    self.standing.insert(account, before);
                    let none = abi::NoLiveGrant { reader: account };
                    self.world.refuses(PATIENT, &call, &none);
                }
            }
            3 => {
                let rights = 1 + self.dice.roll(15) as u8;
                let until = now + 1 + self.dice.roll(4);
                standing.delegation = (rights, until);
                let before = self.standing.insert(account, standing).unwrap();
                let given = self.rotation(None);
                let call = abi::setDelegateCall {
                    rotation: given.clone(),
                    ..set_delegate(account, rights, until)
                };
                if self.names(account, &call) {
                    self.rotated(&given);
                } else {
                    self.standing.insert(account, before);
                }
            }
            4 if standing.delegation.0 != 0 => {
                standing.delegation = (0, 0);
                self.standing.insert(account, standing);
                let given = self.rotation(None);
                self.world
                    .done(PATIENT, &end_delegate(account, given.clone()));
                self.rotated(&given);
            }
            5 => {
                let (set, delay) = (self.dice.set(), self.dice.roll(3));
                let window = 1 + self.dice.roll(3);
                let call = arm(account, set, delay as u32, window as u32);
                if self.names(account, &call) {
                    standing.emergency = Some((set, delay, window, None));
                    self.standing.insert(account, standing);
                }
            }
            6 => {
                if let Some((set, delay, window, None)) = standing.emergency {
                    self.world.done(account, &break_glass());
                    standing.emergency = Some((set, delay, window, Some(now)));
                    self.standing.insert(account, standing);
                }
            }
            7 => {
                if let Some((_, delay, _, Some(broken))) = standing.emergency {
                    let call = if now < broken + delay && self.dice.roll(2) == 0 {
                        self.world.send(PATIENT, veto(account).abi_encode())
                    } else {
                        self.world.send(PATIENT, disarm(account).abi_encode())
                    };
                    call.unwrap();
                    standing.emergency = None;
                    self.standing.insert(account, standing);
                }
            }
            8 | 9 => {
                let given = self.rotation(None);
                if given.sections != 0 {
                    self.world.done(PATIENT, &rotate(given.clone()));
                    self.rotated(&given);
                }
            }
            _ => {
                let set = self.dice.set();
                let epochs = self.epochs(set);
                let call = reseal(account, set, &epochs);
                let may = self.entitled(account) & set;
                if may == 0 {
                    let none = abi::NoLiveGrant { reader: account };
                    self.world.refuses(PATIENT, &call, &none);
                } else {
                    self.world.done(PATIENT, &call);
                    let epochs = self.epochs(may);
                    self.send(account, may, &epochs);
                }
            }
        }
        // Mostly, everything happens in the same second.
        if self.dice.roll(3) == 0 {
            self.world.wait(1);
        }
    }

    /// The invariants, in terms of what was sent and what the port says.
    fn check(&mut self) {
        let listed = self.listed();
        let keys = self.world.keys(SECTIONS);
        for account in WALKERS {
            let standing = self.standing[&account];
            let now = self.world.now();
            let present = listed.contains(&account);
            assert!(present || !standing.counts(now), "I2: {standing:?}");
            let entitled = standing.entitled(now);
            let holder = self.world.holder(account);
            for section in sections(SECTIONS) {
                let (epoch, _, _, rotated_at) = keys[usize::from(section)];
                let readable = self.world.reads(account, section);
                let held = self.sent.contains(&(account, section, epoch));
                if entitled >> section & 1 == 1 {
                    continue;
                }
                assert!(!readable);
                if held {
                    assert!(present, "I3: section {section} of {standing:?}");
                    let found = may_hold(&holder, section, rotated_at);
                    assert!(found, "I3: section {section} of {holder:?}");
                }
            }
        }
    }
}

/// What a client concludes from an entry of the list: the holder may have the key of a section that was
/// published at this second.
fn may_hold(holder: &abi::Holder, section: u8, rotated_at: u64) -> bool {
    let has = |set: u64| set >> section & 1 == 1;
    let access = &holder.access;
    let by_grant = has(access.held)
        && match access.state {
            2 => rotated_at < access.expiry,
            _ => rotated_at <= access.changedAt,
        };
    let delegate = &holder.delegate;
    let by_delegation = rotated_at < delegate.heldUntil
        || (delegate.rights & 9 != 0 && rotated_at < delegate.until);
    let responder = &holder.responder;
    let closes = responder.brokenAt + u64::from(responder.delay) + u64::from(responder.window);
    let by_window = (has(responder.held) && rotated_at < responder.heldUntil)
        || (responder.state == 4 && has(responder.sections) && rotated_at < closes);
    by_grant || by_delegation || by_window
}

/// A port whose list has [`ROOM`] places that can ever become free: the others are live for years.
fn crowded() -> World {
    let mut world = World::issued();
    world.done(PATIENT, &claim(rotation(SECTIONS, &[0, 0])));
    for number in 0..128 - ROOM {
        let writer = abi::grantCall {
            allowUnverified: true,
            message: Bytes::new(),
            ..grant(nth(number), 1, &[1], START + YEAR, 2)
        };
        world.done(PATIENT, &writer);
    }
    for account in WALKERS {
        world.registry_answers(account, Ok(true));
    }
    world
}

#[test]
fn whoever_may_hold_a_current_key_without_access_is_found_in_the_list() {
    let crowded = crowded();
    let (mut replaced, mut refused) = (0, 0);
    for seed in 1..=40_u64 {
        let mut walk = Walk {
            world: crowded.fork(),
            dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            standing: WALKERS
                .iter()
                .map(|one| (*one, Standing::default()))
                .collect(),
            sent: BTreeSet::new(),
            replaced: 0,
            refused: 0,
        };
        for _ in 0..80 {
            walk.step();
            walk.check();
        }
        replaced += walk.replaced;
        refused += walk.refused;
    }
    // The walks are worth something only if both happen often.
    assert!(replaced > 100 && refused > 100, "{replaced}, {refused}");
}
