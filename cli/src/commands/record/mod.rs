//! `patientport record …`

pub mod add;
mod again;
pub mod batch;
pub(crate) mod bulk;
mod cancel;
mod collect;
pub mod erase;
pub mod export;
pub mod fetch;
mod folder;
pub mod get;
pub mod input;
pub mod list;
pub mod publish;
mod range;
pub mod retract;
pub mod share;
pub(crate) mod stores;
pub mod supersede;
mod transfer;
pub mod verify;

use crate::error::Error;

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
