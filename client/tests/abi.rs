//! `docs/abi`: the interfaces as JSON, for tools that do not read Solidity.
//!
//! The files are what alloy makes of the interfaces' source, which is also what the contracts print as their own
//! (`cargo stylus export-abi`). `UPDATE_DOCS=1 cargo test -p patientport-client --test abi` writes them anew.

use alloy::{
    json_abi::{InternalType, JsonAbi, Param, StateMutability},
    sol_types::{SolInterface as _, SolStruct},
};
use patientport_abi::{
    IPatientPort::{self, IPatientPortCalls, IPatientPortErrors, IPatientPortEvents},
    IRegistry::{self, IRegistryCalls, IRegistryErrors, IRegistryEvents},
};
use std::{collections::BTreeSet, fs, path::PathBuf};

#[allow(
    clippy::all,
    clippy::pedantic,
    missing_docs,
    unreachable_pub,
    reason = "generated code"
)]
mod source {
    alloy::sol!(
        #[sol(abi)]
        "../contracts/abi/abi/IRegistry.sol"
    );
    alloy::sol!(
        #[sol(abi)]
        "../contracts/abi/abi/IPatientPort.sol"
    );
}

/// A struct with its members, as EIP-712 writes it: the one form in which alloy tells their names.
fn written<S: SolStruct>() -> String {
    S::eip712_root_type().into_owned()
}

/// The files, with what they have to say.
fn interfaces() -> [(&'static str, JsonAbi); 2] {
    let registry = [
        written::<IRegistry::Provider>(),
        written::<IRegistry::Attester>(),
    ];
    let port = [
        written::<IPatientPort::Sealed>(),
        written::<IPatientPort::Rotation>(),
        written::<IPatientPort::PortInfo>(),
        written::<IPatientPort::SectionKey>(),
        written::<IPatientPort::Record>(),
        written::<IPatientPort::Request>(),
        written::<IPatientPort::Access>(),
        written::<IPatientPort::Delegate>(),
        written::<IPatientPort::Responder>(),
        written::<IPatientPort::Holder>(),
        written::<IPatientPort::Custodian>(),
    ];
    let registry = with_types(source::IRegistry::abi::contract(), "IRegistry", &registry);
    let port = with_types(source::IPatientPort::abi::contract(), "IPatientPort", &port);
    [("registry.json", registry), ("patientport.json", port)]
}

/// The ABI with what a compiler says besides: which struct a tuple is.
fn with_types(mut abi: JsonAbi, contract: &str, structs: &[String]) -> JsonAbi {
    for function in abi.functions.values_mut().flatten() {
        for parameter in function.inputs.iter_mut().chain(&mut function.outputs) {
            name_type(parameter, contract, structs);
        }
    }
    for error in abi.errors.values_mut().flatten() {
        for parameter in &mut error.inputs {
            name_type(parameter, contract, structs);
        }
    }
    for parameter in abi
        .events
        .values_mut()
        .flatten()
        .flat_map(|it| &mut it.inputs)
    {
        let ty = parameter.ty.clone();
        parameter.internal_type = Some(InternalType::Other { contract: None, ty });
    }
    abi
}

/// Sets the type of a parameter as the source has it, and gives it.
fn name_type(parameter: &mut Param, contract: &str, structs: &[String]) -> String {
    let Some(suffix) = parameter.ty.strip_prefix("tuple").map(ToOwned::to_owned) else {
        let ty = parameter.ty.clone();
        parameter.internal_type = Some(InternalType::Other {
            contract: None,
            ty: ty.clone(),
        });
        return ty;
    };
    let members: Vec<_> = parameter
        .components
        .iter_mut()
        .map(|it| format!("{} {}", name_type(it, contract, structs), it.name))
        .collect();
    let members = format!("({})", members.join(","));
    let name = structs.iter().find_map(|it| it.strip_suffix(&members));
    let name = name.unwrap_or_else(|| panic!("no struct listed here has the members {members}"));
    let ty = format!("{name}{suffix}");
    parameter.internal_type = Some(InternalType::Struct {
        contract: Some(contract.to_owned()),
        ty: ty.clone(),
    });
    ty
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/abi")
        .join(name)
}

#[test]
fn the_files_are_what_the_interfaces_source_says() {
    for (name, abi) in interfaces() {
        let text = serde_json::to_string_pretty(&abi).expect("an ABI is plain data") + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(path(name), &text).expect("docs/abi is writable");
        }
        let kept = fs::read_to_string(path(name)).unwrap_or_default();
        assert!(
            kept == text,
            "docs/abi/{name} is not what the interface says: UPDATE_DOCS=1 writes it anew"
        );
    }
}

fn selectors(abi: &JsonAbi) -> BTreeSet<[u8; 4]> {
    abi.functions().map(|it| it.selector().0).collect()
}

fn errors(abi: &JsonAbi) -> BTreeSet<[u8; 4]> {
    abi.errors().map(|it| it.selector().0).collect()
}

fn topics(abi: &JsonAbi) -> BTreeSet<[u8; 32]> {
    abi.events().map(|it| it.selector().0).collect()
}

/// The types that contracts, core and client are compiled with. The contracts' own tests hold their routers, events and
/// errors against the same sets, and `tests/ethers` meets them on a chain.
#[test]
fn the_files_name_what_the_contracts_answer_say_and_refuse_with() {
    let [(_, registry), (_, port)] = interfaces();
    assert_eq!(selectors(&registry), IRegistryCalls::selectors().collect());
    assert_eq!(errors(&registry), IRegistryErrors::selectors().collect());
    let events = IRegistryEvents::SELECTORS.iter().copied();
    assert_eq!(topics(&registry), events.collect());
    assert_eq!(selectors(&port), IPatientPortCalls::selectors().collect());
    assert_eq!(errors(&port), IPatientPortErrors::selectors().collect());
    let events = IPatientPortEvents::SELECTORS.iter().copied();
    assert_eq!(topics(&port), events.collect());
}

/// Selectors know types and nothing else; whoever reads a file needs names, and who changes something.
#[test]
fn the_files_carry_names_and_mutability() {
    for (_, abi) in interfaces() {
        assert!(abi.constructor.is_none() && abi.fallback.is_none() && abi.receive.is_none());
        let functions = abi.functions().flat_map(|it| &it.inputs);
        let fields = abi.errors().flat_map(|it| &it.inputs).chain(functions);
        let events = abi.events().flat_map(|it| &it.inputs).map(|it| &it.name);
        assert!(
            fields
                .map(|it| &it.name)
                .chain(events)
                .all(|it| !it.is_empty())
        );
        assert!(abi.events().all(|it| !it.anonymous));
    }
    let [_, (_, port)] = interfaces();
    let function = |name| &port.function(name).expect("a function of the port")[0];
    assert_eq!(function("info").state_mutability, StateMutability::View);
    assert_eq!(
        function("approve").state_mutability,
        StateMutability::NonPayable
    );
    let rotation = &function("rotate").inputs[0];
    let sealed = &rotation.components[5];
    let types = [rotation, sealed].map(|it| it.internal_type().map(ToString::to_string));
    assert_eq!(
        types.map(Option::unwrap_or_default),
        [
            "struct IPatientPort.Rotation",
            "struct IPatientPort.Sealed[]"
        ]
    );
}
