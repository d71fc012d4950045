//! Issuing ports and recognising them.

use super::*;

fn is_port(world: &mut World, account: Address) -> bool {
    world.call(STRANGER, &abi::isPortCall { account }).unwrap()
}

#[test]
fn a_verified_provider_issues_ports_that_differ_by_their_number() {
    let mut world = World::ready();
    let ports: Vec<_> = (1..=2)
        .map(|number| {
            let port = world.issue(IMPLEMENTATION, number);
            let issued = abi::PortIssued {
                port,
                issuer: CLINIC,
                patient: PATIENT,
                implementation: IMPLEMENTATION,
            };
            assert_eq!(world.logs(), [log(&issued)]);
            port
        })
        .collect();
    assert_ne!(ports[0], ports[1]);
}

#[test]
fn only_verified_providers_issue() {
    let mut world = World::ready();
    let call = abi::issueCall { patient: PATIENT };
    for caller in [STRANGER, LAB, OWNER, ATTESTER] {
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
fn suspended_and_retired_providers_issue_nothing() {
    let mut world = World::ready();
    let call = abi::issueCall { patient: PATIENT };
    let unverified = abi::UnverifiedProvider { provider: CLINIC };
    world
        .call(ATTESTER, &abi::suspendCall { provider: CLINIC })
        .unwrap();
    world.logs();
    world.refuses(CLINIC, &call, &unverified);
    world.call(CLINIC, &abi::retireCall {}).unwrap();
    world.logs();
    world.refuses(CLINIC, &call, &unverified);
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
fn a_port_that_cannot_be_created_is_not_issued_or_counted() {
    let mut world = World::ready();
    let port = address_of(&port_code(REGISTRY, IMPLEMENTATION, 1));
    world.refuses(
        CLINIC,
        &abi::issueCall { patient: PATIENT },
        &abi::IssueFailed { port },
    );
    assert!(!is_port(&mut world, port));
    assert_eq!(world.issue(IMPLEMENTATION, 1), port);
}

#[test]
fn the_count_of_ports_goes_on_under_another_implementation() {
    let mut world = World::ready();
    let first = world.issue(IMPLEMENTATION, 1);
    let other = Address::repeat_byte(0xcd);
    world.set_implementation(other);
    let second = world.issue(other, 2);
    // What was issued before stays genuine.
    assert!(is_port(&mut world, first));
    assert!(is_port(&mut world, second));
}

#[test]
fn the_last_number_is_given_once() {
    let mut world = World::ready();
    let mut stored = world.word(0, &[2]);
    stored.0[20..24].copy_from_slice(&(u32::MAX - 1).to_be_bytes());
    world.vm.set_storage(slot(0, &[2]), stored);
    let last = world.issue(IMPLEMENTATION, u32::MAX);
    world.logs();
    assert!(is_port(&mut world, last));
    world.refuses(
        CLINIC,
        &abi::issueCall { patient: PATIENT },
        &abi::TooManyPorts {},
    );
}

#[test]
fn a_port_is_known_by_its_code_and_address() {
    let mut world = World::ready();
    let port = world.issue(IMPLEMENTATION, 1);
    assert!(is_port(&mut world, port));
    // Nothing in storage says so: it is no matter who is verified now.
    world.call(CLINIC, &abi::retireCall {}).unwrap();
    assert!(is_port(&mut world, port));

    // Accounts without code, the implementation, the registry.
    for account in [Address::ZERO, STRANGER, CLINIC, IMPLEMENTATION, REGISTRY] {
        assert!(!is_port(&mut world, account), "{account}");
    }
    // The same code elsewhere.
    let code = port_code(REGISTRY, IMPLEMENTATION, 1);
    world.vm.set_code(STRANGER, code.clone());
    assert!(!is_port(&mut world, STRANGER));
    // A port of another registry, at the address that one creates it at.
    let foreign = Address::repeat_byte(0xed);
    let foreign_code = port_code(foreign, IMPLEMENTATION, 1);
    let foreign_port = foreign.create2_from_code(B256::ZERO, init_code(&foreign_code));
    world.vm.set_code(foreign_port, foreign_code.clone());
    assert!(!is_port(&mut world, foreign_port));
    // Code that names another registry at an address of this one, which nobody can bring about.
    let impossible = address_of(&foreign_code);
    world.vm.set_code(impossible, foreign_code);
    assert!(!is_port(&mut world, impossible));
    // A salt other than zero.
    let salted = REGISTRY.create2_from_code(B256::with_last_byte(1), init_code(&code));
    world.vm.set_code(salted, code);
    assert!(!is_port(&mut world, salted));
}

#[test]
fn any_other_byte_in_the_code_makes_it_no_port() {
    let mut world = World::ready();
    let port = world.issue(IMPLEMENTATION, 1);
    let code = port_code(REGISTRY, IMPLEMENTATION, 1);
    for at in 0..code.len() {
        let mut other = code.clone();
        other[at] ^= 1;
        world.vm.set_code(port, other);
        assert!(!is_port(&mut world, port), "byte {at}");
    }
}

#[test]
fn code_of_another_length_is_no_port() {
    let mut world = World::ready();
    let code = port_code(REGISTRY, IMPLEMENTATION, 1);
    let shorter = code[..108].to_vec();
    let longer = [&code[..], &[0]].concat();
    for code in [shorter, longer, code[..45].to_vec()] {
        // At the address such code would be created at, and at the port's own.
        for account in [
            address_of(&code),
            address_of(&port_code(REGISTRY, IMPLEMENTATION, 1)),
        ] {
            world.vm.set_code(account, code.clone());
            assert!(!is_port(&mut world, account), "{} bytes", code.len());
        }
    }
}
