//! A port's events, in the order in which they happened, compared with the port's own account of them.
//!
//! The port folds every event and its time into one word, its history head. So a node cannot leave out, alter,
//! reorder or backdate an event of a port without changing that word as well: what is read here was checked against
//! the head that the node shows, and what does not fit is [`Error::HistoryMismatch`]. A node that invents a head that
//! fits its lies is not found out by this; an authentic head, seen before or elsewhere, would.

mod cache;
mod read;
mod segment;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use alloy::primitives::{B256, FixedBytesSliceExt as _, Keccak256, LogData, U256};
use alloy::sol_types::SolEventInterface;
use patientport_core::abi::IPatientPort::IPatientPortEvents;

use crate::chain::Emitted;
use crate::error::{Error, Result};
use crate::port::Port;
use crate::units::Timestamp;

pub use cache::{HistoryCache, Place, Unfit};
pub(crate) use read::Kept;
pub(crate) use segment::RawEvent;
use segment::Segment;

/// How often a history that does not fit is read: the nodes behind one URL may not all be at the same block.
const ATTEMPTS: u32 = 3;
/// Wait between two attempts.
const PAUSE: Duration = Duration::from_millis(250);

/// What a port's events come to, as the port stores it.
///
/// | offset | length | content |
/// |---|---|---|
/// | 0 | 5 | number of events, big-endian |
/// | 5 | 27 | the last bytes of keccak256(head before ‖ number of topics ‖ topics ‖ length of data ‖ data ‖ time) |
///
/// Numbers and times within are words of 32 bytes; the head before the first event is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Head(B256);

impl Head {
    /// As the port shows it.
    pub const fn from_word(word: B256) -> Self {
        Self(word)
    }

    /// As the port shows it.
    pub const fn word(self) -> B256 {
        self.0
    }

    /// The number of events.
    pub fn length(self) -> u64 {
        self.0[..5]
            .iter()
            .fold(0, |length, byte| length << 8 | u64::from(*byte))
    }

    /// The head after one more event, emitted in a block of that time.
    #[must_use]
    pub fn folded(self, event: &LogData, time: Timestamp) -> Self {
        self.fold(event.topics().as_flattened(), &event.data, time)
    }

    /// As [`Self::folded`]; `topics` are the topics one after the other.
    fn fold(self, topics: &[u8], data: &[u8], time: Timestamp) -> Self {
        let word = |number: u64| U256::from(number).to_be_bytes::<32>();
        let mut hasher = Keccak256::new();
        hasher.update(self.0);
        hasher.update(word((topics.len() / 32) as u64));
        hasher.update(topics);
        hasher.update(word(data.len() as u64));
        hasher.update(data);
        hasher.update(word(time.0));
        let mut head = hasher.finalize();
        let length = self.length().wrapping_add(1).to_be_bytes();
        head[..5].copy_from_slice(&length[3..]);
        Self(head)
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One event of a port.
#[derive(Clone, Debug)]
pub struct PortEvent {
    /// Where.
    pub emitted: Emitted,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub event: IPatientPortEvents,
}

/// Everything that happened at a port, as far as its head goes.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Each begins where the one before ends; only the last may have room for more.
    segments: Vec<Arc<Segment>>,
    /// The events in types, once somebody wants all of them.
    events: OnceLock<Vec<PortEvent>>,
}

impl History {
    /// The head that all this comes to.
    pub fn head(&self) -> Head {
        self.segments
            .last()
            .map(|last| last.after())
            .unwrap_or_default()
    }

    /// The events, oldest first. Events of a kind not known here are in the head and not in the list.
    pub fn events(&self) -> &[PortEvent] {
        self.events
            .get_or_init(|| self.raw().filter_map(typed).collect())
    }

    /// The events of some kinds, oldest first, told apart by their signatures: a long history is mostly of the others.
    pub(crate) fn events_of(
        &self,
        signatures: &[B256],
    ) -> impl DoubleEndedIterator<Item = PortEvent> {
        self.raw()
            .filter(|event| event.topic(0).is_some_and(|it| signatures.contains(&it)))
            .filter_map(typed)
    }

    /// What happened, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &IPatientPortEvents> {
        self.events().iter().map(|it| &it.event)
    }

    /// The events as the log tells them, each with its place in this history.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = ((usize, usize), RawEvent<'_>)> {
        self.segments
            .iter()
            .enumerate()
            .flat_map(|(number, segment)| {
                segment
                    .events()
                    .enumerate()
                    .map(move |(index, event)| ((number, index), event))
            })
    }

    /// The event at a place that [`Self::numbered`] named.
    pub(crate) fn at(&self, (segment, index): (usize, usize)) -> RawEvent<'_> {
        self.segments[segment].event(index)
    }

    fn raw(&self) -> impl DoubleEndedIterator<Item = RawEvent<'_>> {
        self.segments.iter().flat_map(|segment| segment.events())
    }

    /// The last event that is in the head, whatever its kind.
    fn last(&self) -> Option<RawEvent<'_>> {
        self.segments.last()?.last()
    }
}

/// An event in types; `None` if it is of a kind not known here.
fn typed(event: RawEvent<'_>) -> Option<PortEvent> {
    let topics: Vec<B256> = event.topics().collect();
    let typed = IPatientPortEvents::decode_raw_log(&topics, event.data).ok()?;
    Some(PortEvent {
        emitted: event.emitted,
        at: event.at,
        event: typed,
    })
}

/// All events of a port so far, checked against its head. What was read before through the same [`Port`], or a clone
/// of it, is not read again; nor is what its [`HistoryCache`] holds.
///
/// # Errors
/// [`Error::HistoryMismatch`] if the node's log and the port's head do not fit together; those of reading log, head
/// and blocks.
pub async fn history(port: &Port) -> Result<Arc<History>> {
    let mut kept = port.kept_history().lock().await;
    kept.load(port).await;
    for attempt in 1.. {
        // The head first: whatever happens meanwhile is only longer than it.
        let head = port.history_head().await?;
        let Err(found) = kept.read(port, head).await? else {
            break;
        };
        if attempt == ATTEMPTS {
            return Err(Error::HistoryMismatch {
                port: port.address(),
                counted: head.length(),
                found,
            });
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(kept.history())
}

#[cfg(test)]
mod tests;
