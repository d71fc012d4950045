//! `patientport record …`

pub mod add;
mod cancel;
pub mod get;
pub mod input;
pub mod list;
pub mod retract;
pub mod share;
pub mod verify;

use std::path::Path;
use std::sync::Arc;

use patientport_client::store::{BlobStore, DirectoryStore};

use crate::error::Error;

/// The record store of a directory.
///
/// # Errors
/// The store's.
pub fn open_store(path: &Path) -> Result<Arc<dyn BlobStore>, Error> {
    let store = DirectoryStore::open(path).map_err(patientport_client::Error::from)?;
    Ok(Arc::new(store))
}

/// Runs work that blocks on disk and processor away from the runtime's own threads.
///
/// # Errors
/// The work's; [`Error::Interrupted`].
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Interrupted),
        },
    }
}
