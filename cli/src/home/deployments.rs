//! `deployments/CHAIN_ID.json`: what was deployed from this home, step by step, so that a deployment that
//! was cut off continues. `deployments/CHAIN_ID.begun`: at which block the last one began.

use std::path::PathBuf;

use alloy::primitives::Address;
use patientport_client::deploy::Deployment;
use serde::{Deserialize, Serialize};

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// A deployment before its first transaction.
#[derive(Debug, Deserialize, Serialize)]
struct Begun {
    registry: Address,
    from_block: u64,
}

impl Home {
    fn deployment_path(&self, chain_id: u64) -> PathBuf {
        self.path("deployments").join(format!("{chain_id}.json"))
    }

    fn beginning_path(&self, chain_id: u64) -> PathBuf {
        self.path("deployments").join(format!("{chain_id}.begun"))
    }

    /// Notes that a registry does not exist yet at this block.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn note_beginning(
        &self,
        chain_id: u64,
        registry: Address,
        from_block: u64,
    ) -> Result<(), HomeError> {
        let begun = Begun {
            registry,
            from_block,
        };
        let path = self.beginning_path(chain_id);
        Ok(files::write_json(&path, &begun, Existing::Replace)?)
    }

    /// A block before the creation of a registry, if it was noted and no other deployment has begun since.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn beginning(&self, chain_id: u64, registry: Address) -> Result<Option<u64>, HomeError> {
        let begun: Option<Begun> =
            files::read_json(&self.beginning_path(chain_id), MAX_JSON_BYTES)?;
        Ok(begun.and_then(|it| (it.registry == registry).then_some(it.from_block)))
    }

    /// The deployment on a chain, as far as it got.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn deployment(&self, chain_id: u64) -> Result<Option<Deployment>, HomeError> {
        Ok(files::read_json(
            &self.deployment_path(chain_id),
            MAX_JSON_BYTES,
        )?)
    }

    /// Remembers a deployment.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn set_deployment(&self, deployment: &Deployment) -> Result<(), HomeError> {
        let path = self.deployment_path(deployment.chain_id);
        Ok(files::write_json(&path, deployment, Existing::Replace)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn a_deployment_is_kept_per_chain() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        assert_eq!(home.deployment(7).unwrap(), None);
        let deployment = Deployment {
            chain_id: 7,
            from_block: 3,
            ..Deployment::default()
        };
        home.set_deployment(&deployment).unwrap();
        assert_eq!(home.deployment(7).unwrap(), Some(deployment));
        assert_eq!(home.deployment(8).unwrap(), None);
    }
}
