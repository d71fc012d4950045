//! Who pays for a demonstration on a chain that is named: one account, for four new ones, which give back what is left.

use std::path::Path;

use alloy::primitives::{Address, Bytes, U256};
use patientport_client::chain::{Call, Chain, Signer, Transaction};
use zeroize::Zeroizing;

use super::{
    stage::{home, password},
    story::PEOPLE,
};
use crate::{
    context::{Context, Wallet},
    error::Error,
    home::{Home, Password, wallets},
    preview::{self, Preview},
    text::ether,
};

/// Gas that each of [`PEOPLE`] may come to: the half more, or more than that, of what they use on the embedded chain.
/// Nearly all of it is the two contracts.
const GAS: [u64; 4] = [20_000_000, 1_500_000, 1_000_000, 1_500_000];
/// What the owner may need for activating the contracts, in wei: several times what both cost today.
const ACTIVATION: u128 = 500_000_000_000_000;
/// Gas that a transfer may come to, on a chain whose transactions pay for the parent chain's as well.
const TRANSFER_GAS: u64 = 200_000;

/// The account that pays, and what it pays.
pub(super) struct Payer {
    chain: Chain,
    wallet: Wallet,
    /// In wei, in the order of [`PEOPLE`].
    shares: [u128; 4],
    /// What the account had before.
    balance: u128,
}

impl Payer {
    /// Looks at what the demonstration may cost at the price of now, shows it and asks.
    ///
    /// # Errors
    /// `tx.insufficient_funds` for an account that has less; [`Error::Declined`]; those of the wallet and the chain.
    pub(super) async fn agreed(context: &Context) -> Result<Self, Error> {
        context.require_consent()?;
        let chain = context.chain().await?.clone();
        let wallet = context.wallet(None)?;
        let account = wallet.address();
        context.refuse_public_key(account, chain.chain_id())?;
        let price: U256 = chain.request("eth_gasPrice", ()).await?;
        // Transactions offer twice the price of now, and an account has to have what it offers.
        let offer = price.saturating_to::<u128>().saturating_mul(2);
        let mut shares = GAS.map(|gas| offer.saturating_mul(gas.into()));
        shares[0] = shares[0].saturating_add(ACTIVATION);
        let transfers = offer.saturating_mul(u128::from(TRANSFER_GAS) * 2 * shares.len() as u128);
        let most = shares
            .iter()
            .fold(transfers, |sum, it| sum.saturating_add(*it));
        let balance = chain.balance(account).await?;
        if balance.0 < most {
            return Err(patientport_client::Error::InsufficientFunds {
                account,
                balance,
                needed: patientport_client::units::Wei(most),
            }
            .into());
        }
        let mut preview = Preview::new("run the demonstration on this chain")
            .line("chain", chain.chain_id().to_string())
            .line("account", wallet.line())
            .line(
                "at most",
                format!("{}, what is left comes back", ether(most)),
            );
        for (name, share) in PEOPLE.iter().zip(shares) {
            preview = preview.line(name, format!("is given {}", ether(share)));
        }
        preview::ask(context, &preview, "go on?")?;
        Ok(Self {
            chain,
            wallet,
            shares,
            balance: balance.0,
        })
    }

    pub(super) const fn chain(&self) -> &Chain {
        &self.chain
    }

    pub(super) fn address(&self) -> Address {
        self.wallet.address()
    }

    /// Gives everybody their share; a sentence for each.
    ///
    /// # Errors
    /// Those of a transaction.
    pub(super) async fn pay(&self, people: &[String; 4]) -> Result<Vec<String>, Error> {
        let mut paid = Vec::new();
        for ((name, address), share) in PEOPLE.iter().zip(people).zip(self.shares) {
            let to: Address = address.parse().map_err(|_| Error::Demo {
                step: format!("making the wallet of {name}"),
                expected: "an address".to_owned(),
                found: address.clone(),
            })?;
            let sent = self.transfer(to, share).send(&self.wallet.signer).await?;
            paid.push(format!(
                "{} gives {} to {name}: transaction {}",
                self.address(),
                ether(share),
                sent.hash
            ));
        }
        Ok(paid)
    }

    /// Takes back what the people in this directory's homes have left; whether that is all. What cannot be taken back
    /// is told, and the directory has to be kept, for it holds the keys.
    pub(super) async fn collect(&self, context: &Context, directory: &Path) -> bool {
        let mut is_back = true;
        for name in PEOPLE {
            if let Err(error) = self.take_back(directory, name).await {
                let home = home(directory, name);
                let message = format!(
                    "what {name} has left stays with it, and its wallet in `{}`: {error}",
                    home.display()
                );
                context.warn("demo.not_returned", message);
                is_back = false;
            }
        }
        is_back
    }

    /// How much the account has less than before.
    ///
    /// # Errors
    /// The chain's.
    pub(super) async fn spent(&self) -> Result<u128, Error> {
        let balance = self.chain.balance(self.address()).await?;
        Ok(self.balance.saturating_sub(balance.0))
    }

    async fn take_back(&self, directory: &Path, name: &str) -> Result<(), Error> {
        let home = Home::new(home(directory, name));
        // Whoever has no wallet yet was given nothing.
        if !home.wallets()?.iter().any(|it| it.name == name) {
            return Ok(());
        }
        let password: Password = Zeroizing::new(password(name));
        let signer = wallets::open_account(name, &home.wallet(name)?, &password)?;
        // What is still on its way to it, or from it, comes first.
        self.chain.settle(self.address()).await?;
        self.chain.settle(signer.address()).await?;
        let balance = self.chain.balance(signer.address()).await?.0;
        if balance == 0 {
            return Ok(());
        }
        // A transfer of next to nothing shows what one may cost.
        let probe = self.transfer(self.address(), 1);
        let probe = match probe.prepare(signer.address()).await {
            Ok(probe) => probe,
            // Less than giving it back costs.
            Err(patientport_client::Error::InsufficientFunds { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        // Twice that, for a price that rises meanwhile.
        let fee = probe.highest_cost().0.saturating_sub(1).saturating_mul(2);
        let Some(rest) = balance.checked_sub(fee).filter(|it| *it > 0) else {
            return Ok(());
        };
        let secret = Zeroizing::new(signer.to_bytes().0);
        let signer = Signer::from_bytes(&secret)?;
        self.transfer(self.address(), rest).send(&signer).await?;
        Ok(())
    }

    fn transfer(&self, to: Address, wei: u128) -> Transaction {
        let call = Call {
            to,
            value: U256::from(wei),
            data: Bytes::new(),
        };
        Transaction::new(self.chain.clone(), call)
    }
}
