//! One patient's port.

mod calls;
mod code;
mod codes;
mod holder;
mod types;

use std::sync::Arc;

use alloy::primitives::{Address, keccak256};
use alloy::sol_types::{SolCall, SolEvent};
use patientport_core::abi::{IPatientPort, IRegistry};
use patientport_core::limits::{MAX_HOLDERS, MAX_PAGE};
use patientport_core::section::{SectionId, SectionSet};

use crate::chain::{Chain, LogQuery, Transaction};
use tokio::sync::Mutex;

use crate::error::{Error, NotAPortReason, Result};
use crate::history::{Head, HistoryCache, Kept, Place};
use crate::registry::Registry;
use crate::units::Timestamp;

pub use calls::GrantCall;
pub use code::PortCode;
pub use holder::{
    Access, AccessState, DelegateRights, Delegation, Emergency, EmergencyState, Holder,
};
pub use types::{
    DenialReason, PortInfo, RecordEntry, RecordState, RequestEntry, RequestState, RetractionReason,
    RevocationReason, SectionKey,
};

/// A port on a chain, known to be one that its registry issued. Cheap to clone; clones share what was read of its
/// history.
#[derive(Clone, Debug)]
pub struct Port {
    registry: Registry,
    address: Address,
    code: PortCode,
    from_block: u64,
    history: Arc<Mutex<Kept>>,
    cache: Option<Arc<dyn HistoryCache>>,
}

/// First index and length of the pages that cover `count` entries from index `first` on.
fn pages(first: u32, count: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..count)
        .step_by(MAX_PAGE as usize)
        .map(move |done| (first + done, MAX_PAGE.min(count - done)))
}

/// What a port's own code says, after checking that the registry created it: the address is a hash of both.
async fn code_of(registry: &Registry, address: Address) -> Result<PortCode> {
    let not = |reason| Error::NotAPort {
        address,
        registry: registry.address(),
        reason,
    };
    let bytes = registry.chain().code(address).await?;
    if bytes.is_empty() {
        return Err(not(NotAPortReason::NoCode));
    }
    let code = PortCode::parse(&bytes).ok_or(not(NotAPortReason::NotAClone))?;
    if code.registry != registry.address() {
        return Err(not(NotAPortReason::OtherRegistry(code.registry)));
    }
    if code.address() != address {
        return Err(not(NotAPortReason::NotIssued));
    }
    Ok(code)
}

/// What the registry's log says of a port's creation, with the block.
async fn announced(
    registry: &Registry,
    address: Address,
) -> Result<Option<(IRegistry::PortIssued, u64)>> {
    let query = registry
        .events()
        .with_topic(0, [IRegistry::PortIssued::SIGNATURE_HASH])
        .with_topic(1, [address.into_word()]);
    let logs = registry.chain().logs(&query).await?;
    Ok(logs.iter().find_map(|log| {
        let event = IRegistry::PortIssued::decode_log(&log.inner).ok()?;
        Some((event.data, log.block_number?))
    }))
}

impl Port {
    /// The port at `address`, after checking that the registry issued it, that it runs code which the
    /// registry announced, and that everything said about it agrees with its own code.
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
        let code = code_of(registry, address).await?;
        let implementation = code.implementation;
        let code_hash = keccak256(chain.code(implementation).await?);
        let known = registry.announced_implementations().await?;
        if !known.contains(&(implementation, code_hash)) {
            return Err(not(NotAPortReason::OtherImplementation(implementation)));
        }
        let announced = announced(registry, address).await?;
        let agrees = announced.as_ref().is_none_or(|(event, _)| {
            (event.issuer, event.patient, event.implementation)
                == (code.issuer, code.patient, implementation)
        });
        let block = announced.map(|(_, block)| block);
        let port = Self::new(registry, address, code, block);
        let info = port.info().await?;
        let agrees = agrees
            && (info.registry, info.issuer) == (code.registry, code.issuer)
            && (info.claimed || info.patient == code.patient);
        if agrees {
            Ok(port)
        } else {
            Err(not(NotAPortReason::OtherParties))
        }
    }

    /// A port that the caller knows to be genuine, as one that it opened before. The registry is not asked: no
    /// answer of it, or none, keeps a patient from what is the patient's own to do.
    ///
    /// # Errors
    /// [`Error::NotAPort`] if there is no port of the registry at the address.
    pub async fn known(registry: &Registry, address: Address) -> Result<Self> {
        let code = code_of(registry, address).await?;
        let block = announced(registry, address).await?.map(|(_, block)| block);
        Ok(Self::new(registry, address, code, block))
    }

    /// `created` is the block of its creation; the registry's own will do.
    fn new(registry: &Registry, address: Address, code: PortCode, created: Option<u64>) -> Self {
        Self {
            registry: registry.clone(),
            address,
            code,
            from_block: created.unwrap_or(registry.from_block()),
            history: Arc::default(),
            cache: None,
        }
    }

    /// The same port, whose history is kept from run to run.
    #[must_use]
    pub fn with_history_cache(self, cache: Arc<dyn HistoryCache>) -> Self {
        Self {
            cache: Some(cache),
            history: Arc::default(),
            ..self
        }
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

    /// What its own code says: who made it, for whom, and what it runs.
    pub fn code(&self) -> &PortCode {
        &self.code
    }

    /// The code it runs.
    pub fn implementation(&self) -> Address {
        self.code.implementation
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
        self.records_after(0).await
    }

    /// The entries of the records that were added after record `id`, in order.
    pub async fn records_after(&self, id: u32) -> Result<Vec<RecordEntry>> {
        let count = self.info().await?.record_count.saturating_sub(id);
        let mut entries = Vec::new();
        for (from, limit) in pages(id.saturating_add(1), count) {
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
        let entry = match self
            .call(&IPatientPort::getRequestCall { requestId: id })
            .await
        {
            Ok(request) => self.request_entry(id, &request)?,
            Err(error) if error.code() == "request.unknown" => None,
            Err(error) => return Err(error),
        };
        entry.ok_or(Error::UnknownRequest {
            port: self.address,
            id,
        })
    }

    /// All requests, oldest first. Their numbers have gaps where the port lists a holder who did not ask.
    pub async fn requests(&self) -> Result<Vec<RequestEntry>> {
        let last = self.info().await?.last_request;
        let mut entries = Vec::new();
        for (from, limit) in pages(1, last) {
            let call = IPatientPort::requestsCall { from, limit };
            let page = self.page(self.call(&call).await?, limit)?;
            for (id, request) in (from..).zip(&page) {
                entries.extend(self.request_entry(id, request)?);
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

    /// `None` for an entry that lists a holder and is no request.
    fn request_entry(
        &self,
        id: u32,
        request: &IPatientPort::Request,
    ) -> Result<Option<RequestEntry>> {
        if request.state == RequestEntry::LISTED {
            return Ok(None);
        }
        RequestEntry::read(id, request)
            .map(Some)
            .ok_or_else(|| self.chain().invalid_view("a request's state is unknown"))
    }

    /// Everyone who may hold secrets or rights, in no particular order, as it stands at `now` (see [`Chain::now`]).
    /// Who is not among them has neither rights nor the secret of any section's current key.
    pub async fn holders(&self, now: Timestamp) -> Result<Vec<Holder>> {
        const MOST: u32 = MAX_HOLDERS as u32;
        // One more than there can be: a longer list is no port's.
        let call = IPatientPort::holdersCall {
            from: 0,
            limit: MOST + 1,
        };
        let holders = self.chain().call_pending(self.address, &call).await?;
        if holders.len() > MOST as usize {
            return Err(self
                .chain()
                .invalid_view("there are more holders than a port can have"));
        }
        holders
            .iter()
            .map(|holder| self.holder(holder, now))
            .collect()
    }

    /// What an account may do and was given, as it stands at `now` (see [`Chain::now`]).
    pub async fn holder_of(&self, account: Address, now: Timestamp) -> Result<Holder> {
        let call = IPatientPort::holderOfCall { account };
        let holder = self.chain().call_pending(self.address, &call).await?;
        if holder.access.reader != account {
            return Err(self.chain().invalid_view("it is about another account"));
        }
        self.holder(&holder, now)
    }

    fn holder(&self, holder: &IPatientPort::Holder, now: Timestamp) -> Result<Holder> {
        Holder::from_chain(holder, now)
            .ok_or_else(|| self.chain().invalid_view("a holder's state is unknown"))
    }

    /// What an account was granted, as it stands at `now` (see [`Chain::now`]). Whether it is still verified is
    /// the registry's question.
    pub async fn access_of(&self, reader: Address, now: Timestamp) -> Result<Access> {
        let call = IPatientPort::accessOfCall { reader };
        let access = self.chain().call_pending(self.address, &call).await?;
        if access.reader != reader {
            return Err(self.chain().invalid_view("it is about another account"));
        }
        Access::read(&access)
            .map(|access| access.at(now))
            .ok_or_else(|| self.chain().invalid_view("a grant's state is unknown"))
    }

    /// What the port's events so far come to.
    pub async fn history_head(&self) -> Result<Head> {
        let head = self.call(&IPatientPort::historyHeadCall {}).await?;
        Ok(Head::from_word(head))
    }

    /// What was read of the history through this port or its clones.
    pub(crate) fn kept_history(&self) -> &Mutex<Kept> {
        &self.history
    }

    pub(crate) fn history_cache(&self) -> Option<&Arc<dyn HistoryCache>> {
        self.cache.as_ref()
    }

    /// Whose history is kept.
    pub(crate) fn place(&self) -> Place {
        Place {
            chain_id: self.chain().chain_id(),
            registry: self.registry.address(),
            port: self.address,
        }
    }

    /// Whether an account may read a section now, as the patient granted.
    pub async fn has_access(&self, reader: Address, section: SectionId) -> Result<bool> {
        let section = section.get();
        self.call(&IPatientPort::hasAccessCall { reader, section })
            .await
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
    use super::*;

    #[test]
    fn pages_cover_every_entry_once() {
        assert_eq!(pages(1, 0).count(), 0);
        assert_eq!(pages(1, 100).collect::<Vec<_>>(), [(1, 100)]);
        assert_eq!(
            pages(1, 201).collect::<Vec<_>>(),
            [(1, 100), (101, 100), (201, 1)]
        );
    }
}
