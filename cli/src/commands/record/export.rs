//! `patientport record export`: a whole port in a directory, to take away: records, what they are, what happened.
//!
//! The same port gives the same bytes, whenever and wherever it is exported.

use serde_json::json;

use super::bulk::Identity;
use super::collect::{self, Collected};
use super::folder::Folder;
use crate::args::history::Format;
use crate::args::record::ExportArgs;
use crate::commands::history;
use crate::context::Context;
use crate::error::Error;

/// Exports a port.
///
/// # Errors
/// [`Error::Output`]; the chain's; `history.mismatch`; [`Error::FetchIncomplete`].
pub async fn run(context: &Context, args: &ExportArgs) -> Result<Collected, Error> {
    let chain_id = context.chain().await?.chain_id();
    let chosen = context.port(args.port.port.as_deref()).await?;
    let history = history::of_port(&chosen.port, Format::Fhir).await?;
    let mut folder = Folder::open(&args.output, chain_id)?;
    folder.document(
        "history.json",
        &json!({
            "port": history.port,
            "chain_id": history.chain_id,
            "length": history.length,
            "head": history.head,
            "events": history.events,
        }),
    )?;
    folder.document("history.fhir.json", &json!(history.fhir))?;
    let mut collected = Collected::new(&folder);
    let mut identity = Identity::default();
    let done = collect::port(
        context,
        &chosen,
        &mut identity,
        args.jobs,
        &mut folder,
        &mut collected,
    );
    done.await?;
    collected.finish(context, folder)
}
