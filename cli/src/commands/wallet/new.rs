//! `patientport wallet new`

use alloy::primitives::Address;
use alloy::signers::k256::ecdsa::SigningKey;
use alloy::signers::local::PrivateKeySigner;
use patientport_core::keys::{AccountKeys, BackupPhrase, SecretKey};
use rand_core::OsRng;
use serde::Serialize;

use crate::args::wallet::NewArgs;
use crate::context::Context;
use crate::error::Error;
use crate::home::derived::Derived;
use crate::home::files::{self, OwnLock};
use crate::home::{Home, HomeError};
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

/// Makes an account from an identity's words. Its number is set aside before the account exists, so that no other
/// run takes it, and given back if the account is not made.
fn of_identity(context: &Context, args: &NewArgs, identity: &str) -> Result<NewWallet, Error> {
    let home = context.home();
    let (_, seed) = context.identity_named(identity)?;
    let numbers = Numbers {
        home,
        identity,
        accounts: BackupPhrase::of(&seed).accounts(),
        asked: args.index,
    };
    // What cannot be is refused before a password is asked for; others may take the number while it is typed.
    numbers.choose(&home.derived(&seed)?, |_| Ok(Some(())))?;
    let file = context.settings.password_file.as_ref();
    let password = passwords::for_new(context, "wallet", &args.name, file)?;
    // The lock is held until the wallet is there, for whoever asks for the same number meanwhile.
    let (index, account, is_new, _making) = home.change_derived(&seed, |derived| {
        let (index, account, making) =
            numbers.choose(derived, |address| lock_making(home, address))?;
        let earlier = derived.accounts.insert(index, account.address());
        Ok::<_, Error>((index, account, earlier.is_none(), making))
    })??;
    let added = home.add_wallet(&args.name, &account, &password, args.kdf.scrypt_log_n);
    if let Err(error) = added {
        if is_new {
            // Where that fails, too, a number is left out, and the first failure is the one to tell.
            let _ = home.change_derived(&seed, |derived| derived.accounts.remove(&index));
        }
        return Err(error.into());
    }
    super::tell_default(context, &args.name)?;
    Ok(NewWallet {
        name: args.name.clone(),
        address: account.address(),
        identity: Some(identity.to_owned()),
        index: Some(index),
    })
}

/// The numbers of an identity's accounts.
struct Numbers<'a> {
    home: &'a Home,
    identity: &'a str,
    accounts: AccountKeys,
    /// The only one that will do.
    asked: Option<u32>,
}

impl Numbers<'_> {
    /// The number that was asked for, or else the next that no wallet has, with its account and what `claim` gave for
    /// it; `claim` gives nothing for an account that another run is making.
    ///
    /// # Errors
    /// [`Error::AccountTaken`] for a number that was asked for; that of a number without account; the home's.
    fn choose<T>(
        &self,
        derived: &Derived,
        claim: impl Fn(Address) -> Result<Option<T>, Error>,
    ) -> Result<(u32, PrivateKeySigner, T), Error> {
        let mut index = self.asked.unwrap_or_else(|| derived.next_account());
        loop {
            let account = signer_of(&self.accounts.key(index)?);
            // First the claim: a run that has just let go of the account has written its wallet.
            let claimed = claim(account.address())?;
            let wallet = match (claimed, self.wallet_of(account.address())?) {
                (Some(claimed), None) => return Ok((index, account, claimed)),
                (_, wallet) => wallet,
            };
            if self.asked.is_some() {
                return Err(Error::AccountTaken {
                    identity: self.identity.to_owned(),
                    index,
                    wallet,
                });
            }
            index = index.saturating_add(1);
        }
    }

    /// The wallet of this home that has the account.
    fn wallet_of(&self, account: Address) -> Result<Option<String>, Error> {
        let wallets = self.home.wallets()?;
        let found = wallets.into_iter().find(|it| it.address == Some(account));
        Ok(found.map(|it| it.name))
    }
}

/// Held by a run while it makes the wallet of an account; `None` if another run is making it.
fn lock_making(home: &Home, account: Address) -> Result<Option<OwnLock>, Error> {
    let path = home.path("wallets").join(format!("{account:x}.lock"));
    Ok(files::try_own_lock(&path).map_err(HomeError::from)?)
}

/// The account of a key.
///
/// # Panics
/// Never: both sides check the same of a key.
pub fn signer_of(key: &SecretKey) -> PrivateKeySigner {
    let signer = PrivateKeySigner::from_slice(key.to_bytes().as_slice());
    signer.expect("a key that was checked is one of an account")
}
