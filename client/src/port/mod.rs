//! One patient's port.

mod types;

use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::sol_types::{SolCall, SolEvent};
use patientport_core::abi::{IPatientPort, IRegistry};
use patientport_core::keys::PublicKey;
use patientport_core::limits::{MAX_PAGE, MAX_READERS};
use patientport_core::section::{SectionId, SectionSet};
use patientport_core::text::Rights;

use crate::chain::{Chain, LogQuery, Transaction};
use crate::error::{Error, NotAPortReason, Result};
use crate::registry::Registry;
use crate::units::Timestamp;

pub use types::{
    Access, AccessState, DenialReason, PortInfo, RecordEntry, RecordState, RequestEntry,
    RequestState, RetractionReason, RevocationReason, SectionKey,
};

/// A port on a chain, known to be one that its registry issued. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Port {
    registry: Registry,
    address: Address,
    from_block: u64,
    implementation: Address,
}

/// What a grant is to be: the arguments that `approve` and `grant` share.
#[derive(Clone, Debug)]
pub struct GrantCall {
    /// The sections.
    pub sections: SectionSet,
    /// Their epochs, ascending by section.
    pub epochs: Vec<u32>,
    /// Until when.
    pub expiry: Timestamp,
    /// To do what.
    pub rights: Rights,
    /// Whether an unverified reader is accepted.
    pub allow_unverified: bool,
    /// The section secrets, sealed to the reader.
    pub message: Vec<u8>,
}

/// First index and length of the pages that cover `count` entries from index `first` on.
fn pages(first: u32, count: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..count)
        .step_by(MAX_PAGE as usize)
        .map(move |done| (first + done, MAX_PAGE.min(count - done)))
}

/// Code of an EIP-1167 minimal clone, before and after the implementation's address.
const CLONE_HEAD: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
const CLONE_TAIL: [u8; 15] = [
    0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3,
];

/// The implementation that a minimal clone (EIP-1167) runs.
pub fn clone_target(code: &[u8]) -> Option<Address> {
    let inner = code.strip_prefix(&CLONE_HEAD)?.strip_suffix(&CLONE_TAIL)?;
    <[u8; 20]>::try_from(inner).ok().map(Address::from)
}

/// The block of a port's creation, from the registry's log; the registry's own if the log tells of none.
async fn created(registry: &Registry, address: Address) -> Result<u64> {
    let query = registry
        .events()
        .with_topic(0, [IRegistry::PortIssued::SIGNATURE_HASH])
        .with_topic(1, [address.into_word()]);
    let logs = registry.chain().logs(&query).await?;
    let created = logs.first().and_then(|log| log.block_number);
    Ok(created.unwrap_or(registry.from_block()))
}

impl Port {
    /// The port at `address`, after checking that the registry issued it and that it runs code which the
    /// registry announced.
    ///
    /// # Errors
    /// [`Error::NotAPort`] with what gave it away.
    pub async fn open(registry: &Registry, address: Address) -> Result<Self> {
        let chain = registry.chain();
        let not = |reason| Error::NotAPort {
            address,
            registry: registry.address(),
            reason,
        };
        let code = chain.code(address).await?;
        if code.is_empty() {
            return Err(not(NotAPortReason::NoCode));
        }
        let implementation = clone_target(&code).ok_or(not(NotAPortReason::NotAClone))?;
        if !registry.is_port(address).await? {
            return Err(not(NotAPortReason::NotIssued));
        }
        let code_hash = keccak256(chain.code(implementation).await?);
        let announced = registry.announced_implementations().await?;
        if !announced.contains(&(implementation, code_hash)) {
            return Err(not(NotAPortReason::OtherImplementation(implementation)));
        }
        let port = Self {
            registry: registry.clone(),
            address,
            from_block: created(registry, address).await?,
            implementation,
        };
        let named = port.info().await?.registry;
        if named != registry.address() {
            return Err(not(NotAPortReason::OtherRegistry(named)));
        }
        Ok(port)
    }

    /// A port that the caller knows to be genuine, as one that it opened before. The registry is not asked: no
    /// answer of it, or none, keeps a patient from what is the patient's own to do.
    ///
    /// # Errors
    /// [`Error::NotAPort`] if there is no clone at the address.
    pub async fn known(registry: &Registry, address: Address) -> Result<Self> {
        let not = |reason| Error::NotAPort {
            address,
            registry: registry.address(),
            reason,
        };
        let code = registry.chain().code(address).await?;
        if code.is_empty() {
            return Err(not(NotAPortReason::NoCode));
        }
        let implementation = clone_target(&code).ok_or(not(NotAPortReason::NotAClone))?;
        Ok(Self {
            registry: registry.clone(),
            address,
            from_block: created(registry, address).await?,
            implementation,
        })
    }

    /// The chain it is on.
    pub fn chain(&self) -> &Chain {
        self.registry.chain()
    }

    /// The registry that issued it.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The code it runs.
    pub fn implementation(&self) -> Address {
        self.implementation
    }

    /// The block of its creation.
    pub fn from_block(&self) -> u64 {
        self.from_block
    }

    // --- reads ---

    /// What the port says about itself.
    pub async fn info(&self) -> Result<PortInfo> {
        let info = self.call(&IPatientPort::infoCall {}).await?;
        Ok(PortInfo::from_chain(&info))
    }

    /// As [`Self::info`], of a port that its patient has accepted.
    ///
    /// # Errors
    /// [`Error::NotClaimed`].
    pub async fn claimed_info(&self) -> Result<PortInfo> {
        let info = self.info().await?;
        if info.claimed {
            Ok(info)
        } else {
            Err(Error::NotClaimed {
                port: self.address,
                patient: info.patient,
            })
        }
    }

    /// The keys of some sections, ascending; sections that are not open are left out.
    pub async fn section_keys(&self, sections: SectionSet) -> Result<Vec<SectionKey>> {
        if sections.is_empty() {
            return Ok(Vec::new());
        }
        let call = IPatientPort::sectionKeysCall {
            sections: sections.bits(),
        };
        let keys = self.call(&call).await?;
        if keys.len() != sections.len() {
            return Err(self
                .chain()
                .invalid_view("there is not one key per section"));
        }
        Ok(sections
            .iter()
            .zip(&keys)
            .filter(|(_, key)| key.epoch != 0)
            .map(|(section, key)| SectionKey::from_chain(section, key))
            .collect())
    }

    /// The keys of all open sections, ascending.
    pub async fn open_sections(&self) -> Result<Vec<SectionKey>> {
        self.section_keys(SectionSet::from_bits(u64::MAX)).await
    }

    /// The key of one section.
    ///
    /// # Errors
    /// [`Error::SectionNotOpen`].
    pub async fn section_key(&self, section: SectionId) -> Result<SectionKey> {
        let keys = self.section_keys(section.into()).await?;
        let not_open = Error::SectionNotOpen {
            port: self.address,
            section: section.get(),
        };
        keys.into_iter().next().ok_or(not_open)
    }

    /// One record's entry.
    ///
    /// # Errors
    /// [`Error::UnknownRecord`].
    pub async fn record(&self, id: u32) -> Result<RecordEntry> {
        match self.call(&IPatientPort::recordCall { recordId: id }).await {
            Ok(record) => self.record_entry(id, &record),
            Err(error) if error.code() == "record.unknown" => Err(Error::UnknownRecord {
                port: self.address,
                id,
            }),
            Err(error) => Err(error),
        }
    }

    /// All records' entries, in the order in which they were added.
    pub async fn records(&self) -> Result<Vec<RecordEntry>> {
        let count = self.info().await?.record_count;
        let mut entries = Vec::new();
        for (from, limit) in pages(1, count) {
            let call = IPatientPort::recordsCall { from, limit };
            let page = self.page(self.call(&call).await?, limit)?;
            for (id, record) in (from..).zip(&page) {
                entries.push(self.record_entry(id, record)?);
            }
        }
        Ok(entries)
    }

    fn record_entry(&self, id: u32, record: &IPatientPort::Record) -> Result<RecordEntry> {
        RecordEntry::from_chain(id, record).ok_or_else(|| {
            self.chain()
                .invalid_view("a record's section or state is unknown")
        })
    }

    /// One request.
    ///
    /// # Errors
    /// [`Error::UnknownRequest`].
    pub async fn request(&self, id: u32) -> Result<RequestEntry> {
        match self
            .call(&IPatientPort::getRequestCall { requestId: id })
            .await
        {
            Ok(request) => self.request_entry(id, &request),
            Err(error) if error.code() == "request.unknown" => Err(Error::UnknownRequest {
                port: self.address,
                id,
            }),
            Err(error) => Err(error),
        }
    }

    /// All requests, oldest first.
    pub async fn requests(&self) -> Result<Vec<RequestEntry>> {
        let count = self.info().await?.request_count;
        let mut entries = Vec::new();
        for (from, limit) in pages(1, count) {
            let call = IPatientPort::requestsCall { from, limit };
            let page = self.page(self.call(&call).await?, limit)?;
            for (id, request) in (from..).zip(&page) {
                entries.push(self.request_entry(id, request)?);
            }
        }
        Ok(entries)
    }

    /// A page of a view, which is never longer than asked for and, below the count, never shorter.
    fn page<T>(&self, page: Vec<T>, asked: u32) -> Result<Vec<T>> {
        if page.len() == asked as usize {
            Ok(page)
        } else {
            Err(self
                .chain()
                .invalid_view("a page has another length than asked for"))
        }
    }

    fn request_entry(&self, id: u32, request: &IPatientPort::Request) -> Result<RequestEntry> {
        RequestEntry::from_chain(id, request)
            .ok_or_else(|| self.chain().invalid_view("a request's state is unknown"))
    }

    /// Everyone who was ever granted access and still matters, in order of their first grant, as it stands at
    /// `now` (see [`Chain::now`]).
    pub async fn readers(&self, now: Timestamp) -> Result<Vec<Access>> {
        /// Live readers and those that hold keys of sections nobody has rotated since.
        const MOST: u32 = MAX_READERS as u32;
        let mut readers = Vec::new();
        for (from, limit) in pages(0, MOST + 1) {
            let call = IPatientPort::readersCall { from, limit };
            let page = self.chain().call_pending(self.address, &call).await?;
            let last = page.len() < limit as usize;
            if page.len() > limit as usize || readers.len() + page.len() > MOST as usize {
                return Err(self
                    .chain()
                    .invalid_view("there are more readers than a port can have"));
            }
            for access in &page {
                readers.push(self.access(access)?.at(now));
            }
            if last {
                break;
            }
        }
        Ok(readers)
    }

    /// What an account was granted, as it stands at `now` (see [`Chain::now`]). Whether it is still verified is
    /// the registry's question.
    pub async fn access_of(&self, reader: Address, now: Timestamp) -> Result<Access> {
        let call = IPatientPort::accessOfCall { reader };
        let access = self.chain().call_pending(self.address, &call).await?;
        self.access(&access).map(|access| access.at(now))
    }

    fn access(&self, access: &IPatientPort::Access) -> Result<Access> {
        Access::from_chain(access)
            .ok_or_else(|| self.chain().invalid_view("a grant's state is unknown"))
    }

    /// Whether an account may read a section now, as the patient granted.
    pub async fn has_access(&self, reader: Address, section: SectionId) -> Result<bool> {
        let section = section.get();
        self.call(&IPatientPort::hasAccessCall { reader, section })
            .await
    }

    // --- writes ---

    /// Accepts the port, publishing the patient's encryption key and first sections.
    pub fn claim(&self, key: &PublicKey, rotation: IPatientPort::Rotation) -> Transaction {
        let (key_x, key_parity) = (key.x(), key.parity());
        self.transaction(&IPatientPort::claimCall {
            keyX: key_x,
            keyParity: key_parity,
            rotation,
        })
    }

    /// New keys for sections; opens sections that are not open.
    pub fn rotate(&self, rotation: IPatientPort::Rotation) -> Transaction {
        self.transaction(&IPatientPort::rotateCall { rotation })
    }

    /// Gives current section secrets to more recipients.
    pub fn reseal(
        &self,
        sections: SectionSet,
        epochs: Vec<u32>,
        messages: Vec<IPatientPort::Sealed>,
    ) -> Transaction {
        let sections = sections.bits();
        self.transaction(&IPatientPort::resealCall {
            sections,
            epochs,
            sealed_: messages,
        })
    }

    /// Commits to a record.
    pub fn add(&self, commitment: B256, section: SectionId, epoch: u32) -> Transaction {
        let section = section.get();
        self.transaction(&IPatientPort::addCall {
            commitment,
            section,
            epoch,
        })
    }

    /// Takes a record back.
    pub fn retract(&self, record: u32, reason: RetractionReason) -> Transaction {
        let reason = reason.code();
        self.transaction(&IPatientPort::retractCall {
            recordId: record,
            reason,
        })
    }

    /// Asks for access on behalf of `recipient`, with a message sealed to the patient.
    pub fn request_access(&self, recipient: Address, message: Vec<u8>) -> Transaction {
        let message = Bytes::from(message);
        self.transaction(&IPatientPort::requestCall { recipient, message })
    }

    /// Takes a request back.
    pub fn cancel(&self, request: u32) -> Transaction {
        self.transaction(&IPatientPort::cancelCall { requestId: request })
    }

    /// Says no to a request, with a message sealed to the requester.
    pub fn deny(&self, request: u32, reason: DenialReason, message: Vec<u8>) -> Transaction {
        let (reason, message) = (reason.code(), message.into());
        self.transaction(&IPatientPort::denyCall {
            requestId: request,
            reason,
            message,
        })
    }

    /// Grants to `reader`, for whom the request asks.
    pub fn approve(&self, request: u32, reader: Address, grant: GrantCall) -> Transaction {
        self.transaction(&IPatientPort::approveCall {
            requestId: request,
            reader,
            sections: grant.sections.bits(),
            epochs: grant.epochs,
            expiry: grant.expiry.0,
            rights: grant.rights.bits(),
            allowUnverified: grant.allow_unverified,
            message: grant.message.into(),
        })
    }

    /// Grants without having been asked.
    pub fn grant(&self, reader: Address, grant: GrantCall) -> Transaction {
        self.transaction(&IPatientPort::grantCall {
            reader,
            sections: grant.sections.bits(),
            epochs: grant.epochs,
            expiry: grant.expiry.0,
            rights: grant.rights.bits(),
            allowUnverified: grant.allow_unverified,
            message: grant.message.into(),
        })
    }

    /// Ends a reader's access and rotates sections in the same transaction.
    pub fn revoke(
        &self,
        reader: Address,
        reason: RevocationReason,
        rotation: IPatientPort::Rotation,
    ) -> Transaction {
        let reason = reason.code();
        self.transaction(&IPatientPort::revokeCall {
            reader,
            reason,
            rotation,
        })
    }

    pub(crate) fn events(&self) -> LogQuery {
        LogQuery::of(self.address, self.from_block)
    }

    async fn call<C: SolCall>(&self, call: &C) -> Result<C::Return> {
        self.chain().call(self.address, call).await
    }

    fn transaction<C: SolCall>(&self, call: &C) -> Transaction {
        self.chain().transaction(self.address, call)
    }
}

#[cfg(test)]
mod tests {
    use alloy::hex;

    use super::*;

    #[test]
    fn pages_cover_every_entry_once() {
        assert_eq!(pages(1, 0).count(), 0);
        assert_eq!(pages(1, 100).collect::<Vec<_>>(), [(1, 100)]);
        assert_eq!(
            pages(1, 201).collect::<Vec<_>>(),
            [(1, 100), (101, 100), (201, 1)]
        );
        assert_eq!(pages(0, 129).collect::<Vec<_>>(), [(0, 100), (100, 29)]);
    }

    #[test]
    fn the_target_of_a_minimal_clone_is_read_and_nothing_else() {
        // The example of EIP-1167.
        let code = hex!(
            "363d3d373d3d3d363d73bebebebebebebebebebebebebebebebebebebebe5af43d82803e903d91602b57fd5bf3"
        );
        assert_eq!(clone_target(&code), Some(Address::repeat_byte(0xbe)));
        for index in (0..10).chain(30..45) {
            let mut altered = code;
            altered[index] ^= 1;
            assert_eq!(clone_target(&altered), None, "byte {index}");
        }
        assert_eq!(clone_target(&code[..44]), None);
        assert_eq!(clone_target(&[code.as_slice(), &[0]].concat()), None);
        assert_eq!(clone_target(&[]), None);
    }
}
