//! Signed calls: the patient signs (EIP-712), anybody sends.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent as _;
use keccak_const::Keccak256;
use patientport_abi::IPatientPort as abi;
use patientport_kit::{Args, Out, account, selector, topic};
use stylus_sdk::stylus_core::{AccountAccess as _, ChainAccess as _, CryptographyAccess as _};

use crate::{
    error::Error,
    layout::{header, list},
    port::{Port, Result},
};

/// `ecrecover` of the EVM.
const RECOVER: Address = Address::with_last_byte(1);
/// `isValidSignature(bytes32,bytes)` (ERC-1271), which is also what it answers.
const IS_VALID_SIGNATURE: u32 = 0x1626_ba7e;
/// Half the order of secp256k1, rounded down (EIP-2): no greater `s` is canonical.
const HALF_ORDER: [u64; 4] = [
    0x7fff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
    0x5d57_6e73_57a4_501d,
    0xdfe9_2f46_681b_20a0,
];

/// keccak256 of a constant, as numbers in the code.
const fn hash(text: &[u8]) -> [u64; 4] {
    topic(B256::new(Keccak256::new().update(text).finalize()))
}

impl Port {
    /// The nonce that the next signed call carries.
    pub(crate) fn nonce(&self) -> u64 {
        list::NONCE.get(&self.list_word(0))
    }

    /// Voids the present nonce; returns the next.
    #[inline(never)]
    fn use_nonce(&self) -> Result<u64> {
        let mut word = self.list_word(0);
        let nonce = list::NONCE.get(&word);
        if nonce == u64::from(u32::MAX) {
            return Err(Error::Exhausted);
        }
        let next = nonce.wrapping_add(1);
        list::NONCE.set(&mut word, next);
        self.set_list_word(0, word);
        Ok(next)
    }

    /// `cancelSignatures()`.
    pub(crate) fn cancel_signatures(&self) -> Result<()> {
        self.only_patient()?;
        let next = self.use_nonce()?;
        let mut log = Out::log(const { topic(abi::SignaturesCancelled::SIGNATURE_HASH) });
        log.number(next);
        self.emit(&log, 1);
        Ok(())
    }

    /// `execute(bytes call, uint256 nonce, uint64 deadline, bytes signature)` → what the call returns.
    pub(crate) fn execute(&mut self, args: &mut Args<'_>) -> Result<Vec<u8>> {
        let call = args.bytes()?;
        let nonce = args.u64()?;
        let deadline = args.u64()?;
        let signature = args.bytes()?;
        if self.now > deadline {
            return Err(Error::SignatureExpired(deadline));
        }
        let expected = self.nonce();
        if nonce != expected {
            return Err(Error::InvalidNonce {
                given: nonce,
                expected,
            });
        }
        let word = self.header();
        let owner = if header::FLAGS.byte(&word) & header::CLAIMED == 0 {
            self.parties()?.patient
        } else {
            account(&word)
        };
        self.check_signature(&owner, self.digest(call, nonce, deadline), signature)?;
        self.use_nonce()?;
        self.caller = owner;
        let result = self
            .route(call, true)
            .map_err(|error| Error::Inner(error.into()))?;
        let mut out = Out::new();
        out.number(32).bytes(&result);
        Ok(out.finish())
    }

    /// What the owner signs (EIP-712 §"Definition of typed structured data").
    #[inline(never)]
    fn digest(&self, call: &[u8], nonce: u64, deadline: u64) -> B256 {
        let keccak = |out: &Out| self.vm.native_keccak256(out.as_bytes());
        let mut domain = Out::log(
            const {
                hash(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
            },
        );
        domain
            .raw(Out::log(const { hash(b"patientport") }).as_bytes())
            .raw(Out::log(const { hash(b"1") }).as_bytes())
            .number(self.vm.chain_id())
            .account(&self.vm.contract_address());
        let mut message =
            Out::log(const { hash(b"PatientCall(bytes call,uint256 nonce,uint64 deadline)") });
        message
            .word(&self.vm.native_keccak256(call).0)
            .number(nonce)
            .number(deadline);
        let mut signed = Out::new();
        signed
            .raw(&[0x19, 0x01])
            .word(&keccak(&domain).0)
            .word(&keccak(&message).0);
        keccak(&signed)
    }

    /// `signature` must be the owner's: its own, or what the owner's contract accepts.
    #[inline(never)]
    fn check_signature(&self, owner: &Address, digest: B256, signature: &[u8]) -> Result<()> {
        if let Some(signer) = self.recover(&digest, signature)
            && signer == *owner
        {
            return Ok(());
        }
        let mut question = Out::with_selector(IS_VALID_SIGNATURE);
        question.word(&digest.0).number(64).bytes(signature);
        let mut accepted = Out::with_selector(IS_VALID_SIGNATURE);
        accepted.raw(&[0; 28]);
        match self.ask(*owner, &question) {
            Some(answer) if answer == accepted.as_bytes() => Ok(()),
            _ => Err(Error::InvalidSignature),
        }
    }

    /// Who made a signature of 65 bytes (r, s, v); none if it is not canonical, or nobody's.
    fn recover(&self, digest: &B256, signature: &[u8]) -> Option<Address> {
        let (v, scalars) = signature.split_last()?;
        let (_, s) = scalars.split_first_chunk::<32>()?;
        let s: &[u8; 32] = s.try_into().ok()?;
        // Compared as bytes: big-endian numbers of one length compare like them.
        let half = Out::log(HALF_ORDER);
        if (*v != 27 && *v != 28) || &s[..] > half.as_bytes() {
            return None;
        }
        let mut call = Out::new();
        call.word(&digest.0).number((*v).into()).raw(scalars);
        let answer = self.ask(RECOVER, &call)?;
        let signer = Args::new(&answer).account().ok()?;
        // The precompile answers nothing for a signature that is nobody's; zero is nobody either.
        (!signer.is_zero()).then_some(signer)
    }
}

const _: () = assert!(selector([0x16, 0x26, 0xba, 0x7e]) == IS_VALID_SIGNATURE);
