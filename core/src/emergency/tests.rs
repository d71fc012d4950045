#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::section::{MAX_NAME_BYTES, SectionError};

const PLACE: PackagePlace = PackagePlace {
    chain_id: 412_346,
    port: Address::repeat_byte(1),
    sender: Address::repeat_byte(2),
    responder: Address::repeat_byte(3),
};

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes(&[byte; 32]).unwrap()
}

fn custodian(byte: u8) -> (Address, PublicKey) {
    (Address::repeat_byte(byte), secret(byte).public())
}

fn entries(count: u8, name: Option<&str>) -> Vec<SecretEntry> {
    (0..count)
        .map(|section| SecretEntry {
            section: section.try_into().unwrap(),
            epoch: 7,
            secret: secret(section + 1),
            name: name.map(str::to_owned),
        })
        .collect()
}

fn seal(custodians: &[(Address, PublicKey)], entries: &[SecretEntry]) -> Package {
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    seal_package(&PLACE, &secret(9).public(), custodians, entries, &mut rng).unwrap()
}

#[test]
fn custodian_and_responder_open_it_together() {
    let package = seal(
        &[custodian(30), custodian(10), custodian(20)],
        &entries(3, Some("labs")),
    );
    assert!(
        package
            .custodians()
            .eq([10, 20, 30].map(Address::repeat_byte))
    );
    let bytes = package.to_bytes();
    let read = Package::check(&bytes, package.commitment(), &PLACE).unwrap();
    assert_eq!(read, package);
    for byte in [10, 20, 30] {
        let inner = read
            .open_layer(Address::repeat_byte(byte), &secret(byte))
            .unwrap();
        assert_eq!(
            open_emergency_secrets(&PLACE, &secret(9), &inner).unwrap(),
            entries(3, Some("labs"))
        );
    }
}

#[test]
fn neither_opens_it_alone() {
    let package = seal(&[custodian(10), custodian(20)], &entries(1, None));
    let account = Address::repeat_byte(10);
    for byte in [9, 20, 77] {
        assert_eq!(
            package.open_layer(account, &secret(byte)),
            Err(EmergencyError::AuthenticationFailed)
        );
    }
    let stranger = Address::repeat_byte(11);
    assert_eq!(
        package.open_layer(stranger, &secret(10)),
        Err(EmergencyError::NoLayer {
            custodian: stranger
        })
    );
    let inner = package.open_layer(account, &secret(10)).unwrap();
    assert_eq!(
        open_emergency_secrets(&PLACE, &secret(10), &inner),
        Err(OpenError::AuthenticationFailed)
    );
}

#[test]
fn every_part_of_the_place_is_bound_in_both_layers() {
    let package = seal(&[custodian(10)], &entries(1, None));
    let account = Address::repeat_byte(10);
    let inner = package.open_layer(account, &secret(10)).unwrap();
    let others = [
        PackagePlace {
            chain_id: 1,
            ..PLACE
        },
        PackagePlace {
            port: Address::ZERO,
            ..PLACE
        },
        PackagePlace {
            sender: Address::ZERO,
            ..PLACE
        },
        PackagePlace {
            responder: Address::ZERO,
            ..PLACE
        },
    ];
    let bytes = package.to_bytes();
    for other in others {
        assert_eq!(
            Package::check(&bytes, package.commitment(), &other),
            Err(EmergencyError::WrongPlace)
        );
        assert_eq!(
            open_emergency_secrets(&other, &secret(9), &inner),
            Err(OpenError::AuthenticationFailed)
        );
        let moved = Package::new(other, package.layers().to_vec());
        assert_eq!(
            moved.open_layer(account, &secret(10)),
            Err(EmergencyError::AuthenticationFailed)
        );
    }
}

#[test]
fn every_flipped_bit_and_every_other_length_is_refused() {
    let package = seal(&[custodian(10), custodian(20)], &entries(1, None));
    let bytes = package.to_bytes();
    let opens = |bytes: &[u8]| -> Result<(), EmergencyError> {
        let package = Package::parse(bytes)?;
        if package.place() != &PLACE {
            return Err(EmergencyError::WrongPlace);
        }
        for byte in [10, 20] {
            package.open_layer(Address::repeat_byte(byte), &secret(byte))?;
        }
        Ok(())
    };
    assert_eq!(opens(&bytes), Ok(()));
    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(opens(&altered).is_err(), "bit {bit}");
        assert_eq!(
            Package::check(&altered, package.commitment(), &PLACE),
            Err(EmergencyError::CommitmentMismatch)
        );
    }
    for length in 0..bytes.len() {
        assert!(
            matches!(
                Package::parse(&bytes[..length]),
                Err(EmergencyError::Malformed(_))
            ),
            "{length} bytes"
        );
    }
    assert!(matches!(
        Package::parse(&[&bytes[..], &[0]].concat()),
        Err(EmergencyError::Malformed(_))
    ));
}

#[test]
fn what_the_format_cannot_carry_is_refused_before_sealing() {
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    let mut refuse = |custodians: &[(Address, PublicKey)], entries: &[SecretEntry]| {
        seal_package(&PLACE, &secret(9).public(), custodians, entries, &mut rng).unwrap_err()
    };
    let one = entries(1, None);
    assert_eq!(
        refuse(&[], &one),
        EmergencyError::CustodianCount { count: 0 }
    );
    assert_eq!(
        refuse(&[1, 2, 3, 4].map(custodian), &one),
        EmergencyError::CustodianCount { count: 4 }
    );
    assert_eq!(
        refuse(&[2, 1, 2].map(custodian), &one),
        EmergencyError::CustodianRepeated {
            custodian: Address::repeat_byte(2)
        }
    );
    assert_eq!(
        refuse(&[custodian(1)], &[]),
        EmergencyError::Secrets(SectionError::NoSecrets)
    );
}

#[test]
fn the_largest_package_fits() {
    let name = "n".repeat(MAX_NAME_BYTES);
    let package = seal(&[1, 2, 3].map(custodian), &entries(64, Some(&name)));
    let bytes = package.to_bytes();
    assert!(bytes.len() <= MAX_PACKAGE_BYTES, "{} bytes", bytes.len());
    assert_eq!(Package::parse(&bytes).unwrap(), package);
    assert!(matches!(
        Package::parse(&vec![0; MAX_PACKAGE_BYTES + 1]),
        Err(EmergencyError::Malformed(_))
    ));
}

proptest! {
    #[test]
    fn parser_accepts_only_what_it_would_write(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = seal(&[custodian(10), custodian(20)], &entries(1, None)).to_bytes();
        for (index, byte) in edits {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Ok(package) = Package::parse(&bytes) {
            prop_assert_eq!(package.to_bytes(), bytes);
        }
    }

    #[test]
    fn parser_is_total(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Package::parse(&[b"PPORTEMG\x01".as_slice(), &tail].concat()).is_err());
    }
}
