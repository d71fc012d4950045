//! `patientport identity import`

use super::new::NewIdentity;
use crate::args::identity::ImportArgs;
use crate::commands::backup;
use crate::context::Context;
use crate::error::Error;
use crate::home::identities;

/// Takes over an exported container, under its own password, after opening it once.
///
/// # Errors
/// [`Error::Input`]; `keystore.unusable`; a wrong password; the home's.
pub fn run(context: &Context, args: &ImportArgs) -> Result<NewIdentity, Error> {
    context.home().check_new_identity(&args.name)?;
    let container = backup::read_container("identity", &args.file, Some(identities::KIND))?;
    let file = args.keystore_password_file.as_deref();
    let password = backup::container_password(context, &args.file, file)?;
    let shown = args.file.display().to_string();
    let seed = identities::open(&shown, &container, &password)?;
    context.home().import_identity(&args.name, &container)?;
    Ok(NewIdentity::of(args.name.clone(), &seed))
}
