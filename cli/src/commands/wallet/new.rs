//! `patientport wallet new`

use alloy::primitives::Address;
use alloy::signers::k256::ecdsa::SigningKey;
use alloy::signers::local::PrivateKeySigner;
use patientport_core::keys::{BackupPhrase, SecretKey};
use rand_core::OsRng;
use serde::Serialize;

use crate::args::wallet::NewArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::passwords;

/// A new wallet.
#[derive(Debug, Serialize)]
pub struct NewWallet {
    /// Its name.
    pub name: String,
    /// Its account.
    pub address: Address,
    /// The identity whose words make the account again, if it came from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Its number among the accounts of that identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
}

impl NewWallet {
    /// An account with a key of its own.
    pub const fn independent(name: String, address: Address) -> Self {
        Self {
            name,
            address,
            identity: None,
            index: None,
        }
    }
}

impl Outcome for NewWallet {
    fn text(&self) -> String {
        let source = match (&self.identity, self.index) {
            (Some(identity), Some(index)) => format!(" (account {index} of identity `{identity}`)"),
            _ => String::new(),
        };
        format!("wallet `{}`: {}{source}\n", self.name, self.address)
    }
}

/// Draws a key, or takes one of an identity's words, and writes its keystore.
///
/// # Errors
/// The home's and the prompt's; [`Error::AccountTaken`].
pub fn run(context: &Context, args: NewArgs) -> Result<NewWallet, Error> {
    context.home().check_new_wallet(&args.name)?;
    if let Some(identity) = &args.from_identity {
        return of_identity(context, &args, identity);
    }
    let file = context.settings.password_file.as_ref();
    let password = passwords::for_new(context, "wallet", &args.name, file)?;
    let signer = PrivateKeySigner::from_signing_key(SigningKey::random(&mut OsRng));
    context
        .home()
        .add_wallet(&args.name, &signer, &password, args.kdf.scrypt_log_n)?;
    context.terminal.say(&format!(
        "back up `{}`: whoever loses file or password loses the account",
        context
            .home()
            .root()
            .join("wallets")
            .join(format!("{}.json", args.name))
            .display()
    ));
    super::tell_default(context, &args.name)?;
    Ok(NewWallet::independent(args.name, signer.address()))
}

/// Makes an account from an identity's words. Its number is remembered before the account exists, so that no other
/// run takes it.
fn of_identity(context: &Context, args: &NewArgs, identity: &str) -> Result<NewWallet, Error> {
    let (_, seed) = context.identity_named(identity)?;
    let accounts = BackupPhrase::of(&seed).accounts();
    let signer = |index| Ok::<_, Error>(signer_of(&accounts.key(index)?));
    let known: Vec<_> = context.home().wallets()?;
    let holder = |address: Address| known.iter().find(|it| it.address == Some(address));
    let mut index = match args.index {
        Some(index) => index,
        None => context.home().derived(&seed)?.next_account(),
    };
    let mut account = signer(index)?;
    while let Some(wallet) = holder(account.address()) {
        if args.index.is_some() {
            return Err(Error::AccountTaken {
                identity: identity.to_owned(),
                index,
                wallet: wallet.name.clone(),
            });
        }
        index = index.saturating_add(1);
        account = signer(index)?;
    }
    let file = context.settings.password_file.as_ref();
    let password = passwords::for_new(context, "wallet", &args.name, file)?;
    context.home().change_derived(&seed, |derived| {
        derived.accounts.insert(index, account.address())
    })?;
    context
        .home()
        .add_wallet(&args.name, &account, &password, args.kdf.scrypt_log_n)?;
    super::tell_default(context, &args.name)?;
    Ok(NewWallet {
        name: args.name.clone(),
        address: account.address(),
        identity: Some(identity.to_owned()),
        index: Some(index),
    })
}

/// The account of a key.
///
/// # Panics
/// Never: both sides check the same of a key.
pub fn signer_of(key: &SecretKey) -> PrivateKeySigner {
    let signer = PrivateKeySigner::from_slice(key.to_bytes().as_slice());
    signer.expect("a key that was checked is one of an account")
}
