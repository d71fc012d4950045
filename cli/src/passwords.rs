//! Where passwords come from: a file, or the terminal. Never an argument, never a variable's value.

use std::io::{self, Read as _};

use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::Error;
use crate::home::{Password, files};
use crate::settings::PasswordFile;

/// Longest password file.
const MAX_BYTES: u16 = 4096;

/// Reads a password file: its text without one line end at the end. An empty file is an empty password.
///
/// # Errors
/// [`Error::PasswordFile`], [`Error::PasswordEncoding`]; neither shows the path, for people put the
/// password itself there by mistake.
pub fn from_file(context: &Context, file: &PasswordFile) -> Result<Password, Error> {
    if files::is_exposed(&file.path) {
        context.warn(
            "password.file_exposed",
            format!(
                "the file that {} names can be read by others: give it mode 0600",
                file.flag
            ),
        );
    }
    read(&file.path, file.flag)
}

/// Reads a password file that another flag names.
///
/// # Errors
/// As [`from_file`].
pub fn read(path: &std::path::Path, flag: &'static str) -> Result<Password, Error> {
    let failed = |source| Error::PasswordFile { flag, source };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::from(MAX_BYTES) + 1));
    let length = file
        .take(u64::from(MAX_BYTES) + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if length > usize::from(MAX_BYTES) {
        return Err(failed(io::Error::other("it is longer than 4096 bytes")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Error::PasswordEncoding(flag))?;
    let text = text
        .strip_suffix('\n')
        .map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Zeroizing::new(text.to_owned()))
}

/// A password for a new key: from its file, or typed twice.
///
/// # Errors
/// [`Error::PasswordRequired`] without a file and a terminal; [`Error::PasswordsDiffer`].
pub fn for_new(
    context: &Context,
    what: &'static str,
    name: &str,
    file: Option<&PasswordFile>,
) -> Result<Password, Error> {
    if let Some(file) = file {
        return from_file(context, file);
    }
    if !context.terminal.interactive {
        return Err(Error::PasswordRequired {
            what,
            name: name.to_owned(),
        });
    }
    let first = context
        .terminal
        .ask_hidden(&format!("new password of {what} `{name}`"))?;
    let second = context.terminal.ask_hidden("the same again")?;
    if *first != *second {
        return Err(Error::PasswordsDiffer);
    }
    if first.is_empty() {
        context.warn(
            "password.empty",
            format!("{what} `{name}` has an empty password"),
        );
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    fn read_text(bytes: &[u8]) -> Result<String, Error> {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("password");
        std::fs::write(&path, bytes).unwrap();
        read(&path, "--password-file").map(|password| password.to_string())
    }

    #[test]
    fn one_line_end_is_not_part_of_the_password() {
        assert_eq!(read_text(b"secret\n").unwrap(), "secret");
        assert_eq!(read_text(b"secret\r\n").unwrap(), "secret");
        assert_eq!(read_text(b"secret").unwrap(), "secret");
        assert_eq!(read_text(b" two\nlines \n\n").unwrap(), " two\nlines \n");
        assert_eq!(read_text(b"").unwrap(), "");
    }

    #[test]
    fn unreadable_password_files_are_refused_without_their_path() {
        assert!(matches!(
            read_text(&[0xff]),
            Err(Error::PasswordEncoding(_))
        ));
        assert!(matches!(
            read_text(&[b'x'; 5000]),
            Err(Error::PasswordFile { .. })
        ));
        let error = read(std::path::Path::new("hunter2"), "ETH_PASSWORD").unwrap_err();
        assert!(
            error
                .chain()
                .iter()
                .all(|message| !message.contains("hunter2"))
        );
        assert_eq!(error.code(), "password.file_unreadable");
    }
}
