//! The stores that are named: whether they answer.

use patientport_client::store::{BlobId, Location, StoreError};

use super::{Check, Verdict};
use crate::commands::record::blocking;
use crate::commands::record::stores::Stores;
use crate::context::Context;
use crate::text::shown;

/// Asks every store for a blob that nobody has. Writes nothing.
pub(super) async fn checks(context: &Context) -> Vec<Check> {
    let stores = match Stores::open(context) {
        Ok(stores) => stores,
        Err(error) => return vec![Check::of_error("stores", &error)],
    };
    let nobodys = BlobId::of(b"patientport doctor");
    let mut checks = Vec::new();
    for (store, location) in stores.named().iter().zip(&context.settings.stores) {
        if let Location::Directory(path) = location
            && !path.exists()
        {
            checks.push(Check::warning(
                shown(&store.describe()),
                "is not there yet",
                "the first record makes it; see that `--store` names the right place",
            ));
            continue;
        }
        let (what, at) = (shown(&store.describe()), store.clone());
        let asked = blocking(move || Ok(at.contains(&nobodys))).await;
        checks.push(match asked {
            Ok(Ok(_)) if store.is_writable() => Check::ok(what, "answers"),
            Ok(Ok(_)) => Check::new(what, Verdict::Ok, "answers; it can be read only"),
            Ok(Err(error)) => Check::failed(
                what,
                StoreError::whole(&error),
                "see whether it is reachable from here, and its name in `--store`",
            ),
            Err(error) => Check::of_error(what, &error),
        });
    }
    checks
}
