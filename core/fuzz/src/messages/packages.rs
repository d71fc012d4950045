//! Emergency packages.

use alloy_primitives::Address;
use patientport_core::emergency::{Package, PackagePlace, open_emergency_secrets, seal_package};
use patientport_core::failure::FailureClass;
use patientport_core::keys::PublicKey;
use patientport_core::seal::{OpenError, Purpose, SealContext};

use super::list_and_plaintext;
use crate::forge::{self, CHAIN, EPHEMERAL, PORT, RECIPIENT};
use crate::input::{FixedRng, Input};

fn place() -> PackagePlace {
    PackagePlace {
        chain_id: CHAIN,
        port: PORT.into(),
        sender: [0xb0; 20].into(),
        responder: [0xc0; 20].into(),
    }
}

fn context(purpose: Purpose, recipient: Address) -> SealContext {
    let place = place();
    SealContext {
        purpose,
        chain_id: place.chain_id,
        port: place.port,
        sender: place.sender,
        recipient,
        request_id: 0,
    }
}

/// The layout by its offsets in the document.
fn layout(bytes: &[u8]) -> Result<(), FailureClass> {
    let ok = |condition: bool| condition.then_some(()).ok_or(FailureClass::Malformed);
    ok(bytes.len() <= 32_768 && bytes.len() > 8 && bytes.starts_with(b"PPORTEMG"))?;
    if bytes[8] != 1 {
        return Err(FailureClass::UnsupportedVersion);
    }
    ok(bytes.len() > 78 && (1..=3).contains(&bytes[77]))?;
    let (mut at, mut before) = (78, None);
    for _ in 0..bytes[77] {
        ok(bytes.len() >= at + 22)?;
        let custodian = &bytes[at..at + 20];
        ok(before.is_none_or(|before| before < custodian))?;
        before = Some(custodian);
        let length = usize::from(u16::from_be_bytes([bytes[at + 20], bytes[at + 21]]));
        at += 22;
        ok((81..=8_192).contains(&length) && bytes.len() >= at + length)?;
        ok(PublicKey::from_sec1(&bytes[at..at + 65]).is_ok())?;
        at += length;
    }
    ok(at == bytes.len())
}

pub(super) fn package(bytes: &[u8]) {
    match Package::parse(bytes) {
        Ok(package) => {
            assert_eq!(layout(bytes), Ok(()));
            assert_eq!(package.to_bytes(), bytes);
            assert_eq!(package.commitment(), *blake3::hash(bytes).as_bytes());
            assert_eq!(package.place().chain_id.to_be_bytes(), bytes[9..17]);
            assert_eq!(package.place().port, bytes[17..37]);
            assert_eq!(package.place().sender, bytes[37..57]);
            assert_eq!(package.place().responder, bytes[57..77]);
            let read = Package::check(bytes, package.commitment(), package.place());
            assert_eq!(read.as_ref(), Ok(&package));
            for custodian in package.custodians() {
                if let Err(error) = package.open_layer(custodian, &RECIPIENT) {
                    assert_eq!(error.class(), Some(FailureClass::AuthenticationFailed));
                }
            }
        }
        Err(error) => assert_eq!(layout(bytes), Err(error.class().unwrap())),
    }
}

/// Layers around any message, of custodians in any order.
pub(super) fn sealed(input: &mut Input<'_>) {
    let place = place();
    let flags = input.byte();
    let custodians: Vec<[u8; 20]> = (0..flags % 5).map(|_| [input.byte(); 20]).collect();
    let (list, plaintext) = list_and_plaintext(input);
    let secrets = context(Purpose::EmergencySecrets, place.responder);
    let digest = forge::sha256(&list);
    let sealed = forge::message(&secrets, &RECIPIENT, &digest, EPHEMERAL, &plaintext);
    let inner = [list.as_slice(), &sealed].concat();
    let layer = |custodian: [u8; 20]| {
        let context = context(Purpose::EmergencyLayer, custodian.into());
        let digest = forge::sha256(place.responder.as_slice());
        forge::message(
            &context,
            &RECIPIENT,
            &digest,
            [custodian[0] & 127 | 1; 32],
            &inner,
        )
    };
    let mut bytes = [
        b"PPORTEMG\x01".as_slice(),
        &place.chain_id.to_be_bytes(),
        place.port.as_slice(),
        place.sender.as_slice(),
        place.responder.as_slice(),
        &[custodians.len() as u8],
    ]
    .concat();
    for custodian in &custodians {
        let layer = layer(*custodian);
        bytes.extend(custodian);
        bytes.extend((layer.len() as u16).to_be_bytes());
        bytes.extend(layer);
    }
    package(&bytes);
    let Ok(parsed) = Package::parse(&bytes) else {
        return;
    };
    for custodian in parsed.custodians() {
        assert!(*parsed.open_layer(custodian, &RECIPIENT).unwrap() == inner);
    }
    match open_emergency_secrets(&place, &RECIPIENT, &inner) {
        Ok(entries) => {
            // Whatever opens is what the writer writes, with the same random bytes.
            let ephemeral = custodians
                .iter()
                .map(|custodian| [custodian[0] & 127 | 1; 32]);
            let random: Vec<_> = [EPHEMERAL].into_iter().chain(ephemeral).flatten().collect();
            let keys: Vec<_> = custodians
                .iter()
                .map(|account| (account.into(), RECIPIENT.public()))
                .collect();
            let key = RECIPIENT.public();
            let again = seal_package(&place, &key, &keys, &entries, &mut FixedRng(random));
            assert!(again.unwrap() == parsed, "another package");
        }
        Err(OpenError::AuthenticationFailed) => panic!("what was sealed does not open"),
        Err(error) => assert_eq!(error.class(), FailureClass::Malformed),
    }
}
