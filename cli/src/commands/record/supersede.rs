//! `patientport record supersede`

use super::add::{self, Added};
use crate::args::port::PortArg;
use crate::args::record::{AddArgs, BatchArgs, Description, SupersedeArgs};
use crate::context::Context;
use crate::error::Error;

/// Adds a record in the place of an earlier one.
///
/// # Errors
/// As `record add`; `record.unknown`; the port's refusals, such as `record.not_current`.
pub async fn run(context: &Context, args: SupersedeArgs) -> Result<Added, Error> {
    let added = AddArgs {
        file: vec![args.file],
        port: PortArg {
            port: args.port.port,
        },
        section: None,
        described: Description {
            title: args.title,
            media_type: args.media_type,
            note: args.note,
            time: args.time,
        },
        allow_stale: args.allow_stale,
        resume: None,
        batch: BatchArgs::default(),
    };
    context.require_consent()?;
    add::one(context, &added, Some(args.id)).await
}
