//! `patientport wallet import`

use std::path::Path;

use alloy::primitives::hex;
use alloy::signers::local::PrivateKeySigner;
use patientport_core::keys::account_of_words;
use stylus_devnode::DevAccount;
use zeroize::Zeroizing;

use super::new::NewWallet;
use crate::args::wallet::ImportArgs;
use crate::commands::backup;
use crate::context::Context;
use crate::error::Error;
use crate::home::wallets;
use crate::passwords;

/// Longest key file: a key, `0x`, a few comment lines.
const MAX_KEY_FILE_BYTES: u16 = 4096;

/// Reads a key from one of its sources and writes a keystore of this home.
///
/// # Errors
/// The home's and the prompt's; [`Error::NotAPrivateKey`]; [`Error::NoDevelopmentAccount`].
pub fn run(context: &Context, args: ImportArgs) -> Result<NewWallet, Error> {
    context.home().check_new_wallet(&args.name)?;
    // The shared flag names it; a variable that names what signs does not mean that it should be imported.
    let keystore = context.settings.keystore_by_flag.as_deref();
    let other = args.key_file.is_some() || args.dev.is_some() || of_words(&args);
    if keystore.is_some() && other {
        return Err(Error::FlagUnused {
            flag: "--keystore",
            reason: "another flag says already what is imported",
        });
    }
    let signer = match (&args.key_file, keystore, args.dev) {
        (Some(path), _, _) => parse_key(&read_key_file(path)?)?,
        (_, Some(path), _) => open_foreign(context, path, args.keystore_password_file.as_deref())?,
        _ if of_words(&args) => account_of(context, args.mnemonic_file.as_deref())?,
        (_, _, Some(number)) => {
            let accounts = DevAccount::well_known();
            let count = accounts.len();
            let missing = Error::NoDevelopmentAccount {
                given: number,
                count,
            };
            accounts.get(number).ok_or(missing)?.signer()
        }
        (None, None, None) => {
            if !context.terminal.interactive {
                return Err(Error::FlagNeeded {
                    flag: "--key-file, --keystore, --mnemonic-file or --dev",
                    reason: "there is no terminal to ask for the private key on".into(),
                });
            }
            parse_key(&context.terminal.ask_hidden("private key (hexadecimal)")?)?
        }
    };
    let file = context.settings.password_file.as_ref();
    let password = passwords::for_new(context, "wallet", &args.name, file)?;
    context
        .home()
        .add_wallet(&args.name, &signer, &password, args.kdf.scrypt_log_n)?;
    super::tell_default(context, &args.name)?;
    Ok(NewWallet::independent(args.name, signer.address()))
}

fn read_key_file(path: &Path) -> Result<Zeroizing<String>, Error> {
    backup::read_secret_text(path, MAX_KEY_FILE_BYTES)?.ok_or(Error::NotAPrivateKey)
}

/// A private key: 64 hexadecimal digits, `0x` or not; lines that begin with `#` are comments.
const fn of_words(args: &ImportArgs) -> bool {
    args.mnemonic || args.mnemonic_file.is_some()
}

/// The account of words, read from a file or asked for.
fn account_of(context: &Context, file: Option<&Path>) -> Result<PrivateKeySigner, Error> {
    let path = context.settings.derivation.of_words()?;
    let words = match file {
        Some(file) => backup::read_words(file)?,
        None if context.terminal.interactive => {
            context.terminal.ask_hidden("words, in order, 12 to 24")?
        }
        None => {
            return Err(Error::FlagNeeded {
                flag: "--mnemonic-file",
                reason: "there is no terminal to ask for the words on".into(),
            });
        }
    };
    let key = account_of_words(&words, "", &path)?.to_bytes();
    PrivateKeySigner::from_slice(key.as_slice()).map_err(|_| Error::NotAPrivateKey)
}

/// A private key in a text with comments.
pub(crate) fn parse_key(text: &str) -> Result<PrivateKeySigner, Error> {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Err(Error::NotAPrivateKey);
    };
    let digits = line.strip_prefix("0x").unwrap_or(line);
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, &mut *key).map_err(|_| Error::NotAPrivateKey)?;
    PrivateKeySigner::from_slice(&*key).map_err(|_| Error::NotAPrivateKey)
}

fn open_foreign(
    context: &Context,
    path: &Path,
    password_file: Option<&Path>,
) -> Result<PrivateKeySigner, Error> {
    let keystore = backup::read_container("wallet", path, None)?;
    let password = backup::container_password(context, path, password_file)?;
    let name = path.display().to_string();
    Ok(wallets::open_account(&name, &keystore, &password)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn a_key_file_is_one_key_and_comments() {
        let digits = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
        let expected = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        for text in [
            digits.to_owned(),
            format!("0x{digits}\n"),
            format!("# key\n\n  {digits}  \r\n"),
        ] {
            assert_eq!(parse_key(&text).unwrap().address().to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let digits = "ab".repeat(32);
        for text in [
            "",
            "# only a comment",
            &digits[2..],
            &format!("{digits}\n{digits}"),
            &format!("{digits}00"),
            &"zz".repeat(32),
            &"00".repeat(32),
            &"ff".repeat(32),
        ] {
            let error = parse_key(text).unwrap_err();
            assert!(matches!(error, Error::NotAPrivateKey), "`{text}` was taken");
            assert!(text.is_empty() || !error.to_string().contains(text));
        }
    }
}
