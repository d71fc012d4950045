//! What the port says of itself, shortened for the tests.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use patientport_abi::IPatientPort as abi;

use super::world::*;

impl World {
    pub(crate) fn info(&mut self) -> abi::PortInfo {
        self.view(&abi::infoCall {})
    }

    /// Epoch, key, parity and time of each section of a set.
    pub(crate) fn keys(&mut self, sections: u64) -> Vec<(u32, B256, u8, u64)> {
        self.view(&abi::sectionKeysCall { sections })
            .into_iter()
            .map(|one| (one.epoch, one.keyX, one.keyParity, one.rotatedAt))
            .collect()
    }

    pub(crate) fn record(&mut self, id: u32) -> abi::Record {
        self.view(&abi::recordCall { recordId: id })
    }

    pub(crate) fn request_of(&mut self, id: u32) -> abi::Request {
        self.view(&abi::getRequestCall { requestId: id })
    }

    pub(crate) fn request_state(&mut self, id: u32) -> u8 {
        self.request_of(id).state
    }

    pub(crate) fn holder(&mut self, account: Address) -> abi::Holder {
        let holder = self.view(&abi::holderOfCall { account });
        assert_eq!(
            holder.access,
            self.view(&abi::accessOfCall { reader: account })
        );
        holder
    }

    pub(crate) fn access(&mut self, reader: Address) -> abi::Access {
        self.holder(reader).access
    }

    pub(crate) fn responder(&mut self, account: Address) -> abi::Responder {
        self.holder(account).responder
    }

    /// All holders, in the order of the list.
    pub(crate) fn listed(&mut self) -> Vec<Address> {
        let all = abi::holdersCall {
            from: 0,
            limit: u32::MAX,
        };
        let listed: Vec<_> = self
            .view(&all)
            .iter()
            .map(|one| one.access.reader)
            .collect();
        assert_eq!(self.info().holderCount as usize, listed.len());
        listed
    }

    pub(crate) fn reads(&mut self, reader: Address, section: u8) -> bool {
        self.view(&abi::hasAccessCall { reader, section })
    }
}
