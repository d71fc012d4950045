//! The endpoint that a record's author names in its contact profile.

use std::io::Read;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use alloy::primitives::Address;

use super::location::{Environment, endpoint};
use super::{BlobId, BlobStore, BlobWriter, StoreError};
use crate::registry::Registry;

/// The blobs that a provider serves to everybody, at the endpoint of its contact profile. Which endpoint that is,
/// is looked up when it is first needed.
///
/// # Security
/// The endpoint is hostile input and asked under the rules of [`super::net`]. Asking tells its host which blobs are
/// read, from where and when.
#[derive(Debug)]
pub struct AuthorStore {
    registry: Registry,
    author: Address,
    environment: Environment,
    endpoint: OnceLock<Option<Named>>,
}

#[derive(Debug)]
struct Named {
    /// Scheme, host and port, for words.
    host: String,
    store: Result<Arc<dyn BlobStore>, String>,
}

impl AuthorStore {
    /// The blobs of `author`.
    pub fn new(registry: Registry, author: Address, environment: Environment) -> Self {
        Self {
            registry,
            author,
            environment,
            endpoint: OnceLock::new(),
        }
    }

    /// The host that was asked, if one was.
    pub fn asked(&self) -> Option<&str> {
        let named = self.endpoint.get()?.as_ref()?;
        named.store.is_ok().then_some(named.host.as_str())
    }

    fn store(&self) -> Result<&dyn BlobStore, StoreError> {
        let named = if let Some(named) = self.endpoint.get() {
            named
        } else {
            let found = self.look_up()?;
            self.endpoint.get_or_init(|| found)
        };
        match named {
            Some(Named {
                store: Ok(store), ..
            }) => Ok(store.as_ref()),
            Some(Named {
                store: Err(reason), ..
            }) => Err(StoreError::Forbidden {
                store: self.describe(),
                reason: reason.clone(),
            }),
            None => Err(StoreError::Absent {
                what: format!("`{}` names no endpoint", self.author),
            }),
        }
    }

    fn look_up(&self) -> Result<Option<Named>, StoreError> {
        let looked = self.registry.contact_profile(self.author);
        let profile = self.environment.runtime.block_on(looked);
        let profile = profile.map_err(|source| StoreError::Io {
            store: self.describe(),
            action: "find out",
            blob: None,
            source: std::io::Error::other(source),
        })?;
        let Some(text) = profile
            .and_then(|profile| profile.endpoint)
            .filter(|text| !text.is_empty())
        else {
            return Ok(None);
        };
        let host = text.parse::<reqwest::Url>().ok();
        let host = host.map_or_else(|| "?".into(), |url| url.origin().ascii_serialization());
        let store = match endpoint(&text, self.describe(), &self.environment) {
            Ok(store) => Ok(store),
            Err(StoreError::Forbidden { reason, .. }) => Err(reason),
            Err(other) => return Err(other),
        };
        Ok(Some(Named { host, store }))
    }
}

impl BlobStore for AuthorStore {
    fn describe(&self) -> String {
        format!("the endpoint that `{}` names", self.author)
    }

    fn is_writable(&self) -> bool {
        false
    }

    fn contains(&self, id: &BlobId) -> Result<bool, StoreError> {
        self.store()?.contains(id)
    }

    fn create(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Err(StoreError::ReadOnly {
            store: self.describe(),
        })
    }

    fn open(&self, id: &BlobId, max: u64) -> Result<Box<dyn Read + Send>, StoreError> {
        self.store()?.open(id, max)
    }

    fn read_range(&self, id: &BlobId, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        self.store()?.read_range(id, range)
    }

    fn get(&self, id: &BlobId, max: u64) -> Result<Vec<u8>, StoreError> {
        self.store()?.get(id, max)
    }
}
