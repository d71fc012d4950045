//! Reading on from what is known of a history.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::segment::{Position, Segment};
use super::{Head, History, Place, Unfit};
use crate::chain::Emitted;
use crate::error::Result;
use crate::port::Port;
use crate::units::Timestamp;

/// From this length on, kept segments are folded on all processors.
const WORTH_THREADS: usize = 4 * super::segment::FULL;

/// Where times of blocks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    /// The events, where they tell it.
    Events,
    /// The blocks: some nodes tell a wrong time with an event.
    Blocks,
}

/// What is known of a port's history.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    history: Arc<History>,
    /// Whether the cache was asked.
    is_loaded: bool,
}

/// What reading on came to.
enum Extended {
    /// The head.
    Whole(History),
    /// So many events, up to which the head cannot be told.
    Short(u64),
    /// Another history; it has so many events.
    Other(u64),
}

impl Kept {
    /// What is known by now.
    pub(crate) fn history(&self) -> Arc<History> {
        Arc::clone(&self.history)
    }

    /// Takes over what the port's cache holds, as far as it folds to what it says.
    pub(crate) async fn load(&mut self, port: &Port) {
        let Some(cache) = port.history_cache().filter(|_| !self.is_loaded) else {
            return;
        };
        self.is_loaded = true;
        let (cache, place) = (Arc::clone(cache), port.place());
        let loading = tokio::task::spawn_blocking(move || {
            let pieces = cache.load(&place);
            let count = pieces.len();
            let mut segments = connected(&place, pieces);
            if !cache.vouches() {
                keep_folding(&mut segments);
            }
            if segments.len() < count {
                cache.unfit(&place, segments.len(), Unfit::Damaged);
            }
            segments
        });
        // A cache that panics has kept nothing.
        if let Ok(segments) = loading.await {
            self.history = Arc::new(History {
                segments,
                ..History::default()
            });
        }
    }

    /// Reads on until the history comes to `head`. `Err`: it does not; so many events were found.
    pub(crate) async fn read(
        &mut self,
        port: &Port,
        head: Head,
    ) -> Result<std::result::Result<(), u64>> {
        if self.history.head() == head {
            return Ok(Ok(()));
        }
        let mut found = 0;
        for (start, times) in self.starts() {
            if start.head().length() > head.length() {
                continue;
            }
            match extend(port, &start, head, times).await? {
                Extended::Whole(history) => {
                    self.keep(port, start.segments.len(), history).await;
                    return Ok(Ok(()));
                }
                // The node that was asked may be behind the one that told the head.
                Extended::Short(count) => return Ok(Err(count)),
                Extended::Other(count) => found = count,
            }
        }
        Ok(Err(found))
    }

    /// From where to read on: what is known, then less of it, for the chain may have been reorganised. Times are asked of
    /// the blocks where those told with the events do not fit.
    fn starts(&self) -> Vec<(Arc<History>, Times)> {
        let first = |count: usize| {
            Arc::new(History {
                segments: self.history.segments[..count].to_vec(),
                ..History::default()
            })
        };
        let count = self.history.segments.len();
        let mut starts = vec![Arc::clone(&self.history)];
        if count > 1 {
            starts.push(first(count - 1));
        }
        if count > 0 {
            starts.push(first(0));
        }
        starts
            .into_iter()
            .flat_map(|start| [(Arc::clone(&start), Times::Events), (start, Times::Blocks)])
            .collect()
    }

    /// Takes over a history that fits and goes on from the first `used` segments of what was known.
    async fn keep(&mut self, port: &Port, used: usize, history: History) {
        let known = std::mem::replace(&mut self.history, Arc::new(history));
        let Some(cache) = port.history_cache() else {
            return;
        };
        let segments = &self.history.segments;
        let both = known.segments.iter().zip(segments);
        let same = both
            .take_while(|(one, other)| Arc::ptr_eq(one, other))
            .count();
        let place = port.place();
        if used < known.segments.len() {
            cache.unfit(&place, used, Unfit::Overtaken);
        }
        let (cache, new) = (Arc::clone(cache), segments[same..].to_vec());
        let keeping = tokio::task::spawn_blocking(move || {
            let pieces: Vec<_> = new.iter().map(|segment| segment.bytes()).collect();
            cache.keep(&place, same, &pieces);
        });
        // A cache that panics keeps nothing, and the history is known all the same.
        let _ = keeping.await;
    }
}

/// The pieces that are this place's and follow each other, up to the first that is not so.
fn connected(place: &Place, pieces: Vec<Vec<u8>>) -> Vec<Arc<Segment>> {
    let mut segments = Vec::new();
    let mut head = Head::default();
    for piece in pieces {
        let Some(segment) = Segment::parse(place, piece).filter(|it| it.before() == head) else {
            break;
        };
        head = segment.after();
        segments.push(Arc::new(segment));
    }
    segments
}

/// Leaves the segments that fold to the heads they name, up to the first that is not so.
fn keep_folding(segments: &mut Vec<Arc<Segment>>) {
    let length: usize = segments.iter().map(|segment| segment.bytes().len()).sum();
    let threads = if length < WORTH_THREADS {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    };
    // Each begins with the head that the one before ends with, so they can be folded at once.
    let share = segments.len().div_ceil(threads).max(1);
    let folds: Vec<bool> = std::thread::scope(|scope| {
        let runs: Vec<_> = segments
            .chunks(share)
            .map(|run| scope.spawn(move || run.iter().map(|it| it.folds()).collect::<Vec<_>>()))
            .collect();
        runs.into_iter()
            .flat_map(|run| run.join().unwrap_or_default())
            .collect()
    });
    segments.truncate(folds.iter().take_while(|folds| **folds).count());
}

/// Reads on from `start` until the history has as many events as `head`, or the log no more.
async fn extend(port: &Port, start: &History, head: Head, times: Times) -> Result<Extended> {
    let place = port.place();
    let mut history = History {
        segments: start.segments.clone(),
        ..History::default()
    };
    let mut query = port.events();
    let mut last: Option<Position> = None;
    let mut expected = None;
    if let Some(event) = start.last() {
        query.from_block = event.emitted.block;
        last = Some(event.position());
        expected = Some((event.position(), event.block_hash));
    }
    let missing = head.length() - start.head().length();
    let mut known: BTreeMap<u64, Timestamp> = BTreeMap::new();
    let mut pages = port.chain().log_pages(&query, missing).await?;
    while history.head().length() < head.length()
        && let Some(logs) = pages.next().await?
    {
        for log in logs {
            let Some(emitted) = Emitted::of(&log) else {
                continue;
            };
            let position = (emitted.block, emitted.index);
            if expected.is_some_and(|(at, hash)| at == position && log.block_hash == Some(hash)) {
                expected = None;
            }
            if last.is_some_and(|last| position <= last) {
                continue;
            }
            // The last event known is not where it was.
            if expected.is_some() {
                return Ok(Extended::Other(start.head().length()));
            }
            if history.head().length() == head.length() {
                break;
            }
            let told = log.block_timestamp.filter(|_| times == Times::Events);
            let at = match (told, known.get(&emitted.block)) {
                (Some(told), _) => Timestamp(told),
                (None, Some(known)) => *known,
                (None, None) => port.chain().timestamp_of(emitted.block).await?,
            };
            known.insert(emitted.block, at);
            history.push(&place, &log, at);
            last = Some(position);
        }
    }
    let found = history.head();
    Ok(if found == head {
        Extended::Whole(history)
    } else if found.length() == head.length() || expected.is_some() {
        Extended::Other(found.length())
    } else {
        Extended::Short(found.length())
    })
}

impl History {
    fn push(&mut self, place: &Place, log: &alloy::rpc::types::Log, at: Timestamp) {
        let head = self.head();
        if self.segments.last().is_none_or(|last| last.is_full()) {
            self.segments
                .push(Arc::new(Segment::after_head(place, head)));
        }
        if let Some(segment) = self.segments.last_mut() {
            // A segment shared with what was known before is copied once.
            Arc::make_mut(segment).push(log, at);
        }
    }
}
