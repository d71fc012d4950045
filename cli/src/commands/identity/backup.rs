//! `patientport identity backup`

use std::path::{Path, PathBuf};

use patientport_core::keys::{BackupPhrase, IdentitySeed};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::args::identity::BackupArgs;
use crate::context::Context;
use crate::error::Error;
use crate::home::files::{self, Existing};
use crate::output::Outcome;
use crate::time::now_rfc3339;

/// What whoever is about to see the words should know.
const WARNING: &str = "these words are the identity: whoever reads them can open every record that was ever sealed to \
    it, and spends from every account made from it. Write them on paper, in order, and keep it where you keep what is \
    irreplaceable. Nobody should see your screen now; clear its scrollback afterwards";

/// An identity that was backed up. The words are not in it.
#[derive(Debug, Serialize)]
pub struct BackedUp {
    /// The identity.
    pub name: String,
    /// How many words.
    pub words: usize,
    /// The file that holds them; none if they were shown.
    pub output: Option<PathBuf>,
}

impl Outcome for BackedUp {
    fn text(&self) -> String {
        let Self {
            name,
            words,
            output,
        } = self;
        match output {
            Some(path) => format!(
                "the {words} words of identity `{name}` are in `{}`, readable by you alone and not encrypted\n",
                path.display()
            ),
            None => format!(
                "`patientport identity restore NAME` makes identity `{name}` again from these {words} words\n"
            ),
        }
    }
}

/// Shows an identity's words on the terminal, or writes them to a new private file.
///
/// # Errors
/// [`Error::FlagNeeded`] where there is no terminal, or only JSON is wanted; [`Error::Output`]; [`Error::Declined`].
pub fn run(context: &Context, args: BackupArgs) -> Result<BackedUp, Error> {
    let shows = args.output.is_none();
    if shows && (context.settings.json || !context.terminal.interactive) {
        return Err(Error::FlagNeeded {
            flag: "--output FILE",
            reason: "the words are shown on a terminal only".into(),
        });
    }
    if let Some(path) = &args.output
        && path.symlink_metadata().is_ok()
    {
        return Err(Error::Output(files::FileError::Exists(path.clone())));
    }
    let (name, seed) = match &args.name {
        Some(name) => context.identity_named(name)?,
        None => context.identity(None)?,
    };
    let phrase = BackupPhrase::of(&seed);
    if let Some(path) = &args.output {
        write(path, &name, &seed, &phrase)?;
    } else {
        context.terminal.warn(WARNING);
        if !context.settings.yes && !context.terminal.confirm("show them?")? {
            return Err(Error::NotShown);
        }
        context.terminal.show_secret(&numbered(&phrase));
    }
    Ok(BackedUp {
        name,
        words: phrase.words().count(),
        output: args.output,
    })
}

/// The words, one a line, numbered from 1.
fn numbered(phrase: &BackupPhrase) -> Zeroizing<String> {
    /// Longer than any line.
    const LINE_BYTES: usize = 16;
    // Room for all of it at once, so that no grown copy is left behind in memory.
    let mut text = Zeroizing::new(String::with_capacity(LINE_BYTES * 24));
    for (number, word) in (1..).zip(phrase.words()) {
        text.push_str(&format!("{number:2}. "));
        text.push_str(word);
        text.push('\n');
    }
    text
}

fn write(path: &Path, name: &str, seed: &IdentitySeed, phrase: &BackupPhrase) -> Result<(), Error> {
    let head = format!(
        "# patientport identity `{name}`, provider key {}, {}\n# Not encrypted. Whoever reads these words has the identity and its accounts: keep this as you keep what is irreplaceable.\n",
        seed.provider_key(0).public().fingerprint(),
        now_rfc3339()
    );
    let words = numbered(phrase);
    let mut text = Zeroizing::new(String::with_capacity(head.len() + words.len()));
    text.push_str(&head);
    text.push_str(&words);
    files::write_private(path, text.as_bytes(), Existing::Keep).map_err(Error::Output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_numbered_in_columns_and_read_back() {
        let phrase = BackupPhrase::of(&IdentitySeed::from_bytes([0; 32]));
        let text = numbered(&phrase);
        assert!(text.starts_with(" 1. abandon\n 2. abandon\n"), "{}", *text);
        assert!(text.ends_with("23. abandon\n24. art\n"), "{}", *text);
        let read = BackupPhrase::parse(&text).map(|phrase| *phrase.seed().as_bytes());
        assert_eq!(read, Ok([0; 32]));
    }
}
