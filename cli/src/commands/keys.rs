//! Which of an identity's keys a port or the registry shows.

use alloy::primitives::Address;
use patientport_client::IdentityKeys;
use patientport_client::port::{Port, PortInfo};
use patientport_client::recovery::patient_keys;
use patientport_client::registry::Registry;
use patientport_core::keys::{IdentitySeed, PublicKey, SecretKey};

use crate::commands::describe::is_silence;
use crate::context::Context;
use crate::error::Error;
use crate::home::ports::KnownPort;

/// How many keys beyond the last known one are tried.
const KEYS_TRIED: u32 = 64;

/// Keys of an identity by number, derived as they are needed: up to 64 beyond the last one found.
pub struct Search<'a> {
    derive: Box<dyn Fn(u32) -> SecretKey + Send + Sync + 'a>,
    public: Vec<PublicKey>,
    /// The first number above all known to be in use.
    next: u32,
}

impl std::fmt::Debug for Search<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Search")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl<'a> Search<'a> {
    /// Among a patient's keys, of which those below `next` were handed out for certain.
    pub fn patient(seed: &'a IdentitySeed, next: u32) -> Self {
        Self {
            derive: Box::new(|index| seed.patient_key(index)),
            public: Vec::new(),
            next,
        }
    }

    /// Among a provider's keys, of which that at `newest` was published for certain.
    pub fn provider(seed: &'a IdentitySeed, newest: u32) -> Self {
        Self {
            derive: Box::new(|index| seed.provider_key(index)),
            public: Vec::new(),
            next: newest,
        }
    }

    /// The key with this number.
    pub fn key(&self, index: u32) -> SecretKey {
        (self.derive)(index)
    }

    /// The keys with these numbers, and keys of identities before this one.
    pub fn identity(&self, keys: &PortKeys, before: Vec<SecretKey>) -> IdentityKeys {
        let mut former: Vec<_> = keys.former.iter().map(|index| self.key(*index)).collect();
        former.extend(before);
        IdentityKeys::new(self.key(keys.current), former)
    }

    /// The first number above all found, or known, to be in use.
    pub const fn next(&self) -> u32 {
        self.next
    }

    /// The number of a key; a guess is tried first.
    pub fn find(&mut self, wanted: &PublicKey, guess: Option<u32>) -> Option<u32> {
        let guess = guess.filter(|index| self.key(*index).public() == *wanted);
        let found = guess.or_else(|| self.scan(wanted))?;
        self.next = self.next.max(found.saturating_add(1));
        Some(found)
    }

    fn scan(&mut self, wanted: &PublicKey) -> Option<u32> {
        let end = self.next.saturating_add(KEYS_TRIED);
        for index in 0..end {
            let known = self.public.get(index as usize).copied();
            let key = known.unwrap_or_else(|| {
                let key = (self.derive)(index).public();
                self.public.push(key);
                key
            });
            if key == *wanted {
                return Some(index);
            }
        }
        None
    }
}

/// An identity's numbers at one port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PortKeys {
    /// Of the key in use.
    pub current: u32,
    /// Of those before it, newest first.
    pub former: Vec<u32>,
    /// Whether the port showed keys that are not of this identity: a former one's, or a former patient's.
    pub had_others: bool,
}

/// The numbers of the keys that a claimed port shows and showed; `None` if the one in use is not of this identity.
///
/// # Errors
/// Those of reading the port's history.
pub async fn of_port(
    search: &mut Search<'_>,
    port: &Port,
    info: &PortInfo,
    guess: Option<u32>,
) -> Result<Option<PortKeys>, Error> {
    let shown = info.patient_key()?;
    let Some(current) = search.find(&shown, guess) else {
        return Ok(None);
    };
    let (mut former, mut had_others) = (Vec::new(), false);
    for key in patient_keys(port)
        .await?
        .iter()
        .rev()
        .filter(|key| **key != shown)
    {
        match search.find(key, None) {
            Some(index) if index != current && !former.contains(&index) => former.push(index),
            Some(_) => {}
            None => had_others = true,
        }
    }
    Ok(Some(PortKeys {
        current,
        former,
        had_others,
    }))
}

/// Opens an identity that another one replaced; `None`, and a warning, where it does not open: most can be read
/// without it.
fn former_identity(context: &Context, name: &str) -> Result<Option<IdentitySeed>, Error> {
    match context.identity_named(name) {
        Ok((_, seed)) => Ok(Some(seed)),
        Err(error)
            if matches!(
                error.code(),
                "password.wrong" | "identity.unknown" | "usage.password_required"
            ) =>
        {
            context.warn(
                "identity.former_closed",
                format!(
                    "what was sealed to the former identity `{name}` alone stays closed: {error}"
                ),
            );
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Keys that a port showed and that are of identities which this one replaced.
///
/// # Errors
/// The home's; those of reading the port's history.
pub async fn before(
    context: &Context,
    seed: &IdentitySeed,
    port: &Port,
    numbers: &PortKeys,
) -> Result<Vec<SecretKey>, Error> {
    let mut keys = Vec::new();
    if !numbers.had_others {
        return Ok(keys);
    }
    let published = patient_keys(port).await?;
    for name in context.home().derived(seed)?.former {
        let Some(former) = former_identity(context, &name)? else {
            continue;
        };
        let next = context.home().derived(&former)?.next_patient_key;
        let mut search = Search::patient(&former, next);
        let found = published
            .iter()
            .rev()
            .filter_map(|key| search.find(key, None));
        let found: Vec<_> = found.collect();
        keys.extend(found.into_iter().map(|index| search.key(index)));
    }
    Ok(keys)
}

/// A provider's keys: the one that the registry shows, and those before it. A registry that says nothing is no reason
/// not to read.
///
/// # Errors
/// The home's and the chain's.
pub async fn of_provider(
    context: &Context,
    registry: &Registry,
    account: Address,
    seed: &IdentitySeed,
) -> Result<IdentityKeys, Error> {
    let provider = match registry.find_provider(account).await {
        Ok(provider) => provider,
        Err(error) if is_silence(&error) => None,
        Err(error) => return Err(error.into()),
    };
    let newest = context.home().derived(seed)?.provider_key;
    let mut search = Search::provider(seed, newest);
    let shown = provider.and_then(|provider| provider.key);
    let current = shown.and_then(|key| search.find(&key, Some(newest)));
    let current = current.unwrap_or(newest);
    let before = provider_keys_before(context, seed)?;
    let numbers = PortKeys {
        current,
        former: (0..current).rev().collect(),
        had_others: false,
    };
    Ok(search.identity(&numbers, before))
}

/// Somebody's keys outside the registry, as a delegate or a custodian: the one that the port shows for it, and all others
/// that it ever gave out; `None` if the one that the port shows is not among them.
///
/// # Errors
/// The home's.
pub fn of_person(
    context: &Context,
    seed: &IdentitySeed,
    shown: &PublicKey,
) -> Result<Option<IdentityKeys>, Error> {
    let newest = context.home().derived(seed)?.provider_key;
    let mut search = Search::provider(seed, newest);
    let mut keys = provider_keys(context, seed)?;
    // Given out in another home, perhaps.
    if let Some(found) = search.find(shown, Some(newest))
        && found > newest
    {
        keys.push(search.key(found));
    }
    let Some(position) = keys.iter().position(|key| key.public() == *shown) else {
        return Ok(None);
    };
    let current = keys.remove(position);
    Ok(Some(IdentityKeys::new(current, keys)))
}

/// Every key that an identity gave out outside of its ports, as far as this home knows, newest first.
///
/// # Errors
/// The home's.
pub fn provider_keys(context: &Context, seed: &IdentitySeed) -> Result<Vec<SecretKey>, Error> {
    let newest = context.home().derived(seed)?.provider_key;
    let own = (0..=newest).rev().map(|index| seed.provider_key(index));
    let mut keys: Vec<_> = own.collect();
    keys.extend(provider_keys_before(context, seed)?);
    Ok(keys)
}

/// Keys that identities gave out which this one replaced.
fn provider_keys_before(context: &Context, seed: &IdentitySeed) -> Result<Vec<SecretKey>, Error> {
    let mut keys = Vec::new();
    for name in context.home().derived(seed)?.former {
        if let Some(former) = former_identity(context, &name)? {
            let newest = context.home().derived(&former)?.provider_key;
            keys.extend((0..=newest).rev().map(|index| former.provider_key(index)));
        }
    }
    Ok(keys)
}

/// A search among a patient's keys, as far as this home knows what was handed out.
///
/// # Errors
/// The home's.
pub fn patient_search<'a>(
    context: &Context,
    seed: &'a IdentitySeed,
    known: &KnownPort,
) -> Result<Search<'a>, Error> {
    let numbers = known.key_index.into_iter().chain(known.next_key);
    let above = numbers.max().map_or(0, |index| index.saturating_add(1));
    let next = context.home().derived(seed)?.next_patient_key.max(above);
    Ok(Search::patient(seed, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_key_is_found_within_the_gap() {
        let seed = IdentitySeed::from_bytes([7; 32]);
        let key = |index| seed.patient_key(index).public();
        for guess in [None, Some(5), Some(9)] {
            assert_eq!(Search::patient(&seed, 0).find(&key(5), guess), Some(5));
        }
        let other = IdentitySeed::from_bytes([8; 32]);
        assert_eq!(Search::patient(&other, 0).find(&key(5), Some(5)), None);
        assert_eq!(Search::provider(&seed, 0).find(&key(5), Some(5)), None);
    }

    #[test]
    fn every_find_moves_the_gap() {
        let seed = IdentitySeed::from_bytes([7; 32]);
        let key = |index| seed.patient_key(index).public();
        let mut search = Search::patient(&seed, 0);
        assert_eq!(search.find(&key(64), None), None);
        assert_eq!(search.find(&key(63), None), Some(63));
        assert_eq!(search.next(), 64);
        assert_eq!(search.find(&key(127), None), Some(127));
        assert_eq!(search.find(&key(0), None), Some(0));
        assert_eq!(search.next(), 128);
        // What the home remembers counts as found.
        assert_eq!(Search::patient(&seed, 40).find(&key(103), None), Some(103));
    }
}
