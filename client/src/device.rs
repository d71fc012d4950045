//! Hardware wallets. What speaks to them is compiled in only with the features `ledger` and `trezor`.

use std::fmt;

use crate::chain::Signer;
use crate::error::{Error, Result};

/// A kind of hardware wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// A Ledger, with its Ethereum app open.
    Ledger,
    /// A Trezor.
    Trezor,
}

impl Model {
    /// The name of the feature that it needs.
    pub const fn feature(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Trezor => "trezor",
        }
    }

    /// The path of account `index`, as the maker's own program numbers accounts.
    pub fn path(self, index: u32) -> String {
        match self {
            Self::Ledger => format!("m/44'/60'/{index}'/0/0"),
            Self::Trezor => format!("m/44'/60'/0'/0/{index}"),
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ledger => "Ledger",
            Self::Trezor => "Trezor",
        })
    }
}

/// Finds a device that is plugged in and asks it for the account at `path`. Whatever is signed is confirmed on it.
///
/// # Errors
/// [`Error::NoDeviceSupport`] where the feature is not compiled in; [`Error::Device`].
#[cfg_attr(
    not(any(feature = "ledger", feature = "trezor")),
    expect(
        clippy::unused_async,
        reason = "a device takes its time, where there is one"
    )
)]
pub async fn open(model: Model, path: &str) -> Result<Signer> {
    match model {
        #[cfg(feature = "ledger")]
        Model::Ledger => ledger::open(path).await,
        #[cfg(feature = "trezor")]
        Model::Trezor => trezor::open(path).await,
        #[allow(unreachable_patterns, reason = "reachable unless both features are on")]
        other => {
            let _ = path;
            Err(Error::NoDeviceSupport { model: other })
        }
    }
}

#[cfg(feature = "ledger")]
mod ledger {
    use std::sync::Arc;

    use alloy::consensus::TxEip1559;
    use alloy::network::TxSigner;
    use alloy::primitives::{Address, Signature};
    use alloy::signers::Signer as _;
    use alloy::sol_types::Eip712Domain;
    use alloy_signer_ledger::{HDPath, LedgerSigner};
    use async_trait::async_trait;
    use patientport_abi::IPatientPort::PatientCall;

    use super::Model;
    use crate::chain::{Device, Signer};
    use crate::error::{Error, Result};

    pub(super) async fn open(path: &str) -> Result<Signer> {
        let signer = LedgerSigner::new(HDPath::Other(path.to_owned()), None).await;
        let signer = signer.map_err(|source| Error::Device {
            model: Model::Ledger,
            source: Box::new(source),
        })?;
        Ok(Signer::of_device(Arc::new(Ledger(signer))))
    }

    struct Ledger(LedgerSigner);

    #[async_trait]
    impl Device for Ledger {
        fn address(&self) -> Address {
            TxSigner::address(&self.0)
        }

        async fn sign_transaction(
            &self,
            transaction: &mut TxEip1559,
        ) -> alloy::signers::Result<Signature> {
            self.0.sign_transaction(transaction).await
        }

        async fn sign_call(
            &self,
            call: &PatientCall,
            domain: &Eip712Domain,
        ) -> alloy::signers::Result<Signature> {
            self.0.sign_typed_data(call, domain).await
        }
    }
}

#[cfg(feature = "trezor")]
mod trezor {
    use std::sync::Arc;

    use alloy::consensus::TxEip1559;
    use alloy::network::TxSigner;
    use alloy::primitives::{Address, Signature};
    use alloy::sol_types::Eip712Domain;
    use alloy_signer_trezor::{HDPath, TrezorSigner};
    use async_trait::async_trait;
    use patientport_abi::IPatientPort::PatientCall;

    use super::Model;
    use crate::chain::{Device, Signer};
    use crate::error::{Error, Result};

    pub(super) async fn open(path: &str) -> Result<Signer> {
        let signer = TrezorSigner::new(HDPath::Other(path.to_owned()), None).await;
        let signer = signer.map_err(|source| Error::Device {
            model: Model::Trezor,
            source: Box::new(source),
        })?;
        Ok(Signer::of_device(Arc::new(Trezor(signer))))
    }

    struct Trezor(TrezorSigner);

    #[async_trait]
    impl Device for Trezor {
        fn address(&self) -> Address {
            TxSigner::address(&self.0)
        }

        async fn sign_transaction(
            &self,
            transaction: &mut TxEip1559,
        ) -> alloy::signers::Result<Signature> {
            self.0.sign_transaction(transaction).await
        }

        async fn sign_call(
            &self,
            _call: &PatientCall,
            _domain: &Eip712Domain,
        ) -> alloy::signers::Result<Signature> {
            // The library that speaks to it knows neither typed data nor bare hashes.
            Err(alloy::signers::Error::other(
                "a Trezor signs transactions here, and no calls for others to send",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_where_the_makers_programs_put_them() {
        assert_eq!(Model::Ledger.path(2), "m/44'/60'/2'/0/0");
        assert_eq!(Model::Trezor.path(2), "m/44'/60'/0'/0/2");
    }
}
