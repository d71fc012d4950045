//! Keys of a seed.

use patientport_core::keys::IdentitySeed;

use super::Case;

pub(super) fn all() -> Vec<(&'static str, Case)> {
    let case = |about: &str, seed: [u8; 32]| {
        let seed = IdentitySeed::from_bytes(seed);
        let case = Case::new("identity", "success", about).with_hex("seed", seed.as_bytes());
        [
            ("provider-0", seed.provider_key(0)),
            ("provider-1", seed.provider_key(1)),
            ("patient-0", seed.patient_key(0)),
            ("patient-1", seed.patient_key(1)),
        ]
        .into_iter()
        .fold(case, |case, (name, key)| {
            case.with_hex(name, key.to_bytes().as_slice())
        })
        .with(
            "provider-fingerprint",
            seed.provider_key(0).public().fingerprint(),
        )
    };
    vec![
        ("identity", case("keys of one seed", [0x42; 32])),
        ("identity-zero", case("keys of the seed of zeros", [0; 32])),
        (
            "identity-ones",
            case("keys of the seed of ones", [0xff; 32]),
        ),
    ]
}
