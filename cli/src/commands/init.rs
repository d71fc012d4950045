//! `patientport init`: what was given by flag or variable becomes the home's settings.

use std::path::PathBuf;

use serde::Serialize;

use crate::args::init::InitArgs;
use crate::context::Context;
use crate::error::Error;
use crate::home::check_name;
use crate::home::config::Config;
use crate::home::files::Existing;
use crate::output::Outcome;
use crate::text::shown;

/// Settings that were written.
#[derive(Debug, Serialize)]
pub struct Initialised {
    /// The file.
    pub file: PathBuf,
    /// What it holds.
    pub settings: Config,
}

impl Outcome for Initialised {
    fn text(&self) -> String {
        let settings = serde_json::to_string_pretty(&self.settings).expect("settings are plain");
        format!(
            "{}\nwritten to `{}`\n",
            crate::text::harmless(&settings),
            shown(&self.file.display().to_string())
        )
    }
}

/// Writes the settings file.
///
/// # Errors
/// `output.exists`, or `settings.profile_exists` for a profile, without `--force`; the file's.
pub fn run(context: &Context, args: &InitArgs) -> Result<Initialised, Error> {
    let given = context.settings.given.clone();
    let mut settings = context.home().config()?;
    let mut existing = if args.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    match &context.settings.profile {
        // Networks and profiles are not what flags say, so they stay.
        None => settings.values = given,
        Some(name) => {
            check_name(name)?;
            if settings.profiles.contains_key(name) && !args.force {
                return Err(Error::ProfileTaken(name.clone()));
            }
            settings.profiles.insert(name.clone(), given);
            // What else is in the file stays.
            existing = Existing::Replace;
        }
    }
    let written = context.home().set_config(&settings, existing);
    let file = written.map_err(Error::Output)?;
    Ok(Initialised { file, settings })
}
