//! Primary care.

use super::*;

fn set(provider: Address) -> LogData {
    log(&abi::PrimaryCareSet { provider })
}

fn care(world: &mut World) -> (Address, Address) {
    let info = world.info();
    (info.issuer, info.primaryCare)
}

#[test]
fn primary_care_moves_to_a_verified_provider() {
    let mut world = World::claimed();
    world.asked();
    world.emits(PATIENT, &set_primary_care(OTHER), &[set(OTHER)]);
    let question = IRegistry::isVerifiedCall { account: OTHER }.abi_encode();
    assert_eq!(world.asked(), [(REGISTRY, question)]);
    assert_eq!(care(&mut world), (PRIMARY, OTHER));
    world.refuses(PRIMARY, &add(0, 1), &unauthorized(PRIMARY));
    for section in [0, 1, 5] {
        world.done(OTHER, &add(section, 1));
    }
}

#[test]
fn primary_care_must_be_verified() {
    let mut world = World::claimed();
    let unverified = abi::UnverifiedProvider { provider: STRANGER };
    world.refuses(PATIENT, &set_primary_care(STRANGER), &unverified);
    world.registry_answers(OTHER, Err(()));
    let unavailable = abi::RegistryUnavailable { registry: REGISTRY };
    world.refuses(PATIENT, &set_primary_care(OTHER), &unavailable);
    assert_eq!(care(&mut world), (PRIMARY, PRIMARY));
}

#[test]
fn there_may_be_none() {
    let mut world = World::claimed();
    world.asked();
    let nobody = Address::ZERO;
    world.emits(PATIENT, &set_primary_care(nobody), &[set(nobody)]);
    assert_eq!(world.asked(), []);
    assert_eq!(care(&mut world), (PRIMARY, nobody));
    world.refuses(PRIMARY, &add(0, 1), &unauthorized(PRIMARY));
    world.emits(PATIENT, &set_primary_care(nobody), &[]);
    // The issuer comes back like any other provider.
    world.emits(PATIENT, &set_primary_care(PRIMARY), &[set(PRIMARY)]);
    assert_eq!(care(&mut world), (PRIMARY, PRIMARY));
    world.done(PRIMARY, &add(0, 1));
}

#[test]
fn what_is_primary_care_already_stays_so_silently() {
    let mut world = World::claimed();
    world.asked();
    world.emits(PATIENT, &set_primary_care(PRIMARY), &[]);
    world.does(PATIENT, &set_primary_care(OTHER));
    world.logs();
    world.asked();
    world.emits(PATIENT, &set_primary_care(OTHER), &[]);
    assert_eq!(world.asked(), [], "nothing is asked for nothing");
}

#[test]
fn a_primary_care_that_lost_its_standing_writes_until_it_is_replaced() {
    let mut world = World::claimed();
    world.registry_is_gone();
    world.done(PRIMARY, &add(0, 1));
    assert!(!world.reads(PRIMARY, 0), "writing is not reading");
    world.done(PATIENT, &set_primary_care(Address::ZERO));
    world.refuses(PRIMARY, &retract(1, 1), &unauthorized(PRIMARY));
}

#[test]
fn primary_care_survives_a_new_owner() {
    let mut world = World::claimed();
    world.done(PATIENT, &set_primary_care(OTHER));
    world.done(PATIENT, &transfer(HEIR));
    world.done(HEIR, &accept());
    assert_eq!(care(&mut world), (PRIMARY, OTHER));
    world.done(HEIR, &set_primary_care(Address::ZERO));
    world.refuses(OTHER, &add(0, 1), &unauthorized(OTHER));
}
