use alloy::hex;
use alloy::primitives::b256;

use super::*;

fn code(bytes: &[u8]) -> ContractCode {
    ContractCode::new("thing", bytes.to_vec()).unwrap_or_else(|error| panic!("{error}"))
}

fn program() -> ContractCode {
    code(&[0xef, 0xf0, 0x00, 0x00, 0x0b, 0x02, 0x80])
}

#[test]
fn init_code_is_the_prelude_and_the_code() {
    let code = program();
    let expected = hex!(
        "7f0000000000000000000000000000000000000000000000000000000000000007"
        "80602b6000396000f3"
        "00"
        "eff000000b0280"
    );
    assert_eq!(code.init_code()[..], expected);
    // The offset that the prelude copies from is where the code begins.
    assert_eq!(
        usize::from(expected[35]),
        expected.len() - code.code().len()
    );
    let long = self::code(&[&PROGRAM_MAGIC[..], &vec![0; 24_573]].concat());
    assert_eq!(long.init_code().len(), 43 + 24_576);
    assert_eq!(long.init_code()[31..33], [0x60, 0x00]);
}

#[test]
fn what_is_no_program_or_too_long_is_refused() {
    for bytes in [
        &b""[..],
        &[0xef, 0xf0, 0x00],
        &[0xef, 0xf0, 0x00, 0x00],
        &[0xef, 0xf0, 0x01, 0x00, 0x0b],
        b"\0asm\x01\0\0\0",
        &[&PROGRAM_MAGIC[..], &vec![0; 24_574]].concat(),
    ] {
        let result = ContractCode::new("thing", bytes.to_vec());
        assert!(
            matches!(result, Err(Error::Code { .. })),
            "{} bytes",
            bytes.len()
        );
    }
}

#[test]
fn constructor_calls_are_the_selector_and_the_arguments() {
    let owner = Address::repeat_byte(0x11);
    let plan = Plan::new(program(), program(), owner, 0);
    assert_eq!(CONSTRUCTOR, keccak256("stylus_constructor()")[..4]);
    assert_eq!(
        plan.registry_init()[..],
        hex!("5585258d0000000000000000000000001111111111111111111111111111111111111111")
    );
}

#[test]
fn addresses_depend_on_owner_index_code_and_arguments() {
    let owner = Address::repeat_byte(0x11);
    let plan = Plan::new(program(), program(), owner, 0);
    // EIP-1014, by hand.
    let salt = keccak256([plan.salt.as_slice(), &plan.registry_init()].concat());
    let hash = keccak256(program().init_code());
    let preimage = [
        &[0xff][..],
        STYLUS_DEPLOYER.as_slice(),
        salt.as_slice(),
        hash.as_slice(),
    ]
    .concat();
    assert_eq!(
        plan.registry_address(),
        Address::from_slice(&keccak256(preimage)[12..])
    );
    // Nothing is added to the salt of a program without a constructor.
    let salt = keccak256(plan.salt);
    assert_eq!(
        plan.implementation_address(),
        STYLUS_DEPLOYER.create2(salt, hash)
    );
    let mut all = vec![plan.registry_address(), plan.implementation_address()];
    for other in [
        Plan::new(program(), program(), owner, 1),
        Plan::new(program(), program(), Address::repeat_byte(0x12), 0),
    ] {
        all.extend([other.registry_address(), other.implementation_address()]);
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
}

#[test]
fn selectors_are_those_of_the_public_contracts() {
    assert_eq!(IStylusDeployer::deployCall::SELECTOR, hex!("a9a8e4e9"));
    assert_eq!(IArbWasm::activateProgramCall::SELECTOR, hex!("58c780c2"));
}

#[test]
fn a_deployment_under_way_survives_json() {
    let deployment = Deployment {
        chain_id: 412_346,
        owner: Address::repeat_byte(1),
        registry: Some(Address::repeat_byte(2)),
        registry_code_hash: b256!(
            "0101010101010101010101010101010101010101010101010101010101010101"
        ),
        ..Deployment::default()
    };
    let json = serde_json::to_string(&deployment).unwrap_or_default();
    assert_eq!(
        serde_json::from_str::<Deployment>(&json).ok(),
        Some(deployment)
    );
}
