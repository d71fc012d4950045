//! `patientport identity restore`

use patientport_core::keys::BackupPhrase;

use super::new::NewIdentity;
use crate::args::identity::RestoreArgs;
use crate::commands::backup;
use crate::context::Context;
use crate::error::Error;
use crate::passwords;

/// How often typed words may be wrong.
const TRIES: usize = 3;

/// Makes an identity again from its words.
///
/// # Errors
/// [`Error::Phrase`]; [`Error::FlagNeeded`] without a file and a terminal; the home's and the prompt's.
pub fn run(context: &Context, args: RestoreArgs) -> Result<NewIdentity, Error> {
    context.home().check_new_identity(&args.name)?;
    let phrase = match &args.words_file {
        Some(path) => BackupPhrase::parse(&backup::read_words(path)?)?,
        None if context.terminal.interactive => ask(context)?,
        None => {
            return Err(Error::FlagNeeded {
                flag: "--words-file",
                reason: "there is no terminal to ask for the words on".into(),
            });
        }
    };
    let settings = &context.settings;
    let file = settings
        .identity_password_file
        .as_ref()
        .or(settings.password_file.as_ref());
    let password = passwords::for_new(context, "identity", &args.name, file)?;
    let seed = phrase.seed();
    context
        .home()
        .add_identity(&args.name, &seed, &password, args.kdf.scrypt_log_n)?;
    context.terminal.say(&format!(
        "find its accounts and ports again with `patientport identity recover {}`",
        args.name
    ));
    Ok(NewIdentity::of(args.name, &seed))
}

fn ask(context: &Context) -> Result<BackupPhrase, Error> {
    let mut tries = TRIES;
    loop {
        let words = context
            .terminal
            .ask_hidden("the 24 words, in order, on one line")?;
        tries -= 1;
        match BackupPhrase::parse(&words) {
            Err(error) if tries > 0 => context.terminal.warn(&format!("{error}; try again")),
            other => return Ok(other?),
        }
    }
}
