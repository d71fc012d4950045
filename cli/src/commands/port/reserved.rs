//! The number of a port's new key, set aside in the home before the key is published.

use crate::context::Context;
use crate::error::Error;
use crate::home::ports::{KnownPort, Ports};

/// A port's entry in `ports.json` with a key reserved for it, and what was there before.
pub(super) struct Reserved {
    pub(super) name: String,
    pub(super) index: u32,
    pub(super) written: KnownPort,
    pub(super) earlier: Option<(String, KnownPort)>,
}

impl Reserved {
    /// Puts back what was there before, unless somebody else has changed the entry since.
    ///
    /// # Errors
    /// The home's.
    pub(super) fn give_back(&self, context: &Context) -> Result<(), Error> {
        context.home().change_ports(|ports| {
            self.forget(ports);
            Ok(())
        })?;
        Ok(())
    }

    fn forget(&self, ports: &mut Ports) {
        if ports.get(&self.name) == Some(&self.written) {
            ports.remove(&self.name);
            ports.extend(self.earlier.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Address;

    use super::*;

    #[test]
    fn what_is_forgotten_leaves_what_was_there_before() {
        let earlier = KnownPort::of_another(1, Address::repeat_byte(1));
        let written = KnownPort {
            key_index: Some(3),
            ..earlier.clone()
        };
        let reserved = |earlier| Reserved {
            name: "new".into(),
            index: 3,
            written: written.clone(),
            earlier,
        };
        let mut ports = Ports::from([("new".to_owned(), written.clone())]);
        reserved(None).forget(&mut ports);
        assert_eq!(ports, Ports::new());

        let mut ports = Ports::from([("new".to_owned(), written.clone())]);
        reserved(Some(("old".into(), earlier.clone()))).forget(&mut ports);
        assert_eq!(ports, Ports::from([("old".to_owned(), earlier.clone())]));

        // Changed by another process meanwhile.
        let mut ports = Ports::from([("new".to_owned(), earlier.clone())]);
        reserved(None).forget(&mut ports);
        assert_eq!(ports.len(), 1);
    }

    #[test]
    fn a_change_that_was_not_sent_leaves_what_was_there_before() {
        let earlier = KnownPort::of_another(1, Address::repeat_byte(1));
        let written = KnownPort {
            next_key: Some(3),
            ..earlier.clone()
        };
        let reserved = |earlier: Option<KnownPort>| Reserved {
            name: "mine".into(),
            index: 3,
            written: written.clone(),
            earlier: earlier.map(|earlier| ("mine".into(), earlier)),
        };
        let mut ports = Ports::from([("mine".to_owned(), written.clone())]);
        reserved(Some(earlier.clone())).forget(&mut ports);
        assert_eq!(ports, Ports::from([("mine".to_owned(), earlier.clone())]));
        // Changed by another process meanwhile.
        reserved(None).forget(&mut ports);
        assert_eq!(ports.len(), 1);
        let mut ports = Ports::from([("mine".to_owned(), written.clone())]);
        reserved(None).forget(&mut ports);
        assert_eq!(ports, Ports::new());
    }
}
