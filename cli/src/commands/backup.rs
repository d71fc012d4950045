//! What leaves a home and comes back: containers, words. Shared by wallets and identities.

use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::Error;
use crate::home::files::{self, Existing};
use crate::home::keystore::{Keystore, MAX_FILE_BYTES};
use crate::home::{HomeError, Password};
use crate::passwords;

/// Longest file of words: 24 of them numbered, with comments.
const MAX_WORDS_BYTES: u16 = 4096;

/// Reads a short secret text from a file, or from standard input for `-`; `None` if it is longer than `limit` or not
/// UTF-8.
///
/// # Errors
/// [`Error::Input`].
pub fn read_secret_text(path: &Path, limit: u16) -> Result<Option<Zeroizing<String>>, Error> {
    let input = |source| Error::Input {
        path: path.to_owned(),
        source,
    };
    // Room for all of it at once, so that no grown copy is left behind in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::from(limit) + 1));
    let most = u64::from(limit) + 1;
    let length = if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        let file = std::fs::File::open(path).map_err(input)?;
        file.take(most).read_to_end(&mut bytes)
    };
    if length.map_err(input)? as u64 == most {
        return Ok(None);
    }
    let text = std::str::from_utf8(&bytes).ok();
    Ok(text.map(|text| Zeroizing::new(text.to_owned())))
}

/// The words in a file, without its comment lines.
///
/// # Errors
/// [`Error::Input`]; [`Error::TooLarge`].
pub fn read_words(path: &Path) -> Result<Zeroizing<String>, Error> {
    let text = read_secret_text(path, MAX_WORDS_BYTES)?.ok_or(Error::TooLarge {
        what: "the file of words",
        limit: MAX_WORDS_BYTES.into(),
    })?;
    let mut words = Zeroizing::new(String::with_capacity(text.len() + 1));
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
    {
        words.push_str(line);
        words.push('\n');
    }
    Ok(words)
}

/// Reads a container that stands outside the home.
///
/// # Errors
/// [`Error::Input`]; `keystore.unusable`.
pub fn read_container(
    what: &'static str,
    path: &Path,
    kind: Option<&'static str>,
) -> Result<Keystore, Error> {
    let bytes = files::read_bounded(path, MAX_FILE_BYTES).map_err(|error| match error {
        files::FileError::Io { path, source, .. } => Error::Input { path, source },
        other => HomeError::File(other).into(),
    })?;
    let keystore = Keystore::parse(&bytes).and_then(|keystore| {
        keystore.expect_kind(kind)?;
        Ok(keystore)
    });
    keystore.map_err(|source| {
        HomeError::Keystore {
            what,
            name: path.display().to_string(),
            source,
        }
        .into()
    })
}

/// The password of a container that stands outside the home: of its own file, or asked for.
///
/// # Errors
/// [`Error::FlagNeeded`] where nobody can be asked; the prompt's.
pub fn container_password(
    context: &Context,
    path: &Path,
    file: Option<&Path>,
) -> Result<Password, Error> {
    match file {
        Some(file) => passwords::read(file, "--keystore-password-file"),
        None if context.terminal.interactive => Ok(context
            .terminal
            .ask_hidden(&format!("password of `{}`", path.display()))?),
        None => Err(Error::FlagNeeded {
            flag: "--keystore-password-file",
            reason: "there is no terminal to ask for the keystore's password on".into(),
        }),
    }
}

/// Writes a container outside the home: private, and never over another file.
///
/// # Errors
/// [`Error::Output`].
pub fn write_container(path: &Path, keystore: &Keystore) -> Result<(), Error> {
    files::write_json(path, keystore, Existing::Keep).map_err(Error::Output)
}

/// A new password for what is exported, if one is wanted.
///
/// # Errors
/// As [`passwords::for_new`].
pub fn new_password(
    context: &Context,
    what: &'static str,
    name: &str,
    args: &crate::args::identity::ExportArgs,
) -> Result<Option<Password>, Error> {
    if let Some(path) = &args.new_password_file {
        return passwords::read(path, "--new-password-file").map(Some);
    }
    if !args.new_password {
        return Ok(None);
    }
    if !context.terminal.interactive {
        return Err(Error::FlagNeeded {
            flag: "--new-password-file",
            reason: "there is no terminal to ask for the new password on".into(),
        });
    }
    passwords::for_new(context, what, name, None).map(Some)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn words_come_without_comments_and_within_bounds() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("words");
        std::fs::write(&path, "# of alice\n1. abandon\n  # more\n2. art\n").unwrap();
        assert_eq!(*read_words(&path).unwrap(), "1. abandon\n2. art\n");
        std::fs::write(&path, "a ".repeat(3000)).unwrap();
        assert_eq!(read_words(&path).unwrap_err().code(), "input.too_large");
        std::fs::write(&path, [0xff]).unwrap();
        assert_eq!(read_words(&path).unwrap_err().code(), "input.too_large");
        let missing = read_words(&root.path().join("none")).unwrap_err();
        assert_eq!(missing.code(), "input.unreadable");
    }

    #[test]
    fn a_container_is_never_written_over_a_file() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("out");
        let password = Zeroizing::new("pw".to_owned());
        let seal = || Keystore::seal(&[7; 32], &password, 13, None, &mut rand_core::OsRng);
        write_container(&path, &seal()).unwrap();
        let before = std::fs::read(&path).unwrap();
        let again = write_container(&path, &seal()).unwrap_err();
        assert_eq!(again.code(), "output.exists");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert!(read_container("wallet", &path, Some("patientport-identity")).is_err());
    }
}
