//! What custodians release to a responder.

use patientport_core::abi::IPatientPort::{
    Claimed, EmergencyPackageSet, EmergencyReleased, ResponderSet,
};
use patientport_core::emergency::seal_package;

use super::*;

const DELEGATE: Address = Address::repeat_byte(0x03);
const CUSTODIAN: Address = Address::repeat_byte(0x04);

/// What a custodian would release of a package that `sender` made for the reader.
fn released(sender: Address, identity: &SecretKey, entries: &[SecretEntry]) -> PortEvent {
    let place = PackagePlace {
        chain_id: CHAIN,
        port: PORT,
        sender,
        responder: READER,
    };
    let custodian = secret(77);
    let mut rng = ChaCha20Rng::from_seed([4; 32]);
    let custodians = [(CUSTODIAN, custodian.public())];
    let package = seal_package(&place, &identity.public(), &custodians, entries, &mut rng).unwrap();
    let message = package.open_layer(CUSTODIAN, &custodian).unwrap();
    release(message.to_vec())
}

fn release(message: Vec<u8>) -> PortEvent {
    let release = EmergencyReleased {
        responder: READER,
        custodian: CUSTODIAN,
        message: message.into(),
    };
    event(0xcc, IPatientPortEvents::EmergencyReleased(release))
}

/// A port whose patient has armed the reader, with section 5 at epoch 2.
fn armed(keys: &[SecretKey; 2]) -> Vec<PortEvent> {
    let claimed = Claimed {
        patient: PATIENT,
        keyX: B256::ZERO,
        keyParity: 0,
    };
    let responder = ResponderSet {
        responder: READER,
        sections: 1 << 5,
        delay: 0,
        window: 1,
        package: B256::ZERO,
    };
    vec![
        event(1, IPatientPortEvents::Claimed(claimed)),
        rotation(5, 1, &keys[0], None),
        rotation(5, 2, &keys[1], Some((1, &keys[0]))),
        event(3, IPatientPortEvents::ResponderSet(responder)),
    ]
}

fn renewed_by_delegate() -> PortEvent {
    let renewed = EmergencyPackageSet {
        responder: READER,
        by: DELEGATE,
        package: B256::ZERO,
    };
    event(4, IPatientPortEvents::EmergencyPackageSet(renewed))
}

#[test]
fn what_is_released_opens_with_everything_before_it_whoever_made_the_package() {
    let (me, keys) = (secret(9), [secret(11), secret(12)]);
    for (sender, renewed) in [(PATIENT, false), (PATIENT, true), (DELEGATE, true)] {
        let mut events = armed(&keys);
        events.extend(renewed.then(renewed_by_delegate));
        events.push(released(sender, &me, &[entry(5, 2, &keys[1])]));
        let ring = ring(&me, events, Vec::new());
        assert_eq!(held(&ring), [(5, 1), (5, 2)], "{sender}, {renewed}");
        assert!(ring.problems().is_empty());
    }
}

#[test]
fn a_package_of_somebody_who_may_make_none_does_not_open() {
    let (me, keys) = (secret(9), [secret(11), secret(12)]);
    let mut events = armed(&keys);
    events.push(released(DELEGATE, &me, &[entry(5, 2, &keys[1])]));
    let ring = ring(&me, events, Vec::new());
    assert_eq!(held(&ring), []);
    assert!(matches!(
        ring.problems(),
        [Problem::UnreadableMessage {
            sender: CUSTODIAN,
            ..
        }]
    ));
}

#[test]
fn a_custodian_who_releases_something_else_is_named() {
    let (me, keys) = (secret(9), [secret(11), secret(12)]);
    let mut events = armed(&keys);
    events.push(release(vec![1; 200]));
    // A secret that is not the section's, in a package that the patient made.
    events.push(released(PATIENT, &me, &[entry(5, 2, &secret(99))]));
    let ring = ring(&me, events, Vec::new());
    assert_eq!(held(&ring), []);
    assert!(matches!(
        ring.problems(),
        [
            Problem::UnreadableMessage {
                sender: CUSTODIAN,
                ..
            },
            Problem::WrongSecret {
                sender: CUSTODIAN,
                epoch: 2,
                ..
            }
        ]
    ));
}

#[test]
fn what_is_released_to_others_is_nobody_elses() {
    let (me, keys) = (secret(9), [secret(11), secret(12)]);
    let mut events = armed(&keys);
    events.push(released(PATIENT, &me, &[entry(5, 2, &keys[1])]));
    let place = (CHAIN, PORT);
    let other = Keyring::assemble(place, CUSTODIAN, &me.into(), &events);
    assert_eq!(held(&other), []);
    assert!(other.problems().is_empty());
}
