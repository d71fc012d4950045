//! A port's events, in the order in which they happened, compared with the port's own account of them.
//!
//! The port folds every event and its time into one word, its history head. So a node cannot leave out, alter,
//! reorder or backdate an event of a port without changing that word as well: what is read here was checked against
//! the head that the node shows, and what does not fit is [`Error::HistoryMismatch`]. A node that invents a head that
//! fits its lies is not found out by this; an authentic head, seen before or elsewhere, would.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{B256, Keccak256, LogData, U256};
use alloy::sol_types::SolEventInterface;
use patientport_core::abi::IPatientPort::IPatientPortEvents;

use crate::chain::Emitted;
use crate::error::{Error, Result};
use crate::port::Port;
use crate::units::Timestamp;

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
        let word = |number: u64| U256::from(number).to_be_bytes::<32>();
        let mut hasher = Keccak256::new();
        hasher.update(self.0);
        hasher.update(word(event.topics().len() as u64));
        for topic in event.topics() {
            hasher.update(topic);
        }
        hasher.update(word(event.data.len() as u64));
        hasher.update(&event.data);
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
    head: Head,
    events: Vec<PortEvent>,
    /// Block and index of the last event that is in the head, whatever its kind.
    last: Option<(u64, u64)>,
}

impl History {
    /// The head that all this comes to.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The events, oldest first. Events of a kind not known here are in the head and not in the list.
    pub fn events(&self) -> &[PortEvent] {
        &self.events
    }

    /// What happened, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &IPatientPortEvents> {
        self.events.iter().map(|it| &it.event)
    }
}

/// Where times of blocks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    /// The events, where they tell it.
    Events,
    /// The blocks: some nodes tell a wrong time with an event.
    Blocks,
}

/// All events of a port so far, checked against its head. What was read before through the same [`Port`], or a clone
/// of it, is not read again.
///
/// # Errors
/// [`Error::HistoryMismatch`] if the node's log and the port's head do not fit together; those of reading log, head
/// and blocks.
pub async fn history(port: &Port) -> Result<Arc<History>> {
    let mut kept = port.kept_history().lock().await;
    let mut times = Times::Events;
    for attempt in 1.. {
        // The head first: whatever happens meanwhile is only longer than it.
        let head = port.history_head().await?;
        let (history, found) = read(port, &kept, head, times).await?;
        if let Some(history) = history {
            *kept = history;
            break;
        }
        *kept = Arc::default();
        if attempt == ATTEMPTS {
            return Err(Error::HistoryMismatch {
                port: port.address(),
                counted: head.length(),
                found,
            });
        }
        times = Times::Blocks;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(Arc::clone(&kept))
}

/// The history up to `head`, or how many events of it were found.
async fn read(
    port: &Port,
    kept: &Arc<History>,
    head: Head,
    times: Times,
) -> Result<(Option<Arc<History>>, u64)> {
    let mut found = 0;
    // What is kept and what came since; if that does not fit, the chain may have been reorganised: all anew.
    for start in [Arc::clone(kept), Arc::default()] {
        if start.head.length() > head.length() {
            continue;
        }
        let is_whole = start.last.is_none();
        let extended = extend(port, start, head.length(), times).await?;
        if extended.head == head {
            return Ok((Some(extended), found));
        }
        found = extended.head.length();
        if is_whole {
            break;
        }
    }
    Ok((None, found))
}

/// Reads on until the history has `length` events, or the log no more.
async fn extend(
    port: &Port,
    start: Arc<History>,
    length: u64,
    times: Times,
) -> Result<Arc<History>> {
    if start.head.length() == length {
        return Ok(start);
    }
    let mut query = port.events();
    if let Some((block, _)) = start.last {
        query.from_block = block;
    }
    let logs = port.chain().logs(&query).await?;
    let mut history = Arc::unwrap_or_clone(start);
    let mut known: BTreeMap<u64, Timestamp> = BTreeMap::new();
    for log in logs {
        let Some(emitted) = Emitted::of(&log) else {
            continue;
        };
        let position = (emitted.block, emitted.index);
        if history.last.is_some_and(|last| position <= last) {
            continue;
        }
        if history.head.length() == length {
            break;
        }
        let told = log.block_timestamp.filter(|_| times == Times::Events);
        let at = match (told, known.get(&emitted.block)) {
            (Some(told), _) => Timestamp(told),
            (None, Some(known)) => *known,
            (None, None) => port.chain().timestamp_of(emitted.block).await?,
        };
        known.insert(emitted.block, at);
        history.head = history.head.folded(&log.inner.data, at);
        history.last = Some(position);
        if let Ok(event) = IPatientPortEvents::decode_log(&log.inner) {
            let event = event.data;
            history.events.push(PortEvent { emitted, at, event });
        }
    }
    Ok(Arc::new(history))
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
