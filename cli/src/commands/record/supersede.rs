//! `patientport record supersede`

use super::add::{Added, add};
use crate::args::port::PortArg;
use crate::args::record::{AddArgs, SupersedeArgs};
use crate::context::Context;
use crate::error::Error;

/// Adds a record in the place of an earlier one.
///
/// # Errors
/// As `record add`; `record.unknown`; the port's refusals, such as `record.not_current`.
pub async fn run(context: &Context, args: SupersedeArgs) -> Result<Added, Error> {
    let added = AddArgs {
        file: Some(args.file),
        port: PortArg {
            port: args.port.port,
        },
        section: None,
        title: args.title,
        media_type: args.media_type,
        note: args.note,
        time: args.time,
        allow_stale: args.allow_stale,
        resume: None,
    };
    add(context, added, Some(args.id)).await
}
