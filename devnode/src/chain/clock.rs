//! Block time: where it comes from and how tests move it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where block times come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that stands at this many Unix seconds until it is moved by `evm_increaseTime` or
    /// `evm_setNextBlockTimestamp`.
    Fixed(u64),
}

impl Clock {
    /// Unix seconds now.
    pub fn now(self) -> u64 {
        match self {
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
            Self::Fixed(secs) => secs,
        }
    }
}

/// Why time cannot be moved as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// A block cannot be older than its parent.
    #[error("timestamp `{wanted}` is before the newest block's `{parent}`")]
    BeforeParent {
        /// Unix seconds asked for.
        wanted: u64,
        /// Unix seconds of the newest block.
        parent: u64,
    },
    /// The sum leaves the range of block times.
    #[error("moving the clock by `{secs}` seconds leaves the range of block times")]
    OutOfRange {
        /// Seconds asked for.
        secs: u64,
    },
}

/// Largest distance the clock can be moved: a thousand years, far from every overflow.
const MAX_OFFSET_SECS: i64 = 1_000 * 366 * 86_400;
/// Latest time a block can be given, about the year 10,000.
const MAX_TIMESTAMP: u64 = 253_402_300_799;

/// A clock, how far tests have moved it, and the time they fixed for the next block.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockTime {
    clock: Clock,
    offset_secs: i64,
    next: Option<u64>,
}

impl BlockTime {
    pub(super) const fn new(clock: Clock) -> Self {
        Self {
            clock,
            offset_secs: 0,
            next: None,
        }
    }

    /// As it was before a restart.
    pub(super) const fn restore(clock: Clock, offset_secs: i64, next: Option<u64>) -> Self {
        Self {
            clock,
            offset_secs,
            next,
        }
    }

    /// How many seconds the clock has been moved in all.
    pub(super) const fn offset_secs(&self) -> i64 {
        self.offset_secs
    }

    /// The time fixed for the next block.
    pub(super) const fn next(&self) -> Option<u64> {
        self.next
    }

    /// Timestamp of a block made now on a parent of `parent` seconds: never before the parent's,
    /// possibly the same (Arbitrum makes several blocks per second).
    pub(super) fn next_block(&self, parent: u64) -> u64 {
        self.next
            .unwrap_or_else(|| self.clock.now().saturating_add_signed(self.offset_secs))
            .max(parent)
    }

    /// Notes that a block with `timestamp` was made. A time that was fixed for it is used up, and the
    /// clock goes on from there.
    pub(super) fn block_made(&mut self, timestamp: u64) {
        if self.next.take().is_some() {
            let now = i64::try_from(self.clock.now()).unwrap_or(i64::MAX);
            self.offset_secs = i64::try_from(timestamp)
                .unwrap_or(i64::MAX)
                .saturating_sub(now);
        }
    }

    /// Moves the clock ahead and returns how many seconds it is moved in all.
    pub(super) fn increase(&mut self, secs: u64) -> Result<i64, TimeError> {
        let moved = i64::try_from(secs)
            .ok()
            .and_then(|secs| self.offset_secs.checked_add(secs))
            .filter(|offset| *offset <= MAX_OFFSET_SECS)
            .ok_or(TimeError::OutOfRange { secs })?;
        self.offset_secs = moved;
        Ok(moved)
    }

    /// Sets the clock, which goes on from there; returns how many seconds it is moved in all.
    pub(super) fn set(&mut self, wanted: u64, parent: u64) -> Result<i64, TimeError> {
        self.fix_next(wanted, parent)?;
        // As if a block had been made then.
        self.block_made(wanted);
        Ok(self.offset_secs)
    }

    /// Fixes the timestamp of the next block.
    pub(super) fn fix_next(&mut self, wanted: u64, parent: u64) -> Result<(), TimeError> {
        if wanted < parent {
            return Err(TimeError::BeforeParent { wanted, parent });
        }
        if wanted > MAX_TIMESTAMP {
            return Err(TimeError::OutOfRange { secs: wanted });
        }
        self.next = Some(wanted);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_block_is_never_before_its_parent() {
        let time = BlockTime::new(Clock::Fixed(100));
        assert_eq!(time.next_block(50), 100);
        assert_eq!(time.next_block(150), 150);
    }

    #[test]
    fn a_fixed_time_holds_for_one_block_and_the_clock_goes_on_from_it() {
        let mut time = BlockTime::new(Clock::Fixed(100));
        time.fix_next(500, 100).unwrap();
        assert_eq!(time.next_block(100), 500);
        time.block_made(500);
        assert_eq!(time.increase(10).unwrap(), 410);
        assert_eq!(time.next_block(500), 510);
    }

    #[test]
    fn a_fixed_time_behind_the_clock_sets_the_clock_back() {
        let mut time = BlockTime::new(Clock::Fixed(1_000));
        time.fix_next(900, 800).unwrap();
        time.block_made(900);
        assert_eq!(time.next_block(900), 900);
        assert_eq!(time.increase(5).unwrap(), -95);
        assert_eq!(time.next_block(900), 905);
    }

    #[test]
    fn time_before_the_parent_or_out_of_range_is_refused() {
        let mut time = BlockTime::new(Clock::Fixed(100));
        assert_eq!(
            time.fix_next(99, 100),
            Err(TimeError::BeforeParent {
                wanted: 99,
                parent: 100
            })
        );
        assert_eq!(
            time.fix_next(u64::MAX, 100),
            Err(TimeError::OutOfRange { secs: u64::MAX })
        );
        assert_eq!(
            time.increase(u64::MAX),
            Err(TimeError::OutOfRange { secs: u64::MAX })
        );
    }
}
