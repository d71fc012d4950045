//! What a patient signs for others to send, encoded by ethers (EIP-712).

use crate::stage::Person;
use ethers::{
    signers::Signer as _,
    types::{Bytes, transaction::eip712::TypedData},
};
use patientport_ethers::{Chain, Contract, bytes};
use serde_json::{Value, json};

/// The signature under a `PatientCall`.
pub(crate) async fn sign(
    chain: &Chain,
    port: &Contract,
    signer: &Person,
    call: &Bytes,
    nonce: u64,
    deadline: u64,
) -> Value {
    let field = |name: &str, kind: &str| json!({"name": name, "type": kind});
    let typed: TypedData = serde_json::from_value(json!({
        "domain": {
            "name": "patientport",
            "version": "1",
            "chainId": chain.id,
            "verifyingContract": bytes(port.address),
        },
        "types": {
            "EIP712Domain": [
                field("name", "string"),
                field("version", "string"),
                field("chainId", "uint256"),
                field("verifyingContract", "address"),
            ],
            "PatientCall": [field("call", "bytes"), field("nonce", "uint256"), field("deadline", "uint64")],
        },
        "primaryType": "PatientCall",
        "message": {"call": bytes(call), "nonce": nonce, "deadline": deadline},
    }))
    .expect("ethers reads the typed data");
    let signature = signer.signer().sign_typed_data(&typed).await;
    bytes(signature.expect("the typed data can be hashed").to_vec())
}
