//! The table of the port.

use alloy_primitives::{Address, B256, Bytes, FixedBytes};
use alloy_sol_types::SolCall;
use patientport_abi::IPatientPort::{self as abi, IPatientPortCalls, IPatientPortErrors};

use super::{
    Codes, Differences,
    stage::{Stage, name_of},
    table::Table,
};
use crate::{
    chain::{Answer, Outcome},
    world::{DAY, Person, World, account, calls, calls::Grant},
};

/// Whether a function only looks.
fn is_view(function: &str) -> bool {
    let views = [
        "info",
        "sectionKeys",
        "record",
        "records",
        "requests",
        "isBlocked",
        "holders",
        "holderOf",
        "accessOf",
        "hasAccess",
        "custodians",
        "historyHead",
        "supportsInterface",
        "getRequest",
    ];
    views.contains(&function)
}

/// One use of a function, by somebody.
struct Use<'a> {
    stage: &'a Stage,
    port: Address,
    caller: Address,
    /// Who signs what `execute` runs, and whether the call itself is to be run by another one.
    signer: &'a str,
}

impl Use<'_> {
    fn world(&self) -> &World {
        &self.stage.world
    }

    fn grant(&self) -> Grant {
        Grant::of(1, 1, self.world().chain.now() + DAY)
    }

    /// A record of the caller's own in a section.
    fn own_record(&self, section: u8) -> u32 {
        let record = u32::from(section) + 1;
        self.world().set_author(self.port, record, self.caller);
        record
    }

    fn execute(&self, signer: &str) -> Vec<u8> {
        let info = abi::infoCall {}.abi_encode();
        self.world()
            .signed(self.port, &Person::named(signer), info)
            .abi_encode()
    }

    /// The calldata of a row's function, after what it needs is in place.
    fn calldata(&self, function: &str, use_case: &str) -> Vec<u8> {
        let request = self.stage.request;
        match (function, use_case) {
            ("add", "to section 1") => calls::add(1, 1, 99).abi_encode(),
            ("supersede" | "retract" | "publish", "of its own record") => {
                of_record(function, self.own_record(0))
            }
            ("supersede" | "retract" | "publish", "of its own record in section 1") => {
                of_record(function, self.own_record(1))
            }
            ("supersede" | "retract" | "publish", "of another's record") => of_record(function, 1),
            ("request", "for another provider") => calls::request("other").abi_encode(),
            ("cancel", "of its own request") => {
                cancel(self.world().enter_request(self.port, self.caller))
            }
            ("cancel", "of another's request") => cancel(request),
            ("approve", "to a delegate") => {
                let request = self.world().enter_request(self.port, account("scribe"));
                let grant = self.grant().unverified();
                grant.approving(request, "scribe").abi_encode()
            }
            ("grant", "to a delegate") => self.grant().unverified().to("scribe").abi_encode(),
            ("revoke", "with a rotation") => abi::revokeCall {
                rotation: calls::rotation(1, 1),
                ..calls::revoke("reader")
            }
            .abi_encode(),
            ("execute", "of what the patient signed") => self.execute("patient"),
            ("execute", "of what the caller signed") => self.execute(self.signer),
            (_, "") => self.plain(function),
            other => panic!("nobody knows the use {other:?}"),
        }
    }

    fn plain(&self, function: &str) -> Vec<u8> {
        if is_view(function) {
            return view(function);
        }
        let now = self.world().chain.now();
        let sections = 0b10_0011;
        match function {
            "claim" => calls::claim().abi_encode(),
            "setEncryptionKey" => abi::setEncryptionKeyCall {
                keyX: calls::key("another"),
                keyParity: 0,
                rotation: calls::rotation(sections, 1),
            }
            .abi_encode(),
            "transferOwnership" => calls::transfer(account("visitor")).abi_encode(),
            "acceptOwnership" => abi::acceptOwnershipCall {}.abi_encode(),
            "setPrimaryCare" => abi::setPrimaryCareCall {
                provider: account("other"),
            }
            .abi_encode(),
            "rotate" => abi::rotateCall {
                rotation: calls::rotation(sections, 1),
            }
            .abi_encode(),
            "reseal" => abi::resealCall {
                sections: 1,
                epochs: vec![1],
                sealed_: vec![calls::sealed("reader")],
            }
            .abi_encode(),
            "add" => calls::add(0, 1, 99).abi_encode(),
            "share" => abi::shareCall {
                reader: account("other"),
                recordIds: vec![1, 2],
                message: Bytes::from_static(b"record keys"),
            }
            .abi_encode(),
            "request" => abi::requestCall {
                recipient: self.caller,
                message: Bytes::from_static(b"please"),
            }
            .abi_encode(),
            "deny" => abi::denyCall {
                requestId: self.stage.request,
                reason: 1,
                message: Bytes::new(),
            }
            .abi_encode(),
            "setBlocked" => abi::setBlockedCall {
                requester: account("other"),
                blocked: true,
            }
            .abi_encode(),
            "approve" => self
                .grant()
                .approving(self.stage.request, "other")
                .abi_encode(),
            "grant" => self.grant().to("other").abi_encode(),
            "revoke" => calls::revoke("reader").abi_encode(),
            "setDelegate" => calls::delegate("visitor", 15, now + DAY).abi_encode(),
            "setCustodian" => calls::custodian(2, "visitor").abi_encode(),
            "setResponder" => calls::arm("other", 1, 0, 60).abi_encode(),
            "setPackage" => abi::setPackageCall {
                responder: account("armed"),
                package: B256::repeat_byte(9),
            }
            .abi_encode(),
            "breakGlass" => abi::breakGlassCall {
                message: Bytes::from_static(b"why"),
            }
            .abi_encode(),
            "veto" => abi::vetoCall {
                responder: account("pending"),
            }
            .abi_encode(),
            "release" => abi::releaseCall {
                responder: account("open"),
                message: Bytes::from_static(b"inner layer"),
            }
            .abi_encode(),
            "cancelSignatures" => abi::cancelSignaturesCall {}.abi_encode(),
            other => panic!("nobody knows how `{other}` is called"),
        }
    }
}

fn view(function: &str) -> Vec<u8> {
    let reader = account("reader");
    match function {
        "info" => abi::infoCall {}.abi_encode(),
        "sectionKeys" => abi::sectionKeysCall { sections: u64::MAX }.abi_encode(),
        "record" => abi::recordCall { recordId: 1 }.abi_encode(),
        "records" => abi::recordsCall { from: 1, limit: 9 }.abi_encode(),
        "getRequest" => abi::getRequestCall { requestId: 1 }.abi_encode(),
        "requests" => abi::requestsCall { from: 1, limit: 9 }.abi_encode(),
        "isBlocked" => abi::isBlockedCall { requester: reader }.abi_encode(),
        "holders" => abi::holdersCall { from: 0, limit: 99 }.abi_encode(),
        "holderOf" => abi::holderOfCall { account: reader }.abi_encode(),
        "accessOf" => abi::accessOfCall { reader }.abi_encode(),
        "hasAccess" => abi::hasAccessCall { reader, section: 0 }.abi_encode(),
        "custodians" => abi::custodiansCall {}.abi_encode(),
        "historyHead" => abi::historyHeadCall {}.abi_encode(),
        "supportsInterface" => abi::supportsInterfaceCall {
            interfaceId: FixedBytes([1, 0xff, 0xc9, 0xa7]),
        }
        .abi_encode(),
        other => panic!("`{other}` is no view"),
    }
}

fn of_record(function: &str, record: u32) -> Vec<u8> {
    match function {
        "supersede" => abi::supersedeCall {
            recordId: record,
            commitment: B256::repeat_byte(7),
            epoch: 1,
        }
        .abi_encode(),
        "retract" => abi::retractCall {
            recordId: record,
            reason: 1,
        }
        .abi_encode(),
        "publish" => abi::publishCall {
            recordId: record,
            part: 0,
            piece: 0,
            data: Bytes::from_static(b"ciphertext"),
        }
        .abi_encode(),
        other => panic!("`{other}` is of no record"),
    }
}

fn cancel(request: u32) -> Vec<u8> {
    abi::cancelCall { requestId: request }.abi_encode()
}

/// The call of one cell, made.
fn perform(stage: &Stage, column: &str, function: &str, use_case: &str) -> (Address, Outcome) {
    let signed = column == "Σ";
    let sender = name_of(column);
    let actor = if signed { "patient" } else { sender };
    let unclaimed = column.ends_with('₀');
    let using = Use {
        stage,
        port: if unclaimed {
            stage.unclaimed
        } else {
            stage.port
        },
        caller: account(actor),
        signer: actor,
    };
    // A port that is not claimed has no records and no requests; what is asked for is refused before.
    let mut data = match (unclaimed, function) {
        (true, "record" | "getRequest") => abi::infoCall {}.abi_encode(),
        _ => using.calldata(function, use_case),
    };
    if signed {
        let world = &stage.world;
        let call = world.signed(using.port, &Person::named("patient"), data);
        data = call.abi_encode();
    }
    let outcome = stage.world.chain.send(account(sender), using.port, data);
    (using.caller, outcome)
}

#[test]
fn a_port_answers_everybody_as_the_access_model_says() {
    let table = Table::read("port function");
    let name = |selector: &[u8; 4]| IPatientPortCalls::name_by_selector(*selector);
    let functions = IPatientPortCalls::SELECTORS.iter().filter_map(name);
    table.covers(&functions.collect::<Vec<_>>());
    let codes = Codes::new(
        "port code",
        IPatientPortErrors::SELECTORS,
        IPatientPortErrors::name_by_selector,
    );

    let mut stage = Stage::new();
    let mut differences = Differences::default();
    for row in &table.rows {
        for function in &row.functions {
            for (column, code) in table.columns.iter().zip(&row.cells) {
                stage.reset();
                let (caller, outcome) = perform(&stage, column, function, &row.use_case);
                let accounts = [("caller", caller), ("delegate", account("scribe"))];
                let expected = codes.answer(code, &accounts);
                let cell = format!("{function} {} by {column}", row.use_case);
                differences.compare(&cell, expected.as_ref(), &outcome.answer);
                // What is done leaves an event, what is refused or only looked at leaves none.
                let looks = is_view(function) || function == "execute";
                let done = matches!(outcome.answer, Answer::Returned(_));
                assert_eq!(!outcome.logs.is_empty(), done && !looks, "{cell}");
            }
        }
    }
    differences.none_in(1_200);
}
