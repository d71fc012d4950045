//! `ports.json`: the ports this home knows by name.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES, check_name};

/// One port under a local name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KnownPort {
    /// The chain it is on.
    pub chain_id: u64,
    /// Its address.
    pub address: Address,
    /// The registry that issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<Address>,
    /// The wallet that owns it, if this home does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The identity whose key it has, if this home owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Index of the key within that identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_index: Option<u32>,
    /// Index of the key that is to replace it, from before it is published until it is known to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_key: Option<u32>,
    /// The identity of that key, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_identity: Option<String>,
    /// Private names of its sections.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sections: BTreeMap<u8, String>,
}

impl KnownPort {
    /// A port this home does not own.
    pub const fn of_another(chain_id: u64, address: Address) -> Self {
        Self {
            chain_id,
            address,
            registry: None,
            account: None,
            identity: None,
            key_index: None,
            next_key: None,
            next_identity: None,
            sections: BTreeMap::new(),
        }
    }

    /// Number of the section with this private name.
    pub fn section_named(&self, name: &str) -> Option<u8> {
        self.sections
            .iter()
            .find_map(|(number, known)| (known == name).then_some(*number))
    }
}

/// All known ports, by name.
pub type Ports = BTreeMap<String, KnownPort>;

impl Home {
    /// The known ports.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn ports(&self) -> Result<Ports, HomeError> {
        Ok(files::read_json(&self.path("ports.json"), MAX_JSON_BYTES)?.unwrap_or_default())
    }

    /// Changes the known ports; other processes wait meanwhile.
    ///
    /// # Errors
    /// [`HomeError::File`], and what `change` refuses.
    pub fn change_ports<T>(
        &self,
        change: impl FnOnce(&mut Ports) -> Result<T, HomeError>,
    ) -> Result<T, HomeError> {
        let _lock = files::lock(self.root())?;
        let mut ports = self.ports()?;
        let result = change(&mut ports)?;
        files::write_json(&self.path("ports.json"), &ports, Existing::Replace)?;
        Ok(result)
    }

    /// Finds a port by address, by name, or as the only one known on the chain.
    ///
    /// # Errors
    /// [`HomeError::UnknownPort`], [`HomeError::NoPort`], [`HomeError::AmbiguousPort`].
    pub fn choose_port(
        &self,
        chain_id: u64,
        given: Option<&str>,
    ) -> Result<(Option<String>, KnownPort), HomeError> {
        let ports = self.ports()?;
        let here = || ports.iter().filter(|(_, port)| port.chain_id == chain_id);
        let Some(given) = given else {
            let mut known = here();
            return match (known.next(), known.count()) {
                (None, _) => Err(HomeError::NoPort(chain_id)),
                (Some((name, port)), 0) => Ok((Some(name.clone()), port.clone())),
                (Some(_), others) => Err(HomeError::AmbiguousPort {
                    count: others + 1,
                    chain_id,
                }),
            };
        };
        if let Ok(address) = given.parse::<Address>() {
            let known = here().find(|(_, port)| port.address == address);
            return Ok(match known {
                Some((name, port)) => (Some(name.clone()), port.clone()),
                None => (None, KnownPort::of_another(chain_id, address)),
            });
        }
        let known = here().find(|(name, _)| *name == given);
        let (name, port) = known.ok_or_else(|| HomeError::UnknownPort(given.to_owned()))?;
        Ok((Some(name.clone()), port.clone()))
    }
}

/// A key index of `identity` above all that known ports use, so that no key serves two ports.
pub fn next_key_index(ports: &Ports, identity: &str) -> u32 {
    let used = ports.values().flat_map(|port| {
        let next_identity = port.next_identity.as_ref().or(port.identity.as_ref());
        [
            (port.identity.as_ref(), port.key_index),
            (next_identity, port.next_key),
        ]
    });
    used.filter(|(of, _)| of.is_some_and(|name| name == identity))
        .filter_map(|(_, index)| index)
        .max()
        .map_or(0, |index| index.saturating_add(1))
}

/// A free name: `wanted`, checked, or else `mine`, `mine-2`, ….
///
/// # Errors
/// [`HomeError::InvalidName`]; [`HomeError::Taken`] if another port has the wanted name.
///
/// # Panics
/// Never: there are more names than ports.
pub fn free_name(
    ports: &Ports,
    wanted: Option<&str>,
    address: Address,
) -> Result<String, HomeError> {
    let is_free = |name: &str| ports.get(name).is_none_or(|port| port.address == address);
    if let Some(name) = wanted {
        check_name(name)?;
        // A name that reads as an address would never be found again.
        if name.parse::<Address>().is_ok() {
            return Err(HomeError::InvalidName(name.to_owned()));
        }
        if !is_free(name) {
            return Err(HomeError::Taken {
                what: "port",
                name: name.to_owned(),
            });
        }
        return Ok(name.to_owned());
    }
    if let Some((name, _)) = ports.iter().find(|(_, port)| port.address == address) {
        return Ok(name.clone());
    }
    let candidates =
        std::iter::once("mine".to_owned()).chain((2_u32..).map(|n| format!("mine-{n}")));
    Ok(candidates
        .into_iter()
        .find(|name| is_free(name))
        .expect("more names than ports"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    fn home_with(names: &[(&str, u64, u8)]) -> (tempfile::TempDir, Home) {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        home.change_ports(|ports| {
            for (index, (name, chain_id, byte)) in (0..).zip(names) {
                let mut port = KnownPort::of_another(*chain_id, Address::repeat_byte(*byte));
                port.identity = Some("alice".into());
                port.key_index = Some(index);
                ports.insert((*name).to_owned(), port);
            }
            Ok(())
        })
        .unwrap();
        (root, home)
    }

    #[test]
    fn the_only_port_of_the_chain_is_the_default() {
        let (_root, home) = home_with(&[("mine", 1, 0xaa), ("other", 2, 0xbb)]);
        assert_eq!(
            home.choose_port(1, None).unwrap().0.as_deref(),
            Some("mine")
        );
        assert!(matches!(
            home.choose_port(3, None),
            Err(HomeError::NoPort(3))
        ));
        let (_root, home) = home_with(&[("mine", 1, 0xaa), ("child", 1, 0xbb)]);
        assert!(matches!(
            home.choose_port(1, None),
            Err(HomeError::AmbiguousPort { count: 2, .. })
        ));
    }

    #[test]
    fn a_port_is_found_by_name_or_address_on_its_own_chain_only() {
        let (_root, home) = home_with(&[("mine", 1, 0xaa)]);
        let address = Address::repeat_byte(0xaa).to_string();
        assert_eq!(
            home.choose_port(1, Some(&address)).unwrap().0.as_deref(),
            Some("mine")
        );
        assert_eq!(home.choose_port(2, Some(&address)).unwrap().0, None);
        assert!(matches!(
            home.choose_port(2, Some("mine")),
            Err(HomeError::UnknownPort(_))
        ));
        assert!(matches!(
            home.choose_port(1, Some("yours")),
            Err(HomeError::UnknownPort(_))
        ));
    }

    #[test]
    fn no_key_index_is_used_twice() {
        let (_root, home) = home_with(&[("mine", 1, 0xaa), ("child", 2, 0xbb)]);
        let ports = home.ports().unwrap();
        assert_eq!(next_key_index(&ports, "alice"), 2);
        assert_eq!(next_key_index(&ports, "bob"), 0);
        home.change_ports(|ports| {
            ports.get_mut("mine").unwrap().next_key = Some(7);
            Ok(())
        })
        .unwrap();
        assert_eq!(next_key_index(&home.ports().unwrap(), "alice"), 8);
    }

    #[test]
    fn names_are_free_or_refused() {
        let (_root, home) = home_with(&[("mine", 1, 0xaa)]);
        let ports = home.ports().unwrap();
        let other = Address::repeat_byte(0xbb);
        assert_eq!(free_name(&ports, None, other).unwrap(), "mine-2");
        assert_eq!(
            free_name(&ports, None, Address::repeat_byte(0xaa)).unwrap(),
            "mine"
        );
        assert!(matches!(
            free_name(&ports, Some("mine"), other),
            Err(HomeError::Taken { .. })
        ));
        assert!(free_name(&ports, Some(&other.to_string()), other).is_err());
    }
}
