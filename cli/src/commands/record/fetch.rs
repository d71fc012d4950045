//! `patientport record fetch`: everything that was granted to this account, into a directory.

use super::bulk::{Identity, concerns_all};
use super::collect::{self, Collected};
use super::folder::Folder;
use crate::args::record::FetchArgs;
use crate::commands::access::mine;
use crate::context::Context;
use crate::error::Error;

/// Fetches, verifies and decrypts all records that this account may read: at one port, or at all.
///
/// # Errors
/// [`Error::Output`]; the chain's; [`Error::FetchIncomplete`].
pub async fn run(context: &Context, args: &FetchArgs) -> Result<Collected, Error> {
    let chain_id = context.chain().await?.chain_id();
    let mut identity = Identity::default();
    if !args.all {
        let chosen = context.port(args.port.port.as_deref()).await?;
        let mut folder = Folder::open(&args.output, chain_id)?;
        let mut collected = Collected::new(&folder);
        let done = collect::port(
            context,
            &chosen,
            &mut identity,
            args.jobs,
            &mut folder,
            &mut collected,
        );
        done.await?;
        return collected.finish(context, folder);
    }
    let registry = context.registry().await?;
    let account = context.account(None)?;
    let grants = mine::all(context, &registry, account).await?;
    let mut folder = Folder::open(&args.output, chain_id)?;
    let mut collected = Collected::new(&folder);
    for (address, access) in grants {
        if access.readable().is_empty() {
            continue;
        }
        let done = async {
            let chosen = context.port(Some(&address.to_string())).await?;
            collect::port(
                context,
                &chosen,
                &mut identity,
                args.jobs,
                &mut folder,
                &mut collected,
            )
            .await
        };
        match done.await {
            Ok(()) => {}
            // One port that is amiss keeps no other back; a password, a node or a disk does.
            Err(error) if concerns_all(&error) || matches!(error, Error::Output(_)) => {
                return Err(error);
            }
            Err(error) => collected.refuse(address, None, &error),
        }
    }
    collected.finish(context, folder)
}
