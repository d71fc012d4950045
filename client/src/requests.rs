//! A port's requests, as its history tells them: checked against the head like all of it, and read once.

use std::sync::Arc;

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent as _;
use patientport_core::abi::IPatientPort::{
    AccessGranted, RequestCancelled, RequestDenied, RequestMade,
};
use patientport_core::text::RequestText;

use crate::access::open_request;
use crate::error::{Error, Result};
use crate::history::{History, Place, RawEvent, history};
use crate::identity::IdentityKeys;
use crate::port::{Port, RequestEntry, RequestState};
use crate::units::Timestamp;

/// From so many messages on they are opened on all processors: each takes a multiplication on the curve.
const WORTH_THREADS: usize = 32;

/// All requests of a port, by their numbers, which ascend.
#[derive(Clone, Debug)]
pub struct Requests {
    place: Place,
    history: Arc<History>,
    made: Vec<Made>,
}

#[derive(Clone, Copy, Debug)]
struct Made {
    entry: RequestEntry,
    /// The event in the history that tells of it.
    event: (usize, usize),
}

/// The requests of a port as they stand at `now` (see [`Chain::now`](crate::Chain::now)).
///
/// # Errors
/// Those of [`history`].
pub async fn requests(port: &Port, now: Timestamp) -> Result<Requests> {
    let history = history(port).await?;
    Ok(Requests {
        place: port.place(),
        made: made(&history, now),
        history,
    })
}

/// Follows each request from the event that tells of it to its last state.
fn made(history: &History, now: Timestamp) -> Vec<Made> {
    let mut made: Vec<Made> = Vec::new();
    for (place, event) in history.numbered() {
        let answer = match event.topic(0) {
            Some(RequestMade::SIGNATURE_HASH) => {
                made.extend(entry(&event).map(|entry| Made {
                    entry,
                    event: place,
                }));
                continue;
            }
            Some(AccessGranted::SIGNATURE_HASH) => (event.topic(2), RequestState::Approved),
            Some(RequestDenied::SIGNATURE_HASH) => (event.topic(1), RequestState::Denied),
            Some(RequestCancelled::SIGNATURE_HASH) => (event.topic(1), RequestState::Cancelled),
            _ => continue,
        };
        // Number 0 stands for none.
        let place = number(answer.0)
            .and_then(|id| made.binary_search_by_key(&id, |made| made.entry.id).ok());
        if let Some(made) = place.and_then(|place| made.get_mut(place)) {
            made.entry.state = answer.1;
        }
    }
    for Made { entry, .. } in &mut made {
        if entry.state == RequestState::Pending && entry.lapses_at() <= now {
            entry.state = RequestState::Lapsed;
        }
    }
    made
}

fn entry(event: &RawEvent<'_>) -> Option<RequestEntry> {
    Some(RequestEntry {
        id: number(event.topic(1))?,
        requester: Address::from_word(event.topic(2)?),
        recipient: Address::from_word(event.topic(3)?),
        requested_at: event.at,
        state: RequestState::Pending,
    })
}

/// A number in a topic; `None` if no request has it.
fn number(topic: Option<B256>) -> Option<u32> {
    let topic = topic?;
    let (high, low) = topic.split_at(28);
    let low = <[u8; 4]>::try_from(low).ok()?;
    high.iter()
        .all(|byte| *byte == 0)
        .then(|| u32::from_be_bytes(low))
}

impl Requests {
    /// All of them, by their numbers, which ascend.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &RequestEntry> {
        self.made.iter().map(|made| &made.entry)
    }

    /// Those that nobody has answered and that have not lapsed.
    pub fn pending(&self) -> impl DoubleEndedIterator<Item = &RequestEntry> {
        self.all()
            .filter(|entry| entry.state == RequestState::Pending)
    }

    /// Opens what a request says, with the keys of `patient` at this port. The requester's own words: escape before
    /// showing.
    ///
    /// # Errors
    /// [`Error::MissingMessage`]; [`Error::Open`] if it was not sealed to one of the keys; [`Error::Text`].
    pub fn open(&self, id: u32, patient: Address, keys: &IdentityKeys) -> Result<RequestText> {
        let made = self
            .made
            .binary_search_by_key(&id, |made| made.entry.id)
            .ok()
            .and_then(|place| self.made.get(place))
            .ok_or(Error::MissingMessage { id })?;
        let event = self.history.at(made.event);
        let topics: Vec<B256> = event.topics().collect();
        let told = RequestMade::decode_raw_log(&topics, event.data)
            .map_err(|_| Error::MissingMessage { id })?;
        open_request(&self.place, patient, told.requester, &told.message, keys)
    }

    /// As [`Self::open`], of many.
    ///
    /// # Panics
    /// Never: opening a message does not.
    pub fn open_all(
        &self,
        ids: &[u32],
        patient: Address,
        keys: &IdentityKeys,
    ) -> Vec<Result<RequestText>> {
        let open = |ids: &[u32]| -> Vec<_> {
            ids.iter().map(|id| self.open(*id, patient, keys)).collect()
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        if ids.len() < WORTH_THREADS || threads == 1 {
            return open(ids);
        }
        std::thread::scope(|scope| {
            let runs: Vec<_> = ids
                .chunks(ids.len().div_ceil(threads))
                .map(|run| scope.spawn(move || open(run)))
                .collect();
            runs.into_iter()
                .flat_map(|run| run.join().expect("opening a message never panics"))
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_beyond_the_numbers_of_requests_is_none() {
        assert_eq!(number(Some(B256::with_last_byte(7))), Some(7));
        assert_eq!(number(Some(B256::repeat_byte(1))), None);
        assert_eq!(number(None), None);
    }
}
