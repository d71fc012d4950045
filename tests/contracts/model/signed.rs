//! Signed calls. The owner of the model has a key; contracts that own a port are tested elsewhere.

use alloy_primitives::{Address, B256, Signature, U256, keccak256};
use alloy_sol_types::{SolCall, SolInterface as _, SolValue};
use patientport_abi::IPatientPort::{self as abi, IPatientPortCalls as Call};

use super::{Done, Now, Port, malformed, refuse};

/// Half the order of secp256k1, rounded down.
pub(crate) const HALF_ORDER: U256 = U256::from_limbs([
    0xdfe9_2f46_681b_20a0,
    0x5d57_6e73_57a4_501d,
    0xffff_ffff_ffff_ffff,
    0x7fff_ffff_ffff_ffff,
]);

/// What is signed (EIP-712), spelled out.
pub(crate) fn digest(
    chain_id: u64,
    port: Address,
    call: &[u8],
    nonce: U256,
    deadline: u64,
) -> B256 {
    let domain = (
        keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
        ),
        keccak256("patientport"),
        keccak256("1"),
        U256::from(chain_id),
        port,
    );
    let message = (
        keccak256("PatientCall(bytes call,uint256 nonce,uint64 deadline)"),
        keccak256(call),
        nonce,
        deadline,
    );
    let (domain, message) = (
        keccak256(domain.abi_encode()),
        keccak256(message.abi_encode()),
    );
    let parts = [&[0x19, 0x01][..], domain.as_slice(), message.as_slice()];
    keccak256(parts.concat())
}

/// Who made a signature of 65 bytes in canonical form.
fn signer(digest: B256, signature: &[u8]) -> Option<Address> {
    let canonical = signature.len() == 65
        && [27, 28].contains(&signature[64])
        && U256::from_be_slice(&signature[32..64]) <= HALF_ORDER;
    if !canonical {
        return None;
    }
    let signature = Signature::from_raw(signature).ok()?;
    signature.recover_address_from_prehash(&digest).ok()
}

impl Port {
    pub(super) fn execute(&mut self, now: Now<'_>, call: &abi::executeCall) -> Done<Vec<u8>> {
        let Ok(nonce) = u64::try_from(call.nonce) else {
            return malformed();
        };
        if now.signed {
            return malformed();
        }
        if now.time > call.deadline {
            return refuse(abi::SignatureExpired {
                deadline: call.deadline,
            });
        }
        let expected = u64::from(self.nonce);
        if nonce != expected {
            return refuse(abi::InvalidNonce {
                given: nonce,
                expected,
            });
        }
        let digest = digest(
            now.chain_id,
            self.address,
            &call.call,
            call.nonce,
            call.deadline,
        );
        if signer(digest, &call.signature) != Some(self.owner) {
            return refuse(abi::InvalidSignature {});
        }
        self.use_nonce()?;
        let Ok(inner) = Call::abi_decode_validate(&call.call) else {
            return malformed();
        };
        let owner = Now {
            caller: self.owner,
            signed: true,
            ..now
        };
        let output = self.route(owner, &inner)?;
        Ok(abi::executeCall::abi_encode_returns(&output.into()))
    }

    pub(super) fn cancel_signatures(&mut self, now: Now<'_>) -> Done<()> {
        self.must_be_patient(now)?;
        self.use_nonce()?;
        let cancelled = abi::SignaturesCancelled { nonce: self.nonce };
        self.emit(now, &cancelled);
        Ok(())
    }

    fn use_nonce(&mut self) -> Done<()> {
        match self.nonce.checked_add(1) {
            Some(next) => self.nonce = next,
            None => return refuse(abi::Exhausted {}),
        }
        Ok(())
    }
}
