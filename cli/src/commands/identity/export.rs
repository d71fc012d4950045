//! `patientport identity export`

use std::path::PathBuf;

use serde::Serialize;

use crate::args::identity::ExportArgs;
use crate::commands::backup;
use crate::context::Context;
use crate::error::Error;
use crate::home::files;
use crate::home::identities;
use crate::output::Outcome;

/// A container that was written outside the home.
#[derive(Debug, Serialize)]
pub struct Exported {
    /// Whose: the wallet or identity.
    pub name: String,
    /// The file.
    pub output: PathBuf,
    /// Whether it has another password than in the home.
    pub new_password: bool,
}

impl Outcome for Exported {
    fn text(&self) -> String {
        let password = if self.new_password { "new" } else { "same" };
        format!(
            "`{}` is in `{}`, under the {password} password\n",
            self.name,
            self.output.display()
        )
    }
}

/// Copies an identity's container out of the home, as it is or under a new password.
///
/// # Errors
/// [`Error::Output`]; the home's and the prompt's.
pub fn run(context: &Context, args: ExportArgs) -> Result<Exported, Error> {
    if args.output.symlink_metadata().is_ok() {
        return Err(Error::Output(files::FileError::Exists(args.output)));
    }
    let mut container = context.home().identity(&args.name)?;
    let renewed = args.new_password || args.new_password_file.is_some();
    if renewed {
        let (_, seed) = context.identity_named(&args.name)?;
        if let Some(password) = backup::new_password(context, "identity", &args.name, &args)? {
            container = identities::seal(&seed, &password, args.kdf.scrypt_log_n);
        }
    }
    backup::write_container(&args.output, &container)?;
    Ok(Exported {
        name: args.name,
        output: args.output,
        new_password: renewed,
    })
}
