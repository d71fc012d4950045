//! A run of a port's events as bytes: what a history is made of, and what a cache of histories holds.
//!
//! | offset | length | content |
//! |---|---|---|
//! | 0 | 8 | `pphist`, a zero, the version 1 |
//! | 8 | 8 | chain id |
//! | 16 | 20 | registry |
//! | 36 | 20 | port |
//! | 56 | 32 | head before the first event |
//! | 88 | 32 | head after the last event |
//! | 120 | … | the events |
//!
//! An event: block (8), index within (8), block hash (32), transaction (32), time (8), number of topics (1), length of
//! the data (4), topics, data. Numbers are big-endian.

use std::fmt;

use alloy::primitives::B256;
use alloy::rpc::types::Log;

use super::{Head, Place};
use crate::chain::Emitted;
use crate::units::Timestamp;

const MAGIC: [u8; 8] = *b"pphist\0\x01";
/// Where the events begin.
const HEADER: usize = 120;
const BEFORE: usize = 56;
const AFTER: usize = 88;
/// Length of an event without topics and data.
const FIXED: usize = 93;
/// Topics that an event can have.
const MAX_TOPICS: usize = 4;
/// From this length on, what follows goes into another segment: so much is written anew for one event at most.
pub(super) const FULL: usize = 1 << 20;

/// Where in the chain's log: block and index within.
pub(crate) type Position = (u64, u64);

/// Events of one port that follow each other.
#[derive(Clone)]
pub(super) struct Segment {
    bytes: Vec<u8>,
    /// Where each event begins.
    starts: Vec<usize>,
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("events", &self.starts.len())
            .field("after", &self.after())
            .finish_non_exhaustive()
    }
}

/// One event as the chain's log tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawEvent<'a> {
    pub(crate) emitted: Emitted,
    pub(crate) block_hash: B256,
    pub(crate) at: Timestamp,
    topics: &'a [u8],
    pub(crate) data: &'a [u8],
}

impl<'a> RawEvent<'a> {
    pub(crate) fn position(&self) -> Position {
        (self.emitted.block, self.emitted.index)
    }

    pub(crate) fn topics(&self) -> impl ExactSizeIterator<Item = B256> + use<'a> {
        self.topics.chunks_exact(32).map(B256::from_slice)
    }

    /// A topic, 0 being the event's signature; `None` if there are fewer.
    pub(crate) fn topic(&self, index: usize) -> Option<B256> {
        let topic = self.topics.get(index * 32..(index + 1) * 32)?;
        Some(B256::from_slice(topic))
    }
}

/// Takes numbers and words off the front of bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    fn word(&mut self) -> Option<B256> {
        self.take(32).map(B256::from_slice)
    }

    fn event(&mut self) -> Option<RawEvent<'a>> {
        let (block, index) = (self.number()?, self.number()?);
        let (block_hash, tx) = (self.word()?, self.word()?);
        let at = Timestamp(self.number()?);
        let count = usize::from(*self.take(1)?.first()?);
        let length = u32::from_be_bytes(self.take(4)?.try_into().ok()?);
        if count > MAX_TOPICS {
            return None;
        }
        Some(RawEvent {
            emitted: Emitted { block, index, tx },
            block_hash,
            at,
            topics: self.take(32 * count)?,
            data: self.take(usize::try_from(length).ok()?)?,
        })
    }
}

impl Segment {
    /// No events yet, after those that come to `before`.
    pub(super) fn after_head(place: &Place, before: Head) -> Self {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend(MAGIC);
        bytes.extend(place.chain_id.to_be_bytes());
        bytes.extend(place.registry);
        bytes.extend(place.port);
        bytes.extend(before.word());
        bytes.extend(before.word());
        Self {
            bytes,
            starts: Vec::new(),
        }
    }

    /// Reads what [`Self::bytes`] gave; `None` if it is not that, or of another place. Whether the events come to the
    /// heads that it names is for [`Self::folds`] to say.
    pub(super) fn parse(place: &Place, bytes: Vec<u8>) -> Option<Self> {
        let mut reader = Reader(&bytes);
        let header = reader.take(BEFORE)?;
        if header != &Self::after_head(place, Head::default()).bytes[..BEFORE] {
            return None;
        }
        reader.take(HEADER - BEFORE)?;
        let mut starts = Vec::new();
        let mut last: Option<Position> = None;
        while !reader.0.is_empty() {
            starts.push(bytes.len() - reader.0.len());
            let position = reader.event()?.position();
            if last.is_some_and(|last| position <= last) {
                return None;
            }
            last = Some(position);
        }
        (!starts.is_empty()).then_some(Self { bytes, starts })
    }

    /// Adds an event of the time `at`; `None` if the log does not say where it was emitted, or no log is that long.
    pub(super) fn push(&mut self, log: &Log, at: Timestamp) -> Option<()> {
        let emitted = Emitted::of(log)?;
        let (topics, data) = (log.topics(), &log.inner.data.data);
        let count = u8::try_from(topics.len()).ok()?;
        let length = u32::try_from(data.len()).ok()?;
        let after = self.after().folded(&log.inner.data, at);
        self.starts.push(self.bytes.len());
        self.bytes.reserve(FIXED + 32 * topics.len() + data.len());
        self.bytes.extend(emitted.block.to_be_bytes());
        self.bytes.extend(emitted.index.to_be_bytes());
        self.bytes.extend(log.block_hash.unwrap_or_default());
        self.bytes.extend(emitted.tx);
        self.bytes.extend(at.0.to_be_bytes());
        self.bytes.push(count);
        self.bytes.extend(length.to_be_bytes());
        for topic in topics {
            self.bytes.extend_from_slice(topic.as_slice());
        }
        self.bytes.extend_from_slice(data);
        self.bytes[AFTER..HEADER].copy_from_slice(after.word().as_slice());
        Some(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn head_at(&self, offset: usize) -> Head {
        Head::from_word(B256::from_slice(&self.bytes[offset..offset + 32]))
    }

    /// What the events before the first come to.
    pub(super) fn before(&self) -> Head {
        self.head_at(BEFORE)
    }

    /// What the events up to the last come to.
    pub(super) fn after(&self) -> Head {
        self.head_at(AFTER)
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(super) fn event(&self, index: usize) -> RawEvent<'_> {
        Reader(&self.bytes[self.starts[index]..])
            .event()
            .expect("an event begins at each start")
    }

    pub(super) fn events(&self) -> impl DoubleEndedIterator<Item = RawEvent<'_>> {
        (0..self.len()).map(|index| self.event(index))
    }

    pub(super) fn last(&self) -> Option<RawEvent<'_>> {
        self.len().checked_sub(1).map(|last| self.event(last))
    }

    /// Whether the events lead from the head that it begins with to the one that it ends with.
    pub(super) fn folds(&self) -> bool {
        let fold = |head: Head, event: RawEvent<'_>| head.fold(event.topics, event.data, event.at);
        self.events().fold(self.before(), fold) == self.after()
    }
}
