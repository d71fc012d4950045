//! `patientport access grant`

use patientport_client::Timestamp;
use patientport_client::access::Terms;
use patientport_client::port::DelegateRights;

use crate::args::access::GrantArgs;
use crate::commands::acting::Acting;
use crate::commands::party::sections;
use crate::commands::request::approve::{Granted, give, grantee};
use crate::context::Context;
use crate::error::Error;
use crate::preview::Preview;

/// Gives access without a request.
///
/// # Errors
/// The port's refusals; `KeyChanged`.
pub async fn run(context: &Context, args: GrantArgs) -> Result<Granted, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let acting = Acting::open(context, &chosen, DelegateRights::APPROVE).await?;
    let until = context.time_of("--until", &args.until).await?;
    let terms = Terms {
        sections: sections(&chosen, Some(acting.keyring()), &args.section)?,
        until: Timestamp(until),
        rights: args.rights.into(),
        allow_unverified: args.terms.allow_unverified,
        replace: args.terms.replace,
    };
    let grantee = grantee(&chosen, args.reader, None).await?;
    let preview = Preview::new("grant access");
    give(context, &chosen, &acting, &grantee, &terms, preview).await
}
