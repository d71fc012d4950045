//! Issuing ports.

use alloy_primitives::{U256, hex};
use patientport_abi::IPatientPort;

use super::*;

const PORT: Address = Address::repeat_byte(0xaa);

/// `keccak256(issuer ‖ patient ‖ counter)` as the interface says.
fn salt(counter: u64) -> B256 {
    keccak256(
        [
            CLINIC.as_slice(),
            PATIENT.as_slice(),
            &U256::from(counter).to_be_bytes::<32>(),
        ]
        .concat(),
    )
}

/// EIP-1167 init code and the code it returns.
fn clone_code() -> Vec<u8> {
    let head = hex!("3d602d80600a3d3981f3 363d3d373d3d3d363d73");
    [
        &head[..],
        IMPLEMENTATION.as_slice(),
        &hex!("5af43d82803e903d91602b57fd5bf3"),
    ]
    .concat()
}

fn ready() -> World {
    let mut world = World::attested();
    world
        .vm
        .set_code(IMPLEMENTATION, [0xef, 0xf0, 0, 0, 1].into());
    world
        .call(
            OWNER,
            &abi::setPortImplementationCall {
                implementation: IMPLEMENTATION,
            },
        )
        .unwrap();
    world.logs();
    world
}

fn initialize() -> Vec<u8> {
    IPatientPort::initializeCall {
        issuer: CLINIC,
        patient: PATIENT,
    }
    .abi_encode()
}

#[test]
fn a_verified_provider_issues_ports_under_fresh_salts() {
    let mut world = ready();
    let second = Address::repeat_byte(0xab);
    for (counter, port) in [(0, PORT), (1, second)] {
        world
            .vm
            .mock_deploy(clone_code(), Some(salt(counter)), Ok(port));
        // A clone that is not initialised would not be reported.
        world
            .vm
            .mock_call(port, initialize(), U256::ZERO, Ok(Vec::new()));
        assert_eq!(
            world
                .call(CLINIC, &abi::issueCall { patient: PATIENT })
                .unwrap(),
            port
        );
        let issued = abi::PortIssued {
            port,
            issuer: CLINIC,
            patient: PATIENT,
            implementation: IMPLEMENTATION,
        };
        assert_eq!(world.logs(), [log(&issued)]);
        assert!(
            world
                .call(STRANGER, &abi::isPortCall { account: port })
                .unwrap()
        );
    }
    assert!(
        !world
            .call(STRANGER, &abi::isPortCall { account: STRANGER })
            .unwrap()
    );
}

#[test]
fn only_verified_providers_issue() {
    let mut world = ready();
    let call = abi::issueCall { patient: PATIENT };
    for caller in [STRANGER, LAB, OWNER] {
        world.refuses(caller, &call, &abi::UnverifiedProvider { provider: caller });
    }
    let nobody = abi::issueCall {
        patient: Address::ZERO,
    };
    world.refuses(
        CLINIC,
        &nobody,
        &abi::InvalidPatient {
            patient: Address::ZERO,
        },
    );
    world.wait(365 * DAY);
    world.refuses(CLINIC, &call, &abi::UnverifiedProvider { provider: CLINIC });
}

#[test]
fn issuing_needs_an_implementation() {
    let mut world = World::attested();
    world.refuses(
        CLINIC,
        &abi::issueCall { patient: PATIENT },
        &abi::ImplementationNotSet {},
    );
}

#[test]
fn a_port_that_cannot_be_created_or_initialised_is_not_issued() {
    let mut world = ready();
    let call = abi::issueCall { patient: PATIENT };
    world.refuses(
        CLINIC,
        &call,
        &abi::IssueFailed {
            port: Address::ZERO,
        },
    );
    world.vm.mock_deploy(clone_code(), Some(salt(0)), Ok(PORT));
    world
        .vm
        .mock_call(PORT, initialize(), U256::ZERO, Err(Vec::new()));
    world.refuses(CLINIC, &call, &abi::IssueFailed { port: PORT });
    assert!(
        !world
            .call(STRANGER, &abi::isPortCall { account: PORT })
            .unwrap()
    );
}
