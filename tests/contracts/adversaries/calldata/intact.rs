//! Calls as they should be.

use alloy_primitives::Bytes;
use alloy_sol_types::SolCall as _;
use patientport_abi::IPatientPort as abi;

use super::Twin;
use crate::world::{DAY, Person, account, calls, calls::Grant};

impl Twin {
    /// A call of every function with arguments that is done as it stands, and by whom.
    pub(super) fn calls(&self) -> Vec<(&'static str, Vec<u8>)> {
        let until = self.world.chain.now() + DAY;
        let message = || Bytes::from_static(b"a message of more than thirty-two bytes");
        let rotation = |sections, epoch| abi::Rotation {
            parities: sections & 1,
            links: message(),
            sealed_: vec![calls::sealed("patient"), calls::sealed("carer")],
            ..calls::rotation(sections, epoch)
        };
        let reader = account("reader");
        let signed = calls::custodian(1, "custodian").abi_encode();
        let patient = Person::named("patient");
        let execute = self.world.signed(self.port.address, &patient, signed);
        vec![
            ("patient", setting_key(rotation(0b11, 1)).abi_encode()),
            ("patient", calls::transfer(account("carer")).abi_encode()),
            (
                "patient",
                abi::setPrimaryCareCall {
                    provider: account("clinic"),
                }
                .abi_encode(),
            ),
            (
                "patient",
                abi::rotateCall {
                    rotation: rotation(0b11, 1),
                }
                .abi_encode(),
            ),
            ("patient", resealing().abi_encode()),
            ("patient", calls::add(0, 1, 9).abi_encode()),
            ("patient", superseding().abi_encode()),
            (
                "patient",
                abi::retractCall {
                    recordId: 1,
                    reason: 2,
                }
                .abi_encode(),
            ),
            ("patient", publishing(message()).abi_encode()),
            ("patient", sharing(message()).abi_encode()),
            (
                "primary",
                abi::requestCall {
                    recipient: account("clinic"),
                    message: message(),
                }
                .abi_encode(),
            ),
            (
                "clinic",
                abi::cancelCall {
                    requestId: self.request(),
                }
                .abi_encode(),
            ),
            ("carer", denying(self.request(), message()).abi_encode()),
            (
                "patient",
                abi::setBlockedCall {
                    requester: reader,
                    blocked: true,
                }
                .abi_encode(),
            ),
            (
                "carer",
                Grant::of(0b11, 1, until)
                    .approving(self.request(), "clinic")
                    .abi_encode(),
            ),
            (
                "patient",
                Grant::of(0b10_0011, 1, until).to("clinic").abi_encode(),
            ),
            ("carer", revoking(rotation(0b11, 1)).abi_encode()),
            ("patient", delegating(until, rotation(0b10, 1)).abi_encode()),
            ("patient", calls::custodian(2, "heir").abi_encode()),
            ("patient", calls::arm("clinic", 3, 60, 600).abi_encode()),
            (
                "carer",
                abi::setPackageCall {
                    responder: account("armed"),
                    package: calls::key("p"),
                }
                .abi_encode(),
            ),
            (
                "armed",
                abi::breakGlassCall { message: message() }.abi_encode(),
            ),
            (
                "carer",
                abi::vetoCall {
                    responder: account("pending"),
                }
                .abi_encode(),
            ),
            (
                "custodian",
                abi::releaseCall {
                    responder: account("open"),
                    message: message(),
                }
                .abi_encode(),
            ),
            ("clinic", execute.abi_encode()),
            (
                "clinic",
                abi::sectionKeysCall {
                    sections: 0b10_0011,
                }
                .abi_encode(),
            ),
            ("clinic", abi::recordCall { recordId: 1 }.abi_encode()),
            (
                "clinic",
                abi::recordsCall { from: 1, limit: 5 }.abi_encode(),
            ),
            ("clinic", abi::getRequestCall { requestId: 1 }.abi_encode()),
            (
                "clinic",
                abi::requestsCall { from: 1, limit: 5 }.abi_encode(),
            ),
            (
                "clinic",
                abi::isBlockedCall { requester: reader }.abi_encode(),
            ),
            (
                "clinic",
                abi::holdersCall { from: 0, limit: 3 }.abi_encode(),
            ),
            ("clinic", abi::holderOfCall { account: reader }.abi_encode()),
            ("clinic", abi::accessOfCall { reader }.abi_encode()),
            (
                "clinic",
                abi::hasAccessCall { reader, section: 0 }.abi_encode(),
            ),
            (
                "clinic",
                abi::supportsInterfaceCall {
                    interfaceId: [1, 0xff, 0xc9, 0xa7].into(),
                }
                .abi_encode(),
            ),
        ]
    }
}

pub(super) fn setting_key(rotation: abi::Rotation) -> abi::setEncryptionKeyCall {
    abi::setEncryptionKeyCall {
        keyX: calls::key("new"),
        keyParity: 1,
        rotation,
    }
}

pub(super) fn resealing() -> abi::resealCall {
    abi::resealCall {
        sections: 0b11,
        epochs: vec![1, 1],
        sealed_: vec![calls::sealed("reader"), calls::sealed("open")],
    }
}

pub(super) fn superseding() -> abi::supersedeCall {
    abi::supersedeCall {
        recordId: 1,
        commitment: calls::key("new"),
        epoch: 1,
    }
}

pub(super) fn publishing(data: Bytes) -> abi::publishCall {
    abi::publishCall {
        recordId: 1,
        part: 1,
        piece: 7,
        data,
    }
}

pub(super) fn sharing(message: Bytes) -> abi::shareCall {
    abi::shareCall {
        reader: account("clinic"),
        recordIds: vec![1, 2, 1],
        message,
    }
}

pub(super) fn denying(request: u32, message: Bytes) -> abi::denyCall {
    abi::denyCall {
        requestId: request,
        reason: 3,
        message,
    }
}

pub(super) fn revoking(rotation: abi::Rotation) -> abi::revokeCall {
    abi::revokeCall {
        rotation,
        ..calls::revoke("reader")
    }
}

pub(super) fn delegating(until: u64, rotation: abi::Rotation) -> abi::setDelegateCall {
    abi::setDelegateCall {
        rotation,
        ..calls::delegate("clinic", 9, until)
    }
}
