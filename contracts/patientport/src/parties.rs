//! Who a port belongs to: claim, encryption key, ownership, primary care.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use patientport_abi::IPatientPort as abi;
use patientport_kit::{Args, Out, Slot, account, set_account, topic};

use crate::{
    error::Error,
    layout::{header, single},
    port::{Port, Result},
};

impl Port {
    /// An account that has a word of its own.
    pub(crate) fn single_account(&self, index: u8) -> Address {
        account(&self.load(Slot::single(index)))
    }

    pub(crate) fn set_single_account(&self, index: u8, value: &Address) {
        let mut word = B256::ZERO;
        set_account(&mut word, value);
        self.store(Slot::single(index), word);
    }

    /// The primary care provider; zero if there is none.
    #[inline(never)]
    pub(crate) fn primary_care(&self, header: &B256) -> Result<Address> {
        if header::FLAGS.byte(header) & header::PRIMARY_CARE_SET == 0 {
            Ok(self.parties()?.issuer)
        } else {
            Ok(self.single_account(single::PRIMARY_CARE))
        }
    }

    /// `claim(bytes32 keyX, uint8 keyParity, Rotation rotation)`.
    pub(crate) fn claim(&self, args: &mut Args<'_>) -> Result<()> {
        let mut word = self.header();
        if header::FLAGS.byte(&word) & header::CLAIMED != 0 {
            return Err(Error::AlreadyClaimed);
        }
        let patient = self.parties()?.patient;
        if patient != self.caller {
            return Err(self.unauthorized());
        }
        set_account(&mut word, &patient);
        header::FLAGS.set(&mut word, header::CLAIMED.into());
        let (x, parity) = self.publish_key(word, args)?;
        let mut log = Out::log(const { topic(abi::Claimed::SIGNATURE_HASH) });
        log.account(&patient).word(&x.0).number(parity.into());
        self.emit(&log, 2);
        self.apply_rotation(&patient, &mut args.tuple()?)?;
        Ok(())
    }

    /// `setEncryptionKey(bytes32 keyX, uint8 keyParity, Rotation rotation)`.
    pub(crate) fn set_encryption_key(&self, args: &mut Args<'_>) -> Result<()> {
        let word = self.only_patient()?;
        let (x, parity) = self.publish_key(word, args)?;
        let mut log = Out::log(const { topic(abi::EncryptionKeySet::SIGNATURE_HASH) });
        log.word(&x.0).number(parity.into());
        self.emit(&log, 1);
        self.apply_rotation(&account(&word), &mut args.tuple()?)?;
        Ok(())
    }

    /// Stores the key that the arguments start with, and the header with its parity.
    #[inline(never)]
    fn publish_key(&self, mut word: B256, args: &mut Args<'_>) -> Result<(B256, u8)> {
        let x = args.hash()?;
        let parity = args.u8()?;
        Self::check_key(x, parity)?;
        let flags = header::FLAGS.byte(&word) & !header::KEY_PARITY;
        let parity_flag = if parity == 0 { 0 } else { header::KEY_PARITY };
        header::FLAGS.set(&mut word, (flags | parity_flag).into());
        self.set_header(word);
        self.store(Slot::single(single::PATIENT_KEY), x);
        Ok((x, parity))
    }

    /// `transferOwnership(address newOwner)`.
    pub(crate) fn transfer_ownership(&self, args: &mut Args<'_>) -> Result<()> {
        let to = args.account()?;
        self.only_patient()?;
        if to == self.caller {
            return Err(Error::InvalidAddress(to));
        }
        if to == self.single_account(single::PENDING_OWNER) {
            return Ok(());
        }
        self.set_single_account(single::PENDING_OWNER, &to);
        let mut log = Out::log(const { topic(abi::OwnershipTransferStarted::SIGNATURE_HASH) });
        log.account(&self.caller).account(&to);
        self.emit(&log, 3);
        Ok(())
    }

    /// `acceptOwnership()`.
    pub(crate) fn accept_ownership(&self) -> Result<()> {
        let mut word = self.claimed()?;
        if self.single_account(single::PENDING_OWNER) != self.caller {
            return Err(self.unauthorized());
        }
        let previous = account(&word);
        set_account(&mut word, &self.caller);
        self.set_header(word);
        self.store(Slot::single(single::PENDING_OWNER), B256::ZERO);
        let mut log = Out::log(const { topic(abi::OwnershipTransferred::SIGNATURE_HASH) });
        log.account(&previous).account(&self.caller);
        self.emit(&log, 3);
        Ok(())
    }

    /// `setPrimaryCare(address provider)`.
    pub(crate) fn set_primary_care(&self, args: &mut Args<'_>) -> Result<()> {
        let provider = args.account()?;
        let mut word = self.only_patient()?;
        if provider == self.primary_care(&word)? {
            return Ok(());
        }
        if !provider.is_zero() {
            self.only_verified(provider)?;
        }
        let flags = header::FLAGS.byte(&word) | header::PRIMARY_CARE_SET;
        header::FLAGS.set(&mut word, flags.into());
        self.set_header(word);
        self.set_single_account(single::PRIMARY_CARE, &provider);
        let mut log = Out::log(const { topic(abi::PrimaryCareSet::SIGNATURE_HASH) });
        log.account(&provider);
        self.emit(&log, 2);
        Ok(())
    }
}
